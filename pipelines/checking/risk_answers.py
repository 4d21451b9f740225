"""How a client answers a question about risk: denied, endorsed, put into the past, or not to be read with certainty."""

from __future__ import annotations

import re
from typing import Literal

from pipelines.source import split_sentences

Stance = Literal["denied", "endorsed", "past", "unclear"]
_FILLED = r"^(?:(?:um+|uh+|well|oh|hmm+|mm+|i mean|god|gosh|so|like|look|ha|honestly{more})\b[,.… ]*|[.… ]+)*"
_YES = re.compile(
    _FILLED.format(more="")
    + r"(?:yeah|yes|yep|sometimes|a (?:little|bit)|kind of|sort of|i (?:have|do|did|guess|think so|suppose)|"
    r"maybe|once\b(?! i)|twice|"
    r"mm-?hmm|some (?:mornings|nights|days)|most (?:mornings|nights|days)|on and off|off and on|now and (?:then|again)|"
    r"more than|part of me|every (?:day|night|morning)|all the time|often|the (?:thought|urge)s?|it (?:has|does|"
    r"did|is|'s)|there (?:are|have|is|was|were))\b",
    re.IGNORECASE,
)
_NO = re.compile(
    _FILLED.format(more="|yeah|okay|right")
    + r"(?:no|nope|nah|never|not|none|nothing|neither|absolutely not|i (?:don['’]?t|haven['’]?t|wouldn['’]?t|"
    r"would never|never|couldn['’]?t|didn['’]?t|won['’]?t)|i['’](?:m|d|ve) (?:not|never))\b",
    re.IGNORECASE,
)
_NO_AFTER_ALL = re.compile(r"^(?:(?:so|still|but|and|well|um+|uh+)[, ]+)*(?:no|nope|never|not ever)\b", re.IGNORECASE)
_WOULD_NOT = re.compile(
    _FILLED.format(more="|no") + r"(?:i (?:wouldn['’]?t|would never|couldn['’]?t|won['’]?t)|i['’]d never)\b",
    re.IGNORECASE,
)
_SOFT = re.compile(
    r"\bnot (?:really|exactly|as such|today|right now|recently|lately|quite|sure|as much|always|often)\b|"
    r"\bi (?:guess not|don['’]t (?:think so|know))\b|"
    r"\bi wouldn['’]t (?:say|call)\b|\b(?:sometimes|maybe|kind of|sort of|it depends|rarely|once in a while|"
    r"except|less)\b|"
    r"\b(?:mean,?|well,?) (?:once|yes|yeah)\b|\bno\?",
    re.IGNORECASE,
)
_EVADES = re.compile(
    r"\b(?:can we (?:not|move|skip|talk|drop)|(?:do we|do i) have to|i['’]d rather not|rather not (?:say|talk|"
    r"get|go|answer|discuss)|"
    r"(?:don['’]t|do not) want to (?:talk|get into|go there|answer|say|discuss)|why (?:do|does|are|would) (?:you|"
    r"every\w+|people)|next question|"
    r"what do you mean|no comment|(?:let['’]s|can you) (?:not|skip|move|change)|leave it\b|it['’]s complicated|"
    r"hard to say|pass\b)",
    re.IGNORECASE,
)
PAST = re.compile(
    r"\b(?:used to|back (?:in|then|when)|in (?:the )?(?:19|20)\d\d|(?:years?|decades?|months?) ago|after college|"
    r"as a (?:kid|teen\w*|child)|"
    r"when i was|in (?:\w+ )?(?:grade|high school|middle school|college|university)|in my (?:\w+ )?(?:teens|"
    r"twenties|thirties|\w+s)\b|"
    r"not (?:now|anymore|any more|currently|since|in a (?:long )?(?:while|time)|for (?:a long time|years|"
    r"months))|had had|belonged|placed|"
    r"h(?:istory|x) of|in the past|previous(?:ly)?|no longer|a long time ago)\b",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(
    r"\bnot (?:now|anymore|any more|currently|since|in a (?:long )?(?:while|time)|for (?:a long time|years|"
    r"months))\b|\bno longer\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:sometimes|a little|kind of|i guess|crosses my mind|crossed my mind|i think about it|"
    r"i['’]ve thought about it|comes? and goes?|"
    r"some (?:mornings|nights|days)|more than i)\b",
    re.IGNORECASE,
)
_STALL = re.compile(r"^(?:(?:um+|uh+|hmm+|mm+|oh|well|okay|sorry|pause|silence)|\W)*$", re.IGNORECASE)
WAITS = re.compile(
    r"^\W*(?:(?:please|no rush|it['’]s (?:okay|all right|alright)|that['’]s (?:okay|all right|alright)|mm-?hmm|"
    r"okay|sure)\W+)*"
    r"(?:take (?:your|all the|as much) time[\w ]*|no rush|i['’]m (?:here|listening)|i can wait|"
    r"whenever you['’]re ready|mm-?hmm|okay|go on)?\W*$",
    re.IGNORECASE,
)


def stalls(answer: str) -> bool:
    """A silence or a filler."""
    return bool(_STALL.match(answer))


def stance(answer: str, *, acts: bool = False, negative: bool = False, own: bool = False) -> Stance:
    """How one answer takes a question about risk.

    Args:
        acts: the question is about doing (a plan, intent, harm to others), which "I wouldn't" denies.
        negative: the question expects a no ("No thoughts of …?"), so that a bare yes is no endorsement.
        own: the answer itself says something affirmative about the client's risk.
    """
    sentences = split_sentences(answer)
    if stalls(answer) or _EVADES.search(answer):
        return "unclear"
    after_all = any(_NO_AFTER_ALL.match(s) and len(s.split()) < 6 for s in sentences[1:])
    refuses = bool(_NO.match(answer)) and not (_WOULD_NOT.match(answer) and not acts and not after_all)
    yes = bool(_YES.match(answer))
    if refuses or (after_all and not yes and not _HEDGED.search(answer)):
        return "unclear" if _SOFT.search(answer) or own else "denied"
    past = PAST.search(answer)
    if past:
        return "past"
    if yes or _HEDGED.search(answer):
        return "unclear" if negative or after_all else "endorsed"
    return "endorsed" if own else "unclear"


def denies_now(answer: str) -> bool:
    """Whether an answer that tells of the past says that it is over."""
    return bool(_NOT_NOW.search(answer))

"""Who acts in a jotting: clinician, client or somebody else; and whose word an "I" is."""

from __future__ import annotations

import re
from typing import Literal

from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.statements import opens_with_past
from pipelines.writing.extractive.words import listed

Actor = Literal["clinician", "client", "other", ""]

# What in a session only the clinician does.
_CLINICIAN = listed(
    "reflected validated explored asked reviewed provided taught guided introduced restructured "
    "normalized discussed explained encouraged scheduled rehearsed role-played challenged processed "
    "clarified examined helped mapped modeled offered prompted reframed summarized supported assigned coached raised "
    "pointed debriefed demonstrated elicited evoked invited instructed installed linked normalised paced probed "
    "proposed recommended referred reinforced screened suggested traced conducted facilitated framed "
    "externalized interpreted confronted affirmed rolled rescripted tracked traded corrected walked planned talked "
    "complimented praised pendulated negotiated interrupted designed developed created built problem-solved led met "
    "held highlighted emphasized oriented checked-in addressed administered assessed collaborated reprocessed "
    "psychoeducated monitored worked looked moved continued closed opened brought"
)
# What either does: who it was shows in when and to whom it was done.
_EITHER = listed(
    "did told used went practiced practised set completed began started identified listed named tried took gave "
    "wrote checked read kept recorded stayed sat worked talked walked brought closed opened met held built created "
    "moved continued drew"
)
_OF_THE_WEEK = listed(
    "did told used went practiced practised completed began started tried took wrote kept read stayed talked walked"
)
CLIENT = listed(
    "cried denied endorsed reported declined wants wanted wakes slept sleeps skipped missed stayed felt "
    "feels says said thinks thought believes believed blames misses drinks drank eats lives works avoids "
    "noticed agreed accepted rated described laughed forgot worries may might will would can cannot could "
    "stays still keeps rates liked found has had is was walked wonders wondered starts ate got gets takes "
    "saw half calls counts does goes knows makes needs plans reads remembers uses writes"
)
KIN = (
    r"(?:mother|mom|mum|father|dad|parents?|wife|husband|partners?|spouse|sister|brother|son|daughter|child|kids?|"
    r"grand(?:mother|father|ma|pa|son|daughter)|aunt|uncle|cousin|niece|nephew|friends?|roommate|boyfriend|girlfriend|"
    r"boss|coworker|colleague|teacher|caregiver|sponsor|ex(?:-\w+)?|doctor|psychiatrist|prescriber|teen|couple)"
)
_OTHER = re.compile(rf"^(?:(?:the|a|his|her|their|both) )?(?:\w+'s )?{KIN}\b(?!'s|-)", re.IGNORECASE)
_THEIRS = re.compile(rf"\b(?:his|her|their|with|to) (?:\w+ )?{KIN}\b", re.IGNORECASE)
_ON_CLIENT = re.compile(r"^\w+(?: \w+ing)? (?:her|him|them|client|what|whether)\b(?! \w+ing)", re.IGNORECASE)
# "Asked her", "had him predict", "kept bringing him back": the client is the object, so the clinician acts.
_MADE_ACT = re.compile(
    rf"^(?:had|let|made|got) (?:him|her|them|client|each|both|{KIN})(?: and \w+)? (?P<act>\w+)", re.IGNORECASE
)
_STAYED_WITH = re.compile(rf"^(?:stayed|sat) with (?:the|her|his|their) (?!(?:\w+ )?{KIN}\b)\w+", re.IGNORECASE)
_TOOK = re.compile(r"^took (?:no\b|none|his|her|their|\d|an?\b|one|two|extra|more|only|it\b)", re.IGNORECASE)
_TOLD_IT = re.compile(r"^told (?:it|this|about|of)\b", re.IGNORECASE)
_WENT = re.compile(r"^went (?:to|back|out|home|for|without|on)\b", re.IGNORECASE)
_TIMES = r"(?:\d+|once|twice|two|three|four|five|six|seven)"
_OUTSIDE = re.compile(
    r"\b(?:(?:this|last|past|all|the other) (?:week|month|weekend)|since (?:the |our )?last|yesterday|last night|"
    r"(?:on |every )?(?:mon|tues|wednes|thurs|fri|satur|sun)days?(?!')|at (?:work|home|school|intake)|nightly|daily|"
    r"every (?:day|night|morning|evening|week)|"
    r"most (?:days|nights)|(?:once|twice) (?:this|a)|until noon|(?:yet|still)$|"
    rf"{_TIMES}(?:/| of | out of )(?!10\b|100\b){_TIMES}|{_TIMES} times|"
    rf"{_TIMES} (?:days|nights|mornings|evenings|weeks|months|meetings))\b|\b(?:\d+x|x\d+)\b(?! (?:in|during) session)|"
    r"^(?:client |she |he |they )?(?:has|have) (?:not|been)\b|^(?:(?:not )?sleep(?:ing)?|slept|appetite)\b(?! would)",
    re.IGNORECASE,
)
_IN_SESSION = re.compile(
    r"\b(?:in|during|throughout) (?:the )?session\b|\btogether\b|\bwith (?:him|her|them|client)\b", re.IGNORECASE
)
_PASSIVE = re.compile(
    r"^(?P<what>[\w/' -]+?) (?:was |were )?(?P<done>\w+ed|led|taught|given)\b"
    r"(?P<more>$|[,.;:].*|(?: (?:in|with|on|for|during|regarding|by|today|and)\b| - ).*)$",
    re.IGNORECASE,
)
_I = re.compile(r"(?<!\")\bI\b(?!-)(?:'(?:m|ve|d|ll))?")
_SAID_SO = re.compile(
    r",? (?:(?:as )?(?:she|he|they|client) (?:\w+ )?(?:said|says|told me|keeps? (?:thinking|saying)|thinks?|stated|"
    r"repeated|added|reported|put it))\b",
    re.IGNORECASE,
)
_STATES = listed(
    "am was feel felt think thought believe know need want wanted hate should must can can't cannot could couldn't "
    "don't didn't haven't never always have had keep deserve wish miss love would wouldn't won't just only"
)
_OF_CLIENT = re.compile(r"\b(?:she|he|they|him|her|them|his|their|client|client's)\b", re.IGNORECASE)


def own_words(clause: str) -> bool:
    """Whether "I" in a jotting is the client: their words as noted down ("I'm useless, she said").

    The clinician's "I" acts ("I reflected") or speaks of the client ("I think she minimizes"); a belief or a feeling
    about oneself, or what the jotting gives to the client, is the client's.
    """
    bare = re.sub(r'"[^"]*"', "", clause)
    if not _I.search(bare):
        return False
    if (said := _SAID_SO.search(bare)) and _I.search(bare[: said.start()]):
        return True
    match = re.match(r"^(?:that )?I(?P<short>'(?:m|ve|d))?(?: (?P<verb>[\w']+))?", bare)
    states = bool(match and (match["short"] or (match["verb"] or "").lower() in _STATES))
    return states and not _OF_CLIENT.search(bare)


def without_tag(clause: str) -> str:
    """The client's words without the "she said" behind them."""
    match = _SAID_SO.search(clause)
    return clause[: match.start()] if match and _I.search(clause[: match.start()]) else clause


def outside(clause: str) -> bool:
    """Whether what is told happened between sessions: it has a day, a count of days, or how it is by now."""
    return bool(_OUTSIDE.search(clause.split(":")[0].rstrip(". ")))


def actor(clause: str, *, early: bool = False) -> Actor:
    """Who acts; `early`: before anything that the clinician did, where a past act is mostly the client's week."""
    low = clause.lower().rstrip(". ")
    if low.startswith('"'):
        return "client"
    clause, low = (re.sub(r"^\w+ly (?=\w+ed\b)", "", text, flags=re.IGNORECASE) for text in (clause, low))
    first = _first(low)
    if first in {"clinician", "i", "we"} and not own_words(clause):
        return "clinician"
    if first in {"she", "he", "they", "client", "client's"}:
        return "client"
    if _OTHER.match(low) and not re.match(rf"^{KIN} and client\b", low):
        return "other"
    return _left_out(clause.rstrip(". "), low, first, early=early)


def _left_out(clause: str, low: str, first: str, *, early: bool) -> Actor:
    """Who acts where the subject is left out."""
    made = _MADE_ACT.match(low)
    if (
        (made and w.is_base_verb(made["act"]))
        or _STAYED_WITH.match(low)
        or low.startswith(("went over ", "went through "))
    ):
        return "clinician"
    if re.match(r"agreed with (?:him|her|them|client)\b", low):
        return "clinician"
    if first == "tried" or _TOOK.match(low) or _TOLD_IT.match(low) or _WENT.match(low):
        return "client"
    if first in _EITHER and not _ON_CLIENT.match(low) and not _IN_SESSION.search(low):
        theirs = (early and first in _OF_THE_WEEK) or outside(low) or bool(_THEIRS.search(low.split(":")[0]))
        return "client" if theirs or first in CLIENT else "clinician"
    if first in _CLINICIAN | _EITHER or (first not in CLIENT and opens_with_past(clause) and _ON_CLIENT.match(low)):
        return "clinician"
    if first in CLIENT or opens_with_past(clause) or opens_with_present(clause):
        return "client"
    return "clinician" if done_to(clause) else ""


def done_to(clause: str) -> re.Match[str] | None:
    """ "Imaginal exposure conducted", "Safety plan reviewed": what only a clinician does, without the clinician."""
    match = _PASSIVE.match(clause)
    return match if match and match["done"].lower() in _CLINICIAN - _EITHER else None


def opens_in_past(first: str) -> bool:
    """Whether a jotting's first word is a past act of someone left out."""
    return first in _EITHER


def opens_with_present(clause: str) -> bool:
    """ "Expects to fail", "Wishes she could": the subject is left out."""
    first, _, after = clause.partition(" ")
    known = w.forms(first)
    if "VBZ" not in known or first.lower() in {"urges", "attempts"}:
        return False
    following = after.split(" ", 1)[0].lower().strip(",.")
    return "NOUN" not in known or following in w.SUBJECTS | w.DETERMINERS | {"to", "that", "it", "him", "her", "them"}


def _first(low: str) -> str:
    return re.sub(r"[^\w'-]", "", low.split(" ", 1)[0])

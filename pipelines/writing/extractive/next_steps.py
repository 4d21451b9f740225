"""Whether a jotting looks ahead (homework, an appointment, what somebody will do) or tells what was done."""

from __future__ import annotations

import re

from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.actor import KIN

_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_WHEN = r"(?:the|at|of|next|week|in|[a-z]+|\d{1,2}(?:st|nd|rd|th)?)"
WHEN_ONLY = re.compile(
    rf"^(?:(?:\w+ weeks?|in \w+ weeks?),? )?(?:next )?{_DAY},? "
    rf"(?:{_WHEN},? ){{0,4}}\d{{1,2}}(?::\d{{2}})?(?: ?[ap]m)?$",
    re.IGNORECASE,
)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
APPOINTMENT = re.compile(
    r"^(?:(?:the |our )?(?:next )?(?:(?!since|last|in\b)\w+ ){0,2}?(?:session|appointment|visit)|next|back|"
    r"return(?:s|ing)?|follow-up|see (?:her|him|them|client))[:,]?\s*(?:is|on|in|scheduled for)?\s*"
    rf"(?=(?:again )?(?:in |on |the )?(?:next )?(?:{_DAY}|\d+(?:st|nd|rd|th)?|{_MONTHS}|one|two|three|four|"
    r"same|a week|week)\b)",
    re.IGNORECASE,
)
_OPENS = re.compile(
    rf"^(?:homework\b|(?:the )?(?:plan|task|assignment|to do)(?: is|:)|next (?:time|steps?|week|month|visit|{_DAY})|"
    rf"goals? (?:for|until) (?:the|this|next)|this (?:week|{_DAY})|follow-up|return|session (?:on )?{_DAY}|assigned|"
    r"phone check|continue (?:weekly|with|to)|not to)\b",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    rf"\bnext (?:time|session|appointment|visit|{_DAY})|\bfor homework\b|\bhomework:|\bbefore next\b|\bbefore bed\b$",
    re.IGNORECASE,
)
_INTENDS = re.compile(r"\b(?:will|(?:is|are|am|was) going to|agreed to|plans? (?:to|on)|intends to)\b", re.IGNORECASE)
# What is thought, feared or said under a condition is not what will be done.
_NOT_MEANT = re.compile(
    r"\b(?:if|thought|fear\w*|afraid|would|belie[fv]\w*|predict\w*|expect\w*|worr\w+|convinced|sure|certain|everyone|nobody|"
    r"everybody|it|that they|because)\b",
    re.IGNORECASE,
)
_SAFETY_STEP = re.compile(r"\b(?:988|safety step|calls? (?:his|her|their) \w+ first)\b")
_STATUS = re.compile(
    r"^(?:(?:last week's|the|all|half of|some of) )?homework(?: (?:was|is))?:? (?:(?:was|is|has been) )?"
    r"(?:not |only |partly |partially |mostly )?"
    r"(?:done|completed?|attempted|forgotten|skipped|missed|incomplete|undone|half|finished|forgot|tried|started)\b|"
    r"\bdid(?: not|n't)? (?:do )?(?:(?:the|her|his|their|all|most|half|of) )*homework\b|"
    r"\b(?:no|forgot(?: the)?) homework\b",
    re.IGNORECASE,
)
_OFTEN = re.compile(
    r"\b(?:daily|nightly|weekdays?|every|each|(?:once|twice|\w+ times) an? (?:day|week)|(?:mon|tues|wednes|thurs|fri|"
    r"satur|sun)days?|nights?|evenings?|mornings?|tomorrow|tonight|days|shifts|minutes|x\d+)\b",
    re.IGNORECASE,
)
_PAST_TIME = re.compile(r"\b(?:last|ago|yesterday|since|so far|this week|was|were|had)\b", re.IGNORECASE)
_STILL_RESPONSE = re.compile(r"\b(?:relief|calmer|calming|awkward|helped|tearful|belief)\b", re.IGNORECASE)
_TO_DO = re.compile(
    r"^(?P<who>(?:(?:the|a|his|her|their) )?[\w'-]+(?: [\w'-]+)?) (?P<no>not )?to (?:be )?(?P<verb>\w+)\b",
    re.IGNORECASE,
)
_PERSON_TO = re.compile(rf"\b{KIN} (?:not )?to (?!him|her|them|the|a|be)\w+", re.IGNORECASE)
# Nouns that an infinitive completes: "urge to drink" is no task.
_COMPLETED = w.listed(
    "urge urges desire need want wish ability attempt attempts fear reason how what way time chance permission effort "
    "willingness readiness motivation trying unable able hard easy likely ready willing able afraid used began started "
    "tried wants needs wanted needed asked due plan going difficulty refusal decision reluctant hesitant next return"
)


def looks_ahead(clause: str, *, late: bool) -> bool:
    """Whether a clause says what comes next; `late`: after what was done, where a bare order is homework."""
    bare = re.sub(r'"[^"]*"', "", clause).rstrip(". ")
    low = bare.lower()
    if _OPENS.search(low) or _WITHIN.search(low) or WHEN_ONLY.match(bare) or APPOINTMENT.match(bare):
        return True
    if _SAFETY_STEP.search(low):
        return True
    intends = _INTENDS.search(low)
    if intends and not _NOT_MEANT.search(low[: intends.start()]):
        return True
    return late and (
        low.startswith("if ") or is_order(bare) or (to_do(bare) is not None or bool(_PERSON_TO.search(bare)))
    )


def told_of_homework(low: str) -> bool:
    """Whether a clause tells what became of the homework: a report, and no plan."""
    return bool(_STATUS.search(low))


def is_order(clause: str) -> bool:
    """A bare verb that opens a jotting: "Bring the album", "Call PCP"; with a noun's form only before its object."""
    first, _, after = clause.partition(" ")
    first, following = first.lower().strip(",:"), after.split(" ", 1)[0].strip(",.")
    if not after or first in w.AUXILIARIES | _COMPLETED or not (w.is_base_verb(first) or first in w.SAME_IN_PAST):
        return False
    known = w.forms(first)
    takes = following.isupper() or following.lower() in w.DETERMINERS | {
        "me",
        "him",
        "her",
        "it",
        "them",
        "to",
        "with",
        "from",
        "about",
    }
    if first in w.SAME_IN_PAST or "VBD" in known:
        return takes and bool(_OFTEN.search(clause)) and not has_verb(after)
    return (takes or not {"NOUN", "ADJ", "ADV"} & known) and not has_verb(after)


def to_do(clause: str) -> re.Match[str] | None:
    """ "Mom to call the school", "letter to be read": somebody is to do something."""
    match = _TO_DO.match(clause)
    if not match or not w.is_base_verb(match["verb"]):
        return None
    last = match["who"].split()[-1].lower()
    if last in {"both", "each", "all", "they"}:
        return match
    known = w.forms(last)
    verbal = "VBZ" in known or (bool({"VBD", "VBG"} & known) and "NOUN" not in known)
    return (
        None if "NOUN" not in known or last in _COMPLETED or verbal or last in w.ADVERBS or known == {"ADJ"} else match
    )


def is_task(clause: str) -> bool:
    """A jotting of something to do: no finite verb, a time or how often, and nothing that places it in the past."""
    return bool(_OFTEN.search(clause)) and not (
        has_verb(clause) or _PAST_TIME.search(clause) or _STILL_RESPONSE.search(clause) or '"' in clause
    )


def has_verb(clause: str) -> bool:
    return any(
        x.lower() in w.AUXILIARIES or (w.is_past_verb(x) and "ADJ" not in w.forms(x))
        for x in re.findall(r"[\w']+", clause)
    )

"""What a note or a clinician's summary states about risk, clause by clause: the nearest cue to a topic decides."""

from __future__ import annotations

import re

from pipelines.checking.risk_answers import PAST
from pipelines.checking.risk_reading import RiskReading
from pipelines.checking.risk_words import CORE, TOPICS, Topic, core_topics, mentions
from pipelines.source import split_sentences

_DENIAL = re.compile(
    r"\b(?:no|not|never|none|don['’]?t|didn['’]?t|haven['’]?t|wouldn['’]?t|isn['’]?t|without|denied|denies|deny|"
    r"denying|negative for)\b"
    r"(?! mind)",
    re.IGNORECASE,
)
_AFFIRMS = re.compile(
    r"\b(?:endors\w+|report\w*|disclos\w+|acknowledg\w+|admit\w+|express\w+|describ\w+|had|has|having|passive|active|"
    r"experienc\w+|several days|fleeting|but)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:asked|asks|asking|inquired|screened|assessed|explored|reviewed|followed up|checked)\b", re.IGNORECASE
)
# "means of self-harm", "the goal to stay free of self-harm", "no self-harm for twelve days" say nothing of what was
# asked; "a plan to hurt himself" is about a plan.
_ASIDE = re.compile(
    r"\bmeans of (?:self-harm|suicide)|\b(?:stay\w*|remain\w*|keep\w*|be) (?:free of|safe from) self-harm|"
    r"\bno self-harm (?:for|in|since)\b|\bdays? (?:without|free of) self-harm",
    re.IGNORECASE,
)
_AIMED = re.compile(
    r"\b(plans?|intent(?:ions?)?) to (?:hurt|harm|kill|end|act|die)\b[^.;,?]*?(?=\b(?:tonight|today|now)\b|[.;,?]|$)",
    re.IGNORECASE,
)
_PAST_AFTER = re.compile(
    r"\b(?:belonged|not (?:now|anymore|this year)|were in|was after|in (?:19|20)\d\d|in (?:\w+ )?grade|"
    r"in the \w+ of (?:19|20)\d\d)\b|"
    r"^ (?:was|were|is) (?:his|her|their|the) \w+['’]s\b",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(r"^[^,;]*?\b(?:was|were|is|are)? ?denied\b", re.IGNORECASE)
_MARKED = re.compile(
    r"^:? ?(?:(?P<no>neg(?:ative)?\b|none\b|no\b|denie[ds]\b|[-(](?:-\)|(?=[,.; ]|$)))|\(?\+)", re.IGNORECASE
)
_UNASSESSED = re.compile(
    r"\b(?:risk|safety|suicid\w+|si|hi)\b[^.;]*\bnot (?:\w+ )?"
    r"(?:assessed|addressed|asked|raised|discussed|explored|reviewed|screened)\b|\bnot (?:assessed|screened|"
    r"asked) (?:for|about) (?:si|hi|suicid\w+|risk)\b",
    re.IGNORECASE,
)
_FOR_REVIEW = re.compile(
    r"^for the clinician to (?:review|confirm|assess)\b|^risk to be assessed by the clinician\b", re.IGNORECASE
)
_UNATTRIBUTED = re.compile(
    r"\brisk\b[^.]*\b(?:not known|unknown|unclear|cannot be attributed|to review|must (?:state|review)|"
    r"for the clinician)\b",
    re.IGNORECASE,
)
_UNCLEAR = re.compile(
    r"\b(?:unclear|evasive|ambiguous|unsure|equivocal|would not (?:say|answer)|declined to (?:say|answer))\b|"
    r"\bn/?a\b|\w\?(?= |$)",
    re.IGNORECASE,
)
_STATING = re.compile(
    r"\b(?:denie[ds]|endorse[ds]|reported|thoughts?|ideation|wish(?:es)?|current|active|passive)\b", re.IGNORECASE
)
_CLAUSES = re.compile(
    r";|,? but |, (?:and )?(?=(?:she|he|they|client|pt|patient|said|placed|named|denies|denied|endorses|endorsed|"
    r"no|without)\b)"
)


def read_prose(text: str) -> RiskReading:
    """What a note or summary states about the client's risk."""
    found: dict[str, set[Topic]] = {name: set() for name in ("asked", "denied", "endorsed", "past", "unclear")}
    raised = unassessed = flagged = False
    for sentence in split_sentences(_AIMED.sub(r"\1 ", _ASIDE.sub(" ", text))):
        flagged |= bool(_UNATTRIBUTED.search(sentence))
        if _FOR_REVIEW.search(sentence):
            flagged = True
            if topics := core_topics(sentence, spoken=False):
                raised = True
                found["asked"] |= topics
            continue
        if _UNASSESSED.search(sentence):
            unassessed = True
            continue
        core = core_topics(sentence, spoken=False)
        if not core and not re.search(r"\b(?:denied|denies|no)\b[^.;]*\b(?:plan|intent)", sentence, re.IGNORECASE):
            continue
        if not _is_followed(core, sentence, raised=raised):
            continue
        raised |= bool(core)
        for topic, how in _stances(sentence, follow_up=bool(core) or raised):
            found[how].add(topic)
    return RiskReading(
        asked=frozenset(found["asked"] | found["denied"] | found["endorsed"] | found["unclear"]),
        denied=frozenset(found["denied"]),
        endorsed=frozenset(found["endorsed"]),
        past=frozenset(found["past"]),
        unclear=frozenset(found["unclear"] - found["denied"] - found["asked"]),
        raised=raised,
        unassessed=unassessed,
        flagged=flagged,
    )


def _is_followed(core: set[Topic], sentence: str, *, raised: bool) -> bool:
    """Plan and intent alone are about risk only where they are denied ("denied plan and intent")."""
    return bool(core) or raised or bool(re.search(r"\bden(?:ied|ies)\b", sentence, re.IGNORECASE))


def _stances(sentence: str, *, follow_up: bool) -> list[tuple[Topic, str]]:
    stances: list[tuple[Topic, str]] = []
    unclear = bool(_UNCLEAR.search(sentence))
    at = 0
    for clause in _CLAUSES.split(sentence):
        at = sentence.find(clause, at)
        for topic, start, end in mentions(sentence, follow_up=follow_up, spoken=False):
            if at <= start and end <= at + len(clause):
                how = _stance(topic, clause, start - at, end - at)
                stances.append((topic, "unclear" if unclear and how == "endorsed" else how))
    return stances


def _stance(topic: Topic, clause: str, start: int, end: int) -> str:
    """ "denied", "endorsed", "asked" or "past", by the nearest cue before a topic, else by what follows it."""
    before, after = clause[:start], clause[end:]
    if topic == "attempt":
        return "denied" if re.search(r"\b(?:no|den(?:ied|ies)|never)\b[^,]*$", before, re.IGNORECASE) else "past"
    if marked := _MARKED.match(after):  # "SI: none", "HI -", "SIB +"
        return "denied" if marked["no"] else "endorsed"
    cues = (("denied", _DENIAL), ("endorsed", _AFFIRMS), ("asked", _ASKING), ("past", PAST))
    places = [(m.start(), stance) for stance, cue in cues for m in cue.finditer(before)]
    if _PAST_AFTER.search(after):
        return "past"
    if places:
        return max(places)[1]
    return "denied" if _DENIED_AFTER.search(after) else "endorsed"


def risk_spans(text: str) -> list[tuple[int, int]]:
    """Where a text speaks of risk: (start, end) of each mention and of each word that states it ("denied")."""
    core = [TOPICS[topic] for topic in (*CORE, "plan", "intent")]
    return [(m.start(), m.end()) for pattern in (*core, _STATING) for m in pattern.finditer(text)]

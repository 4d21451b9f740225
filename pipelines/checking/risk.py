"""What was said about risk, read independently of any writer: from a conversation or from a clinician's prose.

Clinical rule 8: a risk line is present and true: "denied" only where it was asked and denied, else "not assessed".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pipelines.source import Source, Unit, split_sentences
from pipelines.stems import content_stems

Topic = Literal["ideation", "active", "passive", "self_harm", "others", "plan", "intent"]

_SELF = r"(?:your|my|him|her|them|one|it)sel(?:f|ves)"
_WHOSE = r"(?:my|your|his|her|their)"
_ANYBODY = r"(?:others?|any(?:one|body)|some(?:one|body))"
_SOMEBODY_OF = r"(?:baby|wife|husband|partner|son|daughter|child|children|kids)"
_PATTERNS: dict[Topic, str] = {
    "passive": (
        r"passive (?:suicid\w+|si\b|death)|"
        r"(?:not|never|n't) (?:want(?:ing)? to )?(?:be(?:ing)? alive|be here|wak(?:e|ing) up|liv(?:e|ing))\b|"
        r"better off (?:dead|without (?:me|you|him|her|them))|go to sleep and not|"
        r"(?:wish\w*|rather) (?:\w+ )?(?:was|were|be|being) (?:dead|gone)|"
        r"(?:wouldn['’]?t,? (?:um,? )?(?:i )?)?(?:wouldn['’]?t|would not) (?:have )?swerve|"
        r"(?:easier|simpler|better) not to (?:wake up|be here|be alive)|"
        r"thoughts? of (?:death|dying|being dead)\b|(?:wish|want)(?:ed|es|s|ing)? to (?:die|be dead)\b"
    ),
    "active": (
        rf"kill(?:ing|ed)? {_SELF}|end(?:ing|ed)? (?:{_WHOSE}|it|things)(?: own)? (?:life|all)\b|"
        rf"active (?:suicid\w+|si\b)|tak(?:e|ing) {_WHOSE} own life"
    ),
    "ideation": r"(?<!passive )(?<!active )\b(?:suicid\w+|(?-i:SI))\b",
    "self_harm": rf"self[- ]?harm\w*|self[- ]?injur\w+|(?:hurt|harm|cut|injur)(?:t?ing|e|s)? {_SELF}|\bNSSI\b",
    "others": (
        rf"homicid\w*|(?-i:\bHI\b)|harm to (?:others|the baby)|{_SELF},? or {_ANYBODY}\b|"
        r"(?:hurt|harm|kill)(?:ing|s)? (?:or (?:hurt|harm|kill)ing )?"
        rf"(?:{_ANYBODY}|the baby|{_WHOSE} {_SOMEBODY_OF}|(?-i:[A-Z][a-z]+))\b"
    ),
    "plan": r"(?<!safety )(?<!treatment )(?<!crisis )\bplans?\b",
    "intent": r"\bintent(?:ions?)?\b",
}
_TOPICS = {topic: re.compile(pattern, re.IGNORECASE) for topic, pattern in _PATTERNS.items()}
_CORE: tuple[Topic, ...] = ("passive", "active", "ideation", "self_harm", "others")
_QUESTIONNAIRE = re.compile(r"\b(?:question|item) (?:nine|9)\b|columbia|c-?ssrs", re.IGNORECASE)
_HESITATES = r"^(?:(?:um+|uh+|well|oh|hmm+|i mean|god|gosh|so|like|honestly{more})[,.… ]*)*"
_YES = re.compile(
    _HESITATES.format(more="")
    + r"(?:yeah|yes|yep|sometimes|a little|kind of|sort of|i (?:have|do|did|guess|think so)|maybe|once|mm-?hmm)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    _HESITATES.format(more="|yeah|okay")
    + r"(?:no|nope|nah|never|not|none|nothing|neither|i (?:don'?t|haven'?t|wouldn'?t|would never|never))\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:no|not|never|none|don'?t|didn'?t|haven'?t|wouldn'?t|isn'?t|without|denied|denies|denying|negative for)\b"
    r"(?! mind)",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:used to|back (?:in|then)|in (?:19|20)\d\d|years ago|after college|as a (?:kid|teen\w*|child)|when i was|"
    r"in (?:\w+ )?(?:grade|high school|middle school|college)|"
    r"not (?:now|anymore|any more|currently)|had had|belonged|placed|history of|in the past|previous(?:ly)?)\b",
    re.IGNORECASE,
)
_AFFIRMS = re.compile(
    r"\b(?:endors\w+|report\w*|disclos\w+|acknowledg\w+|admit\w+|express\w+|describ\w+|had|has|having|passive|active|"
    r"experienc\w+|several days)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:asked|asks|asking|inquired|screened|assessed|explored|reviewed|followed up)\b", re.IGNORECASE
)
# "means of self-harm", "the goal to stay free of self-harm", "no self-harm for twelve days" say nothing of what was
# asked; "a plan to hurt himself" is about a plan.
_ASIDE = re.compile(
    r"\bmeans of (?:self-harm|suicide)|\b(?:stay\w*|remain\w*|keep\w*|be) (?:free of|safe from) self-harm|"
    r"\bno self-harm (?:for|in|since)\b|\bdays? (?:without|free of) self-harm",
    re.IGNORECASE,
)
_AIMED = re.compile(
    r"\b(plans?|intent(?:ions?)?) to (?:hurt|harm|kill|end|act)\b[^.;,?]*?(?=\b(?:tonight|today|now)\b|[.;,?]|$)",
    re.IGNORECASE,
)
_PAST_AFTER = re.compile(
    r"\b(?:belonged|not (?:now|anymore|this year)|were in|was after|in (?:19|20)\d\d|in (?:\w+ )?grade|"
    r"in the \w+ of (?:19|20)\d\d)\b|"
    r"^ (?:was|were|is) (?:his|her|their|the) \w+['’]s\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(r"\b(?:sometimes|maybe|a little|kind of|i guess|i do|not really|i don'?t know)\b", re.IGNORECASE)
_NO_AFTER_ALL = re.compile(r"^(?:(?:so|still|but|and|well|um+|uh+)[, ]+)*(?:no|nope|never|not ever)\b", re.IGNORECASE)
_UNASSESSED = re.compile(
    r"\b(?:risk|safety|suicid\w+|si)\b[^.;]*\bnot (?:\w+ )?"
    r"(?:assessed|addressed|asked|raised|discussed|explored|reviewed)\b",
    re.IGNORECASE,
)
_UNATTRIBUTED = re.compile(
    r"\brisk\b[^.]*\b(?:not known|unknown|unclear|cannot be attributed|to review|must (?:state|review)|"
    r"for the clinician)\b",
    re.IGNORECASE,
)
_STATING = re.compile(
    r"\b(?:denie[ds]|endorse[ds]|reported|thoughts?|ideation|wish(?:es)?|current|active|passive)\b", re.IGNORECASE
)
_REFERS_BACK = re.compile(r"\b(?:those|these|such|the) thoughts?\b|act(?:ing)? on (?:it|them|that)", re.IGNORECASE)


@dataclass(frozen=True)
class RiskReading:
    """`asked`, `denied`, `endorsed`: topics; `raised`: risk came up at all; `unattributed`: by a speaker not known;
    `unassessed`: the text says that risk was not assessed; `flagged`: it leaves risk to the clinician."""

    asked: frozenset[Topic] = frozenset()
    denied: frozenset[Topic] = frozenset()
    endorsed: frozenset[Topic] = frozenset()
    raised: bool = False
    unattributed: bool = False
    unassessed: bool = False
    flagged: bool = False

    @property
    def states(self) -> bool:
        """Whether something is denied or endorsed."""
        return bool(self.denied or self.endorsed)

    def allows_denial(self, topic: Topic) -> bool:
        """Whether "denied <topic>" is true of what was said; passive ideation forbids to deny ideation as such."""
        if topic == "ideation":
            return bool(self.denied & {"ideation", "active"}) and not self.endorsed & {"passive", "active", "ideation"}
        if topic == "active":
            return bool(self.denied & {"ideation", "active"}) and "active" not in self.endorsed
        return topic in self.denied and topic not in self.endorsed

    def allows_endorsement(self, topic: Topic) -> bool:
        if topic == "ideation":
            return bool(self.endorsed & {"passive", "active", "ideation"})
        return topic in self.endorsed


def read_risk(source: Source) -> RiskReading:
    """What a source says about risk."""
    if source.kind == "summary":
        return read_prose(" ".join(unit.text for unit in source.units))
    if all(unit.speaker == "unknown" for unit in source.units):
        raised = any(_core_topics(unit.text) for unit in source.units)
        return RiskReading(raised=raised, unattributed=raised)
    return _read_talk(source.units)


def read_prose(text: str) -> RiskReading:
    """What a note or summary states about risk, clause by clause: the nearest cue before a topic decides."""
    text = _AIMED.sub(r"\1 ", _ASIDE.sub(" ", text))
    asked, denied, endorsed = set[Topic](), set[Topic](), set[Topic]()
    raised = unassessed = flagged = False
    for sentence in split_sentences(text):
        unassessed |= bool(_UNASSESSED.search(sentence))
        flagged |= bool(_UNATTRIBUTED.search(sentence))
        core = _core_topics(sentence)
        if not core and not re.search(r"\b(?:denied|denies|no)\b[^.;]*\b(?:plan|intent)", sentence, re.IGNORECASE):
            continue
        if _UNASSESSED.search(sentence):
            continue
        for clause in re.split(r";|,? but |, and (?=(?:she|he|they|client|said|placed|named)\b)", sentence):
            raised |= bool(_core_topics(clause))
            for topic, start, end in _mentions(clause, follow_up=bool(core) or raised):
                stance = _stance(clause, start, end)
                {"asked": asked, "denied": denied, "endorsed": endorsed}.get(stance, set()).add(topic)
    return RiskReading(
        frozenset(asked | denied | endorsed),
        frozenset(denied),
        frozenset(endorsed),
        raised=raised,
        unassessed=unassessed,
        flagged=flagged,
    )


def _read_talk(units: tuple[Unit, ...]) -> RiskReading:
    """Pair each question about risk with its answer, and take what the client says unasked."""
    asked, denied, endorsed = set[Topic](), set[Topic](), set[Topic]()
    last = -10
    raised = False
    for i, unit in enumerate(units):
        near = i - last <= 4
        topics = {topic for topic, *_ in _mentions(unit.text, follow_up=near)}
        questionnaire = bool(_QUESTIONNAIRE.search(unit.text))
        refers = near and bool(_REFERS_BACK.search(unit.text))
        if not (topics or questionnaire or refers) or (topics <= {"plan", "intent"} and not (near or questionnaire)):
            continue
        raised, last = True, i
        if unit.speaker == "client":
            _take_statement(unit.text, topics, denied, endorsed)
        else:
            asked |= topics
            answer = _answer(units, i)
            chosen = _chosen(unit.text, answer)
            if chosen:
                endorsed |= chosen
            else:
                _take_answer(answer, topics, denied, endorsed)
    return RiskReading(frozenset(asked), frozenset(denied), frozenset(endorsed), raised=raised)


def _take_answer(answer: str, topics: set[Topic], denied: set[Topic], endorsed: set[Topic]) -> None:
    hedged = _YES.search(answer) or _HEDGED.search(answer)
    if _NO.search(answer) or (not hedged and any(_NO_AFTER_ALL.search(s) for s in split_sentences(answer))):
        denied |= topics
    elif _YES.search(answer) and not _PAST.search(answer):
        endorsed |= topics


def _chosen(question: str, answer: str) -> set[Topic]:
    """The topics of the alternative that an answer names: "A thought, or the urge to hurt yourself?" "The urge."""
    asked = question.rpartition("?")[0]
    first = content_stems(split_sentences(answer)[0]) if answer.strip() else []
    halves = re.split(r",? or (?=(?:was|is) it\b)", asked[max(asked.rfind("."), asked.rfind("?")) + 1 :])
    if len(halves) != 2 or not 0 < len(first) <= 3:
        return set()
    named = [half for half in halves if set(first) <= set(content_stems(half))]
    return _core_topics(named[0]) if len(named) == 1 else set()


def _take_statement(text: str, topics: set[Topic], denied: set[Topic], endorsed: set[Topic]) -> None:
    """A client's own words: nothing of the past, nothing denied in the same sentence."""
    for sentence in split_sentences(text):
        for topic, start, _ in _mentions(sentence, follow_up=True):
            if topic not in topics or _PAST.search(text) or topic in {"plan", "intent"}:
                continue
            if _NO.search(sentence) or _DENIAL.search(sentence[:start]) or sentence.rstrip(".! ").endswith(", no"):
                denied.add(topic)
            else:
                endorsed.add(topic)


def _answer(units: tuple[Unit, ...], asked_at: int) -> str:
    """The client's words up to the clinician's next turn of substance."""
    words = []
    for unit in units[asked_at + 1 : asked_at + 5]:
        if unit.speaker == "client":
            words.append(unit.text)
        elif len(unit.text.split()) > 3:
            break
    return " ".join(words)


def _core_topics(text: str) -> set[Topic]:
    return {topic for topic in _CORE if _TOPICS[topic].search(text)}


def _mentions(text: str, *, follow_up: bool) -> Iterable[tuple[Topic, int, int]]:
    """(topic, start, end) of each mention; plan and intent only where the talk is about risk."""
    core = bool(_core_topics(text))
    for topic, pattern in _TOPICS.items():
        if topic in _CORE or follow_up or core:
            yield from ((topic, m.start(), m.end()) for m in pattern.finditer(text))


def _stance(clause: str, start: int, end: int) -> str:
    """ "denied", "endorsed", "asked" or "past", by the nearest cue before a topic, else by what follows it."""
    before, after = clause[:start], clause[end:]
    cues = (("denied", _DENIAL), ("endorsed", _AFFIRMS), ("asked", _ASKING), ("past", _PAST))
    places = [(m.start(), stance) for stance, cue in cues for m in cue.finditer(before)]
    if _PAST_AFTER.search(after):
        return "past"
    if places:
        return max(places)[1]
    if re.search(r"\b(?:was|were) denied\b", after, re.IGNORECASE):
        return "denied"
    return "endorsed"


def risk_spans(text: str) -> list[tuple[int, int]]:
    """Where a text speaks of risk: (start, end) of each mention and of each word that states it ("denied")."""
    return [(m.start(), m.end()) for pattern in (*_TOPICS.values(), _STATING) for m in pattern.finditer(text)]


def misstates(stated: RiskReading, truth: RiskReading) -> str | None:
    """How a text's statements about risk differ from what was said; None where each of them is true."""
    if stated.unassessed and truth.raised:
        return "says that risk was not assessed although it was raised"
    if stated.states and truth.unattributed:
        return "states risk although it is not known who spoke"
    if any(not truth.allows_denial(topic) for topic in stated.denied):
        return "says denied where the source does not show that it was asked and denied"
    if any(not truth.allows_endorsement(topic) for topic in stated.endorsed - {"plan", "intent"}):
        return "says endorsed where the source does not show it"
    return None

"""What a conversation says about risk: each question with its answer, and what the client says unasked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.checking.risk_answers import PAST, WAITS, denies_now, stalls, stance
from pipelines.checking.risk_reading import RiskReading
from pipelines.checking.risk_words import CORE, Topic, core_topics, mentions, speaks_of_risk
from pipelines.source import Unit, split_sentences
from pipelines.stems import content_stems

_AFTER_OTHERS = 3  # units after somebody else's risk within which "thoughts like that?" asks about the client's
_OF_YOU_TOO = re.compile(
    r"\b(?:thoughts?|feelings?|urges?|ideas?) like (?:that|those|this)\b|\bthe same\b.*\byou\b|"
    r"\b(?:you|for you),? (?:too|as well)\b|\byourself\b",
    re.IGNORECASE,
)
_NEAR = 6  # units after a mention of risk within which "those thoughts" are these
_QUESTIONNAIRE = re.compile(r"\b(?:question|item) (?:nine|9)\b|columbia|c-?ssrs", re.IGNORECASE)
_ACTS: frozenset[Topic] = frozenset({"plan", "intent", "others"})
_DENIAL = re.compile(
    r"\b(?:no|not|never|none|without|cannot)\b(?! mind)|n['’]t\b(?! mind)|\b(?:dont|didnt|havent|wouldnt|isnt)\b",
    re.IGNORECASE,
)
_REFERS_BACK = re.compile(
    r"\b(?:those|these|such|the|that) (?:thoughts|urges?|feelings|wondering)\b|\b(?:anything|"
    r"something) like (?:that|it)\b|"
    r"\b(?:that|it) (?:still|come|came|been|back|around|show\w*)\b|\b(?:is|are|has) (?:that|it|those) (?:still|"
    r"come|been|back|around)\b|"
    r"^\W*(?:and |so |but )*(?:to )?yourself\?|^\W*(?:and |so )*(?:today|now|tonight|lately|these days|"
    r"this week)(?:, any urges?)?\?|"
    r"\bnothing (?:these days|now|lately|since|like that)\b",
    re.IGNORECASE,
)
_YOURSELF = re.compile(r"^\W*(?:and |so |but |what about |how about )*(?:to )?yourself\?", re.IGNORECASE)
_URGE = re.compile(r"\burges?\b", re.IGNORECASE)
_NEGATIVE = re.compile(
    r"^\W*(?:and |so |okay |but |then )*(?:no|nothing|never|not|you['’]re not|you haven['’]t|none)\b", re.IGNORECASE
)
# "Means of self-harm": who asks for means asks nothing new; "a plan to hurt yourself" asks about a plan.
_AIMED = re.compile(
    r"\b((?:plans?|intent(?:ions?)?)(?:,? (?:or|any|and) \w+)*) (?:to|of) (?:hurt|harm|kill|end|"
    r"act)(?:ing)?\b(?! (?:him|her|them)\b)"
    r"[^.;,?]*?(?=\b(?:tonight|today|now)\b|[.;,?]|$)",
    re.IGNORECASE,
)


@dataclass
class _Heard:
    asked: set[Topic] = field(default_factory=set)
    denied: set[Topic] = field(default_factory=set)
    endorsed: set[Topic] = field(default_factory=set)
    past: set[Topic] = field(default_factory=set)
    unclear: set[Topic] = field(default_factory=set)

    def take(self, how: str, topics: set[Topic]) -> None:
        if how in {"denied", "endorsed"}:
            self.unclear -= topics
        getattr(self, how).update(topics)


def read_talk(units: Sequence[Unit]) -> RiskReading:
    """Pair each question about risk with its answer, and take what the client says unasked."""
    heard, last, latest, others = _Heard(), -10, set[Topic](), -10
    raised = False
    for i, unit in enumerate(units):
        near = i - last <= _NEAR
        others = i if unit.speaker == "client" and speaks_of_risk(unit.text) else others
        if unit.speaker == "client":
            topics = {m.topic for m in mentions(unit.text, follow_up=near)}
            if topics & set(CORE):
                raised, last = True, i
                latest = {topic for topic, *_ in _own(unit.text)} or latest
                _take_statement(unit.text, heard)
            continue
        topics = _asked_about(unit.text, latest if near else set())
        if not topics and i - others <= _AFTER_OTHERS and "?" in unit.text and _OF_YOU_TOO.search(unit.text):
            topics = {"around"}
        questionnaire = bool(_QUESTIONNAIRE.search(unit.text))
        if not (topics or questionnaire) or (topics <= {"plan", "intent"} and not (near or questionnaire)):
            continue
        raised, last = True, i
        latest = (topics & set(CORE)) or latest
        heard.asked |= topics
        _take_answer(unit.text, _answer(units, i), topics, heard)
    return RiskReading(
        asked=frozenset(heard.asked),
        denied=frozenset(heard.denied),
        endorsed=frozenset(heard.endorsed),
        past=frozenset(heard.past),
        unclear=frozenset(heard.unclear - heard.endorsed),
        raised=raised,
    )


def _asked_about(text: str, before: set[Topic]) -> set[Topic]:
    """The topics of a clinician's turn; `before`: those that "these thoughts" would mean."""
    topics = {m.topic for m in mentions(_AIMED.sub(r"\1 ", text), follow_up=bool(before))}
    if before and not topics & set(CORE):
        if any(_YOURSELF.search(s) for s in split_sentences(text)):
            topics |= {"self_harm"}
        elif not topics and "?" in text and (_REFERS_BACK.search(text) or _URGE.search(text)):
            topics |= {"around"} if before == {"attempt"} else before - {"attempt"}
    return topics


def _take_answer(question: str, answer: str, topics: set[Topic], heard: _Heard) -> None:
    if topics == {"attempt"} or (topics and not answer and "?" not in question):
        if answer and PAST.search(f"{question} {answer}"):
            heard.take("past", topics)
        return
    if chosen := _chosen(question, answer):
        heard.take("endorsed", chosen)
        return
    own = bool(_own(answer))
    for group in (topics - _ACTS, topics & _ACTS):
        if not group:
            continue
        how = stance(answer, acts=group <= _ACTS, negative=_is_negative(question), own=own and not group <= _ACTS)
        if not answer or _goes_on_to_other(question):
            how = "unclear"
        if how == "unclear" and heard.denied >= group and not own and _short(question):
            continue  # "Okay, none." – "Mm." after a plain denial takes nothing back
        heard.take(how, group)
        if how == "past" and denies_now(answer):
            heard.take("denied", group)
        if how == "denied" and PAST.search(answer):
            heard.take("past", group - {"plan", "intent"})


def _short(question: str) -> bool:
    return "?" not in question


def _is_negative(question: str) -> bool:
    asking = [s for s in split_sentences(question) if core_topics(s)]
    return bool(asking) and bool(_NEGATIVE.match(asking[-1]))


def _goes_on_to_other(question: str) -> bool:
    """Whether another question follows the one about risk, so that the answer may be to that."""
    asking = [s for s in split_sentences(question) if s.endswith("?")]
    if not asking or any(mentions(asking[-1], follow_up=True)):
        return False
    about_risk = any(core_topics(s) for s in asking[:-1])
    return about_risk and not re.search(
        r"\b(?:that|it|this|those|these|them|any\w*|like|when|how often)\b", asking[-1], re.IGNORECASE
    )


def _chosen(question: str, answer: str) -> set[Topic]:
    """The topics of the alternative that an answer names: "A thought, or the urge to hurt yourself?" "The urge."."""
    asked = question.rpartition("?")[0]
    first = content_stems(split_sentences(answer)[0]) if answer.strip() else []
    halves = re.split(r",? or (?=(?:was|is) it\b)", asked[max(asked.rfind("."), asked.rfind("?")) + 1 :])
    if len(halves) != 2 or not 0 < len(first) <= 3:
        return set()
    chosen = [half for half in halves if set(first) <= set(content_stems(half))]
    return core_topics(chosen[0]) if len(chosen) == 1 else set()


def _take_statement(text: str, heard: _Heard) -> None:
    """A client's own words: nothing of the past, nothing denied in the same sentence."""
    for sentence in split_sentences(text):
        own = _own(sentence)
        for mention in mentions(sentence):
            if mention.topic not in CORE:
                continue
            if PAST.search(text) or mention.topic == "attempt":
                heard.take("past", {mention.topic})
            elif mention in own:
                heard.take("endorsed", {mention.topic})
            else:
                heard.take("denied", {mention.topic})


def _own(text: str) -> list[tuple[Topic, int, int]]:
    """What a client affirms of the own risk now, sentence by sentence."""
    found: list[tuple[Topic, int, int]] = []
    for sentence in split_sentences(text):
        if PAST.search(sentence) or re.search(r",? no[.! ]*$", sentence):
            continue
        for mention in mentions(sentence):
            clause = re.split(r"; |, (?:but|and) |\bbut ", sentence[: mention.start])[-1]
            if mention.topic in CORE and mention.topic not in {"attempt", "others"} and not _DENIAL.search(clause):
                found.append(mention)
    return found


def _answer(units: Sequence[Unit], asked_at: int) -> str:
    """The client's words up to the clinician's next turn of substance; a silence waits for what comes after it."""
    words: list[str] = []
    for unit in units[asked_at + 1 : asked_at + 7]:
        if unit.speaker == "client":
            words = words if stalls(unit.text) else [*words, unit.text]
        elif not WAITS.match(unit.text) and (words or len(unit.text.split()) > 3):
            break
    return " ".join(words)

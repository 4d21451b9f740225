"""The risk line, by rule: only what was asked is denied, only what was said is endorsed, the rest is flagged.

Rule of the house: "denied" stands only where the source shows question and denial; never raised is "not assessed";
speakers unknown, or an answer that cannot be read, is flagged for the clinician and not stated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipelines.phrases import RISK_NOT_ASSESSED
from pipelines.writing.extractive.cleaning import strip_opener
from pipelines.writing.extractive.dialogue import Exchange, Turn, without_answer_word
from pipelines.writing.extractive.prompt import Line
from pipelines.writing.extractive.rewrite import Person, lower_first, to_third_person
from pipelines.writing.extractive.risk_words import (
    AND_THEN,
    ATTEMPT,
    FOLLOW_UP,
    PAST,
    SAFETY_STEP,
    STRONG,
    THIRD_PARTY,
    UNCLEAR,
    asks_about_client,
    concepts,
    ends_in_no,
    label_of,
    labelled,
    own_risk,
    says_none,
    says_sometimes,
    says_would_not,
    stalls,
    when_asked,
)
from pipelines.writing.extractive.statements import tell

UNKNOWN_SPEAKERS = "Risk to be assessed by the clinician: the speakers of the recording are not identified"
_STAYS = 2  # exchanges after a question about risk that may still belong to it; one more where something was endorsed


@dataclass
class Risk:
    """The lines for the risk section, the safety plan's steps for the plan, and which exchanges they took."""

    lines: list[str] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    details: list[int] = field(default_factory=list)
    """Exchanges of the follow-up (means, protective factors), to be told as the client's report within risk."""
    asked: bool = False


def risk_of_lines(lines: Sequence[Line]) -> Risk:
    """A mixed recording: nothing is stated."""
    touched = any(STRONG.search(line.text) for line in lines)
    return Risk([f"{UNKNOWN_SPEAKERS}{', and it touches on suicide or self-harm' if touched else ''}."])


def risk_of(exchanges: Sequence[Exchange], client: Person) -> Risk:
    """Read the exchanges about risk, in order."""
    risk, findings = Risk(), _Findings(client)
    window = 0
    for i, exchange in enumerate(_without_stalls(exchanges)):
        asked = _asked(exchange.asked)
        follows = window > 0 and exchange.asked is not None and bool(FOLLOW_UP.search(exchange.asked.raw))
        said = [s for s in exchange.answer.sentences if own_risk(s)] if exchange.answer else []
        if not asked and findings.take_attempt(exchange):
            risk.taken.add(i)
            window = _STAYS
            continue
        if not (asked or follows or (said and (window > 0 or any(STRONG.search(s) for s in said)))):
            window -= 1
            continue
        if asked or follows:
            risk.asked = True
            window = _STAYS
        window = max(window, _STAYS) + bool(findings.endorsed or said)
        risk.taken.add(i)
        items = concepts(_questioned(exchange.asked, asked), client)
        findings.read(exchange, items, said, asked=bool(asked))
        if follows and not asked and not said and _adds(exchange, items):
            risk.details.append(i)
    if findings.endorsed:
        _safety_steps(exchanges, risk, client)
    risk.lines = findings.lines()
    return risk


def _without_stalls(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """A question about risk that is met with silence keeps its place and gets the answer that comes after it."""
    found = list(exchanges)
    for i, (one, after) in enumerate(pairwise(exchanges)):
        waits = after.asked is None or ("?" not in after.asked.raw and len(after.asked.raw.split()) < 7)
        if one.answer and stalls(one.answer.raw) and waits and _asked(one.asked):
            found[i] = replace(one, answer=after.answer)
            found[i + 1] = replace(after, asked=None, answer=None)
    return found


def _questioned(turn: Turn | None, asked: Sequence[str]) -> str:
    """The question about risk and what was asked right after it: "Have you thought of …? Any plan?"."""
    if turn is None:
        return ""
    if not asked:
        return turn.raw
    first = turn.sentences.index(asked[0])
    return " ".join(s for s in turn.sentences[first:] if s in asked or (s.endswith("?") and len(s.split()) < 8))


def _asked(turn: Turn | None) -> list[str]:
    return [s for s in turn.sentences if asks_about_client(s)] if turn else []


def _adds(exchange: Exchange, items: Sequence[str]) -> bool:
    """Whether a follow-up tells more than what was denied: means, protective factors, circumstances."""
    if exchange.asked and SAFETY_STEP.search(exchange.asked.raw):
        return False
    more = bool(exchange.answer and without_answer_word(exchange.answer.sentences))
    return more if items else True


class _Findings:
    """What was denied, endorsed, put into the past, and what could not be read."""

    def __init__(self, client: Person) -> None:
        self._client = client
        self.denied: list[str] = []
        self.endorsed: list[tuple[str, list[str]]] = []
        self.history: list[str] = []
        self.flagged: list[list[str]] = []
        self.attempts: list[str] = []
        self._when = ""

    def read(self, exchange: Exchange, items: list[str], said: list[str], *, asked: bool) -> None:
        """Take one answer; `said` are its sentences that touch on risk themselves."""
        answer = exchange.answer
        if answer is None or (asked and _goes_on_to_other(exchange.asked)):
            self.flagged += [items] if asked else []
            return
        now = [s for s in said if not PAST.search(s)]
        past = [s for s in answer.sentences if PAST.search(s)]
        no = exchange.polarity == "no" or says_none(answer.raw) or (not exchange.polarity and ends_in_no(answer.raw))
        if not no and items and set(items) <= {"plan", "intent"}:
            no = says_would_not(answer.raw) and not now
        if items and no:
            if UNCLEAR.search(answer.raw) or (now and not past):
                self.flagged.append(items)
            else:
                self.denied += [item for item in items if item not in self.denied]
                self._when = self._when or when_asked(exchange.asked.text if exchange.asked else "")
                beside = [s for s in without_answer_word(answer.sentences) if s not in past and 2 < len(s.split()) < 12]
                self._place_in_past(past, answer.raw, raised=bool(said or asked))
                if self.history and past:
                    self.history += [self._tell(s) for s in beside if not re.search(r"\byou\b", s, re.IGNORECASE)][:2]
        elif chosen := _chosen(exchange.asked.raw if exchange.asked else "", answer.raw, self._client):
            told = [self._tell(s) for s in without_answer_word(answer.sentences)]
            self.endorsed.append((join(chosen), told))
        elif now or ((exchange.polarity == "yes" or says_sometimes(answer.raw)) and (said or items)):
            told = [self._tell(s) for s in without_answer_word(answer.sentences)]
            self.endorsed.append((label_of(" ".join(said)) if said else join(items), told))
        elif items and asked:
            self.flagged.append(items)

    def take_attempt(self, exchange: Exchange) -> bool:
        """Whether the clinician speaks of an attempt of the client's and the client tells when it was."""
        asked, answer = exchange.asked, exchange.answer
        if not (asked and answer and ATTEMPT.search(asked.raw) and not THIRD_PARTY.search(asked.raw)):
            return False
        if not re.search(rf"{PAST.pattern}|\bago\b", answer.raw, re.IGNORECASE):
            return False
        self.attempts += [self._tell(s) for s in without_answer_word(answer.sentences)]
        return True

    def _place_in_past(self, past: Sequence[str], raw: str, *, raised: bool) -> None:
        if not (past and raised):
            return
        bare = (", ".join(c for c in s.split(", ") if not re.search(r"\byou\b", c)) for s in past)
        self.history += [self._tell(_without_yes(s)) for s in bare if s]
        if self.history and re.search(r"\bnot (?:now|anymore|any more|since|lately)\b", raw, re.IGNORECASE):
            self.history.append("not now")

    def _tell(self, sentence: str) -> str:
        return tell(sentence, self._client)

    def lines(self) -> list[str]:
        lines = [f"Client endorsed {what}{': ' + '; '.join(told) if told else ''}." for what, told in self.endorsed]
        if self.denied:
            explored = self.endorsed or self.flagged or {"plan", "intent"} & set(self.denied)
            for n, items in enumerate(_few(self.denied, apart=not explored)):
                denial = f"Client denied {join(items)}{' ' + self._when if self._when and n == 0 else ''}."
                lines.append(denial if explored else labelled(denial))
        if self.history:
            lines.append(f"Client placed such thoughts in the past: {'; '.join(self.history)}.")
        if self.attempts:
            lines.append(f"Client told of an attempt in the past: {'; '.join(self.attempts)}.")
        unclear = [item for items in self.flagged for item in items if item not in self.denied]
        if self.flagged and (unclear or not lines):
            what = join(unclear, "or") or "risk"
            lines.append(
                f"For the clinician to review: client was asked about {what} and the answer could not be read with "
                "certainty."
            )
        return lines or [RISK_NOT_ASSESSED]


def _few(items: Sequence[str], words: int = 7, *, apart: bool) -> list[list[str]]:
    """Items in groups short enough that "denied" plainly reaches the last of them; what gets a label stands apart."""
    groups: list[list[str]] = []
    for item in items:
        alone = apart and groups and labelled(groups[-1][-1]) != groups[-1][-1]
        if groups and not alone and sum(len(x.split()) for x in groups[-1]) + len(item.split()) <= words:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _chosen(question: str, answer: str, client: Person) -> list[str]:
    """What an answer names of two alternatives: "A thought of dying, or the urge to hurt yourself?" "The urge."."""
    halves = re.split(r",? or (?=(?:is|was) it\b|(?:a|an|the) )", question)
    first = re.split(r"[.,;]", answer.strip())[0].lower()
    words = [x for x in re.findall(r"[a-z]{4,}", first) if x not in {"that", "just"}]
    if len(halves) != 2 or not 0 < len(words) <= 3:
        return []
    named = [half for half in halves if all(x in half.lower() for x in words)]
    return concepts(named[0], client) if len(named) == 1 else []


def _goes_on_to_other(turn: Turn | None) -> bool:
    """Whether another question followed the one about risk in the same turn, so that the answer may be to that."""
    questions = [s for s in turn.sentences if s.endswith("?")] if turn else []
    return bool(questions) and not (concepts(questions[-1], Person()) or FOLLOW_UP.search(questions[-1]))


def _without_yes(sentence: str) -> str:
    return re.sub(r",? (?:yeah|yes|no|okay)\b,?", "", strip_opener(sentence), flags=re.IGNORECASE)


def _safety_steps(exchanges: Sequence[Exchange], risk: Risk, client: Person) -> None:
    """Steps that the client named when asked whom to call or what to do."""
    steps: list[str] = []
    condition = ""
    for i, exchange in enumerate(exchanges):
        if not (exchange.asked and exchange.answer):
            continue
        goes_on = bool(steps) and (i - 1) in risk.taken and bool(AND_THEN.match(exchange.asked.raw))
        if not (goes_on or SAFETY_STEP.search(exchange.asked.raw)):
            continue
        risk.taken.add(i)
        if found := _CONDITION.search(exchange.asked.raw):
            condition = lower_first(to_third_person(found.group(0), "clinician", client)) + ", "
        told = without_answer_word(exchange.answer.sentences)
        steps += [lower_first(to_third_person(s.rstrip(".?!"), "client", client)) for s in told]
    if steps:
        risk.plan.append(f"Client will follow the safety plan: {condition}{'; '.join(steps)}.")


_CONDITION = re.compile(
    r"\bif (?:those|the|these) (?:thoughts|urges) [\w ]+|\bif it gets (?:worse|stronger)", re.IGNORECASE
)


def join(items: Sequence[str], word: str = "and") -> str:
    """ "a, b and c"."""
    items = list(dict.fromkeys(items))
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"

"""Whether a note holds a fact: a matcher without a language model, measured on pairs labelled by hand.

A fact is held when one sentence of the note, or two that follow each other, covers its content words (weighted by how
rare they are among the encounter's facts), has all its numbers and days, and says it with the same polarity, certainty
and people. It is contradicted when a sentence that covers it says the opposite, another number, or another day.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from evals.assertions import MONTHS, NAME, OPPOSITES, Assertion, Number, alike, assertion
from evals.case import Case, Scorer, Scores
from pipelines.records import Fact
from pipelines.source import split_sentences

Verdict = Literal["held", "missing", "contradicted"]

FACT_SCORES = ("fact_recall", "fact_recall_critical", "facts_contradicted")

# Fitted on the train and dev pairs of datasets/synthetic/fact_pairs.jsonl; benchmarks/facts.py prints what they reach.
_HELD = 0.50  # coverage from which a passage may hold a fact
_NUMBER = 2.0  # weight of a number; a word that stands in one fact of twenty weighs 2.8
_NOTICED = 0.30
_PAIR_PENALTY = 0.05  # two sentences hold more words by chance than one
_COVERS = 0.65  # coverage from which a passage is about the fact
_WITHIN = 0.70  # or: share of the passage's words that are the fact's,
_TOUCHES, _TOUCHES_ONE = 0.25, 0.40  # with so much coverage, by two words or more, or by one
_POLARITY = 0.50  # coverage that a turned polarity needs: one denied word in a short clause proves little
_TURNED = 0.45  # share of the words in common with the other polarity


@dataclass(frozen=True)
class Held:
    """The verdict on one fact, how well its best passage covers it (0 to 1), and where that passage stands."""

    fact_id: str
    verdict: Verdict
    coverage: float
    section: str | None = None
    sentence: int | None = None


@dataclass(frozen=True)
class _Passage:
    section: str
    sentence: int
    sentences: int
    says: Assertion


def match_facts(facts: Sequence[Fact], sections: Mapping[str, str]) -> list[Held]:
    """The verdict on each fact for a note given as its sections."""
    weights = rarity(facts)
    passages = list(_passages(sections))
    return [match_fact(fact, passages, weights) for fact in facts]


def rarity(facts: Sequence[Fact]) -> dict[str, float]:
    """Weight of a word: the fewer of the encounter's facts hold it, the more it tells them apart."""
    holding = Counter(lemma for fact in facts for lemma in assertion(fact.text).content)
    return {lemma: math.log((len(facts) + 1) / (n + 0.5)) + 0.2 for lemma, n in holding.items()}


def _passages(sections: Mapping[str, str]) -> Iterable[_Passage]:
    for section, text in sections.items():
        sentences = split_sentences(text)
        for i, sentence in enumerate(sentences):
            yield _Passage(section, i, 1, assertion(sentence))
        for i, (one, two) in enumerate(pairwise(sentences)):
            yield _Passage(section, i, 2, assertion(f"{one} {two}"))


def match_fact(fact: Fact, passages: Sequence[_Passage], weights: Mapping[str, float]) -> Held:
    """Held by any passage; else contradicted by any; else missing. The passage that covers it best is named."""
    wanted = assertion(fact.text)
    best = Held(fact.id, "missing", 0.0)
    for passage in passages:
        covered = coverage(wanted, passage.says, weights) - _PAIR_PENALTY * (passage.sentences - 1)
        if covered < _NOTICED:
            continue
        held = covered >= _HELD and agrees(wanted, passage.says)
        if (held, covered) > (best.verdict == "held", best.coverage):
            verdict: Verdict = "held" if held else "missing"
            best = Held(fact.id, verdict, min(1.0, covered), passage.section, passage.sentence)
    return best if best.verdict == "held" else _contradicted(fact.id, wanted, passages, weights) or best


def _contradicted(
    fact_id: str, wanted: Assertion, passages: Sequence[_Passage], weights: Mapping[str, float]
) -> Held | None:
    found = None
    for passage in passages:
        if passage.sentences > 1:
            continue
        for part in _parts(passage.says):
            if not is_about(wanted, part, weights):
                continue
            kind, covered = conflict(wanted, part, passage.says), coverage(wanted, part, weights)
            if kind is None or (kind == "polarity" and covered < _POLARITY):
                continue
            if found is None or covered > found.coverage:
                found = Held(fact_id, "contradicted", min(1.0, covered), passage.section, passage.sentence)
    return found


def _parts(sentence: Assertion) -> Iterable[Assertion]:
    """The sentence, and each run of up to three of its clauses: a wrong clause may stand among right ones."""
    count = len(sentence.clauses)
    yield sentence
    for length in range(1, min(4, count)):
        for first in range(count - length + 1):
            yield sentence.part(first, first + length)


def coverage(wanted: Assertion, said: Assertion, weights: Mapping[str, float]) -> float:
    """Share of the fact's content words, by weight, that the passage holds; its numbers count as words too."""
    total = gained = 0.0
    for lemma in wanted.content:
        weight = weights.get(lemma, 1.0)
        total += weight
        gained += weight * _best(lemma, said.content)
    for value in wanted.values:
        total += _NUMBER
        gained += _NUMBER * (value in said.values)
    return gained / total if total else 0.0


@functools.lru_cache(maxsize=200_000)
def _best(lemma: str, among: frozenset[str]) -> float:
    return 1.0 if lemma in among else max((alike(lemma, other) for other in among), default=0.0)


def is_about(wanted: Assertion, said: Assertion, weights: Mapping[str, float]) -> bool:
    """Whether a passage speaks of the same thing: it covers the fact, or nearly all its words are the fact's."""
    covered = coverage(wanted, said, weights)
    if covered >= _COVERS:
        return True
    shared = [lemma for lemma in said.content if _best(lemma, wanted.content) >= 0.8]
    enough = _TOUCHES if len(shared) >= 2 else _TOUCHES_ONE
    return bool(shared) and len(shared) >= _WITHIN * len(said.content) and covered >= enough


def agrees(wanted: Assertion, said: Assertion) -> bool:
    """Numbers, days and people are those of the fact, and polarity and certainty are not turned."""
    if not (wanted.values <= said.values and wanted.owners <= said.kin):
        return False
    if wanted.weekdays and not wanted.weekdays & said.weekdays:
        return False
    return not (_reversed(wanted, said) or _otherwise_certain(wanted, said) or _opposed(wanted, said)) and (
        _turned_share(wanted, said) < _TURNED
    )


def conflict(wanted: Assertion, said: Assertion, sentence: Assertion) -> str | None:
    """How a part of a sentence that is about the fact speaks against it; None: it does not."""
    if wanted.kin - said.kin:
        return None
    if any(word.asked for word in said.words) and not any(word.asked for word in wanted.words):
        return None
    if _other_number(wanted, said, sentence):
        return "number"
    checks = {
        "change": _reversed,
        "day": _other_day,
        "certainty": _otherwise_certain,
        "opposite": _opposed,
        "polarity": _turned,
    }
    return next((kind for kind, against in checks.items() if against(wanted, said)), None)


def _reversed(wanted: Assertion, said: Assertion) -> bool:
    """The fact says 11, down from 15; the passage 15, up from 11."""
    return any((before, now) in said.changes for now, before in wanted.changes if now != before)


def _other_number(wanted: Assertion, said: Assertion, sentence: Assertion) -> bool:
    """A number of the fact is not in the sentence, and one that is not the fact's stands in the same place."""
    known = {number.value for number in wanted.numbers}
    there = {number.value for number in sentence.numbers}
    missing = [number for number in wanted.numbers if number.value not in there]
    strange = [n for n in said.numbers if n.value not in known and _beside(n, said, wanted)]
    return any(_same_place(one, other) for one in missing for other in strange)


def _beside(number: Number, said: Assertion, wanted: Assertion) -> bool:
    """Whether the clause of a number speaks of the fact by more than the number's unit."""
    words = {word.lemma for word in said.words if word.clause == number.clause} - {number.after}
    return any(_best(lemma, wanted.content) >= 0.8 for lemma in words)


def _same_place(one: Number, other: Number) -> bool:
    if one.after and other.after:
        return alike(one.after, other.after) >= 0.8 and (one.value != "1" or other.value != "1")
    return one.before == other.before and (one.before.endswith(NAME) or one.before in MONTHS)


def _other_day(wanted: Assertion, said: Assertion) -> bool:
    return bool(wanted.weekdays) and bool(said.weekdays) and not wanted.weekdays & said.weekdays


def _otherwise_certain(wanted: Assertion, said: Assertion) -> bool:
    """The fact was considered and the passage has it done or decided, or the other way round."""
    if wanted.hedged:
        shared = [word.hedged for word in wanted.words if _best(word.lemma, said.content) >= 0.8]
        return not said.hedged and 2 * sum(shared) >= len(shared) > 0
    return said.hedged and all(word.hedged for word in said.words if _best(word.lemma, wanted.content) >= 0.8)


def _opposed(wanted: Assertion, said: Assertion) -> bool:
    """The fact has one word of a pair of opposites, the passage only the other."""
    for pair in OPPOSITES:
        for here, there in (pair, pair[::-1]):
            if wanted.lemmas & here and not wanted.lemmas & there and said.lemmas & there and not said.lemmas & here:
                return True
    return False


def _turned(wanted: Assertion, said: Assertion) -> bool:
    return _turned_share(wanted, said) >= _TURNED


def _turned_share(wanted: Assertion, said: Assertion) -> float:
    """Share of the words in common that one side denies while the other affirms them.

    A word that stands both ways is not turned; nor is one with a negation close by, whose reach is not certain.
    """
    turned = shared = 0
    for lemma in wanted.content:
        here = [word for word in wanted.words if word.lemma == lemma]
        there = [word for word in said.words if alike(word.lemma, lemma) >= 0.8]
        if not there:
            continue
        shared += 1
        if all(word.negated for word in here):
            turned += not any(word.negated or said.negative(word.clause) for word in there)
        elif all(word.negated for word in there):
            turned += not any(word.negated or wanted.negative(word.clause) for word in here)
    return turned / shared if shared else 0.0


def _facts(case: Case) -> list[Fact]:
    """The facts that the note could hold: from a summary those that are in it."""
    facts = case.encounter.facts or []
    return [fact for fact in facts if fact.in_summary or case.source != "summary"]


def _expects(case: Case) -> Sequence[str]:
    facts = _facts(case)
    if not facts:
        return ()
    return FACT_SCORES if any(fact.critical for fact in facts) else ("fact_recall", "facts_contradicted")


def score_facts(case: Case) -> Scores:
    """Share of the facts that the note holds, the same of the critical ones, and how many it contradicts."""
    facts = _facts(case)
    if case.note is None or not facts:
        return dict.fromkeys(FACT_SCORES)
    verdicts = match_facts(facts, case.note.sections)
    held = {v.fact_id for v in verdicts if v.verdict == "held"}
    critical = [fact for fact in facts if fact.critical]
    return {
        "fact_recall": len(held) / len(facts),
        "fact_recall_critical": sum(f.id in held for f in critical) / len(critical) if critical else None,
        "facts_contradicted": sum(v.verdict == "contradicted" for v in verdicts),
    }


facts = Scorer("facts", "1", score_facts, _expects)

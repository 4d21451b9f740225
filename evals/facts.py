"""Whether a note holds a fact: a matcher without a language model, measured on pairs labelled by hand.

A fact is held when one sentence of the note, or two that follow each other, covers its content words (weighted by how
rare they are among the encounter's facts), has all its numbers and days, and says it with the same polarity, certainty
and people. It is contradicted when a sentence that covers it says the opposite, another number, or another day.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from evals.case import Case, Scorer, Scores
from pipelines.checking.assertions.assertion import Assertion, assertion
from pipelines.checking.assertions.conflicts import (
    Weights,
    coverage,
    find_conflict,
    opposed,
    otherwise_certain,
    reversed_change,
    turned_share,
)
from pipelines.records import Fact
from pipelines.source import split_sentences

Verdict = Literal["held", "missing", "contradicted"]

FACT_SCORES = ("fact_recall", "fact_recall_critical", "facts_contradicted")

# Fitted on the train and dev pairs of datasets/synthetic/fact_pairs.jsonl; benchmarks/facts.py prints what they reach.
_HELD = 0.50  # coverage from which a passage may hold a fact
_NUMBER = 2.0  # weight of a number; a word that stands in one fact of twenty weighs 2.8
_NOTICED = 0.30
_BETTER = 0.15  # how much more of the fact a conflict must cover than a passage that holds it
_PAIR_PENALTY = 0.05  # two sentences hold more words by chance than one
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


def match_fact(fact: Fact, passages: Sequence[_Passage], weights: Weights) -> Held:
    """Held or contradicted by the passage that covers it better, which is named; else missing."""
    wanted = assertion(fact.text)
    against = {
        (passage.section, passage.sentence): found
        for passage in passages
        if passage.sentences == 1 and (found := find_conflict(wanted, passage.says, weights))
    }
    sure = {place for place, found in against.items() if found.kind != "scope"}
    best = Held(fact.id, "missing", 0.0)
    for passage in passages:
        covered = coverage(wanted, passage.says, weights, _NUMBER) - _PAIR_PENALTY * (passage.sentences - 1)
        if covered < _NOTICED:
            continue
        places = {(passage.section, passage.sentence + i) for i in range(passage.sentences)}
        held = covered >= _HELD and not places & sure and agrees(wanted, passage.says)
        if (held, covered) > (best.verdict == "held", best.coverage):
            verdict: Verdict = "held" if held else "missing"
            best = Held(fact.id, verdict, min(1.0, covered), passage.section, passage.sentence)
    if not against:
        return best
    place, worst = max(against.items(), key=lambda item: item[1].coverage)
    if best.verdict == "held" and worst.coverage < best.coverage + _BETTER:
        return best
    return Held(fact.id, "contradicted", worst.coverage, *place)


def agrees(wanted: Assertion, said: Assertion) -> bool:
    """Numbers, days and people are those of the fact, and polarity and certainty are not turned."""
    if not (wanted.values <= said.values and wanted.owners <= said.kin):
        return False
    if wanted.weekdays and not wanted.weekdays & said.weekdays:
        return False
    turned = (reversed_change(wanted, said), otherwise_certain(wanted, said), opposed(wanted, said))
    return not any(turned) and (bool(wanted.refusals & said.refusals) or turned_share(wanted, said) < _TURNED)


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


facts = Scorer("facts", "2", score_facts, _expects)

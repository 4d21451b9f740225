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
from evals.claims import OPPOSITES, Claim, alike, claim
from pipelines.records import Fact
from pipelines.source import split_sentences

Verdict = Literal["held", "missing", "contradicted"]

FACT_SCORES = ("fact_recall", "fact_recall_critical", "facts_contradicted")

# Fitted on the train and dev pairs of datasets/synthetic/fact_pairs.jsonl; benchmarks/facts.py prints what they reach.
_HELD = 0.60
_SAME_CLAIM = 0.70
_PAIR_PENALTY = 0.05  # two sentences hold more words by chance than one


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
    claim: Claim


def match_facts(facts: Sequence[Fact], sections: Mapping[str, str]) -> list[Held]:
    """The verdict on each fact for a note given as its sections."""
    weights = rarity(facts)
    passages = list(_passages(sections))
    return [match_fact(fact, passages, weights) for fact in facts]


def rarity(facts: Sequence[Fact]) -> dict[str, float]:
    """Weight of a word: the fewer of the encounter's facts hold it, the more it tells them apart."""
    holding = Counter(lemma for fact in facts for lemma in {w.lemma for w in claim(fact.text).words})
    return {lemma: math.log((len(facts) + 1) / (n + 0.5)) + 0.2 for lemma, n in holding.items()}


def _passages(sections: Mapping[str, str]) -> Iterable[_Passage]:
    for section, text in sections.items():
        sentences = split_sentences(text)
        for i, sentence in enumerate(sentences):
            yield _Passage(section, i, 1, claim(sentence))
        for i, (one, two) in enumerate(pairwise(sentences)):
            yield _Passage(section, i, 2, claim(f"{one} {two}"))


def match_fact(fact: Fact, passages: Sequence[_Passage], weights: Mapping[str, float]) -> Held:
    """Held by any passage; else contradicted by any; else missing. The passage that covers it best is named."""
    wanted = claim(fact.text)
    best: Held = Held(fact.id, "missing", 0.0)
    against: Held | None = None
    for passage in passages:
        covered = coverage(wanted, passage.claim, weights) - _PAIR_PENALTY * (passage.sentences - 1)
        if covered <= 0.3:
            continue
        verdict = _verdict(wanted, passage, covered)
        found = Held(fact.id, verdict, min(1.0, covered), passage.section, passage.sentence)
        if verdict == "contradicted":
            against = max(against or found, found, key=lambda h: h.coverage)
        elif (verdict == "held", covered) > (best.verdict == "held", best.coverage):
            best = found
    return against if against and best.verdict != "held" else best


def coverage(wanted: Claim, passage: Claim, weights: Mapping[str, float]) -> float:
    """Share of the fact's content words, by weight, that the passage holds; its numbers and days count as words too."""
    have = {word.lemma for word in passage.words}
    total = gained = 0.0
    for lemma in {word.lemma for word in wanted.words}:
        weight = weights.get(lemma, 1.0)
        total += weight
        gained += weight * (1.0 if lemma in have else max((alike(lemma, other) for other in have), default=0.0))
    for number in wanted.numbers:
        total += 1.0
        gained += number in passage.numbers
    return gained / total if total else 0.0


def _verdict(wanted: Claim, passage: _Passage, covered: float) -> Verdict:
    said = passage.claim
    if covered >= _SAME_CLAIM and passage.sentences == 1 and _contradicts(wanted, said):
        return "contradicted"
    if covered < _HELD or not _agrees(wanted, said):
        return "missing"
    return "held"


def _agrees(wanted: Claim, said: Claim) -> bool:
    """Numbers, days, people, polarity and certainty are those of the fact."""
    if not (wanted.numbers <= said.numbers and wanted.days <= said.days and wanted.kin <= said.kin):
        return False
    if wanted.hedged and not said.hedged and said.decided:
        return False
    return not (_turned(wanted, said) or _opposed(wanted, said))


def _contradicts(wanted: Claim, said: Claim) -> bool:
    if _other_number(wanted, said) or _other_day(wanted, said):
        return True
    if wanted.kin - said.kin:
        return False
    if any(word.asked for word in said.words) and not any(word.asked for word in wanted.words):
        return False
    return _turned(wanted, said) or _opposed(wanted, said) or _decided_otherwise(wanted, said)


def _turned(wanted: Claim, said: Claim) -> bool:
    """What the fact denies is affirmed, or the other way round: more than a third of the shared words."""
    shared = [(w, s) for w in wanted.words for s in said.words if alike(w.lemma, s.lemma) >= 0.8]
    if not shared:
        return False
    denied = {w.lemma for w, _ in shared if w.negated}
    affirmed = {w.lemma for w, _ in shared} - denied
    if denied and not said.negative:
        return True
    still = {w.lemma for w, s in shared if not w.negated and not s.negated}
    return len(affirmed - still) > len(affirmed) / 3 and not wanted.negative


def _opposed(wanted: Claim, said: Claim) -> bool:
    """The fact has one word of a pair of opposites, the passage only the other."""
    for one, other in OPPOSITES:
        for here, there in ((one, other), (other, one)):
            if wanted.lemmas & here and not wanted.lemmas & there and said.lemmas & there and not said.lemmas & here:
                return True
    return False


def _decided_otherwise(wanted: Claim, said: Claim) -> bool:
    return wanted.hedged and not said.hedged and said.decided and not wanted.decided


def _other_number(wanted: Claim, said: Claim) -> bool:
    """A number of the fact is not there, and another number stands in its place, between the same words."""
    missing = wanted.numbers - said.numbers
    strange = said.numbers - wanted.numbers
    if not missing or not strange:
        return False
    places = {(before, after) for value, before, after in wanted.slots if value in missing}
    for value, before, after in said.slots:
        if value in strange and any(_same_place((before, after), place) for place in places):
            return True
    return False


def _same_place(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one == other if all(one) and all(other) else any(a and a == b for a, b in zip(one, other, strict=True))


def _other_day(wanted: Claim, said: Claim) -> bool:
    return bool(wanted.days - said.days) and bool(said.days - wanted.days)


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

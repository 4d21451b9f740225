"""How a sentence of a note speaks against a fact: another number, day, time or person, or the opposite.

Fact and sentence are compared clause run by clause run: a wrong clause may stand among right ones, on either side.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.checking.assertions.assertion import OPPOSITES, Assertion
from pipelines.checking.assertions.lemmas import CLOCK, MONTHS, NAME, NEXT_VISIT, alike
from pipelines.checking.assertions.quantities import EVERY, NONE, Number

Weights = Mapping[str, float]

# Fitted on the train and dev pairs of datasets/synthetic/fact_pairs.jsonl; benchmarks/facts.py prints what they reach.
_COVERS = 0.65  # coverage of the fact from which a passage is about it
_PART_COVERS = 0.75  # the same of a part of the fact, of which the passage then holds little else
_WITHIN = 0.65  # share of the passage's words that are the fact's
_HALF = 0.45  # the same where the passage covers the fact
_TOUCHES, _TOUCHES_ONE = 0.25, 0.40  # with so much coverage, by two words or more, or by one
_TURNED = 0.60  # share of the words in common with the other polarity
_LEAST = 0.28  # coverage of the fact by a sentence that may speak against it
_CERTAIN = 0.45  # coverage that another certainty needs
_CLEAN = 0.50  # coverage of a claim by another part that settles it
_ALONE = 0.45  # coverage of the fact with which one word of a claim is enough
_SHARES = 0.70  # of the words, with which one denied word tells
_SAME = 0.85  # share of the words in common when only the person differs
_LONGEST = 3  # clauses of a part
_GRAVE = frozenset(["kill", "suicide", "suicidal", "die", "hurt", "harm", "self-harm", "plan", "intent", "cut"])
_HAVING = frozenset(["take", "have", "use", "drink", "own", "receive", "report", "experience"])


@dataclass(frozen=True)
class Conflict:
    """The kind of a conflict, and how much of the fact the sentence covers."""

    kind: str
    coverage: float


def find_conflict(wanted: Assertion, said: Assertion, weights: Weights) -> Conflict | None:
    """The first conflict between parts of a fact and of one sentence that speak of the same thing."""
    if not any(_met(lemma, wanted.content) for lemma in said.content):
        return None
    if other_owner(wanted, said):
        return Conflict("person", min(1.0, coverage(wanted, said, weights)))
    said_parts = [part for part in parts(said) if any(_met(lemma, wanted.content) for lemma in part.content)]
    covered = min(1.0, coverage(wanted, said, weights))
    for claim in parts(wanted):
        kind = _against(claim, said_parts, wanted, said, weights)
        if kind and (covered >= _LEAST or NEXT_VISIT in wanted.lemmas):
            return Conflict(kind, covered)
    return None


def _against(
    claim: Assertion, said_parts: list[Assertion], fact: Assertion, sentence: Assertion, weights: Weights
) -> str | None:
    """The kind of a conflict with one claim, unless another part says the claim as fully without any."""
    kind, most, clean = None, 0.0, 0.0
    for part in said_parts:
        found = conflict(claim, part, fact, sentence)
        covered = coverage(claim, part, weights)
        if found and covered >= most and is_about(claim, part, fact, weights):
            if found == "certainty" and covered < _CERTAIN:
                continue
            kind, most = found, covered
        elif not found and claim.values <= part.values:
            clean = max(clean, covered)
    return kind if kind and clean < max(most, _CLEAN) else None


def parts(whole: Assertion) -> Iterator[Assertion]:
    """The sentence, and each run of up to three of its clauses; of reports divided by semicolons none spans two."""
    count = len(whole.clauses)
    ends = [i for i, clause in enumerate(whole.clauses) if ";" in clause]
    if len(ends) <= 1:
        yield whole
    for length in range(min(_LONGEST, count - 1), 0, -1):
        for first in range(count - length + 1):
            if not any(first < end < first + length for end in ends):
                yield whole.part(first, first + length)


def coverage(wanted: Assertion, said: Assertion, weights: Weights, number: float = 0.0) -> float:
    """Share of the fact's content words, by weight, that the passage holds; a number weighs `number`."""
    total = gained = 0.0
    for lemma in wanted.content:
        weight = weights.get(lemma, 1.0)
        total += weight
        gained += weight * best(lemma, said.content)
    for value in wanted.values if number else ():
        total += number
        gained += number * (value in said.values)
    return gained / total if total else 0.0


@functools.lru_cache(maxsize=200_000)
def best(lemma: str, among: frozenset[str]) -> float:
    """How well one of the lemmas says `lemma`, 0 to 1."""
    return 1.0 if lemma in among else max((alike(lemma, other) for other in among), default=0.0)


@functools.lru_cache(maxsize=200_000)
def _met(lemma: str, among: frozenset[str]) -> bool:
    """Whether one of the lemmas says `lemma` or its opposite: both are about the same."""
    return best(lemma, among) >= 0.8 or any(
        lemma in here and among & there for pair in OPPOSITES for here, there in (pair, pair[::-1])
    )


def is_about(claim: Assertion, said: Assertion, fact: Assertion, weights: Weights) -> bool:
    """Whether a passage speaks of the same thing as a claim of the fact."""
    if not claim.words or not said.words:
        return False
    shared = [lemma for lemma in said.content if _met(lemma, fact.content)]
    within = len(shared) / len(said.content)
    if NEXT_VISIT in claim.lemmas & said.lemmas:
        return True
    covered = _covered(claim, said, weights)
    if claim is fact:
        enough = _TOUCHES if len(shared) >= 2 else _TOUCHES_ONE
        return (covered >= _COVERS and within >= _HALF) or (within >= _WITHIN and covered >= enough)
    if within < _WITHIN or covered < _PART_COVERS:
        return False
    common = sum(2 if lemma in _GRAVE else 1 for lemma in claim.content if _met(lemma, said.content))
    return common >= 2 or (len(shared) >= 2 and _covered(fact, said, weights) >= _ALONE)


def _covered(claim: Assertion, said: Assertion, weights: Weights) -> float:
    total = sum(weights.get(lemma, 1.0) for lemma in claim.content)
    return (
        sum(weights.get(lemma, 1.0) for lemma in claim.content if _met(lemma, said.content)) / total if total else 0.0
    )


def conflict(claim: Assertion, said: Assertion, fact: Assertion, sentence: Assertion) -> str | None:
    """How a part of a sentence speaks against a claim of the fact; None: it does not.

    "scope": by its polarity, where both sides hold negations, whose reach is not certain.
    """
    if fact.subject == "client" and sentence.subject not in {"", "client"}:
        return None
    if other_person(claim, said, fact, sentence):
        return "person"
    if claim.kin - said.kin:
        return None
    if any(word.asked for word in said.words) and not any(word.asked for word in claim.words):
        return None
    if all(word.asked for word in sentence.words):  # a list of what was asked about
        return None
    checks = {
        "number": other_number(claim, said, fact, sentence),
        "change": changed_otherwise(fact, sentence),
        "day": other_day(claim, said),
        "certainty": claim is fact and not (sentence.hedged and not said.hedged) and otherwise_certain(claim, said),
        "opposite": opposed(claim, said),
        "polarity": not (fact.refusals & sentence.refusals or sentence.hedged)
        and (turned_share(claim, said) >= _TURNED or denies(claim, said) or denies(said, claim)),
    }
    kind = next((kind for kind, against in checks.items() if against), None)
    return "scope" if kind == "polarity" and fact.negations and sentence.negations else kind


def other_person(claim: Assertion, said: Assertion, fact: Assertion, sentence: Assertion) -> bool:
    """The passage says of the client what the fact says of another, or of one of the family what it says of another."""
    rest = [lemma for lemma in claim.content if not Assertion.is_kin(lemma)]
    common = [lemma for lemma in rest if best(lemma, said.content) >= 0.8]
    if len(common) < 2 or len(common) < _SAME * len(rest):
        return False
    short = len(said.content) <= 2 * len(common)
    if claim is fact and fact.kin and said.kin and short and not fact.kin & sentence.kin and len(common) >= 3:
        return True
    return sentence.subject == "client" and not sentence.kin and fact.subject not in {"", "client"}


def other_owner(fact: Assertion, sentence: Assertion) -> bool:
    """The fact says that a medication or trouble is another person's; the sentence gives it to the client."""
    if not fact.owners or sentence.kin or sentence.subject != "client" or sentence.hedged:
        return False
    owned = [w for w in fact.words if fact.owners & fact.kin_of(w.clause) and not Assertion.is_kin(w.lemma)]
    there = [w for w in sentence.words if best(w.lemma, frozenset(o.lemma for o in owned)) >= 0.8]
    return bool(there) and not any(w.negated or w.asked for w in there) and bool(sentence.lemmas & _HAVING)


def denies(one: Assertion, other: Assertion) -> bool:
    """Each word that one names with a negation is in the other without any."""
    denied = [word for word in one.words if word.denied]
    there = {word.lemma: [o for o in other.words if alike(o.lemma, word.lemma) >= 0.8] for word in denied}
    common = sum(best(lemma, other.content) >= 0.8 for lemma in one.content)
    if not denied or not all(there.values()) or common < _SHARES * min(len(one.content), len(other.content)):
        return False
    beside = len({o.lemma for o in other.words} - {o.lemma for found in there.values() for o in found})
    return (
        beside > 0
        and not any(o.negated or other.negative(o.clause) for found in there.values() for o in found)
        and not any(w.lemma == word.lemma and not w.negated for word in denied for w in one.words)
    )


def reversed_change(wanted: Assertion, said: Assertion) -> bool:
    """The fact says 11, down from 15; the passage 15, up from 11."""
    return any((before, now) in said.changes for now, before in wanted.changes if now != before)


def changed_otherwise(wanted: Assertion, said: Assertion) -> bool:
    """Also: the passage says 9, down from 15, or 15, down from 20, or 15 today, and has no 11."""
    return (
        reversed_change(wanted, said)
        or any(
            now not in said.values and other != now and (earlier == before or other == before)
            for now, before in wanted.changes
            for other, earlier in said.shifts
        )
        or (said.now and any(before in said.values and now not in said.values for now, before in wanted.shifts))
    )


def other_number(claim: Assertion, said: Assertion, fact: Assertion, sentence: Assertion) -> bool:
    """A number of the fact is not in the sentence, and one that is not the fact's stands in the same place."""
    known = {number.value for number in fact.numbers}
    there = {number.value for number in sentence.numbers}
    missing = [number for number in claim.numbers if number.value not in there]
    strange = [n for n in said.numbers if n.value not in known and _beside(n, said, fact)]
    return any(_same_place(one, other) for one in missing for other in strange)


def _beside(number: Number, said: Assertion, fact: Assertion) -> bool:
    """Whether the clause of a number speaks of the fact by more than the number's unit."""
    if number.after == CLOCK and NEXT_VISIT in said.lemmas:
        return True
    words = {word.lemma for word in said.words if word.clause == number.clause} - {number.after}
    return any(best(lemma, fact.content) >= 0.8 for lemma in words)


def _same_place(one: Number, other: Number) -> bool:
    if one.value in {NONE, EVERY}:
        return False
    if other.value == EVERY and one.value == "7":
        return False
    if one.after and other.after:
        return alike(one.after, other.after) >= 0.8 and (one.value != "1" or other.value != "1")
    if NONE in {one.value, other.value} or EVERY in {one.value, other.value}:
        return False
    if one.after or other.after:
        return one.before == other.before and (one.before.endswith(NAME) or one.before in MONTHS)
    return bool(one.before) and one.before == other.before


def other_day(wanted: Assertion, said: Assertion) -> bool:
    """Both name days of the week and none in common, and the clause of the other day speaks of the fact."""
    if not wanted.weekdays or not said.weekdays or wanted.weekdays & said.weekdays:
        return False
    clauses = {word.clause for word in said.words if word.lemma in said.weekdays}
    return any(word.clause in clauses and best(word.lemma, wanted.content) >= 0.8 for word in said.words)


def otherwise_certain(wanted: Assertion, said: Assertion) -> bool:
    """The fact was considered and the passage has it done or decided, or the other way round."""
    if wanted.hedged:
        shared = [word.hedged for word in wanted.words if best(word.lemma, said.content) >= 0.8]
        return not said.hedged and 2 * sum(shared) >= len(shared) > 0
    return said.hedged and all(word.hedged for word in said.words if best(word.lemma, wanted.content) >= 0.8)


def opposed(wanted: Assertion, said: Assertion) -> bool:
    """The fact has one word of a pair of opposites, the passage only the other."""
    for pair in OPPOSITES:
        for here, there in (pair, pair[::-1]):
            if wanted.lemmas & here and not wanted.lemmas & there and said.lemmas & there and not said.lemmas & here:
                return True
    return False


def turned_share(wanted: Assertion, said: Assertion) -> float:
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

"""Whether an exact word (a number, day, time, name) is said where the rest of its sentence is said, not just anywhere.

"Slept five hours" and "two cups" hold a five and a two; "slept two hours" is true of neither. The words around the
term are aligned with the units of the source, in their meaning and in their lemmas; the term must be in the units
that fit best, above all where these hold another of its kind.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipelines.checking.alignment import Aligned, Matrix
from pipelines.checking.assertions.lemmas import alike, lemma
from pipelines.checking.claims import Holdings, chart_text
from pipelines.checking.exact import Term, terms
from pipelines.stems import FUNCTION_WORDS, words_of

_MOST_TERMS = 40  # exact words of one sentence; a "sentence" with more is a table, and each costs a pass over it
_REACH = 3.0  # content words over which the weight of a neighbour falls to a third
_SPAN = 8  # content words of a sentence that count as neighbours
_IN_CHART = 0.3  # share of the words around a term that makes a line of the chart its ground
_SOFT, _SURE = 0.35, 0.85  # cosines of words that have nothing in common, and that mean the same
_WEIGHTS = json.loads(Path(__file__).with_name("anchors.json").read_text(encoding="utf-8"))
"""For each group of terms: logistic weights, fitted on edits of the train sessions, and what must be exceeded."""


class Anchors:
    """The exact words of one source, read once and asked for every sentence."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        units = holdings.source.units
        self._talk = holdings.source.kind == "transcript"
        self._said = [terms(unit.text) for unit in units]
        self._chart = [(terms(line), _lemmas(line)) for line in chart_text(holdings.source).splitlines()]
        self._where: dict[str, list[int]] = defaultdict(list)
        for i, unit in enumerate(units):
            for word in _lemmas(unit.text):
                self._where[word].append(i)

    def misplaced(self, sentence: Aligned) -> str | None:
        """The group of an exact word that is said only where the rest of the sentence is not; None: there is none."""
        found = terms(sentence.text)[:_MOST_TERMS]
        if not found or not self._said:
            return None
        near = self.nearness(sentence)
        for term in found:
            if self._miscounted(term):
                return term.group
            facts = self.facts(sentence, term, near)
            if facts is None:
                continue
            weights = _WEIGHTS[term.group]
            if weights["intercept"] + float(np.dot(weights["facts"], facts)) > weights["alarm"]:
                return term.group
        return None

    def facts(self, sentence: Aligned, term: Term, near: Matrix) -> list[float] | None:
        """What tells whether a term is where its sentence is; None where the chart holds it or too little surrounds it.

        `near`: what `nearness` gives for the sentence.
        """
        around = _neighbours(sentence, term)
        weights = around * self._rarity(near)
        if not weights.any() or self._in_chart(sentence, term, around):
            return None
        support = [weights @ _spread(near, reach) / weights.sum() for reach in (0, 1, 3)]
        here = np.array([self._holds(term, i) for i in range(len(self._said))], bool)
        others = [t for t in terms(sentence.text) if t.start != term.start]
        rivals = np.array([_has_rival(term, said, others) for said in self._said], bool)
        beside, rivals = rivals & here, rivals & ~here
        gaps = [float(s.max() - s[here].max()) if here.any() else 0.0 for s in support]
        best = [float(s[here].max()) if here.any() else 0.0 for s in support]
        rival = float(support[1][rivals].max() - best[1]) if rivals.any() and here.any() else -0.5
        same = [t for said in self._said for t in said if t.kind == term.kind and t.counts == term.counts]
        counted = term.counts and any(t.values & term.values for t in same)
        otherwise = term.counts and not counted and bool(same)
        flags = [
            not here.any(),
            not here.any() and rivals.any(),
            counted,
            otherwise,
            not term.counts,
        ]
        kinds = [
            not self._talk,
            term.kind in {"clock", "day", "medication"},
            term.kind in {"month", "person"},
            self._repeated(term, others),
            beside.any() and support[0][beside].max() >= best[0],
        ]
        distances = [*gaps, gaps[1] * (not self._talk), rival, max(rival, 0.0), best[1]]
        return [
            *distances,
            *(float(bool(f)) for f in flags),
            math.log1p(int(here.sum())),
            *(float(bool(k)) for k in kinds),
        ]

    def _miscounted(self, term: Term) -> bool:
        """Whether the source counts the same thing, but never as many, and what it has as many of are other things."""
        if term.kind != "number" or not term.counts or term.values & self._holdings.chart_numbers:
            return False
        numbers = [other for said in self._said for other in said if other.kind == "number"]
        as_many = [other.counts for other in numbers if other.values & term.values]
        counted = any(other.counts == term.counts for other in numbers)
        return counted and bool(as_many) and all(as_many) and term.counts not in as_many

    def _repeated(self, term: Term, others: Sequence[Term]) -> bool:
        """Whether a sentence has a value twice that no unit has twice: "three of three nights" for three of ten."""
        if not any(t.kind == term.kind and t.values & term.values for t in others):
            return False
        return not any(sum(t.values & term.values != frozenset() for t in said) > 1 for said in self._said)

    def _in_chart(self, sentence: Aligned, term: Term, weights: Matrix) -> bool:
        """Whether a line of the chart holds a term with some of what stands around it."""
        own = [lemma(word) for word in sentence.words]
        for found, line in self._chart:
            if any(t.values & term.values for t in found):
                held = weights @ np.array([word in line for word in own], float)
                if held >= _IN_CHART * weights.sum():
                    return True
        return False

    def _holds(self, term: Term, unit: int) -> bool:
        held = self._holdings.unit_stems if term.group == "name" or term.kind in {"weekday", "month"} else None
        if held is None:
            return bool(term.values & self._holdings.unit_numbers[unit])
        if term.group == "name":
            return bool(term.values & held[unit])
        return any(t.values & term.values for t in self._said[unit])

    def nearness(self, sentence: Aligned) -> Matrix:
        """How well each unit says each content word of a sentence, 0 to 1, by meaning or by lemma."""
        near = np.clip((sentence.best - _SOFT) / (_SURE - _SOFT), 0.0, 1.0)
        for row, word in zip(near, sentence.words, strict=True):
            base = lemma(word)
            row[self._where.get(base, [])] = 1.0
            for other, units in self._where.items():
                if other[:1] == base[:1] and other != base and (match := alike(base, other)) > 0:
                    row[units] = np.maximum(row[units], match)
        return near

    def _rarity(self, near: Matrix) -> Matrix:
        units = near.shape[1]
        return np.asarray(np.log((units + 1) / (near.sum(1) + 0.5)).clip(0.2))


def _lemmas(text: str) -> frozenset[str]:
    return frozenset(lemma(word) for word in words_of(text) if word not in FUNCTION_WORDS)


def _has_rival(term: Term, said: Sequence[Term], others: Sequence[Term]) -> bool:
    """Whether another of the same kind stands here that the sentence does not have as well: another weekday, relative,
    number of the same."""
    same = [t for t in said if t.kind == term.kind and not t.values & term.values]
    free = [t for t in same if not any(t.values & other.values for other in others)]
    return any(term.group != "number" or not t.counts or not term.counts or t.counts == term.counts for t in free)


def _neighbours(sentence: Aligned, term: Term) -> Matrix:
    """The weight of each content word by its distance from the term, the term itself at 0."""
    outside = np.array([not term.start <= place < term.end for place in sentence.places], bool)
    before = np.array([place < term.start for place in sentence.places], bool)
    rank = np.where(before, before.sum() - np.cumsum(before), np.cumsum(outside & ~before) - 1)
    return np.where(outside & (rank < _SPAN), np.exp(-np.clip(rank, 0, None) / _REACH), 0.0)


def _spread(best: Matrix, reach: int) -> Matrix:
    """Each word's best similarity to any unit within reach of each unit."""
    spread = best.copy()
    for step in range(1, reach + 1):
        spread[:, step:] = np.maximum(spread[:, step:], best[:, :-step])
        spread[:, :-step] = np.maximum(spread[:, :-step], best[:, step:])
    return spread

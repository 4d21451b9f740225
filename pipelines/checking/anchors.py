"""Whether an exact word (a number, dose, day, name) is said where the rest of its sentence is said, not just anywhere.

"Slept five hours" and "two cups" hold a five and a two; "slept two hours" is true of neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pipelines.checking.alignment import Aligned, Matrix
from pipelines.checking.claims import UNCOUNTED, Holdings
from pipelines.numbers import numbers_in
from pipelines.stems import FUNCTION_WORDS, stem

_MOST_TERMS = 40  # exact words of one sentence; a "sentence" with more is a table, and each costs a pass over it
_NUMBER_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand half"
)
_NUMBER = re.compile(
    rf"\d+(?:[:.,]\d+)*|\b(?:{'|'.join(_NUMBER_WORDS.split())})(?:[- ](?:{'|'.join(_NUMBER_WORDS.split())}|one))*\b",
    re.IGNORECASE,
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS = "January February March April May June July August September October November December"
_DATED = re.compile(rf"\b(?:{'|'.join(_DAYS.split() + _MONTHS.split())})s?\b")
_REACH = 3.0  # content words over which the weight of a neighbour falls to a third
_SPAN = 7  # content words of a sentence that count as neighbours
_WINDOW = {"transcript": 2, "summary": 1}  # units around a mention
_ALLOWED = {"number": 0.38, "date": 0.3}
_COUNTED = re.compile(
    r"^(?: (?:more|full|whole|other|different|separate|of (?:the|her|his|their|my)))? ([a-z]{3,})", re.IGNORECASE
)
_LEAST = 3  # neighbours below which nothing can be said


@dataclass(frozen=True)
class Term:
    kind: str
    start: int
    end: int
    values: frozenset[str]  # numbers as values, words as stems


def terms(sentence: str) -> list[Term]:
    """The exact words of a sentence, with their places in it."""
    plain = _blank(sentence)
    found = [Term("number", m.start(), m.end(), frozenset(numbers_in(m.group(0)))) for m in _NUMBER.finditer(plain)]
    found += [Term("date", m.start(), m.end(), frozenset({stem(m.group(0))})) for m in _DATED.finditer(plain)]
    return [term for term in found if term.values]


def _blank(sentence: str) -> str:
    """The sentence with what counts nothing blanked out, every character in its place."""
    blank = UNCOUNTED.sub(lambda m: " " * len(m.group(0)), sentence)
    named = re.compile(r"\b[A-Za-z]+-\d+\b|\b[A-Z]\d{2}\.\w+|\bCPT \d+\b")
    return named.sub(lambda m: " " * len(m.group(0)), blank)


class Anchors:
    """The exact words of one source, read once and asked for every sentence."""

    def __init__(self, holdings: Holdings, *, graded: bool) -> None:
        """`graded`: similarities are cosines; where words match or do not, distances are too rough to be used."""
        self._holdings, self._graded = holdings, graded
        units = holdings.source.units
        self._said = [(term.values, _counted(unit.text, term)) for unit in units for term in terms(unit.text)]

    def misplaced(self, sentence: Aligned) -> str | None:
        """The kind of an exact word that is said only where the rest of the sentence is not; None if there is none."""
        for term in terms(sentence.text)[:_MOST_TERMS]:
            if term.values & (self._holdings.chart_numbers if term.kind == "number" else self._holdings.chart_stems):
                continue
            gap = self._distance(sentence, term)
            if (term.kind == "number" and self._miscounted(sentence.text, term)) or gap > _ALLOWED[term.kind]:
                return term.kind
        return None

    def _distance(self, sentence: Aligned, term: Term) -> float:
        """By how much the words around a term are better held elsewhere than near its mentions, 0 to 1.

        0 where no unit holds the term (another check finds that) and where too few words surround it.
        """
        held = self._holdings.unit_numbers if term.kind == "number" else self._holdings.unit_stems
        places = [i for i, unit in enumerate(held) if term.values & unit]
        weights = _neighbours(sentence, term)
        if not (self._graded and places) or np.count_nonzero(weights) < _LEAST:
            return 0.0
        support = weights @ _spread(sentence.best, _WINDOW[self._holdings.source.kind]) / weights.sum()
        return float(support.max() - support[places].max())

    def _miscounted(self, sentence: str, term: Term) -> bool:
        """Whether the source counts the same thing, but never as many, and what it has as many of are other things."""
        noun = _counted(sentence, term)
        as_many = [of for values, of in self._said if values & term.values]
        counted = any(of == noun for _, of in self._said)
        return bool(noun and as_many) and None not in as_many and noun not in as_many and counted


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


def _counted(text: str, term: Term) -> str | None:
    """The stem of what a number counts; None where nothing stands behind it."""
    match = _COUNTED.match(text[term.end :])
    word = match.group(1).lower() if match else None
    return stem(word) if word and word not in FUNCTION_WORDS else None

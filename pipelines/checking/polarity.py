"""Whether a sentence says yes where the source says no, or no where it says yes.

Each word of a text is affirmed, negated or open (asked, or under a condition), by the cues of its clause and, in a
conversation, by the answer to a question. A word of the sentence is then compared with the words of the source that it
stands closest to, those affirmed and those negated apart.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.checking.affirmation import AFFIRMED, CUES, NEGATED, OPEN, of_units, polarities
from pipelines.checking.alignment import Aligned, Matrix, align
from pipelines.checking.assertions.lemmas import lemma
from pipelines.checking.risk import read_prose
from pipelines.embeddings import Vectors, Words
from pipelines.source import Source
from pipelines.stems import FUNCTION_WORDS

# What may stand in a source for a negation of the note: "skipped it" for "did not go".
_NEGATIVE = re.compile(
    r"\b(?:no|nope|nah|not|never|none|nothing|nobody|neither|nor|without|denied|denies|declin\w+|refus\w+|reject\w+|cannot|"
    r"hardly|barely|zero|undecided|stopp?ed|quit|skip\w*|miss\w*|avoid\w*|free|instead|only|yet)\b|n['’]t\b",
    re.IGNORECASE,
)
# What may say in a note what a negation says in the source.
_TURNED = re.compile(
    _NEGATIVE.pattern
    + r"|\b(?:avoid\w*|predict\w*|correct\w*|wonder\w*|might|may|whether|if|fear\w*|less|fewer|down|fell|"
    r"stay\w*|still|stop\w*|stuck|difficult\w*|struggl\w*|reluctan\w*|unsure|lack\w*|limited|ambivalen\w*|rather|instead)\b",
    re.IGNORECASE,
)
# The negations of a note that are checked one by one, by kind.
_CHECKED = re.compile(r"\b(?:(not|never|cannot)|(denied|denies|refused)|(no|neither|nor))\b", re.IGNORECASE)
_CONTRAST = re.compile(r"\bnot [^,;]*(?:, but| but| rather)|\bnot only|, not ", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;:.]| but | because | while ")
_SCOPE = 4  # content words of the note that a negation is held to cover
_FLOOR = -0.2

_VALUE = re.compile(
    r"\s(?:(?:at|on|about|in|a|the)\s)?(?:\d|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
)  # "was not 36"
_EMPHATIC = re.compile(
    r"\b(?:did|does|do|could|can) (?!not\b|so\b|well\b|better\b|the\b|a\b|it\b|this\b|that\b)[a-z]+\b(?<!ing)"
)
_ALMOST = re.compile(r"\b(?:yet|any|anyone|anything|ever|until|only|but|either)\b")  # what goes with a negation
_WEIGHTS = json.loads(Path(__file__).with_name("polarity.json").read_text(encoding="utf-8"))
"""Logistic weights, fitted on the train sessions' true sentences with and without a negation turned."""


class Polarity:
    """The polarity of every content word of one source, read once and asked for every sentence."""

    def __init__(self, source: Source, encoded: Sequence[Words]) -> None:
        """`encoded`: the words of each unit with their vectors."""
        self._in_talk = source.kind == "transcript"
        self._negative = np.array([bool(_NEGATIVE.search(unit.text)) for unit in source.units], bool)
        vectors, polarity, units = [], list[int](), list[int]()
        self._signs: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for i, (unit, words, read) in enumerate(zip(source.units, encoded, of_units(source), strict=True)):
            for word, _, sign in read:
                if _tells(word):
                    self._signs[lemma(word)].append((i, sign))
            kept = [k for k, word in enumerate(words.words) if _tells(word)]
            places = align(unit.text, words.words, np.zeros((0, 0))).places
            by_place = {place + n: sign for word, place, sign in read for n in range(len(word))}
            polarity += [by_place.get(places[k], AFFIRMED) for k in kept]
            units += [i] * len(kept)
            if kept:
                vectors.append(words.vectors[kept])
        self._vectors: Vectors = np.concatenate(vectors) if vectors else np.zeros((0, 0), np.float32)
        self._polarity, self._units = np.array(polarity), np.array(units, int)

    def reversed(self, sentence: Aligned, vectors: Vectors) -> bool:
        """Whether a sentence denies what the source affirms, or affirms what it denies; risk has its own check."""
        return any(
            weights["intercept"] + float(np.dot(weights["facts"], facts)) > weights["alarm"]
            for kind, facts in self.facts(sentence, vectors)
            for weights in [_WEIGHTS[kind]]
        )

    def facts(self, sentence: Aligned, vectors: Vectors) -> Iterator[tuple[str, list[float]]]:
        """("added", what tells of a negation if it is the source's) each; ("dropped", the same of one left out)."""
        kept = [k for k, word in enumerate(sentence.words) if _tells(word)]
        if not kept or not len(self._vectors) or read_prose(sentence.text).states or _CONTRAST.search(sentence.text):
            return
        by_place = {place + n: sign for word, place, sign in polarities(sentence.text) for n in range(len(word))}
        places = np.array([sentence.places[k] for k in kept])
        signs = np.array([by_place.get(place, AFFIRMED) for place in places])
        cosines = np.asarray(vectors[kept] @ self._vectors.T, np.float64)
        by_unit = sentence.best[kept]
        for match in _CHECKED.finditer(sentence.text):
            if facts := self._added(sentence.text, match, places, cosines, by_unit):
                scope, _ = _scope(sentence.text, match, places)
                only = [self._only(sentence.words[kept[k]], AFFIRMED) for k in scope]
                denied = [self._only(sentence.words[kept[k]], NEGATED) for k in scope]
                yield "added", [*facts, *_at_best(only, by_unit[scope]), *_at_best(denied, by_unit[scope])]
        if not sentence.text.startswith(("Clinician", "Therapist")):
            only = [
                self._only(sentence.words[k], NEGATED) if sign == AFFIRMED else ()
                for k, sign in zip(kept, signs, strict=True)
            ]
            yield "dropped", [*self._dropped(sentence.text, signs, cosines, by_unit), *_at_best(only, by_unit)]

    def _added(
        self, text: str, match: re.Match[str], places: NDArray[np.int_], cosines: Matrix, by_unit: Matrix
    ) -> list[float] | None:
        near, (negative,) = (_widened(v, neighbours=self._in_talk) for v in (by_unit, self._negative[None]))
        scope, around = _scope(text, match, places)
        if not scope:
            return None
        weights = np.array([1.0 if k in scope else 0.5 for k in around])
        support = weights @ near[around] / weights.sum()
        gap = cosines[scope] + (support[self._units] - support.max())
        differs = self._best(gap, AFFIRMED) - self._best(gap, NEGATED)
        denied = float(support[negative].max()) if negative.any() else _FLOOR
        affirmed = float(support[~negative].max()) if not negative.all() else _FLOOR
        kind = [float(group is not None) for group in match.groups()]
        before, after = text[: match.start()].rstrip(), text[match.end() :]
        return [
            *(differs.mean(), differs[0], support.max() - denied, affirmed - denied, *kind, float(not self._in_talk)),
            float(before.endswith(" will")),
            float(bool(re.search(r"\b(?:is|are|was|were)$", before))),
            float(bool(re.search(r"\b(?:has|had|have)$", before))),
            float(bool(re.search(r"\b(?:do|does|did)$", before))),
            float(bool(_VALUE.match(after))),
            float(bool(negative[support.argmax()])),
            support.max(),
        ]

    def _dropped(self, text: str, signs: NDArray[np.int_], cosines: Matrix, by_unit: Matrix) -> list[float]:
        order = np.arange(len(signs))
        kernel = np.exp(-np.abs(order[:, None] - order[None, :]) / 2.5)
        support = kernel @ by_unit / kernel.sum(1, keepdims=True)
        gap = cosines + support[:, self._units] - support.max(1, keepdims=True)
        denied, affirmed = self._best(gap, NEGATED), self._best(gap, AFFIRMED, OPEN)
        differs = np.where(signs == AFFIRMED, denied - affirmed, -1.0)
        most = int(differs.argmax())
        second = float(np.sort(differs)[-2]) if len(differs) > 1 else -1.0
        cues = 8 * len(_CHECKED.findall(text)) / len(signs)
        negative = float(bool(self._negative[by_unit.mean(0).argmax()]))
        return [
            *(differs[most], denied[most], affirmed[most], second, cues, float(not self._in_talk)),
            float(bool(_TURNED.search(text))),
            float(bool(_EMPHATIC.search(text))),
            float(bool(_EMPHATIC.search(text))) * negative,
            negative,
            float(bool(_ALMOST.search(text))),
        ]

    def _only(self, word: str, sign: int) -> Sequence[int]:
        """The units that have a word, where all of them have it with this polarity."""
        found = self._signs.get(lemma(word), ())
        return [unit for unit, _ in found] if all(its == sign for _, its in found) else ()

    def _best(self, gap: Matrix, *signs: int) -> Matrix:
        """For each word the best of the source's words of a polarity."""
        best = np.where(np.isin(self._polarity, signs), gap, -9.0).max(1)
        return np.asarray(np.clip(best, _FLOOR, 1.0), np.float64)


def _at_best(units: Sequence[Sequence[int]], by_unit: Matrix) -> list[float]:
    """How many words have units of their own, and how near these are to the unit that says most of the words."""
    support = by_unit.mean(0)
    near = [float(support[list(found)].max() - support.max()) for found in units if found]
    return [min(1.0, len(near) / 2), 1.0 + max(near) if near else 0.0]


def _tells(word: str) -> bool:
    return word not in FUNCTION_WORDS and word not in CUES and len(word) > 1


def _scope(text: str, cue: re.Match[str], places: NDArray[np.int_]) -> tuple[list[int], list[int]]:
    """The content words that a negation covers, and those with the two before it."""
    end = _CLAUSE_END.search(text, cue.end())
    stop = end.start() if end else len(text)
    after, before = np.flatnonzero(places >= cue.end()), np.flatnonzero(places < cue.start())
    scope = [int(k) for k in after if places[k] < stop][:_SCOPE] or [int(k) for k in after[:2]]
    scope = scope or [int(k) for k in before[-2:]]
    return scope, sorted({*scope, *(int(k) for k in before[-2:])})


def _widened(values: NDArray[np.generic], *, neighbours: bool) -> NDArray[np.generic]:
    """In a conversation, each unit with the one before and after it."""
    if not neighbours:
        return values
    wide = values.copy()
    wide[:, 1:] = np.maximum(wide[:, 1:], values[:, :-1])
    wide[:, :-1] = np.maximum(wide[:, :-1], values[:, 1:])
    return wide

"""What demonstrations teach the engine: which statements a note tells, learnt as weights and nothing else.

A demonstration shows a source and the facts that were told from it. The engine reads that source by its own rules and
sees which of its statements cover a demonstrated fact. A ridge regression on the meaning of a statement and a few
features of it learns that; its prediction is mixed into the weights of the rules, the more the more demonstrations
there are. No word of a demonstration is kept but as a number.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipelines.embeddings import Embedder
from pipelines.writing.extractive.facts import read_facts
from pipelines.writing.extractive.prompt import Demo, Prompt, chart_lines_of, source_lines_of
from pipelines.writing.extractive.select import content
from pipelines.writing.extractive.statements import Statement

Matrix = NDArray[np.float64]
T = TypeVar("T")

_KINDS = ("report", "observation", "intervention", "response", "progress", "risk", "plan")
_FORMS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:Asked|About)\b",
        r"^Clinician\b",
        r"\b(?:denied|no|not|never)\b",
        r"\bgoal\b",
        r"\b(?:mg|week|day|night|hour|minute)s?\b",
        r"\b(?:sleep|mood|anxi\w+|panic|drink\w*|work)\b",
        r"\b(?:will|plan\w*|homework)\b",
    )
]
_PENALTY = 3.0
_MEANING = 0.5  # scale of the meaning's 384 numbers beside the features
_HALF = 2.0  # demonstrations from which prediction and rules count the same, where the prediction is sure
_UNTRIED = 0.5  # trust in a single demonstration, which nothing can confirm
_SURE = 0.5  # correlation from which a prediction is fully trusted
_COVERS = 0.3  # share of a fact's words from which a statement tells something of it
_FITS = 0.4  # share of its facts below which a demonstration is not about its source, and teaches nothing
_MOST = 4.0
_TOP = 9.0  # risk and the next session keep the weight that the rules give them
_LEAST = 0.05


@dataclass(frozen=True)
class _Taught:
    """One demonstration: its statements as features, shape (statements, features), their weights, their worth."""

    features: Matrix
    rule: Matrix
    worth: Matrix


@dataclass(frozen=True)
class Lesson:
    """What a set of demonstrations teaches.

    Args:
        trust: 0 (the rules alone) to 1 (the prediction alone).
        centre: of the features.
        rule, spread: mean and deviation of the rules' weights, and deviation of the predictions, on the demonstrations.
    """

    trust: float
    centre: Matrix
    coefficients: Matrix
    rule: tuple[float, float]
    spread: float

    def weighed(self, statements: Sequence[Statement], embedder: Embedder | None) -> list[Statement]:
        """The statements with what they are worth after the demonstrations."""
        if not statements or not self.trust:
            return list(statements)
        predicted = self.predict(features_of(statements, embedder)) / self.spread
        mean, deviation = self.rule
        by_rule = (np.array([s.weight for s in statements]) - mean) / deviation
        mixed = mean + deviation * ((1 - self.trust) * by_rule + self.trust * predicted)
        return [
            s if s.weight >= _TOP or s.kind == "risk" else replace(s, weight=max(_LEAST, round(float(w), 2)))
            for s, w in zip(statements, mixed, strict=True)
        ]

    def predict(self, features: Matrix) -> Matrix:
        """Worth of each statement above or below the mean of its session."""
        return np.asarray((features - self.centre) @ self.coefficients)


def lesson_of(demos: Sequence[Demo], embedder: Embedder | None, *, summary: bool) -> Lesson | None:
    """What the demonstrations of one sort of source teach; None: nothing. Learnt once a set, by any thread."""
    fitting = [demo for demo in demos if "facts" in demo.answer and _lines_are_bare(demo) == summary]
    if not fitting:
        return None
    keys = tuple(_digest(demo) for demo in fitting)
    return _LESSONS.get((keys, id(embedder)), lambda: _learn(fitting, keys, embedder))


def _learn(demos: Sequence[Demo], keys: Sequence[str], embedder: Embedder | None) -> Lesson | None:
    read = [
        _READ.get((key, id(embedder)), lambda demo=demo: _taught(demo, embedder))  # type: ignore[misc]
        for demo, key in zip(demos, keys, strict=True)
    ]
    taught = [t for t in read if t is not None]
    if not taught:
        return None
    return _fit(taught, _reliability(taught) * len(taught) / (len(taught) + _HALF))


def _reliability(taught: Sequence[_Taught]) -> float:
    """How well demonstrations foretell each other, 0 to 1: by the correlation where each is left out in turn."""
    if len(taught) == 1:
        return _UNTRIED
    pairs = [(_fit([*taught[:i], *taught[i + 1 :]], 1.0).predict(out.features), out.worth)
             for i, out in enumerate(taught)]  # fmt: skip
    r = np.corrcoef(np.concatenate([p for p, _ in pairs]), np.concatenate([w - w.mean() for _, w in pairs]))[0, 1]
    return float(np.clip(r / _SURE, 0.0, 1.0)) if np.isfinite(r) else 0.0


def _fit(taught: Sequence[_Taught], trust: float) -> Lesson:
    features = np.concatenate([t.features for t in taught])
    rule = np.concatenate([t.rule for t in taught])
    worth = np.concatenate([t.worth - t.worth.mean() for t in taught])
    centre = features.mean(0)
    x = features - centre
    coefficients = x.T @ np.linalg.solve(x @ x.T + _PENALTY * np.eye(len(x)), worth)  # ridge, in its dual form
    spread = float((x @ coefficients).std()) or 1.0
    return Lesson(trust, centre, coefficients, (float(rule.mean()), float(rule.std()) or 1.0), spread)


def _taught(demo: Demo, embedder: Embedder | None) -> _Taught | None:
    """What one demonstration shows; None where its answer cannot be read or is not about its source."""
    facts = _facts(demo.answer["facts"])
    lines = source_lines_of(demo.inputs.get("source", ""))
    chart = chart_lines_of(demo.inputs.get("chart", ""))
    statements = read_facts(Prompt((), lines, chart, None, (), json=False), embedder)
    if not facts or not statements:
        return None
    if _fitting(statements, facts) < _FITS:
        return None
    worth = np.array([_worth(s, facts) / math.sqrt(len(s.text.split()) or 1) for s in statements])
    return _Taught(features_of(statements, embedder), np.array([s.weight for s in statements]), worth)


def _fitting(statements: Sequence[Statement], facts: Sequence[_Fact]) -> float:
    """Share of the demonstrated facts that the source's own statements tell, on the lines that are named."""
    told = [any(_shared(s, fact) >= _COVERS for s in statements) for fact in facts]
    return sum(told) / len(told)


def _shared(statement: Statement, fact: _Fact) -> float:
    """Share of a fact's words that a statement of its lines holds."""
    if statement.lines and fact.lines and not fact.lines & set(statement.lines):
        return 0.0
    return len(content(statement.text) & fact.words) / max(1, len(fact.words))


def _worth(statement: Statement, facts: Sequence[_Fact]) -> float:
    """How much of the demonstrated facts of its lines a statement covers; what is critical counts double."""
    shares = [(fact, _shared(statement, fact)) for fact in facts]
    total = sum((2.0 if fact.weight >= _TOP else 1.0) * share for fact, share in shares if share >= _COVERS)
    return min(total, _MOST)


@dataclass(frozen=True)
class _Fact:
    lines: frozenset[int]
    words: frozenset[str]
    weight: float


def _facts(answer: str) -> list[_Fact]:
    try:
        rows = json.loads(answer)
        return [
            _Fact(frozenset(row.get("lines") or ()), frozenset(content(row["text"])), float(row.get("weight", 1.0)))
            for row in rows
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def features_of(statements: Sequence[Statement], embedder: Embedder | None) -> Matrix:
    """Numbers for each statement, shape (statements, features): weight, kind, form and place, then its meaning."""
    last = max((s.order for s in statements), default=0.0) or 1.0
    rows = np.array([_form(s, s.order / last) for s in statements])
    if embedder is None:
        return rows
    meaning = embedder.sentences([s.text for s in statements]).astype(np.float64)
    return np.hstack([rows, _MEANING * meaning])


def _form(s: Statement, place: float) -> list[float]:
    words = s.text.split()
    return [
        min(s.weight, _TOP) / 3,
        math.log1p(len(words)) / 2,
        place,
        len(s.lines) / 4,
        min(2, len(re.findall(r"\d+", s.text))) / 2,
        len(content(s.text)) / 15,
        s.text.count(";") / 3,
        *(float(s.kind == kind) for kind in _KINDS),
        *(float(bool(pattern.search(s.text))) for pattern in _FORMS),
    ]


def _lines_are_bare(demo: Demo) -> bool:
    return not any(line.speaker for line in source_lines_of(demo.inputs.get("source", "")))


def _digest(demo: Demo) -> str:
    return sha256(json.dumps([dict(demo.inputs), dict(demo.answer)], sort_keys=True).encode()).hexdigest()


class _Kept:
    """The last few results by key; each is computed once, whichever thread asks first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.RLock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        with self._lock:
            if key not in self._values:
                self._values[key] = compute()
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
            found: T = self._values[key]
            return found


_LESSONS = _Kept(16)
_READ = _Kept(64)

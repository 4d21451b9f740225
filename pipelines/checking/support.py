"""How well a source supports a sentence, as one figure from few features whose weights come from human labels.

What raters call unsupported is mostly generic: aims, observations and advice that fit any client. So a sentence is
measured by how well its words are said in the source, less how close they stand to what notes say of anybody, and by
whether the rest of the note speaks of the same. A note that does not belong to the source at all gets no credit for
being of a kind that is seldom invented.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.checking.alignment import Matrix
from pipelines.embeddings import Embedder, Vectors
from pipelines.stems import FUNCTION_WORDS

_HERE = Path(__file__).parent
FEATURES = ("heard", "generic", "echoed")
NO_ECHO = 0.55
"""Echo of a sentence that has no other section to be echoed in, and of plans: what is planned is often said twice."""
PLANS = frozenset({"plan"})

_SPECIFIC = 0.5  # similarity to boilerplate below which a word tells something
_SAID = 0.6  # similarity to a word of the source from which on it counts as said
_PRIOR = 8.0  # specific words that a note is credited with, half of them said
_FOREIGN, _OWN = 0.20, 0.26  # share of specific words said: below the first a note is another session's
_USUAL = 0.6  # median support of a sentence, where a note is too short to have its own
_USUAL_FROM = 5  # sentences from which on a note has a median
_USUAL_LEAST = 0.45
_OF_USUAL, _OF_GENERIC, _BELOW = 0.7, 0.25, 0.07  # when a sentence stands out; set on reference and rated notes
_FLOOR = 0.3  # what mere similarity is worth in a note that does not belong to the source


@dataclass(frozen=True)
class Weights:
    """`sections`: what is added for a section's kind of sentence; fixed beforehand, not fitted."""

    intercept: float
    features: Mapping[str, float]
    sections: Mapping[str, float]

    def probability(self, features: Matrix, sections: Sequence[str]) -> Matrix:
        """The probability that raters find each sentence supported; `features` of shape (sentences, features)."""
        weights = np.array([self.features[name] for name in FEATURES])
        offsets = np.array([self.sections.get(section, 0.0) for section in sections])
        logits = self.intercept + features @ weights + offsets
        return np.asarray(1 / (1 + np.exp(-logits)))


@functools.cache
def shipped() -> Weights:
    raw = json.loads((_HERE / "support.json").read_text(encoding="utf-8"))
    return Weights(raw["intercept"], raw["features"], raw["sections"])


@functools.lru_cache(maxsize=2)
def _boilerplate(embedder: Embedder) -> Vectors:
    lines = (_HERE / "boilerplate.txt").read_text(encoding="utf-8").splitlines()
    words = embedder.words([line for line in lines if line and not line.startswith("#")])
    kept = [[i for i, w in enumerate(group.words) if w not in FUNCTION_WORDS] for group in words]
    return np.concatenate([group.vectors[keep] for group, keep in zip(words, kept, strict=True)])


def genericness(embedder: Embedder, vectors: Vectors) -> Matrix:
    """Each word's best similarity to a word of the boilerplate, shape (words,)."""
    if not len(vectors):
        return np.zeros(0)
    return np.asarray((vectors @ _boilerplate(embedder).T).max(1), np.float64)


def echoes(vectors: Vectors, sections: Sequence[str]) -> Matrix:
    """Each sentence's best similarity to a sentence of another section, shape (sentences,)."""
    names = np.array(sections)
    cosines = np.where(names[:, None] != names[None, :], vectors @ vectors.T, -1.0)
    best = cosines.max(1, initial=-1.0)
    plans = np.array([name in PLANS for name in sections], bool)
    return np.where((best < 0) | plans, NO_ECHO, best)


def belonging(heard: Matrix, generic: Matrix) -> float:
    """0…1: whether the note is about this source, from all its words: how many of the specific ones are said in it."""
    specific = generic < _SPECIFIC
    share = ((heard[specific] > _SAID).sum() + _PRIOR / 2) / (specific.sum() + _PRIOR)
    return float(np.clip((share - _FOREIGN) / (_OWN - _FOREIGN), 0, 1))


def combined(probability: float, heard: float, belongs: float) -> float:
    score = belongs * probability + (1 - belongs) * _FLOOR * heard
    return 0.0 if math.isnan(score) else float(score)


def stands_out(features: Matrix) -> NDArray[np.bool_]:
    """Which sentences say something specific that the source says far less than it says the rest of the note.

    What raters call unsupported is mostly generic and this is what they never see: a fact invented or another
    session's. It is relative, since some write in the words of the session and others in those of the field.
    """
    heard, generic = features[:, 0], features[:, 1]
    usual = max(float(np.median(heard)), _USUAL_LEAST) if len(heard) >= _USUAL_FROM else _USUAL
    return np.asarray(heard + _OF_GENERIC * generic < _OF_USUAL * usual + _BELOW)

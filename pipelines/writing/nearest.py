"""Demonstrations chosen when a note is written: those nearest in meaning to its source."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import dspy
import numpy as np

from pipelines.embeddings import Embedder
from pipelines.stems import content_stems


class NearestDemos(dspy.Predict):  # type: ignore[misc]
    """A predictor that shows, of all its demonstrations, the `nearest` ones to what it is asked.

    They are compared by the first input (the source of `read`, the facts of `write`), and shown with the nearest last.

    Args:
        embedder: None: compared by the words they share.
    """

    def __init__(self, signature: Any, nearest: int, embedder: Embedder | None) -> None:
        super().__init__(signature)
        self.nearest = nearest
        self._embedder = embedder

    def forward(self, **inputs: Any) -> Any:
        return super().forward(**self._shown(inputs))

    async def aforward(self, **inputs: Any) -> Any:
        return await super().aforward(**self._shown(inputs))

    def _shown(self, inputs: dict[str, Any]) -> dict[str, Any]:
        by = next(iter(self.signature.input_fields))
        if "demos" in inputs or len(self.demos) <= self.nearest:
            return inputs
        scores = similarities(str(inputs[by]), [str(demo[by]) for demo in self.demos], self._embedder)
        ranked = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[: self.nearest]
        return inputs | {"demos": [self.demos[i] for i in reversed(ranked)]}


def similarities(text: str, others: Sequence[str], embedder: Embedder | None) -> list[float]:
    """0…1 for each of `others`: cosine of the mean of a text's lines; without an embedder, of the words as a set."""
    if embedder is None:
        words = set(content_stems(text))
        sets = [set(content_stems(other)) for other in others]
        return [len(words & s) / max(1.0, float(np.sqrt(len(words) * len(s)))) for s in sets]
    here = _mean(text, embedder)
    return [float(here @ _mean(other, embedder)) for other in others]


@functools.lru_cache(maxsize=256)
def _mean(text: str, embedder: Embedder) -> Any:
    mean = embedder.sentences([line for line in text.splitlines() if line.strip()] or [""]).mean(0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)

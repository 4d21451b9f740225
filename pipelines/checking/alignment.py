"""A sentence of a note laid against the units of its source, word by word: what the checks of their own look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Aligned:
    """`words`: content words, lower case; `places`: where each starts in `text`; `best`: each word's best similarity to
    any word of each unit, shape (words, units)."""

    text: str
    words: tuple[str, ...]
    places: tuple[int, ...]
    best: Matrix


def align(text: str, words: Sequence[str], best: Matrix) -> Aligned:
    lower, places, at = text.lower(), [], 0
    for word in words:
        found = lower.find(
            word, at
        )  # not found where the tokenizer took an accent away: the place before is near enough
        at = found if found >= 0 else at
        places.append(at)
    return Aligned(text, tuple(words), tuple(places), np.asarray(best, np.float64))

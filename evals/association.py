"""Rank correlation and agreement, with intervals by encounter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats, Floats], float]

SAMPLES = 2_000


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval over `n` pairs; None where there are too few pairs or one side never varies."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        return dict(self.__dict__)


def pearson(x: Floats, y: Floats) -> float:
    a, b = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 1e-12 else float("nan")


def ranks(x: Floats) -> Floats:
    """Ranks from 1, ties sharing their mean."""
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], float)


def spearman(x: Floats, y: Floats) -> float:
    return pearson(ranks(x), ranks(y))


def kendall(x: Floats, y: Floats) -> float:
    """Tau-b."""
    from scipy.stats import kendalltau

    return float(kendalltau(x, y).statistic)


def correlate(
    x: Sequence[float], y: Sequence[float], cluster: Sequence[str], statistic: Statistic = spearman,
    *, samples: int = SAMPLES, seed: int = 0,
) -> Interval:  # fmt: skip
    """A correlation with a percentile interval; whole clusters are drawn with replacement.

    Samples in which one side does not vary have no correlation and are left out; from fewer than two clusters there is
    no interval.
    """
    a, b = np.asarray(x, float), np.asarray(y, float)
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Interval(None, None, None, len(a))
    value = statistic(a, b)
    names, of = np.unique(list(cluster), return_inverse=True)
    if len(names) < 2:
        return Interval(value, None, None, len(a))
    members = [np.flatnonzero(of == c) for c in range(len(names))]
    rng = np.random.default_rng(seed)
    values = np.empty(samples)
    for i in range(samples):
        drawn = np.concatenate([members[c] for c in rng.integers(0, len(names), len(names))])
        one, two = a[drawn], b[drawn]
        varies = np.ptp(one) > 0 and np.ptp(two) > 0
        values[i] = statistic(one, two) if varies else np.nan
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Interval(value, float(low), float(high), len(a))


def partial_spearman(x: Floats, y: Floats, given: Floats) -> float:
    """Rank correlation of x and y with the ranks of a third variable taken out of both."""
    a, b, c = pearson(ranks(x), ranks(y)), pearson(ranks(x), ranks(given)), pearson(ranks(y), ranks(given))
    scale = float(np.sqrt(max(0.0, (1 - b * b) * (1 - c * c))))
    return (a - b * c) / scale if scale > 1e-9 else float("nan")


def ordinal_alpha(ratings: Sequence[Sequence[float]]) -> float | None:
    """Krippendorff's alpha for ordinal values; one entry a unit, with the values that its raters gave.

    Units with fewer than two values say nothing about agreement. None where no unit has two, or all values are alike.
    Source: Krippendorff 2011, Computing Krippendorff's alpha-reliability, with the ordinal difference function.
    """
    units = [list(unit) for unit in ratings if len(unit) >= 2]
    values = np.unique([v for unit in units for v in unit])
    if len(values) < 2:
        return None
    coincidence = np.zeros((len(values), len(values)))
    for unit in units:
        counts = np.bincount(np.searchsorted(values, unit), minlength=len(values)).astype(float)
        coincidence += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    margin = coincidence.sum(0)
    middle = np.cumsum(margin) - margin / 2  # from the lower value to the higher one, each end by half
    difference = np.subtract.outer(middle, middle) ** 2
    expected = (np.outer(margin, margin) * difference).sum() / (margin.sum() - 1)
    return float(1 - (coincidence * difference).sum() / expected)

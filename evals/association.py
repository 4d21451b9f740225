"""Correlation and agreement, with intervals by encounter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.statistics import draws

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]

SAMPLES = 2_000
_ROWS = 500  # rows of the table of pairs that are held at once


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval over `n` pairs; None where there are too few pairs or one side never varies."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        return dict(self.__dict__)


def correlations(
    x: Sequence[float], y: Sequence[float], cluster: Sequence[str], *, samples: int = SAMPLES, seed: int = 0
) -> dict[str, Interval]:
    """Spearman, Kendall (tau-b) and Pearson of two series, with percentile intervals from resampled clusters.

    A resample repeats whole clusters; ranks are taken anew in each, with ties at their mean. Resamples in which one
    side does not vary have no correlation and are left out. From fewer than two clusters there is no interval.
    """
    a, b = np.asarray(x, float), np.asarray(y, float)
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return dict.fromkeys(("spearman", "kendall", "pearson"), Interval(None, None, None, len(a)))
    weights, of = _weights(cluster, samples, seed)
    found: dict[str, Interval] = {}
    spearman = _by_block(weights, of, lambda w: _pearson(_ranks(a, w), _ranks(b, w), w))
    pearson = _by_block(weights, of, lambda w: _pearson(a[None, :], b[None, :], w))
    for name, values in (("spearman", spearman), ("kendall", _kendall(a, b, weights, of)), ("pearson", pearson)):
        found[name] = _interval(values, len(a), enough=weights.shape[1] > 1)
    return found


def partial_spearman(
    x: Sequence[float], y: Sequence[float], given: Sequence[float], cluster: Sequence[str],
    *, samples: int = SAMPLES, seed: int = 0,
) -> Interval:  # fmt: skip
    """Rank correlation of x and y with the ranks of a third series taken out of both."""
    a, b, c = (np.asarray(series, float) for series in (x, y, given))
    if len(a) < 4 or min(np.ptp(a), np.ptp(b), np.ptp(c)) == 0:
        return Interval(None, None, None, len(a))
    weights, of = _weights(cluster, samples, seed)

    def partial(w: Floats) -> Floats:
        one, two, three = _ranks(a, w), _ranks(b, w), _ranks(c, w)
        xy, xz, yz = _pearson(one, two, w), _pearson(one, three, w), _pearson(two, three, w)
        scale = np.sqrt((1 - xz**2) * (1 - yz**2))
        return np.asarray(np.where(scale > 1e-9, (xy - xz * yz) / np.where(scale > 1e-9, scale, 1), np.nan), float)

    return _interval(_by_block(weights, of, partial), len(a), enough=weights.shape[1] > 1)


def _weights(cluster: Sequence[str], samples: int, seed: int) -> tuple[Floats, NDArray[np.intp]]:
    """How often each cluster stands in each resample; row 0 is the data itself, each cluster once."""
    names, of = np.unique(list(cluster), return_inverse=True)
    drawn = draws(len(names), samples, seed) if len(names) > 1 else []
    return np.concatenate([np.ones((1, len(names))), *drawn]), of


def _by_block(weights: Floats, of: NDArray[np.intp], statistic: Statistic) -> Floats:
    return np.concatenate([statistic(weights[i : i + _ROWS][:, of]) for i in range(0, len(weights), _ROWS)])


def _interval(values: Floats, n: int, *, enough: bool) -> Interval:
    """The first value is that of the data, the others are of resamples."""
    if np.isnan(values[0]):
        return Interval(None, None, None, n)
    if not enough or np.isnan(values[1:]).all():
        return Interval(float(values[0]), None, None, n)
    low, high = np.nanpercentile(values[1:], [2.5, 97.5])
    return Interval(float(values[0]), float(low), float(high), n)


def _ranks(x: Floats, weights: Floats) -> Floats:
    """Mean ranks of x where each value stands as often as its weight, shape (resamples, values)."""
    order = np.argsort(x, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(x[order]) > 0])
    group = np.empty(len(x), int)
    group[order] = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(x)]))
    count = np.add.reduceat(weights[:, order], starts, axis=1)
    return np.asarray((np.cumsum(count, axis=1) - (count - 1) / 2)[:, group], float)


def _pearson(x: Floats, y: Floats, weights: Floats) -> Floats:
    total = weights.sum(1, keepdims=True)
    a = x - (weights * x).sum(1, keepdims=True) / total
    b = y - (weights * y).sum(1, keepdims=True) / total
    scale = np.sqrt((weights * a * a).sum(1) * (weights * b * b).sum(1))
    fine = scale > 1e-12
    return np.asarray(np.where(fine, (weights * a * b).sum(1) / np.where(fine, scale, 1), np.nan), float)


def _kendall(x: Floats, y: Floats, weights: Floats, of: NDArray[np.intp]) -> Floats:
    """Tau-b of every resample from one table of pairs summed by clusters: a repeated value is a tie with itself."""
    clusters = weights.shape[1]
    member = np.zeros((len(x), clusters))
    member[np.arange(len(x)), of] = 1
    both, untied_x, untied_y = (np.zeros((clusters, clusters)) for _ in range(3))
    for start in range(0, len(x), _ROWS):
        rows = slice(start, start + _ROWS)
        dx = np.sign(x[rows, None] - x[None, :])
        dy = np.sign(y[rows, None] - y[None, :])
        for table, pairs in ((both, dx * dy), (untied_x, np.abs(dx)), (untied_y, np.abs(dy))):
            table += member[rows].T @ (pairs @ member)
    above, one, two = (np.einsum("sa,ab,sb->s", weights, t, weights, optimize=True) for t in (both, untied_x, untied_y))
    scale = np.sqrt(one * two)
    return np.asarray(np.where(scale > 0, above / np.where(scale > 0, scale, 1), np.nan), float)


def ordinal_alpha(ratings: Sequence[Sequence[float]]) -> float | None:
    """Krippendorff's alpha for ordinal values; one entry a unit, with the values that its raters gave.

    Units with fewer than two values say nothing about agreement. None where no unit has two, or all values are alike.
    Source: Krippendorff 2011, Computing Krippendorff's alpha-reliability, with the ordinal difference function.
    """
    units = [list(unit) for unit in ratings if len(unit) >= 2]
    values = np.unique([value for unit in units for value in unit])
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

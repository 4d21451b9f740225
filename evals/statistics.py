"""Means with their denominators, and bootstrap intervals by encounter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.case import CaseScores
from evals.metrics import Metric, is_metric, metric

Floats = NDArray[np.float64]

SAMPLES = 10_000
_BLOCK = 1_000  # samples drawn at once: bounds the memory


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval and its denominators.

    `value` is None where nothing was scored; `low` and `high` where fewer than two encounters were. A failed case
    counts as the metric's worst value; `n_total` = scored + failed + not applicable, in cases.
    """

    value: float | None
    low: float | None
    high: float | None
    n_scored: int
    n_failed: int
    n_not_applicable: int
    n_total: int

    def as_json(self) -> dict[str, float | int | None]:
        return dict(self.__dict__)


def aggregate(rows: Sequence[CaseScores], *, samples: int = SAMPLES, seed: int = 0) -> dict[str, Estimate]:
    """The mean of each metric that any row has, failures included.

    Encounters are drawn with replacement, each with all of its cases (cluster bootstrap, percentile interval; Efron and
    Tibshirani 1993, ch. 13). All metrics share the draws, so that they can be compared.
    """
    names = sorted({n for row in rows for n in (*row.scores, *row.failures) if is_metric(n)})
    if not names:
        return {}
    encounters, cluster = np.unique([row.encounter_id for row in rows], return_inverse=True)
    parts = [_parts(metric(name), rows) for name in names]
    sums = np.zeros((len(encounters), 2 * len(names)))
    for column, (above, below) in enumerate(parts):
        np.add.at(sums[:, 2 * column], cluster, above)
        np.add.at(sums[:, 2 * column + 1], cluster, below)
    low, high = _intervals(sums, samples, seed)
    estimates = {}
    for column, name in enumerate(names):
        above, below = sums[:, 2 * column], sums[:, 2 * column + 1]
        enough = np.count_nonzero(below) >= 2
        estimates[name] = Estimate(
            float(above.sum() / below.sum()) if below.sum() else None,
            float(low[column]) if enough else None,
            float(high[column]) if enough else None,
            *_denominators(name, rows),
        )
    return estimates


def _denominators(name: str, rows: Sequence[CaseScores]) -> tuple[int, int, int, int]:
    failed = sum(name in row.failures for row in rows)
    scored = sum(name not in row.failures and row.scores.get(name) is not None for row in rows)
    return scored, failed, len(rows) - scored - failed, len(rows)


def _parts(of: Metric, rows: Sequence[CaseScores]) -> tuple[Floats, Floats]:
    """What each row adds above and below the line of the mean: 0 and 0 where it adds nothing."""
    pairs = [_failed(of, row) if of.name in row.failures else _scored(of, row) for row in rows]
    known = [below for _, below in pairs if below]
    weight = float(np.mean(known)) if known else 1.0
    filled = [(of.worst * weight, weight) if below is None and of.worst is not None else (above, below or 0.0)
              for above, below in pairs]  # fmt: skip
    above, below = np.array(filled, float).reshape(-1, 2).T
    return above, below


def _scored(of: Metric, row: CaseScores) -> tuple[float, float | None]:
    value = row.scores.get(of.name)
    if value is None:
        return 0.0, 0.0
    if of.ratio is None:
        return value, 1.0
    return row.scores[of.ratio[0]] or 0.0, row.scores[of.ratio[1]] or 0.0


def _failed(of: Metric, row: CaseScores) -> tuple[float, float | None]:
    """Worst value times weight; a weight of None (what was at stake is not known) becomes the mean of the rest."""
    if of.worst is None:
        return 0.0, 0.0
    weight = 1.0 if of.ratio is None else row.scores.get(of.ratio[1])
    return (0.0, None) if weight is None else (of.worst * weight, weight)


def _intervals(sums: Floats, samples: int, seed: int) -> tuple[Floats, Floats]:
    """Percentiles 2.5 and 97.5 of the ratio of each pair of columns over resampled rows; empty samples are left out."""
    ratios = np.concatenate([draw @ sums for draw in draws(len(sums), samples, seed)])
    with np.errstate(divide="ignore", invalid="ignore"):
        values = ratios[:, ::2] / ratios[:, 1::2]
    empty = np.isnan(values).all(axis=0)
    values[:, empty] = 0.0
    percentiles = np.nanpercentile if np.isnan(values).any() else np.percentile  # the plain one is much faster
    low, high = percentiles(values, [2.5, 97.5], axis=0)
    return low, high


def draws(clusters: int, samples: int, seed: int) -> list[Floats]:
    """How often each cluster is drawn in each sample, shape (samples, clusters), in blocks."""
    rng = np.random.default_rng(seed)
    share = np.full(clusters, 1 / clusters)
    blocks = [min(_BLOCK, samples - start) for start in range(0, samples, _BLOCK)]
    return [rng.multinomial(clusters, share, size=block).astype(float) for block in blocks]


def as_json(estimates: dict[str, Estimate]) -> dict[str, dict[str, Any]]:
    """The form `metrics` of `--json`."""
    return {name: estimate.as_json() for name, estimate in estimates.items()}


@dataclass(frozen=True)
class Difference:
    """The mean of paired differences, new minus old, with its 95 % bootstrap interval, and `p` of a sign-flip test."""

    value: float
    low: float
    high: float
    p: float
    n: int

    def as_json(self) -> dict[str, float | int]:
        return dict(self.__dict__)


def paired(new: Sequence[float], old: Sequence[float], *, samples: int = SAMPLES, seed: int = 0) -> Difference:
    """How much better `new` is than `old`, pair by pair; a pair is one encounter, so pairs are independent.

    The interval draws pairs with replacement (percentiles; Efron and Tibshirani 1993, ch. 13); `p` is two-sided, from
    random flips of the differences' signs (Good 2005, ch. 3).

    Raises:
        ValueError: the lists differ in length, or hold fewer than two pairs.
    """
    if len(new) != len(old) or len(new) < 2:
        raise ValueError("paired comparison needs two pairs or more, as many new as old")
    differences = np.asarray(new, float) - np.asarray(old, float)
    n = len(differences)
    means = np.concatenate([draw @ differences for draw in draws(n, samples, seed)]) / n
    low, high = np.percentile(means, [2.5, 97.5])
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(samples, n))
    extreme = np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12
    p = float((extreme.sum() + 1) / (samples + 1))
    return Difference(float(differences.mean()), float(low), float(high), p, n)

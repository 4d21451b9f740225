import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from evals.association import correlations, ordinal_alpha, partial_spearman
from evals.statistics import draws

RNG = np.random.default_rng(11)
X = RNG.integers(0, 6, 90).astype(float)
Y = np.round(X + RNG.normal(0, 2, 90))
CLUSTER = [f"e{i % 9}" for i in range(90)]


def test_values_are_those_of_scipy() -> None:
    found = correlations(list(X), list(Y), CLUSTER, samples=50)
    assert found["spearman"].value == pytest.approx(spearmanr(X, Y).statistic)
    assert found["kendall"].value == pytest.approx(kendalltau(X, Y).statistic)
    assert found["pearson"].value == pytest.approx(pearsonr(X, Y).statistic)
    assert found["kendall"].n == 90


def test_a_resample_is_that_of_repeating_whole_clusters() -> None:
    found = correlations(list(X), list(Y), CLUSTER, samples=1, seed=4)
    counts = draws(9, 1, 4)[0][0]
    drawn = np.concatenate([np.tile(np.flatnonzero(np.array(CLUSTER) == f"e{c}"), int(counts[c])) for c in range(9)])
    assert found["spearman"].low == pytest.approx(spearmanr(X[drawn], Y[drawn]).statistic)
    assert found["kendall"].low == pytest.approx(kendalltau(X[drawn], Y[drawn]).statistic)
    assert found["pearson"].low == pytest.approx(pearsonr(X[drawn], Y[drawn]).statistic)


def test_no_correlation_without_variation_and_no_interval_from_one_cluster() -> None:
    flat = correlations([1, 1, 1, 1], [1, 2, 3, 4], ["a", "b", "c", "d"])
    assert flat["spearman"].value is None
    alone = correlations([1, 2, 3, 5], [1, 2, 3, 4], ["a"] * 4)["spearman"]
    assert (alone.value, alone.low, alone.n) == (pytest.approx(1), None, 4)


def test_partial_correlation_takes_a_common_cause_out() -> None:
    cause = RNG.normal(0, 1, 400)
    one, other = cause + RNG.normal(0, 0.3, 400), cause + RNG.normal(0, 0.3, 400)
    cluster = [f"e{i % 20}" for i in range(400)]
    assert (correlations(list(one), list(other), cluster, samples=20)["spearman"].value or 0) > 0.8
    assert abs(partial_spearman(list(one), list(other), list(cause), cluster, samples=20).value or 0) < 0.2


def test_alpha_of_the_worked_example() -> None:
    """Krippendorff (2011), example C: four observers, twelve units, ordinal alpha 0.815."""
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    units = [[v for v in column if v is not None] for column in zip(*observers, strict=True)]
    assert ordinal_alpha(units) == pytest.approx(0.815, abs=0.001)
    assert ordinal_alpha([[1.0], [2.0]]) is None

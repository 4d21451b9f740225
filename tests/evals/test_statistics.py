import numpy as np
import pytest

from evals.case import CaseScores
from evals.statistics import aggregate, draws, paired


def rows(values: dict[str, list[float | None]], name: str = "grounding") -> list[CaseScores]:
    return [CaseScores(encounter, scores={name: v}) for encounter, listed in values.items() for v in listed]


def test_not_applicable_is_counted_and_not_averaged() -> None:
    found = aggregate(rows({"e1": [1.0, None], "e2": [0.5]}), samples=100)["grounding"]
    assert (found.value, found.n_scored, found.n_not_applicable, found.n_total) == (0.75, 2, 1, 3)


def test_no_interval_from_a_single_encounter() -> None:
    found = aggregate(rows({"e1": [0.2, 0.4, 0.9]}))["grounding"]
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high) == (None, None)
    nothing = aggregate(rows({"e1": [None], "e2": [None]}))["grounding"]
    assert (nothing.value, nothing.low, nothing.n_not_applicable) == (None, None, 2)


def test_interval_equals_a_plain_cluster_bootstrap_over_the_same_draws() -> None:
    rng = np.random.default_rng(5)
    values = {f"e{i:02}": list(rng.normal(0.5, 0.2, rng.integers(1, 6))) for i in range(12)}
    found = aggregate(rows(values), samples=500, seed=3)["grounding"]
    names = sorted(values)
    means = []
    for counts in np.concatenate(draws(12, 500, 3)):
        drawn = [v for name, times in zip(names, counts, strict=True) for v in values[name] * int(times)]
        means.append(np.mean(drawn))
    low, high = np.percentile(means, [2.5, 97.5])
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.value == pytest.approx(np.mean([v for listed in values.values() for v in listed]))


def test_word_error_rate_is_a_ratio_of_sums_not_a_mean_of_ratios() -> None:
    long = CaseScores("e1", scores={"wer": 0.1, "word_errors": 100, "reference_words": 1000})
    short = CaseScores("e2", scores={"wer": 0.5, "word_errors": 5, "reference_words": 10})
    found = aggregate([long, short], samples=200)["wer"]
    assert found.value == pytest.approx(105 / 1010)
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.5))


def test_same_seed_same_interval() -> None:
    data = rows({f"e{i}": [i / 10] for i in range(9)})
    assert aggregate(data, samples=300, seed=1) == aggregate(data, samples=300, seed=1)
    assert aggregate(data, samples=300, seed=1) != aggregate(data, samples=300, seed=2)


def test_a_paired_difference_is_new_minus_old_with_its_interval() -> None:
    old = [0.5, 0.6, 0.4, 0.7, 0.5, 0.6, 0.3, 0.8]
    found = paired([value + 0.1 for value in old], old, samples=2_000)
    assert found.value == pytest.approx(0.1)
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.1))
    assert found.p == pytest.approx(2 / 256, abs=0.01)  # all signs alike: 2 of 2 ** 8 flips
    assert paired(old, old, samples=500).p == 1.0


def test_pairs_must_match() -> None:
    for new, old in (([1.0], [1.0, 2.0]), ([1.0], [0.5])):
        with pytest.raises(ValueError, match="two pairs"):
            paired(new, old)

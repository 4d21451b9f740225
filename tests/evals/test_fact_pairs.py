from pathlib import Path

import pytest

from evals.fact_pairs import Share, agreement, read_pairs
from pipelines.dataset import read_dataset

DATA = Path(__file__).parents[2] / "datasets" / "synthetic"


def test_the_matcher_agrees_with_pairs_labelled_by_hand() -> None:
    encounters = {encounter.id: encounter for encounter in read_dataset(DATA).encounters}
    pairs = read_pairs(DATA / "fact_pairs.jsonl")
    assert len(pairs) >= 200
    held = sum(pair.label == "held" for pair in pairs)
    assert 0.35 < held / len(pairs) < 0.65
    found = agreement(pairs, encounters)
    assert (found.precision("held").value or 0) > 0.88
    assert (found.recall("held").value or 0) > 0.85
    assert (found.precision("contradicted").value or 0) > 0.95
    assert (found.recall("contradicted").value or 0) > 0.6


def test_interval_of_a_share() -> None:
    """Wilson's interval for 8 of 10, from its formula."""
    assert Share(8, 10).interval == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert Share(0, 0).value is None

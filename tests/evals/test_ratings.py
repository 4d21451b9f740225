from pathlib import Path

import numpy as np
import pytest

from evals.ratings import GRADES, QUALITY_WEIGHTS, RATERS, fitting, read_inventions, simulate_ratings, turn
from pipelines.dataset import read_dataset
from pipelines.records import Rating

DATA = Path(__file__).parents[2] / "datasets" / "synthetic"


@pytest.fixture(scope="module")
def ratings() -> list[Rating]:
    return simulate_ratings(read_dataset(DATA).encounters[:4], read_inventions(DATA / "inventions.jsonl"), seed=7)


def extra(rating: Rating) -> dict[str, dict[str, int]]:
    return rating.model_extra or {}


def test_two_raters_a_note_and_five_grades(ratings: list[Rating]) -> None:
    assert len(ratings) == 4 * 4 * len(GRADES) * 2
    assert all(extra(rating)["simulated"] is True for rating in ratings)
    assert {rating.rater for rating in ratings} <= set(RATERS)
    for one, two in zip(ratings[::2], ratings[1::2], strict=True):
        assert one.rater != two.rater
        assert one.sections == two.sections


def test_same_seed_same_ratings(ratings: list[Rating]) -> None:
    again = simulate_ratings(read_dataset(DATA).encounters[:4], read_inventions(DATA / "inventions.jsonl"), seed=7)
    assert again == ratings


def test_the_reference_is_untouched(ratings: list[Rating]) -> None:
    notes = {encounter.id: encounter.notes for encounter in read_dataset(DATA).encounters}
    for rating in ratings:
        if rating.system == "reference":
            assert {k: " ".join(v.split()) for k, v in rating.sections.items()} == {
                k: " ".join(v.split()) for k, v in notes[rating.encounter_id][rating.format].items()
            }
            assert rating.dimensions["quality"] == pytest.approx(1)


def test_stars_follow_the_planted_quality_and_the_stated_weights(ratings: list[Rating]) -> None:
    for rating in ratings:
        planted = sum(weight * rating.dimensions[name] for name, weight in QUALITY_WEIGHTS.items())
        assert rating.dimensions["quality"] == pytest.approx(planted, abs=1e-3)
    quality = [rating.dimensions["quality"] for rating in ratings]
    stars = [rating.stars for rating in ratings]
    assert float(np.corrcoef(quality, stars)[0, 1]) > 0.8
    means = [np.mean([r.stars for r in ratings if r.system == grade]) for grade in GRADES]
    assert means == sorted(means, reverse=True)


def test_defects_are_planted_as_counted(ratings: list[Rating]) -> None:
    bank = {invention.text for invention in read_inventions(DATA / "inventions.jsonl")}
    for rating in ratings:
        text = " ".join(rating.sections.values())
        assert sum(sentence in text for sentence in bank) == extra(rating)["defects"]["invented"]


def test_an_invention_is_not_used_where_it_might_be_true() -> None:
    encounters = {encounter.id: encounter for encounter in read_dataset(DATA).encounters}
    inventions = read_inventions(DATA / "inventions.jsonl")
    for encounter in encounters.values():
        record = encounter.model_dump_json().lower()
        usable = fitting(inventions, encounter)
        assert len(usable) >= 30
        assert not [i.id for i in usable if any(word.lower() in record for word in i.unless)]


@pytest.mark.parametrize(
    ("sentence", "turned"),
    [
        ("Client denied suicidal ideation.", "Client endorsed suicidal ideation."),
        ("Belief fell from 85 to 40.", "Belief rose from 85 to 40."),
        ("Client might ask her manager.", "Client will ask her manager."),
        ("Client took sertraline 50 mg.", "Client took sertraline 57 mg."),
        ("She slept four hours.", "She slept eleven hours."),
        ("Client cried.", None),
    ],
)
def test_turned_sentences(sentence: str, turned: str | None) -> None:
    assert turn(sentence) == turned

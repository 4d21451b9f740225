from evals.case import Case, Scorer, Scores
from evals.correlate import ceiling, correlate, rated_notes
from evals.scorers.notes import length
from pipelines.records import Encounter, Rating


def rating(encounter: str, system: str, rater: str, stars: float, text: str) -> Rating:
    return Rating(
        encounter_id=encounter, format="soap", system=system, rater=rater, stars=stars, sections={"plan": text}
    )


RATINGS = [
    rating(f"e{e}", f"s{s}", f"r{r}", stars=min(5, 1 + s + (r + e) % 2), text="word " * (s * 10 + e + 1))
    for e in range(4)
    for s in range(3)
    for r in range(2)
]


def half(case: Case) -> Scores:
    if case.encounter.id == "e0":
        raise RuntimeError
    return {"grounding": float(len(case.note.sections["plan"]) if case.note else 0)}


def test_each_metric_is_held_against_the_mean_of_the_raters() -> None:
    encounters = {f"e{e}": Encounter(id=f"e{e}") for e in range(4)}
    found = correlate(encounters, RATINGS, [length, Scorer("half", "1", half, lambda _: ("grounding",))], {})
    assert (found["notes"], found["raters"], found["simulated"]) == (12, 2, False)
    assert found["metrics"]["words"]["spearman"]["value"] > 0.8
    assert found["metrics"]["words"]["spearman"]["n"] == 12
    assert "spearman_given_words" not in found["metrics"]["words"]
    assert found["metrics"]["grounding"]["spearman"]["n"] == 9  # three notes failed, and are named
    assert len(found["failures"]) == 3
    assert set(found["absent"]) == {"predicted_stars", "checklist", "support", "gaming"}


def test_a_rating_of_an_unknown_encounter_is_a_failure() -> None:
    found = correlate({"e0": Encounter(id="e0")}, RATINGS, [length], {})
    assert {failure["type"] for failure in found["failures"]} == {"UnknownEncounter"}
    assert found["metrics"]["words"]["spearman"]["n"] == 3


def test_ceiling_of_raters_who_agree_and_who_do_not() -> None:
    same = [rating(f"e{e}", "s", f"r{r}", 1 + e, "x") for e in range(4) for r in range(2)]
    assert ceiling(rated_notes(same))["alpha"] == 1
    opposed = [rating(f"e{e}", "s", f"r{r}", 1 + e if r else 4 - e, "x") for e in range(4) for r in range(2)]
    assert ceiling(rated_notes(opposed))["spearman"]["value"] < 0
    assert ceiling(rated_notes(same[:1]))["alpha"] is None

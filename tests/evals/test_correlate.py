from evals.case import Case, CaseScores, Scorer, Scores, score_case
from evals.correlate import RatedNote, ceiling, correlate, known_only, rated_notes
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


def scored(notes: list[RatedNote], scorers: list[Scorer]) -> list[CaseScores]:
    return [score_case(Case(Encounter(id=n.note.encounter_id), note=n.note, format="soap"), scorers) for n in notes]


def test_each_metric_is_held_against_the_mean_of_the_raters() -> None:
    notes = rated_notes(RATINGS)
    found = correlate(notes, scored(notes, [length, Scorer("half", "1", half, lambda _: ("grounding",))]))
    assert (found["notes"], found["raters"], found["simulated"]) == (12, 2, False)
    assert found["metrics"]["words"]["spearman"]["value"] > 0.8
    assert found["metrics"]["words"]["spearman"]["n"] == 12
    assert "spearman_given_words" not in found["metrics"]["words"]
    assert found["metrics"]["grounding"]["spearman"]["n"] == 9  # three notes failed, and are named
    assert len(found["failures"]) == 3
    assert set(found["absent"]) == {"predicted_stars", "checklist", "support", "gaming"}


def test_a_rating_of_an_unknown_encounter_is_a_failure() -> None:
    notes, lost = known_only(rated_notes(RATINGS), {"e0": Encounter(id="e0")})
    assert {failure.type for failure in lost} == {"UnknownEncounter"}
    assert len(lost) == 9
    found = correlate(notes, scored(notes, [length]), lost)
    assert len(found["failures"]) == 9
    assert found["metrics"]["words"]["spearman"]["n"] == 3


def test_each_note_stands_beside_its_stars() -> None:
    notes = rated_notes(RATINGS)
    pairs = correlate(notes, scored(notes, [length]))["pairs"]
    assert len(pairs) == 12
    assert pairs[0] == {"encounter_id": "e0", "format": "soap", "system": "s0", "stars": 1.5, "scores": {"words": 1.0}}


def test_ceiling_of_raters_who_agree_and_who_do_not() -> None:
    same = [rating(f"e{e}", "s", f"r{r}", 1 + e, "x") for e in range(4) for r in range(2)]
    assert ceiling(rated_notes(same))["alpha"] == 1
    opposed = [rating(f"e{e}", "s", f"r{r}", 1 + e if r else 4 - e, "x") for e in range(4) for r in range(2)]
    assert ceiling(rated_notes(opposed))["spearman"]["value"] < 0
    assert ceiling(rated_notes(same[:1]))["alpha"] is None

from evals.case import Case, Scorer, Scores, score_case
from evals.metrics import metric
from evals.statistics import aggregate
from pipelines.records import Encounter, Failure


def _crash(case: Case) -> Scores:
    raise ValueError("she said that she hid the bottle")


BROKEN = Scorer("broken", "1", _crash, lambda _: ("grounding",))
SOUND = Scorer("sound", "1", lambda _: {"fact_recall": 0.5, "words": 10.0}, lambda _: ("fact_recall", "words"))


def test_a_scorer_that_crashes_fails_its_scores_and_no_other() -> None:
    scored = score_case(Case(Encounter(id="e1"), format="soap", source="summary"), [BROKEN, SOUND])
    assert scored.scores == {"fact_recall": 0.5, "words": 10.0}
    failure = scored.failures["grounding"]
    assert (failure.stage, failure.type, failure.format, failure.source) == ("score", "ValueError", "soap", "summary")
    assert "bottle" not in failure.model_dump_json()


def test_a_failed_case_fails_what_it_should_have_got() -> None:
    failure = Failure(encounter_id="e1", stage="write", type="Timeout", message="m")
    scored = score_case(Case(Encounter(id="e1"), failure=failure), [SOUND])
    assert scored.scores == {}
    assert scored.failures == {"fact_recall": failure, "words": failure}
    assert scored.failure is failure


def test_failures_are_counted_and_pull_the_mean_to_the_worst() -> None:
    failure = Failure(encounter_id="e3", stage="write", type="Timeout", message="m")
    rows = [score_case(Case(Encounter(id=name)), [SOUND]) for name in ("e1", "e2")]
    rows.append(score_case(Case(Encounter(id="e3"), failure=failure), [SOUND]))
    found = aggregate(rows, samples=200)
    recall, words = found["fact_recall"], found["words"]
    assert recall.value == 1 / 3
    assert (recall.n_scored, recall.n_failed, recall.n_not_applicable, recall.n_total) == (2, 1, 0, 3)
    assert (words.value, words.n_failed) == (10, 1)  # a length has no worst value: counted, not averaged
    assert metric("words").worst is None

"""The checks of their own: each sees what similarity cannot, and lets the true sentence pass."""

from __future__ import annotations

import pytest

from pipelines.checking.affirmation import AFFIRMED, NEGATED, polarities
from pipelines.checking.evidence import EvidenceFinder
from pipelines.checking.exact import terms
from pipelines.checking.roles import reversed_roles
from pipelines.embeddings import Embedder
from pipelines.models.table import ModelMissing, model_path
from pipelines.settings import Settings
from pipelines.source import source_of
from tests.pipelines.session import encounter, source, talk


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    settings = Settings()
    try:
        return Embedder(model_path(settings.embeddings, settings))
    except ModelMissing:
        pytest.skip("the similarity model is not at hand: notebench models get minilm")


@pytest.fixture(scope="module")
def finder(embedder: Embedder) -> EvidenceFinder:
    return EvidenceFinder(source(), embedder)


def kind(finder: EvidenceFinder, sentence: str, section: str = "subjective") -> str:
    (evidence,) = finder.find({section: sentence})
    return evidence.kind


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("Client slept five hours most nights.", "Client slept seven hours most nights."),
        ("Client took sertraline 50 mg every morning.", "Client took sertraline 40 mg every morning."),
        ("Next session is Wednesday, June 10, at 3:00 PM.", "Next session is Thursday, June 10, at 3:00 PM."),
        ("Client's boss praised the last report.", "Client's sister praised the last report."),
        ("GAD-7 was 12, down from 16 last month.", "PHQ-9 was 12, down from 16 last month."),
        ("Client reported worry about the budget.", "Clinician reported worry about the budget."),
        ("Client reported no side effects.", "Client reported side effects every morning in the budget."),
        ("Client worried about the budget every evening.", "Client did not worry about the budget every evening."),
    ],
)
def test_an_edit_is_found_and_the_true_sentence_passes(finder: EvidenceFinder, true: str, false: str) -> None:
    assert kind(finder, true) != "unsupported"
    assert kind(finder, false) == "unsupported"


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Clinician guided a thought record.", False),
        ("Client guided a thought record.", True),
        ("Client will keep a diary.", False),
        ("Clinician will practice breathing every day.", True),
        ("Clinician will send the worksheet.", False),
        ("Clinician, treated for panic disorder, was calm.", True),
        ("They talked about roles.", False),
    ],
)
def test_who_did_what(sentence: str, *, found: bool) -> None:
    assert reversed_roles(sentence) is found


@pytest.mark.parametrize(
    ("text", "word", "polarity"),
    [
        ("I haven't missed any doses.", "doses", NEGATED),
        ("I missed two doses.", "doses", AFFIRMED),
        ("No nightmares, but the flashbacks came.", "flashbacks", AFFIRMED),
        ("She offered me her pills and I said no.", "pills", NEGATED),
        ("Client denied nightmares and flashbacks.", "flashbacks", NEGATED),
    ],
)
def test_the_polarity_of_a_word(text: str, word: str, polarity: int) -> None:
    assert {sign for found, _, sign in polarities(text) if found == word} == {polarity}


def test_the_birth_date_lends_its_numbers_to_no_other_claim(embedder: Embedder) -> None:
    chart = {"client": {"date_of_birth": "1991-08-22"}}
    finder = EvidenceFinder(source(chart=chart), embedder)
    assert kind(finder, "Client slept 22 hours most nights.") == "unsupported"


def test_a_number_of_something_else_is_no_ground(embedder: Embedder) -> None:
    turns = ("T: How was the week?", "C: I slept five hours on Tuesday.", "C: My boss gave me two warnings on Friday.")
    finder = EvidenceFinder(source(transcript=talk(*turns), chart=None), embedder)
    assert kind(finder, "Client slept five hours on Tuesday.") == "transcript"
    assert kind(finder, "Client slept two hours on Tuesday.") == "unsupported"


def test_a_sentence_that_stands_out_of_its_note_is_unsupported(embedder: Embedder) -> None:
    finder = EvidenceFinder(source(), embedder)
    true = [
        "Client worried about the budget every evening.",
        "Client slept five hours most nights.",
        "Client's boss praised the last report.",
        "Client took sertraline 50 mg every morning with no side effects.",
        "Client will fill in two thought records in the evening.",
    ]
    found = finder.find({"subjective": " ".join([*true, "Client adopted a puppy from the shelter and went hiking."])})
    assert [e.kind == "unsupported" for e in found] == [False] * 5 + [True]


def test_the_weights_rank_what_is_said_above_what_any_note_says(finder: EvidenceFinder) -> None:
    said, generic = (
        finder.find({"plan": sentence})[0].score
        for sentence in (
            "Client will fill in two thought records before next time.",
            "Long-term goals include improving coping skills and overall well-being.",
        )
    )
    assert said > finder.threshold > generic


def test_a_summary_has_the_same_checks(embedder: Embedder) -> None:
    summary = "Slept five hours most nights. Sertraline 50 mg, no missed doses. Sister visits on Friday."
    finder = EvidenceFinder(source_of(encounter(summary=summary), "summary"), embedder)
    assert kind(finder, "Client slept five hours most nights.") == "summary"
    assert kind(finder, "Client slept six hours most nights.") == "unsupported"
    assert kind(finder, "Client's brother visits on Friday.") == "unsupported"


@pytest.mark.parametrize(
    ("turns", "sentence", "supported"),
    [
        (
            ("T: Any thoughts of suicide?", "C: My father did that. So no. Still no."),
            "Client denied suicidal ideation.",
            True,
        ),
        (("T: Any thoughts of suicide?", "C: Sometimes. I don't know."), "Client denied suicidal ideation.", False),
        (
            ("T: Was it a thought of dying, or was it the urge to hurt yourself?", "C: The urge."),
            "Client endorsed urges to hurt himself.",
            True,
        ),
        (
            ("C: Sometimes I think it would be easier not to wake up.",),
            "Client endorsed passive suicidal ideation.",
            True,
        ),
        (
            ("T: Any thoughts of killing yourself?", "C: No. In tenth grade, yeah. Not this year."),
            "Client had thoughts of killing himself in tenth grade and not this year.",
            True,
        ),
    ],
)
def test_answers_about_risk(embedder: Embedder, turns: tuple[str, ...], sentence: str, *, supported: bool) -> None:
    finder = EvidenceFinder(source(transcript=talk(*turns)), embedder)
    assert (kind(finder, sentence, "assessment") != "unsupported") is supported


def test_what_was_only_considered_is_not_decided(embedder: Embedder) -> None:
    turns = ("T: Will you join?", "C: I might join the choir in May, I'm not sure.", "C: The train to Lyon was late.")
    finder = EvidenceFinder(source(transcript=talk(*turns), chart=None), embedder)
    assert kind(finder, "Client might join the choir in May.") == "transcript"
    assert kind(finder, "Client decided on joining the choir in May.") == "unsupported"
    assert kind(finder, "Client will join the choir in May and had not decided.") == "unsupported"


def test_a_name_behind_a_title_is_checked(finder: EvidenceFinder) -> None:
    assert kind(finder, "Client's boss praised the report to Dr. Whitfield.") == "unsupported"


def test_what_stands_exactly_in_a_text() -> None:
    found = {(t.kind, t.counts): t.values for t in terms("Her sister slept six and a half hours on Friday, June 3.")}
    assert found["number", "hour"] == {"6.5"}
    assert found["weekday", ""] == {"friday"}
    assert found["month", ""] == {"june"}
    assert found["day", ""] == {"3"}
    assert ("relation", "") in found

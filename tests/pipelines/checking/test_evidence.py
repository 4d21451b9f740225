"""Evidence: what supports a sentence, by stems alone and, where the model is at hand, by words in context."""

from __future__ import annotations

import pytest

from pipelines.checking.evidence import EvidenceFinder
from pipelines.embeddings import Embedder
from pipelines.models.table import ModelMissing, model_path
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED, RISK_NOT_ASSESSED
from pipelines.records import Evidence
from pipelines.settings import Settings
from pipelines.source import source_of, split_sentences
from tests.pipelines.session import NOTES, encounter, source, talk


@pytest.fixture(scope="module", params=["stems", "vectors"])
def embedder(request: pytest.FixtureRequest) -> Embedder | None:
    if request.param == "stems":
        return None
    settings = Settings()
    try:
        return Embedder(model_path(settings.embeddings, settings))
    except ModelMissing:
        pytest.skip("the similarity model is not at hand: notebench models get minilm")


@pytest.fixture(scope="module")
def finder(embedder: Embedder | None) -> EvidenceFinder:
    return EvidenceFinder(source(), embedder)


def judge(finder: EvidenceFinder, sentence: str, section: str = "subjective") -> Evidence:
    (evidence,) = finder.find({section: sentence})
    return evidence


@pytest.mark.parametrize("form", NOTES)
def test_one_evidence_a_sentence_in_order(finder: EvidenceFinder, form: str) -> None:
    found = finder.find(NOTES[form])
    expected = [(name, i, s) for name, text in NOTES[form].items() for i, s in enumerate(split_sentences(text))]
    assert [(e.section, e.sentence, e.text) for e in found] == expected
    assert all(0 <= e.score <= 1 for e in found)


@pytest.mark.parametrize("form", NOTES)
def test_a_true_note_is_supported(finder: EvidenceFinder, form: str) -> None:
    assert [e.text for e in finder.find(NOTES[form]) if e.kind == "unsupported"] == []


def test_the_turns_are_those_that_say_it(finder: EvidenceFinder) -> None:
    assert 1 in judge(finder, "Client slept five hours most nights.").turns
    assert 9 in judge(finder, "Client's boss praised the last report.").turns


def test_an_answer_stands_with_its_question(finder: EvidenceFinder) -> None:
    assert judge(finder, "Client denied thoughts of suicide.").turns == [12, 13]


@pytest.mark.parametrize(
    "sentence",
    [
        "Session held by telehealth, 3:00 PM to 3:45 PM (45 minutes), CPT 90834.",
        "Generalized anxiety disorder (F41.1).",
    ],
)
def test_the_chart_supports_what_it_holds(finder: EvidenceFinder, sentence: str) -> None:
    evidence = judge(finder, sentence, "objective")
    assert (evidence.kind, evidence.turns) == ("chart", [])


@pytest.mark.parametrize(
    "sentence",
    [
        "Client adopted a puppy from the shelter and enjoyed hiking.",  # invented
        "Client slept seven hours most nights.",  # number
        "Client took sertraline 100 mg every morning.",  # dose
        "GAD-7 was 45.",  # score
        'Client said, "I want to quit my job".',  # quotation
        "Client worried about the budget with Patricia every evening.",  # name
        "Client took quetiapine every morning.",  # medication
        "Client denied suicidal ideation, plan and intent.",  # more than was asked
        "Client endorsed suicidal ideation.",
    ],
)
def test_what_the_source_does_not_hold_is_unsupported(finder: EvidenceFinder, sentence: str) -> None:
    evidence = judge(finder, sentence)
    assert (evidence.kind, evidence.turns) == ("unsupported", [])
    assert evidence.score < finder.threshold


def test_a_denial_of_what_was_only_affirmed_is_unsupported(embedder: Embedder | None) -> None:
    finder = EvidenceFinder(
        source(transcript=talk("T: How are you?", "C: I get nightmares three times a week.")), embedder
    )
    assert judge(finder, "Client reported nightmares three times a week.").kind == "transcript"
    assert judge(finder, "Client denied nightmares three times a week.").kind == "unsupported"


def test_statements_of_absence_are_supported_where_true(embedder: Embedder | None) -> None:
    asked = EvidenceFinder(source(), embedder)
    silent = EvidenceFinder(source(transcript=talk("T: Hello.", "C: The line is bad.")), embedder)
    assert judge(silent, RISK_NOT_ASSESSED, "assessment").kind == "transcript"
    assert judge(asked, RISK_NOT_ASSESSED, "assessment").kind == "unsupported"
    assert judge(silent, NOT_ADDRESSED, "plan").kind == "transcript"
    assert judge(asked, NOT_ADDRESSED, "plan").kind == "unsupported"
    assert judge(asked, FOR_CLINICIAN, "assessment").kind != "unsupported"


def test_a_summary_is_named_as_such(embedder: Embedder | None) -> None:
    summary = "Worried about the budget every evening. Slept five hours most nights."
    finder = EvidenceFinder(source_of(encounter(summary=summary), "summary"), embedder)
    evidence = judge(finder, "Client slept five hours most nights.")
    assert (evidence.kind, evidence.turns) == ("summary", [1])


def test_nothing_is_found_in_an_empty_note(finder: EvidenceFinder) -> None:
    assert finder.find({}) == []
    assert finder.find({"plan": ""}) == []

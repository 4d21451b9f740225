"""Scores of a note against its settings."""

from __future__ import annotations

from evals.case import Case, score_case
from evals.scorers.settings import SETTINGS_SCORES, settings
from pipelines.note_settings import NoteSettings
from pipelines.records import Failure, Note
from pipelines.settings import ROOT
from pipelines.templates import load_templates
from tests.pipelines.session import NOTES, encounter

SOAP = load_templates(ROOT / "prompts" / "templates")["soap"]


def case(**given: object) -> Case:
    note = Note(encounter_id="t1", format="soap", source="transcript", sections=NOTES["soap"])
    return Case(encounter(), note=note, format="soap", source="transcript", template=SOAP, **given)  # type: ignore[arg-type]


def test_one_score_a_setting_and_their_mean() -> None:
    scores = score_case(case(style=NoteSettings(client_word="patient")), [settings]).scores
    assert set(scores) == set(SETTINGS_SCORES)
    assert scores["settings_client_word"] == 0.0
    assert scores["settings_tense"] == 1.0
    assert scores["settings_instructions"] is None
    assert scores["settings_obeyed"] == 5 / 6


def test_a_note_that_was_not_written_fails_every_setting() -> None:
    failure = Failure(encounter_id="t1", stage="write", type="timeout", message="")
    lost = Case(encounter(), failure=failure, format="soap", source="transcript", template=SOAP)
    scored = score_case(lost, [settings])
    assert set(scored.failures) == set(SETTINGS_SCORES)

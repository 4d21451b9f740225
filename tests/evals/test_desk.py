"""One worker's desk: a practice's settings reach the writer and the scorers."""

from __future__ import annotations

from pathlib import Path

from evals.desk import Desk
from pipelines.records import Note
from pipelines.settings import Settings
from tests.pipelines.session import encounter


def test_a_note_is_written_and_scored_by_the_settings_of_the_practice(tmp_path: Path) -> None:
    file = tmp_path / "practice.yaml"
    file.write_text("practice: {client_word: patient, tense: present}", encoding="utf-8")
    desk = Desk(Settings(_env_file=None, models_dir=tmp_path, data_dir=tmp_path, note_settings=file))
    session = encounter()
    note = desk.draft(session, None, "soap", "transcript")
    assert isinstance(note, Note)
    text = " ".join(note.sections.values())
    assert "Patient reports" in text
    assert "Client" not in text
    line = desk.score_note(session, None, note)
    for name in ("settings_client_word", "settings_tense", "adherence_terminology"):
        assert line["scores"][name] == 1.0
    assert all(rule["kept"] is not False for rule in line["rules"] if rule["rule"] == "terminology")

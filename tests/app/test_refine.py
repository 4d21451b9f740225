"""`notebench refine`: what it writes, what it shows, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.commands.refine import command
from pipelines.records import InputError, Note
from pipelines.settings import Settings
from tests.pipelines.session import NOTES, encounter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def refine(folder: Path, instruction: str, *options: str, synthetic: bool = True, note_format: str = "soap") -> Result:
    record = encounter(synthetic=synthetic).model_dump_json()
    (folder / "encounters.jsonl").write_text(record + "\n", "utf-8")
    note = Note(encounter_id="t1", format=note_format, source="transcript", sections=NOTES["soap"])
    (folder / "notes.jsonl").write_text(note.model_dump_json() + "\n", "utf-8")
    arguments = ["--data", str(folder), "--notes", str(folder / "notes.jsonl"), "--instruction", instruction]
    settings = Settings(models_dir=folder, lm="extractive", program="")
    return CliRunner().invoke(
        command, [*arguments, "--out", str(folder / "out.jsonl"), *options], obj=settings, standalone_mode=False
    )


def written(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "out.jsonl").read_text("utf-8")))


def test_the_new_version_is_written_and_the_diff_of_a_synthetic_note_shown(folder: Path) -> None:
    done = refine(folder, "call her the patient", "--section", "plan")
    assert done.return_value == 0
    assert written(folder)["sections"]["plan"].startswith("Patient will")
    assert written(folder)["version"] == 2
    assert "+ Patient will" in done.stderr
    assert done.stdout == ""


def test_nothing_of_a_real_note_is_shown(folder: Path) -> None:
    done = refine(folder, "call her the patient", synthetic=False)
    assert done.return_value == 0
    assert "will fill in" not in done.output


def test_json_has_the_note_and_its_changes_and_nothing_else(folder: Path) -> None:
    done = refine(folder, "call her the patient", "--section", "plan", "--json")
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert answer["note"]["version"] == 2
    assert [change["section"] for change in answer["changes"]] == ["plan"]


def test_a_refusal_is_a_failure_that_holds_no_content_and_keeps_the_note(folder: Path) -> None:
    done = refine(folder, "sign it as Dr. Quokka")
    assert done.return_value == 3
    assert "(refine/soap/transcript, refused)" in done.stderr
    assert "Quokka" not in done.output
    assert written(folder)["sections"] == NOTES["soap"]


def test_what_is_not_understood_is_a_failure_too(folder: Path) -> None:
    done = refine(folder, "make it rhyme")
    assert done.return_value == 3
    assert "not_understood" in done.stderr


def test_a_note_without_a_template_fails_by_itself(folder: Path) -> None:
    done = refine(folder, "call her the patient", note_format="haiku")
    assert done.return_value == 3
    assert "no_template" in done.stderr


@pytest.mark.parametrize(("instruction", "options"), [("  ", []), ("shorten", ["--section", "nowhere"])])
def test_wrong_use_is_said_before_the_work_begins(folder: Path, instruction: str, options: list[str]) -> None:
    done = refine(folder, instruction, *options)
    assert isinstance(done.exception, InputError)
    assert not (folder / "out.jsonl").exists()

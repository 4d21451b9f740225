"""`--note-settings` and NOTEBENCH_NOTE_SETTINGS: a practice's own settings, and what is said of a wrong file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from app import cli as program

RECORD = {"id": "e1", "synthetic": True, "summary": "Client reports poor sleep. Client plans to walk every day."}
WRITE = ("write", "--format", "soap", "--source", "summary", "--out", "notes.jsonl")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data.jsonl").write_text(json.dumps(RECORD))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTEBENCH_DATA_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("NOTEBENCH_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["notebench", *arguments])
    return program._run()


def written(folder: Path) -> str:
    return " ".join(json.loads((folder / "notes.jsonl").read_text())["sections"].values())


@pytest.mark.parametrize("by_option", [True, False])
def test_notes_are_written_as_the_file_says(folder: Path, monkeypatch: pytest.MonkeyPatch, by_option: bool) -> None:
    (folder / "style.yaml").write_text("practice: {client_word: patient}")
    if by_option:
        monkeypatch.setenv("NOTEBENCH_NOTE_SETTINGS", "absent.yaml")  # the option is the stronger one
        more = ("--note-settings", "style.yaml")
    else:
        monkeypatch.setenv("NOTEBENCH_NOTE_SETTINGS", "style.yaml")
        more = ()
    assert call(monkeypatch, *WRITE, "--data", "data.jsonl", *more) == 0
    assert "Patient" in written(folder)
    assert "Client" not in written(folder)


@pytest.mark.parametrize("command", [("run",), WRITE], ids=["run", "write"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("practice: {tense: future}", "style.yaml, field practice.tense: input should be 'past' or 'present'"),
        ("templates: {sopa: {tense: past}}", "style.yaml, field templates.sopa: no such format; choose from birp"),
        ("practice: [", "style.yaml, line 1, column 12: not valid YAML; mend it"),
        (None, "style.yaml: no such file"),
    ],
)
@pytest.mark.parametrize("by_option", [True, False])
def test_a_wrong_file_stops_the_command_at_once(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    text: str | None,
    said: str,
    by_option: bool,
) -> None:
    if text is not None:
        (folder / "style.yaml").write_text(text)
    if not by_option:
        monkeypatch.setenv("NOTEBENCH_NOTE_SETTINGS", "style.yaml")
    more = ("--note-settings", "style.yaml") if by_option else ()
    assert call(monkeypatch, *command, "--data", "data.jsonl", *more) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "notes.jsonl").exists()

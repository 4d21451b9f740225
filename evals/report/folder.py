"""What lies in the folder of a run. Every part but the record may be missing: the report then says so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from pipelines.dataset import R, read_records
from pipelines.records import Failure, InputError, Note, Record, SourceKind, Transcript


class RuleResult(Record):
    """One adherence rule held against one note; `kept` None: not applicable."""

    rule: str
    kept: bool | None = None
    section: str | None = None
    sentence: int | None = None
    message: str = ""


class ScoreLine(Record):
    """The scores of one transcript (`format` None) or of one note."""

    encounter_id: str
    format: str | None = None
    source: SourceKind | None = None
    scores: dict[str, float | None] = Field(default_factory=dict)
    facts: dict[str, str] = Field(default_factory=dict)
    rules: list[RuleResult] = Field(default_factory=list)
    failure: Failure | None = None


@dataclass(frozen=True)
class RunFolder:
    """`record` as written by the run; `unreadable` names files of the folder that could not be read in full."""

    record: dict[str, Any]
    transcripts: dict[str, Transcript]
    notes: list[Note]
    scores: list[ScoreLine]
    failures: list[Failure]
    correlations: dict[str, Any]
    unreadable: list[str]


def read_run_folder(folder: Path) -> RunFolder:
    """Read a run's folder.

    Raises:
        InputError: the folder holds no record that can be read.
    """
    file = folder / "record.json"
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{file}: missing or not readable; give the folder of a run") from None
    unreadable: list[str] = []
    return RunFolder(
        record=record,
        transcripts={t.encounter_id: t for t in _read(folder / "transcripts.jsonl", Transcript, unreadable)},
        notes=_read(folder / "notes.jsonl", Note, unreadable),
        scores=_read(folder / "scores.jsonl", ScoreLine, unreadable),
        failures=[Failure.model_validate(failure) for failure in record.get("failures") or []],
        correlations=_json(folder / "correlations.json", unreadable),
        unreadable=unreadable,
    )


def _read(file: Path, kind: type[R], unreadable: list[str]) -> list[R]:
    if not file.exists() or not file.stat().st_size:
        return []
    records, failures = read_records(file, kind)
    if failures:
        unreadable.append(f"{file.name}: {len(failures)} line{'s' * (len(failures) > 1)} could not be read")
    return records


def _json(file: Path, unreadable: list[str]) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        unreadable.append(f"{file.name}: not valid JSON")
        return {}
    return value if isinstance(value, dict) else {}

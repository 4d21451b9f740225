"""The main job: transcribe → write → score → hold against stars → record → report → track.

The record of a run is on disk before MLflow hears of it, so that a dead tracking server loses nothing.
"""

from __future__ import annotations

import csv
import io
import json
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.cache import Cache
from evals.case import CaseScores, versions
from evals.correlate import correlate, known_only, rated_notes
from evals.desk import from_line, not_applicable
from evals.provenance import CODE, code_hash, provenance
from evals.scorers.notes import DRAFT_SCORERS
from evals.scorers.transcription import TRANSCRIPT_SCORERS
from evals.stages import NoteJob, Stages, check_program, digest_or_none
from evals.statistics import aggregate, as_json
from pipelines.dataset import Dataset, digest, read_records, write_records, write_text
from pipelines.embeddings import embedder_name
from pipelines.models.table import fingerprint
from pipelines.records import Failure, InputError, Note, Rating, SourceKind, Transcript
from pipelines.settings import ROOT, Settings
from pipelines.templates import load_templates
from pipelines.workers import Cluster

Line = dict[str, Any]
RATINGS = "ratings.jsonl"


@dataclass(frozen=True)
class Plan:
    """What one run is to do: the records, the formats, the sources."""

    data: Dataset
    formats: tuple[str, ...]
    sources: tuple[SourceKind, ...]
    experiment: str
    command: str
    split: str | None = None
    with_content: bool = False
    use_cache: bool = True


@dataclass(frozen=True)
class Results:
    """Everything that a run computed, in the order of its encounters."""

    transcripts: list[Transcript | Failure]
    notes: list[Note | Failure]
    lines: list[Line]
    correlations: dict[str, Any] | None
    refused: list[Failure]

    def failures(self) -> list[Failure]:
        """What failed, each once."""
        missing = [r for r in (*self.transcripts, *self.notes) if isinstance(r, Failure)]
        crashed = [Failure.model_validate(f) for line in self.lines for f in line.get("failures", {}).values()]
        return list({f.model_dump_json(): f for f in (*missing, *crashed, *self.refused)}.values())

    def warnings(self) -> list[str]:
        """What was done with doubts; no text of a session."""
        heard = (r for r in self.transcripts if isinstance(r, Transcript))
        return [f"{transcript.encounter_id}: {warning}" for transcript in heard for warning in transcript.warnings]


def run(plan: Plan, settings: Settings) -> Path:
    """Do the main job; the folder of the run with its record and report.

    An unchanged run (same data, code, models, settings) is not computed again: its folder is returned.

    Raises:
        InputError: a model that the run needs is not at hand; a format does not exist.
    """
    about = _about(plan, settings)
    if plan.use_cache and (earlier := _earlier(settings, about["key"])):
        return earlier
    seconds: dict[str, float] = {}
    now = datetime.now(UTC)
    folder = settings.data_dir / "runs" / f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    with Cluster() as cluster:
        stages = Stages(settings, cluster, Cache(settings.data_dir, ignore=not plan.use_cache), plan.data.folder)
        results = _compute(plan, stages, seconds)
    with _timed(seconds, "statistics"):
        numbers = _numbers(results, plan.data)
    record = (
        {"run": folder.name, "created": now.isoformat(), "mlflow_run": None} | about | numbers | {"seconds": seconds}
    )
    try:
        _write(folder, record, results)
        with _timed(seconds, "report"):
            from evals.report import build_report

            build_report(folder, plan.data, with_content=record["dataset"]["synthetic"] or plan.with_content)
        write_text(folder / "record.json", json.dumps(record, indent=1, ensure_ascii=False))
    except (OSError, KeyboardInterrupt):  # a full disk, a stopped run: everything is in the cache, no half run stays
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _compute(plan: Plan, stages: Stages, seconds: dict[str, float]) -> Results:
    encounters = plan.data.encounters
    spoken = [encounter for encounter in encounters if encounter.audio]
    with _timed(seconds, "transcribe"):
        transcripts = stages.transcribe(spoken)
    heard = {encounter.id: result for encounter, result in zip(spoken, transcripts, strict=True)}
    jobs = [
        NoteJob(encounter, heard.get(encounter.id), format_, source)
        for encounter in encounters
        for source in plan.sources
        for format_ in plan.formats
    ]
    possible = [job for job in jobs if job.possible]
    with _timed(seconds, "write"):
        notes = stages.write(possible)
    with _timed(seconds, "score"):
        lines = stages.score_transcripts(encounters, heard) + stages.score_notes(possible, notes)
        lines += [not_applicable(job.encounter.id, job.format, job.source) for job in jobs if not job.possible]
    with _timed(seconds, "stars"):
        correlations, refused = _stars(plan, stages)
    return Results(transcripts, notes, lines, correlations, refused)


def _stars(plan: Plan, stages: Stages) -> tuple[dict[str, Any] | None, list[Failure]]:
    """Note scores against star ratings, where the data come with some for these encounters; ratings refused."""
    file = plan.data.folder / RATINGS
    if not file.exists():
        return None, []
    try:
        ratings, refused = read_records(file, Rating)
    except InputError as error:  # the rest of the run stands
        remedy = "mend the file, or take it out of the data folder"
        return None, [Failure(encounter_id=RATINGS, stage="read", type="InputError", message=str(error), remedy=remedy)]
    known = {encounter.id: encounter for encounter in plan.data.encounters}
    # the ratings of a whole data set lie beside it: those of encounters that this run leaves out are no failure
    rated, _ = known_only(rated_notes(rating for rating in ratings if rating.format in plan.formats), known)
    if not rated:
        return None, refused
    rows = [from_line(line) for line in stages.score_rated(rated, known)]
    return correlate(rated, rows, refused), refused


def _numbers(results: Results, data: Dataset) -> dict[str, Any]:
    """Metrics with intervals over all notes, and by source, by format, and by both."""
    rows = [from_line(line) for line in results.lines]
    spoken = [row for row in rows if row.format is None]
    notes = [row for row in rows if row.format is not None]
    slices: dict[str, list[CaseScores]] = {}
    for row in notes:
        for name in (row.source, row.format, f"{row.format}/{row.source}"):
            slices.setdefault(str(name), []).append(row)
    return {
        "metrics": as_json(aggregate(spoken)) | as_json(aggregate(notes)),
        "slices": {name: as_json(aggregate(part)) for name, part in sorted(slices.items())},
        "failures": [f.model_dump(mode="json") for f in (*data.failures, *results.failures())],
        "warnings": [*data.warnings, *results.warnings()],
    }


def _about(plan: Plan, settings: Settings) -> dict[str, Any]:
    """What decides the numbers of a run. Its digest is the run's key: the same key, the same numbers."""
    encounters = plan.data.encounters
    paths = [plan.data.folder / path for e in encounters if e.audio for path in e.audio.files().values()]
    unknown = set(plan.formats) - set(templates := load_templates(settings.prompts_dir / "templates"))
    if unknown:
        raise InputError(f"unknown format {min(unknown)!r}; choose from {', '.join(templates)}")
    program = check_program(settings, [templates[name] for name in plan.formats])
    models = {"embeddings": embedder_name(settings)}
    if paths:
        models["speech"] = fingerprint(settings.whisper, settings)
    about = {
        "dataset": {
            "path": _shown(plan.data.folder),
            "digest": plan.data.digest,
            "audio": digest([digest_or_none(path) for path in paths]),
            "ratings": digest_or_none(plan.data.folder / RATINGS),
            "encounters": len(encounters),
            "ids": digest([e.id for e in encounters]),
            "synthetic": all(e.synthetic for e in encounters),
            "split": plan.split,
        },
        "program": {
            "lm": settings.lm,
            "program": settings.program or "uncompiled",
            "digest": program,
            "formats": list(plan.formats),
        },
        "sources": list(plan.sources),
        "style": digest_or_none(settings.note_settings) if settings.note_settings else None,
        "models": models,
        "scorers": versions((*TRANSCRIPT_SCORERS, *DRAFT_SCORERS)),
        "settings": settings.model_dump(mode="json", exclude={"lm_api_key", "data_dir", "models_dir", "prompts_dir"}),
        "with_content": plan.with_content,
    }
    return {"key": digest(about | {"code": code_hash(CODE)}), "command": plan.command} | about | provenance()


def _shown(folder: Path) -> str:
    """A folder of the project relative to it, so that records of different clones compare."""
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else str(folder)


def _earlier(settings: Settings, key: str) -> Path | None:
    """The newest complete run with this key, one without failures: failed records are tried again."""
    for file in sorted((settings.data_dir / "runs").glob("*/record.json"), reverse=True):
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if record.get("key") == key and not record["failures"] and (file.parent / "report.html").exists():
            return file.parent
    return None


def _write(folder: Path, record: Mapping[str, Any], results: Results) -> None:
    """The run on disk: record, transcripts, notes, scores, correlations."""
    write_records(folder / "transcripts.jsonl", [r for r in results.transcripts if isinstance(r, Transcript)])
    write_records(folder / "notes.jsonl", [n for n in results.notes if isinstance(n, Note)])
    write_text(folder / "scores.jsonl", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in results.lines))
    write_text(folder / "scores.csv", _table(results.lines))
    if results.correlations:
        write_text(folder / "correlations.json", json.dumps(results.correlations, ensure_ascii=False))
    write_text(folder / "record.json", json.dumps(record, indent=1, ensure_ascii=False))


def _table(lines: Sequence[Line]) -> str:
    """The scores as a table, a row a case: no content, so that MLflow may have it for any data."""
    names = sorted({name for line in lines for name in line["scores"]})
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["encounter_id", "format", "source", "failure", *names])
    for line in lines:
        failure = line["failure"]["type"] if line["failure"] else ""
        scores = ["" if (value := line["scores"].get(name)) is None else value for name in names]
        table.writerow([line["encounter_id"], line["format"] or "", line["source"] or "", failure, *scores])
    return out.getvalue()


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - began, 2)

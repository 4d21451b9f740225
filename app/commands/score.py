"""`notebench score`: notes and transcripts against the references of a data folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from app.options import data_option, json_option, out_option, print_json, say, select_options, tell, warn_of
from pipelines.records import Encounter, Failure, InputError, Note, Transcript
from pipelines.settings import Settings

R = TypeVar("R", Note, Transcript)


@click.command("score")
@data_option()
@select_options
@click.option("--notes", type=click.Path(path_type=Path), help="Notes to score; without: the records' reference notes.")
@click.option(
    "--transcripts", type=click.Path(path_type=Path), help="Transcripts to score, and what notes were written from."
)
@out_option
@json_option
@click.pass_obj
def command(
    settings: Settings,
    *,
    data: Path,
    split: str | None,
    limit: int | None,
    notes: Path | None,
    transcripts: Path | None,
    out: Path,
    as_json: bool,
) -> int:
    """Score every note and transcript, a line a record, and print the means with intervals."""
    from tqdm import tqdm

    from evals.desk import Desk, score_transcript
    from pipelines.dataset import read_dataset, write_text

    chosen = read_dataset(data).select(split, limit)
    known = {encounter.id: encounter for encounter in chosen.encounters}
    warn_of(chosen.failures, chosen.warnings)
    failures: list[Failure] = []
    heard = {t.encounter_id: t for t in _read(transcripts, Transcript, known, failures)}
    drafts = _read(notes, Note, known, failures) if notes or transcripts else _references(chosen.encounters)
    if not (heard or drafts or failures or chosen.failures):
        raise InputError(f"{data}: nothing to score; give --notes or --transcripts, or records with reference notes")
    desk = Desk(settings)
    spoken = [score_transcript(known[name], transcript) for name, transcript in heard.items()]
    written = []
    for note in tqdm(drafts, desc="score", disable=None):
        encounter, transcript = known[note.encounter_id], heard.get(note.encounter_id)
        written.append(desk.score_note(encounter, transcript, desk.checked(encounter, transcript, note)))
    lines = spoken + written
    write_text(out, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    metrics = _means(spoken) | _means(written)
    failures += [Failure.model_validate(line["failure"]) for line in lines if line["failure"]]
    warn_of(failures)
    failures += chosen.failures
    if as_json:
        print_json({"metrics": metrics})
    else:
        _tell(metrics)
        say(f"{len(lines)} lines in {out}")
    return 3 if failures else 0


def _read(file: Path | None, kind: type[R], known: dict[str, Encounter], failures: list[Failure]) -> list[R]:
    """The records of a file that belong to the chosen encounters; what does not is a failure, not dropped."""
    from pipelines.dataset import read_records

    if file is None:
        return []
    records, refused = read_records(file, kind)
    failures += refused
    for record in records:
        if record.encounter_id not in known:
            message = f"{file}: a record of an encounter that is not among the chosen data"
            remedy = "give the data that it was made from, or leave out --split and --limit"
            failures.append(_unknown(record.encounter_id, message, remedy))
    return [record for record in records if record.encounter_id in known]


def _unknown(encounter_id: str, message: str, remedy: str) -> Failure:
    return Failure(encounter_id=encounter_id, stage="score", type="UnknownEncounter", message=message, remedy=remedy)


def _references(encounters: Sequence[Encounter]) -> list[Note]:
    return [
        Note(encounter_id=encounter.id, format=name, source="transcript", sections=sections, program="reference")
        for encounter in encounters
        for name, sections in encounter.notes.items()
    ]


def _means(lines: list[dict[str, Any]]) -> dict[str, Any]:
    from evals.desk import from_line
    from evals.statistics import aggregate, as_json

    return as_json(aggregate([from_line(line) for line in lines]))


def _tell(metrics: dict[str, Any]) -> None:
    for name, estimate in metrics.items():
        interval = f"[{estimate['low']:.3f}, {estimate['high']:.3f}]" if estimate["low"] is not None else ""
        value = "n/a" if estimate["value"] is None else f"{estimate['value']:.3f}"
        tell(f"{name:34} {value:>7} {interval:16} scored {estimate['n_scored']}, failed {estimate['n_failed']}, "
                   f"not applicable {estimate['n_not_applicable']}, total {estimate['n_total']}")  # fmt: skip

"""`notebench refine`: change notes as an instruction asks, and nothing else in them."""

from __future__ import annotations

from pathlib import Path

import click

from app.options import data_option, json_option, out_option, print_json, say, transcripts_of, warn_of
from pipelines.records import Encounter, Failure, InputError, Note
from pipelines.settings import Settings
from pipelines.writing.wand.records import Refined


@click.command("refine")
@data_option()
@click.option("--notes", type=click.Path(path_type=Path), required=True, help="The notes to refine (JSON Lines).")
@click.option("--instruction", required=True, help="What to change, in plain English.")
@click.option("--section", help="Where everything is meant that names no section itself.")
@click.option(
    "--transcripts", type=click.Path(path_type=Path), help="What the notes were written from instead of the records'."
)
@out_option
@json_option
@click.pass_obj
def command(
    settings: Settings,
    *,
    data: Path,
    notes: Path,
    instruction: str,
    section: str | None,
    transcripts: Path | None,
    out: Path,
    as_json: bool,
) -> int:
    """Refine each note; --out gets the new versions, and as it was what was refused or not understood."""
    from tqdm import tqdm

    from evals.wand import WandDesk
    from pipelines.dataset import read_dataset, read_records, write_records

    if not instruction.strip():
        raise InputError("--instruction is empty; say what to change, like: shorten the plan")
    chosen = read_dataset(data)
    known = {encounter.id: encounter for encounter in chosen.encounters}
    drafts, failures = read_records(notes, Note)
    heard = transcripts_of(transcripts)
    desk = WandDesk(settings)
    desk.check(drafts, section)
    warn_of(chosen.failures, chosen.warnings)
    written: list[Note] = []
    for note in tqdm(drafts, desc="refine", disable=None):
        encounter = known.get(note.encounter_id)
        refined = desk.refine(note, instruction, encounter, heard.get(note.encounter_id), section)
        failures += _failures(note, refined)
        written.append(refined.note if isinstance(refined, Refined) else note)
        write_records(out, written)  # as they come: a run that is stopped keeps what it has
        _show(note, encounter, refined, as_json=as_json)
    warn_of(failures)
    if not as_json:
        changed = sum(new is not old for new, old in zip(written, drafts, strict=True))
        say(f"{changed} of {len(drafts)} notes changed, all in {out}; {len(failures)} failed")
    return 3 if failures or chosen.failures else 0


def _failures(note: Note, refined: Refined | Failure) -> list[Failure]:
    """Nothing of the instruction or the note is in them."""
    if isinstance(refined, Failure):
        return [refined]
    told = {"refused": refined.refused, "not_understood": refined.not_understood}
    return [
        Failure(
            encounter_id=note.encounter_id,
            stage="refine",
            type=kind,
            message=message.rstrip("."),
            remedy="the note is as it was" if refined.note is note else "the rest of the instruction was carried out",
            format=note.format,
            source=note.source,
        )
        for kind, message in told.items()
        if message
    ]


def _show(note: Note, encounter: Encounter | None, refined: Refined | Failure, *, as_json: bool) -> None:
    """What changed: whole on standard output for who asks for JSON, else as a diff, of synthetic records alone."""
    if isinstance(refined, Failure):
        return
    if as_json:
        print_json(
            {
                "note": refined.note.model_dump(mode="json"),
                "changes": [vars(change) | {"diff": change.diff} for change in refined.changes],
                "refused": refined.refused,
                "not_understood": refined.not_understood,
                "own": refined.own,
                "warnings": refined.warnings,
            }
        )
    elif encounter and encounter.synthetic and refined.changes:
        say(f"{note.encounter_id}/{note.format}\n{refined.diff}")

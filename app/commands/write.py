"""`notebench write`: draft notes in one format from one source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.options import (
    data_option,
    json_option,
    note_settings_option,
    out_option,
    print_json,
    say,
    select_options,
    transcripts_of,
    warn_of,
    with_note_settings,
)
from pipelines.records import Failure, InputError, Note
from pipelines.settings import Settings


@click.command("write")
@data_option()
@select_options
@click.option(
    "--transcripts", type=click.Path(path_type=Path), help="Transcripts to write from instead of the records'."
)
@click.option("--format", "format_", required=True, help="soap, dap, birp, narrative, or a template of your own.")
@click.option("--source", type=click.Choice(["transcript", "summary"]), required=True, help="Written from what.")
@click.option("--program", help="A compiled program: a name in prompts/programs, or a path.")
@note_settings_option
@out_option
@json_option
@click.pass_obj
def command(
    settings: Settings,
    *,
    data: Path,
    split: str | None,
    limit: int | None,
    transcripts: Path | None,
    format_: str,
    source: Any,
    program: str | None,
    note_settings: Path | None,
    out: Path,
    as_json: bool,
) -> int:
    """Draft a note for each record that has the source."""
    from tqdm import tqdm

    from evals.desk import Desk
    from evals.stages import check_program
    from pipelines.dataset import read_dataset, write_records
    from pipelines.templates import load_template

    if program:
        settings = settings.model_copy(update={"program": program})
    settings = with_note_settings(settings, note_settings)
    desk = Desk(settings)
    check_program(settings, [load_template(settings.prompts_dir / "templates", format_)])
    chosen = read_dataset(data).select(split, limit)
    heard = transcripts_of(transcripts)
    ready = [e for e in chosen.encounters if e.has(source) or (source == "transcript" and e.id in heard)]
    warn_of(chosen.failures, chosen.warnings)
    if chosen.encounters and not ready:
        raise InputError(f"{data}: no record has a {source}; try the other --source")
    failures: list[Failure] = []
    drafts: list[Note] = []
    for encounter in tqdm(ready, desc="write", disable=None):
        note = desk.draft(encounter, heard.get(encounter.id), format_, source)
        if isinstance(note, Failure):
            failures.append(note)
        else:
            drafts.append(note)
            write_records(out, drafts)  # as they come: a run that is stopped keeps what it has
    write_records(out, drafts)
    warn_of(failures)
    failures += chosen.failures
    if as_json:
        for note in drafts:
            print_json(note.model_dump(mode="json"))
    else:
        without = len(chosen.encounters) - len(ready)
        say(f"{len(drafts)} drafts in {out}; {len(failures)} failed; {without} records have no {source}")
    return 3 if failures else 0

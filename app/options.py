"""Options and output that several commands share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.records import Failure, InputError, Transcript
from pipelines.settings import ROOT, Settings

F = TypeVar("F", bound=Callable[..., Any])
AnySettings = TypeVar("AnySettings", bound=Settings)

SYNTHETIC = ROOT / "datasets" / "synthetic"


def read_settings(kind: type[AnySettings]) -> AnySettings:
    """The settings from environment and `.env`: at entry points only.

    Raises:
        InputError: a setting is not valid; it is named, its value is not shown.
    """
    from pydantic import ValidationError

    try:
        return kind()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        name = "NOTEBENCH_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InputError(f"setting {name}: {first['msg']}; mend it in the environment or in .env") from None
    except (OSError, ValueError):
        raise InputError(".env: cannot be read; it is to be UTF-8 text with a line NAME=value a setting") from None


def data_option(*, default: Path | None = SYNTHETIC) -> Callable[[F], F]:
    text = "A JSONL file, or a folder with encounters.jsonl."
    return click.option("--data", type=click.Path(path_type=Path), default=default, help=text, show_default=False)


def select_options(command: F) -> F:
    """`--split` and `--limit`: which records of the data to work on."""
    command = click.option("--limit", type=click.IntRange(min=1), help="At most so many encounters.")(command)
    return click.option("--split", help="Only the encounters of this split.")(command)


def note_settings_option(command: F) -> F:
    text = "How the practice wants its notes (YAML or JSON); else NOTEBENCH_NOTE_SETTINGS. See docs/settings.md."
    return click.option("--note-settings", type=click.Path(path_type=Path), help=text)(command)


def with_note_settings(settings: Settings, file: Path | None) -> Settings:
    """The settings with this file of note settings; whichever file they name now is read, so that errors come first.

    Raises:
        InputError: the file is missing or wrong; file, field and remedy are named.
    """
    from pipelines.note_settings import load_note_settings
    from pipelines.templates import load_templates

    named = file or settings.note_settings
    if named is None:
        return settings
    load_note_settings(named, load_templates(settings.prompts_dir / "templates"))
    return settings.model_copy(update={"note_settings": named.absolute()})  # workers may stand elsewhere


def json_option(command: F) -> F:
    text = "Print JSON to standard output and nothing else."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def out_option(command: F) -> F:
    kind = click.Path(path_type=Path, dir_okay=False)
    text = "Where to write the records (JSON Lines)."
    return click.option("--out", type=kind, required=True, callback=_writable, help=text)(command)


def _writable(_ctx: click.Context, _option: click.Parameter, file: Path) -> Path:
    """Refuse a place that cannot be written to before the work begins, not after it."""

    there = next(folder for folder in file.absolute().parents if folder.exists())
    if not there.is_dir():
        raise InputError(f"--out {file}: {there} is a file, not a folder; name another place")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"--out {file}: {there} cannot be written to; name another place")
    return file


def transcripts_of(file: Path | None) -> dict[str, Transcript]:
    """The transcripts of a file by encounter; none where no file is named."""
    from pipelines.dataset import read_records

    if file is None:
        return {}
    records, refused = read_records(file, Transcript)
    if refused:
        raise InputError(f"{refused[0].message}; {refused[0].remedy}")
    return {record.encounter_id: record for record in records}


def say(text: str) -> None:
    """A message for the person at the terminal, whose terminal no name of a file may steer."""
    _print("".join(c if c.isprintable() or c == "\n" else "?" for c in text), err=True)


def tell(text: str) -> None:
    """A result, on standard output."""
    _print(text, err=False)


def print_json(value: Any) -> None:
    tell(json.dumps(value, ensure_ascii=False, default=str))


def _print(text: str, *, err: bool) -> None:
    """Print for as long as somebody reads: `notebench … | head` ends neither the work nor its exit status."""
    try:
        click.echo(text, err=err)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, (sys.stderr if err else sys.stdout).fileno())


def warn_of(failures: Sequence[Failure], warnings: Sequence[str] = (), at_most: int = 20) -> None:
    """Name each failure with its remedy, and what was read with doubts."""
    lines = [f"warning: {warning}" for warning in warnings[:at_most]]
    lines += [f"... and {len(warnings) - at_most} more warnings"] * (len(warnings) > at_most)
    for f in failures[:at_most]:
        place = "/".join(part for part in (f.stage, f.format, f.source) if part)
        remedy = f"; {f.remedy}" if f.remedy else ""
        lines.append(f"failed: {f.encounter_id} ({place}, {f.type}): {f.message}{remedy}")
    lines += [f"... and {len(failures) - at_most} more failures"] * (len(failures) > at_most)
    for line in lines:
        say(line)

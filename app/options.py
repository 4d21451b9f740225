"""Options and output that several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.records import Failure
from pipelines.settings import ROOT

F = TypeVar("F", bound=Callable[..., Any])

SYNTHETIC = ROOT / "datasets" / "synthetic"


def data_option(*, default: Path | None = SYNTHETIC) -> Callable[[F], F]:
    text = "A JSONL file, or a folder with encounters.jsonl."
    return click.option("--data", type=click.Path(path_type=Path), default=default, help=text, show_default=False)


def select_options(command: F) -> F:
    """`--split` and `--limit`: which records of the data to work on."""
    command = click.option("--limit", type=click.IntRange(min=1), help="At most so many encounters.")(command)
    return click.option("--split", help="Only the encounters of this split.")(command)


def json_option(command: F) -> F:
    text = "Print JSON to standard output and nothing else."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def out_option(command: F) -> F:
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option("--out", type=kind, required=True, help="Where to write the records (JSON Lines).")(command)


def say(text: str) -> None:
    """A message for the person at the terminal; standard output is for results."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def warn_of(failures: Sequence[Failure], at_most: int = 20) -> None:
    """Name each failure with its remedy."""
    for failure in failures[:at_most]:
        say(f"failed: {failure.encounter_id} ({failure.stage}, {failure.type}): {failure.message}; {failure.remedy}")
    if len(failures) > at_most:
        say(f"... and {len(failures) - at_most} more")

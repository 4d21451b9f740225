"""`notebench backup`: records and encrypted recordings into a folder, without keys."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from app.options import json_option, print_json, read_settings, say


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@json_option
def command(folder: Path, *, as_json: bool) -> None:
    """Back up the service into a new FOLDER, while it runs. Keys never go along: see docs/operations.md."""
    from app.settings import ServiceSettings
    from app.storage.backup import back_up

    sizes = back_up(read_settings(ServiceSettings), folder, datetime.now(UTC))
    if as_json:
        print_json({"folder": str(folder), "files": sizes})
    else:
        say(f"{len(sizes)} files, {sum(sizes.values()) / 1e6:.1f} MB, in {folder}; the keys are not among them")

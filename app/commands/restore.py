"""`notebench restore`: put a backup's records and recordings in place."""

from __future__ import annotations

from pathlib import Path

import click

from app.options import read_settings, say


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> None:
    """Restore the backup in FOLDER into an empty service that is stopped, beside the keys that it still has."""
    from app.database.schema import upgrade
    from app.settings import ServiceSettings
    from app.storage.backup import restore

    settings = read_settings(ServiceSettings)
    restore(settings, folder)
    upgrade(settings)
    say("restored; run notebench doctor: it names what was deleted since and cannot be opened any more")

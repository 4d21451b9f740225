"""`notebench restore`: put a backup's records and recordings in place."""

from __future__ import annotations

from pathlib import Path

import click

from app.options import json_option, print_json, read_settings, say
from pipelines.records import InputError


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--reconcile", is_flag=True, help="Only end what cannot be opened any more: after keys were put in place."
)
@json_option
def command(folder: Path | None, *, reconcile: bool, as_json: bool) -> None:
    """Restore the backup in FOLDER into an empty service that is stopped, beside the keys that it still has."""
    from app import restoring
    from app.opening import opened_service
    from app.settings import ServiceSettings

    if (folder is None) != reconcile:
        raise InputError("name the FOLDER that notebench backup wrote; or --reconcile alone")
    if folder is not None:
        done = restoring.put_back(read_settings(ServiceSettings), folder)
    else:
        with opened_service() as service:
            done = restoring.reconcile(service)
    if as_json:
        print_json({"ended": done.ended})
        return
    for name in done.ended:
        say(f"{name}: was deleted for ever since the backup, and is ended again")
    say("restored; everybody signs in again. Tokens that were revoked since the backup are good again: look at them")

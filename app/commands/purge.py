"""`notebench purge`: delete cached session content."""

from __future__ import annotations

import click

from app.options import json_option, print_json, say
from evals.cache import Cache, remove
from pipelines.records import InputError
from pipelines.settings import Settings


@click.command("purge")
@click.option("--cache", "cached", is_flag=True, help="Transcripts, notes and scores kept to make reruns cheap.")
@click.option("--runs", is_flag=True, help="Records and reports of all runs.")
@json_option
@click.pass_obj
def command(settings: Settings, *, cached: bool, runs: bool, as_json: bool) -> None:
    """Delete what the data folder keeps of sessions. What MLflow holds stays; delete runs there."""
    if not (cached or runs):
        raise InputError("say what to delete: --cache, --runs, or both")
    deleted: dict[str, int] = {}
    if cached:
        deleted["cache"] = Cache(settings.data_dir).purge()
    if runs:
        folders = [folder for folder in (settings.data_dir / "runs").glob("*") if folder.is_dir()]
        for folder in folders:
            remove(folder)
        deleted["runs"] = len(folders)
    if as_json:
        print_json({"deleted": deleted})
    else:
        say("deleted " + ", ".join(f"{n} {what} entries" for what, n in deleted.items()))

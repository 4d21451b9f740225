"""`notebench purge`: delete cached session content, or for ever what the service keeps of a client."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from app.options import json_option, print_json, say
from evals.cache import Cache, remove
from pipelines.records import InputError
from pipelines.settings import Settings

if TYPE_CHECKING:
    from app.erasure import Erased

REASONS = ("period_over", "client_asked", "mistake")
"""Those of `app.work.client_deletion.RULES`; not imported here, so that the help is quick."""


@click.command("purge")
@click.option("--cache", "cached", is_flag=True, help="Transcripts, notes and scores kept to make reruns cheap.")
@click.option("--runs", is_flag=True, help="Records and reports of all runs.")
@click.option("--client", metavar="ID", help="Everything that the service keeps of this client, signed notes too.")
@click.option("--appointment", metavar="ID", help="With --transcript, --audio or both: what to delete of this session.")
@click.option("--transcript", is_flag=True, help="The transcript of the appointment, and the facts read from it.")
@click.option("--audio", is_flag=True, help="The recordings of the appointment.")
@click.option("--reason", type=click.Choice(REASONS), help="Why; it stands in the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@json_option
@click.pass_obj
def command(
    settings: Settings, *, cached: bool, runs: bool, client: str | None, appointment: str | None, transcript: bool,
    audio: bool, reason: str | None, yes: bool, as_json: bool,
) -> int:  # fmt: skip
    """Delete what the data folder keeps of sessions, or for ever what the service keeps of a client or a session.

    What MLflow holds stays; delete runs there.
    """
    if not (cached or runs or client or appointment):
        raise InputError("say what to delete: --cache, --runs, --client ID, or --appointment ID with what of it")
    if bool(appointment) != (transcript or audio):
        raise InputError(
            "--appointment ID goes with --transcript or --audio; a client goes as a whole with --client ID"
        )
    if (client or appointment) and not reason:
        raise InputError(f"--reason is missing: why is it deleted for ever? One of {', '.join(REASONS)}")
    deleted: dict[str, int] = {}
    if cached:
        deleted["cache"] = Cache(settings.data_dir).purge()
    if runs:
        folders = [folder for folder in (settings.data_dir / "runs").glob("*") if folder.is_dir()]
        for folder in folders:
            remove(folder)
        deleted["runs"] = len(folders)
    erased = _erase(client, appointment, reason, transcript=transcript, audio=audio, yes=yes) if reason else []
    _report(deleted, erased, as_json=as_json)
    return 0 if all(one.done for one in erased) else 1


def _erase(
    client: str | None, appointment: str | None, reason: str, *, transcript: bool, audio: bool, yes: bool
) -> list[Erased]:  # fmt: skip
    from app.erasure import erase, names_of
    from app.opening import opened_service

    with opened_service() as service:
        names = names_of(service, client=client, appointment=appointment, transcript=transcript, audio=audio)
        if not yes:
            _ask(names)
        return erase(service, names, reason)


def _ask(names: list[str]) -> None:
    if not sys.stdin.isatty():
        raise InputError("this cannot be undone; say --yes where nobody can be asked")
    say("for ever, and nothing brings it back: " + ", ".join(names))
    click.confirm("Delete?", abort=True, err=True)


def _report(deleted: dict[str, int], erased: list[Erased], *, as_json: bool) -> None:
    if as_json:
        receipts = [{"object": one.name, "done": one.done} for one in erased]
        print_json({"deleted": deleted} | ({"erased": receipts} if receipts else {}))
        return
    if deleted:
        say("deleted " + ", ".join(f"{n} {what} entries" for what, n in deleted.items()))
    for one in erased:
        say(f"{one.name}: " + ("deleted for ever" if one.done else "begun; notebench doctor --repair finishes it"))

"""`notebench doctor`: what is not as it should be in the service, where, and what to do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from app.options import json_option, print_json, read_settings, say, tell


@click.command("doctor")
@click.option("--repair", is_flag=True, help="Finish deletions; remove sound and keys that were deleted and came back.")
@click.option("--anchor", "files", type=click.Path(path_type=Path, dir_okay=False), multiple=True,
              help="A file of notebench audit anchor, kept elsewhere; repeatable.")  # fmt: skip
@json_option
def command(files: tuple[Path, ...], *, repair: bool, as_json: bool) -> int:
    """Look for what is not as it should be; the service may run meanwhile. Exit status 1 where something is to be done.

    Warnings should be known and change no exit status.
    """
    from app.audit_log import read_anchors
    from app.doctor.examine import examine
    from app.settings import ServiceSettings

    anchors = [anchor for file in files for anchor in read_anchors(file)]
    found = examine(read_settings(ServiceSettings), anchors, repair=repair)
    still_open = [one for one in found if one.is_open]
    if as_json:
        print_json({"ok": not still_open, "findings": [asdict(one) for one in found]})
        return 1 if still_open else 0
    for one in found:
        state = "repaired" if one.repaired else one.severity
        tell(f"{state}: {one.check}: {one.place}: {one.message}" + ("" if one.repaired else f"\n  → {one.remedy}"))
    say(f"{len(found)} findings, {len(still_open)} to be mended" if found else "everything is as it should be")
    return 1 if still_open else 0

"""`notebench audit`: whether the audit log stands as it was written, and anchors to prove that its tail was not cut."""

from __future__ import annotations

from pathlib import Path

import click

from app.options import json_option, print_json, say, tell

_ANCHORS = click.Path(path_type=Path, dir_okay=False)


@click.group("audit")
def command() -> None:
    """The audit log: verify it, and anchor it outside of this machine."""


@command.command()
@click.option("--anchor", "files", type=_ANCHORS, multiple=True, help="A file of notebench audit anchor; repeatable.")
@json_option
def verify(files: tuple[Path, ...], *, as_json: bool) -> int:
    """Check every entry's digest, and that none is missing. Exit status 1 where something is wrong.

    Whoever cuts off the end of the log changes no entry: only an anchor that was kept elsewhere shows that.
    """
    from app.audit_log import own_anchors, read_anchors, verify_all
    from app.opening import opened_service

    given = [anchor for file in files for anchor in read_anchors(file)]
    with opened_service() as service:
        found = verify_all(service, [*given, *own_anchors(service.settings)])
    flaws = {practice: state.flaws for practice, state in found.items() if state.flaws}
    if as_json:
        print_json({"practices": {p: {"entries": s.entries, "flaws": s.flaws} for p, s in found.items()}})
    else:
        for practice, state in found.items():
            tell(
                f"practice {practice}: {state.entries} entries, {'as written' if not state.flaws else 'NOT as written'}"
            )
            for flaw in state.flaws:
                tell(f"  {flaw}")
    return 1 if flaws else 0


@command.command()
@click.argument("file", type=_ANCHORS)
@json_option
def anchor(file: Path, *, as_json: bool) -> None:
    """Write where the log of each practice stands now to the end of FILE. Keep it on another machine."""
    from app.audit_log import add_anchors
    from app.opening import opened_service

    with opened_service() as service:
        written = add_anchors(service, file)
    if as_json:
        print_json({"file": str(file), "anchors": written})
    else:
        say(f"{len(written)} practices anchored in {file}; keep it where nobody of this machine can change it")

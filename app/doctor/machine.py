"""The machine that the service runs on: models, room on the disk, the worker, and where memory may be written to."""

from __future__ import annotations

import resource
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from app.doctor.finding import Finding
from app.jobs.alive import worker_runs
from app.production import flaws
from app.settings import ServiceSettings
from pipelines.models import table
from pipelines.records import InputError

_FULL, _NEARLY_FULL = 1e9, 5e9  # bytes free; an hour of calls with two channels of sound takes 60 MB
_SWAPS = Path("/proc/swaps")


def look_at_machine(settings: ServiceSettings) -> Iterator[Finding]:
    """Everything that can be seen without the records."""
    if settings.profile == "production":
        for flaw in flaws(settings):
            yield Finding("production", "settings", flaw, "see docs/operations.md, production")
    yield from _models(settings)
    yield from _folders(settings)
    yield from _room(settings)
    if not worker_runs(settings.service_dir):
        yield Finding("worker", str(settings.service_dir), "no worker runs: nothing is transcribed, and nothing that "
                      "has its time is deleted", "start it: notebench serve, or notebench worker")  # fmt: skip
    yield from _memory()


def _models(settings: ServiceSettings) -> Iterator[Finding]:
    for name in (settings.whisper, settings.embeddings):
        try:
            place = table.model_path(name, settings)
            checks = table.verify(name, settings) if name in _shipped() else []
        except InputError as error:
            yield Finding("models", name, str(error), "see notebench models")
            continue
        for check in checks:
            if check.state != "ok":
                yield Finding("models", str(place / check.file), f"is {check.state}", f"notebench models get {name}")


def _shipped() -> set[str]:
    return {name for model in table.catalogue().values() for name in (model.name, *model.aliases)}


def _folders(settings: ServiceSettings) -> Iterator[Finding]:
    for folder in (settings.service_dir, settings.service_dir / "keys"):  # the first shuts off all that is in it
        if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            yield Finding("folders", str(folder), "others than its owner may look into it", f"chmod -R go= {folder}")


def _room(settings: ServiceSettings) -> Iterator[Finding]:
    there = next(f for f in (settings.service_dir, *settings.service_dir.absolute().parents) if f.exists())
    free = shutil.disk_usage(there).free
    if free < _NEARLY_FULL:
        yield Finding("disk", str(there), f"{free / 1e9:.1f} GB are free", "make room: recordings are refused when "
                      "nothing is left", "error" if free < _FULL else "warning")  # fmt: skip


def _memory() -> Iterator[Finding]:
    """What a process holds in memory, a session for one, may be written to disk by the machine."""
    if resource.getrlimit(resource.RLIMIT_CORE)[0] != 0:
        yield Finding("core_dumps", "this shell", "a command that crashes may write its memory to disk (web and worker "
                      "switch that off for themselves)", "ulimit -c 0", "warning")  # fmt: skip
    if _SWAPS.exists() and len(_SWAPS.read_text().splitlines()) > 1:
        yield Finding("swap", str(_SWAPS), "memory may be swapped out to disk", "swapoff -a, or encrypted swap with a "
                      "random key", "warning")  # fmt: skip

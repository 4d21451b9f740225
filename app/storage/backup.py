"""Backups of the records and of the encrypted recordings, never of keys.

A backup that held keys would undo every permanent deletion: what was purged could be read again from it. So the key
folder is replicated by other means, without history (docs/operations.md), and a restored backup opens what still has
its key, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.engine import URL

from app.database.engine import records_url
from app.settings import ServiceSettings
from pipelines.dataset import file_digest
from pipelines.records import InputError

_MANIFEST = "backup.json"
_RECORDS = "records.backup"
_KEPT = ("recordings", "anchors")
"""Folders of the data folder that go along: encrypted audio that still waits, and the audit log's anchors."""


def back_up(settings: ServiceSettings, folder: Path, now: datetime) -> dict[str, int]:
    """Write a backup into a new folder, while the service runs; returns the size in bytes of each part.

    Raises:
        InputError: the folder is there already, or a program that is needed is not.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: is not empty; name a new folder, so that no backup is lost")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    _dump(_owner(settings), partial / _RECORDS)
    for name in _KEPT:
        _copy(settings.service_dir / name, partial / name)
    files = sorted(path for path in partial.rglob("*") if path.is_file())
    manifest = {
        "at": now.isoformat(),
        "database": make_url(records_url(settings)).get_backend_name(),
        "files": {path.relative_to(partial).as_posix(): file_digest(path) for path in files},
    }
    (partial / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    if folder.exists():
        folder.rmdir()
    partial.rename(folder)
    return {path.relative_to(partial).as_posix(): (folder / path.relative_to(partial)).stat().st_size for path in files}


def restore(settings: ServiceSettings, folder: Path) -> None:
    """Put a backup's records and recordings in place. The service must be stopped, and its records empty.

    Raises:
        InputError: it is no whole backup, is of another kind of database, or there are records already.
    """
    manifest = _checked(folder)
    url = make_url(records_url(settings))
    if manifest["database"] != url.get_backend_name():
        raise InputError(f"{folder}: holds {manifest['database']} records; set NOTEBENCH_DATABASE_URL to such a one")
    for name in _KEPT:
        there = settings.service_dir / name
        if there.exists() and any(there.iterdir()):
            raise InputError(f"{there}: is not empty; move it away first, nothing is overwritten")
    _load(_owner(settings), folder / _RECORDS)
    for name in _KEPT:
        if (folder / name).exists():
            shutil.copytree(folder / name, settings.service_dir / name, dirs_exist_ok=True)


def _owner(settings: ServiceSettings) -> URL:
    return make_url(settings.database_owner_url or records_url(settings))


def _copy(folder: Path, to: Path) -> None:
    """All files of a folder that is in use: one that is deleted meanwhile is left out, as it should be."""
    for file in folder.rglob("*"):
        if file.is_file():
            place = to / file.relative_to(folder)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(file, place)


def _checked(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        files = {str(name): str(digest) for name, digest in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{folder}: is no backup; name a folder that notebench backup wrote") from None
    for name, expected in files.items():
        if not (folder / name).is_file() or file_digest(folder / name) != expected:
            raise InputError(f"{folder / name}: is missing or damaged; use another backup")
    return manifest


def _dump(url: URL, to: Path) -> None:
    if url.get_backend_name() == "sqlite":
        if not url.database or not Path(url.database).exists():
            raise InputError("there are no records yet; nothing to back up")
        with closing(sqlite3.connect(url.database)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
        return
    _run(["pg_dump", "--format=custom", "--no-owner", "--enable-row-security", f"--file={to}"], url)


def _load(url: URL, dump: Path) -> None:
    if url.get_backend_name() == "sqlite":
        place = Path(url.database or "")
        if place.exists():
            raise InputError(f"{place}: there are records already; move them away first, nothing is overwritten")
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(dump, place)
        place.chmod(0o600)
        return
    _run(["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", "--dbname", url.database or "",
          str(dump)], url)  # fmt: skip


def _run(command: list[str], url: URL) -> None:
    """A program of PostgreSQL, told where to go by its environment: an argument would show the password to `ps`."""
    given = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password,
             "PGDATABASE": url.database, "PGOPTIONS": "-c notebench.role=system"}  # fmt: skip
    environment = os.environ | {name: str(value) for name, value in given.items() if value is not None}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - our own words
    except FileNotFoundError:
        raise InputError(f"{command[0]} is not installed; it comes with PostgreSQL's client programs") from None
    if done.returncode:
        first = done.stderr.decode(errors="replace").strip().partition("\n")[0][:200]
        raise InputError(f"{command[0]} failed ({done.returncode}): {first}")

"""Files that are durable before the call returns, and readable by their owner alone."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def write_new(file: Path, content: bytes) -> bool:
    """Write a file that is not there yet, whole or not at all. False: it was there, and stays as it is."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.{secrets.token_hex(4)}.partial")
    number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(partial, file)  # atomic, and never over a file that is there
            sync_folder(file.parent)
            return True
        return False
    finally:
        partial.unlink()


def shred(file: Path) -> None:
    """Overwrite a small file, then unlink it. One that is gone stays gone."""
    try:
        with file.open("r+b") as stream:
            stream.write(secrets.token_bytes(os.fstat(stream.fileno()).st_size))
            stream.flush()
            os.fsync(stream.fileno())
    except FileNotFoundError:
        return
    file.unlink(missing_ok=True)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """A new or removed name is durable only when its folder is."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)

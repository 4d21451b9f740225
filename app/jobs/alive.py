"""One worker a data folder: it holds a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from pipelines.records import InputError

_LOCK = "worker.lock"
_LOOKS = 20  # of whoever asks whether a worker runs, which takes the lock for a moment
_PAUSE = 0.05  # seconds


def hold(service_dir: Path) -> IO[str]:
    """Hold the worker's lock until the file is closed or the process ends: two workers would do everything twice.

    Raises:
        InputError: another worker runs on this data folder.
    """
    service_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = os.fdopen(os.open(service_dir / _LOCK, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    for _ in range(_LOOKS):
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
        else:
            return opened
    opened.close()
    raise InputError(f"{service_dir}: a worker runs on this data folder already; stop it first")


def worker_runs(service_dir: Path) -> bool:
    """Whether some process holds the worker's lock of this data folder."""
    try:
        with (service_dir / _LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # let go of at once: the file is closed
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False

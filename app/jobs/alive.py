"""Whether a worker runs on a data folder: it holds a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
from pathlib import Path

LOCK = "worker.lock"


def worker_runs(service_dir: Path) -> bool:
    """Whether some process holds the worker's lock of this data folder."""
    try:
        with (service_dir / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # let go of at once: the file is closed
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False

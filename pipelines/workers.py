"""Work on all cores: Ray actors, each with one instance of a class, that outlive the jobs they are given.

A job that kills its worker is tried once more on a fresh one, then given up, and the others go on. Nothing of a job is
written anywhere: Ray runs without dashboard, statistics and driver logs, in a folder of its own that is removed.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import shutil
import signal
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from pipelines.environment import quiet_libraries
from pipelines.records import InputError

ATTEMPTS = 2
STOPPED = 130
"""Exit status of a program that was stopped by Ctrl-C."""
_LISTEN = 0.2  # seconds; a wait without end would not hear a Ctrl-C that the system gave to another thread
_STARTS = 2  # times that Ray may try to start
_OBJECT_STORE = 80 * 2**20  # bytes; results are small and audio goes by path


@dataclass(frozen=True)
class Lost:
    """What a job gives that killed its worker `attempts` times."""

    attempts: int


class CannotStart(InputError):  # noqa: N818 - named for what the user meets, like InputError's other kinds
    """The workers cannot run here at all; the message says what to look at."""


class Cluster:
    """Ray on this machine, for as long as the block lasts. It starts beside other work, since that takes seconds.

    One thread of our own starts Ray, keeps it and stops it: the system ends Ray's processes with the thread that
    started them (their parent-death signal), so that none outlives us however we end.
    """

    def __init__(self) -> None:
        self._keeper: threading.Thread | None = None
        self._started = threading.Event()
        self._wanted = threading.Event()
        self._error: Exception | None = None
        self._folder = ""

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        starting = self._keeper is not None and not self._started.is_set()
        if starting and kind is not None and not issubclass(kind, Exception):
            self._abandon()
        else:
            self.stop()

    def start(self) -> None:
        """Begin to start, once; `ready` waits for it."""
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, name="ray", daemon=True)
            self._keeper.start()

    def ready(self) -> Any:
        """Wait until Ray runs; the `ray` module.

        Raises:
            CannotStart: Ray could not be started.
        """
        self.start()
        while not self._started.wait(_LISTEN):
            pass
        if self._error is not None:
            raise CannotStart(
                f"Ray could not be started on this machine ({type(self._error).__name__}); see that it has memory and "
                "cores to spare, then run the same command again"
            ) from self._error
        if threading.current_thread() is threading.main_thread():
            # Ray has put a handler of its own in place, which ends the process with a crash report.
            signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        import ray

        return ray

    def stop(self) -> None:
        if self._keeper is not None:
            self._wanted.set()
            self._keeper.join()

    def _abandon(self) -> None:
        """Leave Ray in the middle of its start, for whoever pressed Ctrl-C: waiting for it may take long.

        What it has started ends with this process.
        """
        atexit.register(_leave, self._folder)

    def _keep(self) -> None:
        quiet_libraries()
        # Below the system's own folder: the path of a Unix socket may have 107 characters at most.
        self._folder = folder = tempfile.mkdtemp(prefix="nb-")
        lock = FileLock(Path(folder, "lock"))
        try:
            lock.acquire()
            _remove_leftovers(Path(folder).parent)
            import ray

            _without_lookups()
            _init(ray, folder)
            self._started.set()
            self._wanted.wait()
            ray.shutdown()
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            self._error = error
        finally:
            self._started.set()
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()


def _init(ray: Any, folder: str) -> None:
    """Start Ray; on a machine that is busy with other things its own time limit may be over, so it has a second try."""
    for left in reversed(range(_STARTS)):
        try:
            ray.init(
                num_cpus=cores(),
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                object_store_memory=_OBJECT_STORE,
                _temp_dir=folder,
            )
        except Exception:
            ray.shutdown()
            if not left:
                raise
        else:
            return


def _kill_users_of(folder: str) -> None:
    """Kill the processes that were started with this folder among their arguments (on Linux)."""
    for arguments in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # ended meanwhile, or somebody else's
            if folder.encode() in arguments.read_bytes():
                os.kill(int(arguments.parent.name), signal.SIGKILL)


def _leave(folder: str) -> None:
    """The last step of a process that abandoned Ray: `atexit` runs it first, and Ray's own waiting never comes."""
    if folder:
        _kill_users_of(folder)
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(STOPPED)


def _remove_leftovers(parent: Path) -> None:
    """Remove the folders of processes that were killed before they could do it: nobody holds their lock any more."""
    for lock in parent.glob("nb-*/lock"):
        with contextlib.suppress(OSError, Timeout), FileLock(lock, timeout=0):
            shutil.rmtree(lock.parent)


def _without_lookups() -> None:
    """Leave out two processes of Ray's that a run on one machine has no use for.

    The API server, started even without dashboard, asks the addresses of three clouds where it runs
    (`get_cluster_config_to_report`, statistics switched off or not): a connection to outside, and half of the time that
    Ray takes to start. The monitor scales clusters. Ray has no setting for either; a test watches the connections.
    """
    from ray._private.node import Node

    def leave_out(node: Any, **_: object) -> None:
        node._webui_url = ""  # what the server would have set

    for name in ("start_api_server", "start_monitor"):
        if not hasattr(Node, name):
            raise RuntimeError(f"this version of Ray has no {name}; check what it connects to before using it")
        setattr(Node, name, leave_out)


class Workers:
    """`count` actors, each with an instance of `kind(*arguments)`; they start when the first jobs come."""

    def __init__(self, cluster: Cluster, kind: type, arguments: Sequence[Any], count: int, *, gpus: float = 0) -> None:
        self._cluster = cluster
        self._kind = kind
        self._arguments = tuple(arguments)
        self._count = count
        self._gpus = gpus
        self._idle: list[Any] = []

    def map(self, method: str, jobs: Sequence[Sequence[Any]]) -> Iterator[tuple[int, Any | Lost]]:
        """Call `method(*job)` for each job; index and result as they finish, `Lost` where a job kills its workers.

        Jobs are handed out in their order, one at a time to each worker: put the longest first.

        Raises:
            CannotStart: Ray, or `kind` with its arguments, cannot be started.
        """
        if not jobs:
            return
        ray = self._cluster.ready()
        actor_class = ray.remote(num_cpus=1, num_gpus=self._gpus)(self._kind)
        waiting = deque(range(len(jobs)))
        attempts: Counter[int] = Counter()
        running: dict[Any, tuple[int, Any]] = {}
        while waiting or running:
            while waiting and len(running) < self._count:
                actor = self._idle.pop() if self._idle else actor_class.remote(*self._arguments)
                index = waiting.popleft()
                running[getattr(actor, method).remote(*jobs[index])] = index, actor
            (done, *_), _rest = ray.wait(list(running), num_returns=1)
            index, actor = running.pop(done)
            try:
                result = ray.get(done)
            except ray.exceptions.RayActorError as error:
                if error.actor_init_failed:
                    raise CannotStart(
                        f"a worker could not be started ({self._kind.__name__}); see that the models of the settings "
                        "are whole (notebench models check; a folder of your own needs every file) and memory is enough"
                    ) from None
                attempts[index] += 1
                if attempts[index] < ATTEMPTS:
                    waiting.appendleft(index)
                else:
                    yield index, Lost(attempts[index])
            else:
                self._idle.append(actor)
                yield index, result


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

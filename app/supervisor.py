"""Keeps the processes of the service running on one machine, and stops all of them together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

GRACE = 20.0
"""Seconds that a process has to finish what it is at, before it is killed; its work is durable and goes on later."""
_CALM = 30.0
"""Seconds. A process that ran so long before it ended has not failed at its start."""
_TRIES = 5


@dataclass
class Process:
    """One process of the service. `ready` says whether it answers; a process that nobody waits for is always ready."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True
    needed: bool = True
    """False: the others go on without it."""
    running: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    failures: int = 0

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches the supervisor alone, which stops them in order.
        command = list(self.command)
        self.running = subprocess.Popen(command, env=os.environ | self.environment, start_new_session=True)  # noqa: S603
        self.began = time.monotonic()


class Supervisor:
    """Starts processes in order, restarts one that ends, and ends all on SIGTERM, SIGHUP or Ctrl-C."""

    def __init__(self, processes: Sequence[Process], say: Callable[[str], None]) -> None:
        self._processes = processes
        self._say = say
        self._stopping = threading.Event()

    def run(self, started: Callable[[], None]) -> int:
        """Until somebody stops it: 0; 1 where a process that is needed cannot be kept running.

        Args:
            started: called once all of them answer.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            for process in self._processes:
                process.start()
            if self._wait_until_ready():
                started()
            while not self._stopping.wait(0.5):
                if not all(self._tend(process) for process in self._processes):
                    return 1
            return 0
        finally:
            self._end_all()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _wait_until_ready(self) -> bool:
        while not self._stopping.wait(0.2):
            if not all(self._tend(process) for process in self._processes):
                self._stopping.set()
                return False
            if all(process.ready() for process in self._processes if process.needed):
                return True
        return False

    def _tend(self, process: Process) -> bool:
        """Restart a process that ended. False: it is needed and ends again and again."""
        if process.running is None or (status := process.running.poll()) is None:
            return True
        lasted = time.monotonic() - process.began
        process.failures = 1 if lasted > _CALM else process.failures + 1
        if process.failures >= _TRIES:
            self._say(f"{process.name} ended {_TRIES} times in a row (status {status}); its messages are above")
            process.running = None
            return not process.needed
        pause = min(10.0, 0.5 * 2**process.failures)
        self._say(f"{process.name} ended (status {status}); starting it again in {pause:.0f} s")
        if not self._stopping.wait(pause):
            process.start()
        return True

    def _end_all(self) -> None:
        alive = [p.running for p in self._processes if p.running is not None and p.running.poll() is None]
        for process in alive:
            process.terminate()
        until = time.monotonic() + GRACE
        for process in alive:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

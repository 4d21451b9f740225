"""The supervisor with real processes: starts, restarts, gives up, and leaves nobody behind."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app import supervisor
from app.supervisor import Process, Supervisor

COUNTING = "import sys, time; open(sys.argv[1], 'a').write('.'); time.sleep(600)"
FAILING = "import sys; open(sys.argv[1], 'a').write('.'); sys.exit(3)"


def process(name: str, code: str, *arguments: object, **given: bool) -> Process:
    return Process(name, [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)], **given)


def starts(file: Path) -> int:
    return len(file.read_text()) if file.exists() else 0


def until(condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be")


@pytest.fixture(autouse=True)
def _signals_as_before() -> object:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def meanwhile(act: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_all_start_and_all_end_together(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    processes = [process(file.name, COUNTING, file) for file in files]
    begun: list[str] = []

    def started() -> None:
        begun.append("all")
        meanwhile(lambda: (until(lambda: all(map(starts, files))), stop()))  # type: ignore[func-returns-value, arg-type]

    assert Supervisor(processes, lambda _: None).run(started) == 0
    assert begun == ["all"]
    assert all(p.running is not None and p.running.poll() is not None for p in processes)


def test_one_that_is_killed_is_started_again(tmp_path: Path) -> None:
    file, said = tmp_path / "a", []
    one = process("web", COUNTING, file)

    def kill_once() -> None:
        until(lambda: starts(file) == 1)
        assert one.running is not None
        one.running.kill()
        until(lambda: starts(file) == 2)
        stop()

    thread = meanwhile(kill_once)
    assert Supervisor([one], said.append).run(lambda: None) == 0
    thread.join()
    assert any("web ended (status -9)" in line for line in said)


def test_one_that_is_needed_and_never_stays_ends_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_TRIES", 2)
    other = process("worker", COUNTING, tmp_path / "b")
    said: list[str] = []
    assert Supervisor([process("web", FAILING, tmp_path / "a"), other], said.append).run(lambda: None) == 1
    assert starts(tmp_path / "a") == 2
    assert other.running is not None
    assert other.running.poll() is not None
    assert "web ended 2 times in a row (status 3)" in said[-1]


def test_without_one_that_is_not_needed_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_TRIES", 1)
    said: list[str] = []
    needed = process("web", COUNTING, tmp_path / "b")
    aside = process("MLflow", FAILING, tmp_path / "a", needed=False)

    def see() -> None:
        until(lambda: any("MLflow ended" in line for line in said) and starts(tmp_path / "b") == 1)
        stop()

    thread = meanwhile(see)
    assert Supervisor([needed, aside], said.append).run(lambda: None) == 0
    thread.join()
    assert starts(tmp_path / "a") == 1


def test_one_that_does_not_listen_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "GRACE", 0.2)
    file = tmp_path / "child"
    deaf = """
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(sys.argv[1] + ".half", "w") as half:
            half.write(str(child.pid))
        os.rename(sys.argv[1] + ".half", sys.argv[1])
        time.sleep(600)
    """
    thread = meanwhile(lambda: (until(file.exists), stop()))  # type: ignore[func-returns-value, arg-type]
    assert Supervisor([process("deaf", deaf, file)], lambda _: None).run(lambda: None) == 0
    thread.join()
    child = Path("/proc") / file.read_text() / "stat"
    until(lambda: not child.exists() or child.read_text().split()[2] == "Z")


def test_stopped_while_starting_nothing_is_said_to_answer(tmp_path: Path) -> None:
    never = process("web", COUNTING, tmp_path / "a")
    never.ready = lambda: False
    begun: list[str] = []
    thread = meanwhile(lambda: (until(lambda: starts(tmp_path / "a") == 1), stop()))  # type: ignore[func-returns-value, arg-type]
    assert Supervisor([never], lambda _: None).run(lambda: begun.append("all")) == 0
    thread.join()
    assert begun == []

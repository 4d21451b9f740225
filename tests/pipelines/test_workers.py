"""Ray actors: results as they finish, a job that kills its worker, nothing left behind."""

import os
import signal
import tempfile
import time
from pathlib import Path

import pytest
from filelock import FileLock

from pipelines.workers import CannotStart, Cluster, Lost, Workers, _init, _remove_leftovers


class Doubler:
    """Doubles; a negative number kills the process, as a crash in a native library would."""

    def __init__(self, tally: str) -> None:
        self._tally = Path(tally)

    def double(self, number: int) -> int:
        with self._tally.open("a") as file:
            file.write(f"{number}\n")
        if number < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * number


def test_every_job_is_done_once_and_a_deadly_one_is_given_up(cluster: Cluster, tmp_path: Path) -> None:
    tally = tmp_path / "tally"
    workers = Workers(cluster, Doubler, [str(tally)], count=2)
    jobs = [1, 2, -3, 4, 5]
    results = dict(workers.map("double", [[job] for job in jobs]))
    assert results == {0: 2, 1: 4, 2: Lost(2), 3: 8, 4: 10}
    assert sorted(map(int, tally.read_text().split())) == [-3, -3, 1, 2, 4, 5], "one retry, the others once"
    assert dict(workers.map("double", [[7]])) == {0: 14}, "workers serve again"


class Broken:
    """Cannot be made, as an engine whose model is no model."""

    def __init__(self, _: str) -> None:
        raise ValueError("no model")

    def double(self, number: int) -> int:
        return number


def test_workers_that_cannot_be_made_end_the_work_with_a_remedy(cluster: Cluster) -> None:
    workers = Workers(cluster, Broken, [""], count=2)
    with pytest.raises(CannotStart, match=r"Broken.*notebench models check"):
        list(workers.map("double", [[1], [2]]))


def test_folders_of_killed_processes_are_removed_and_no_others(tmp_path: Path) -> None:
    for name in ("nb-killed", "nb-alive", "nb-other"):
        (tmp_path / name).mkdir()
    (tmp_path / "nb-killed" / "lock").touch()
    with FileLock(tmp_path / "nb-alive" / "lock"):
        _remove_leftovers(tmp_path)
    assert {folder.name for folder in tmp_path.iterdir()} == {"nb-alive", "nb-other"}


def test_no_jobs_need_no_cluster() -> None:
    never = Cluster()
    assert list(Workers(never, Doubler, [""], count=1).map("double", [])) == []
    assert never._keeper is None


def test_a_stopped_cluster_leaves_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import ray

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ray, "init", lambda **given: Path(given["_temp_dir"], "session").mkdir())
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with Cluster() as started:
        started.start()
        started.ready()
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_a_cluster_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def fail(**_: object) -> None:
        raise ConnectionError("no")

    monkeypatch.setattr(ray, "init", fail)
    with Cluster() as started, pytest.raises(CannotStart, match="could not be started"):
        started.ready()


def test_starting_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    order: list[str] = []
    monkeypatch.setattr(ray, "init", lambda **_: (time.sleep(0.2), order.append("started")))
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with Cluster() as started:
        started.start()
        order.append("other work")
        started.ready()
    assert order == ["other work", "started"]


class _Ray:
    """Starts after so many failures."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.tries = self.stops = 0

    def init(self, **_: object) -> None:
        self.tries += 1
        if self.tries <= self.failures:
            raise RuntimeError("the node timed out")

    def shutdown(self) -> None:
        self.stops += 1


def test_ray_has_a_second_try() -> None:
    busy, broken = _Ray(1), _Ray(9)
    _init(busy, "folder")
    assert (busy.tries, busy.stops) == (2, 1)
    with pytest.raises(RuntimeError):
        _init(broken, "folder")
    assert (broken.tries, broken.stops) == (2, 2)

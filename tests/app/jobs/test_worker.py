"""The worker's process is killed at any time: one draft for each call, no sound left, all tasks done in the end."""

from __future__ import annotations

import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from app.database.notes import Revision
from app.database.operations import Task
from app.database.people import Notification
from app.database.sessions import Recording, StoredTranscript
from app.jobs import dispatch
from app.settings import ServiceSettings
from pipelines.settings import ROOT
from pipelines.speech.audio import decode, encode_opus
from tests.app import postgres
from tests.app.conftest import Clinic
from tests.app.jobs.desk import recorded, rows
from tests.scripted_whisper import build

WORDS = ["<|0.00|>", " i", " slept", " four", " quokka", " hours", ".", "<|5.00|>"]
PROGRAM = Path(__file__).with_name("worker_process.py")


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("whisper"), WORDS)


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The first seconds of a shipped session."""
    source = next((ROOT / "datasets" / "synthetic" / "audio").glob("*.clinician.opus"))
    file = tmp_path_factory.mktemp("sound") / "said.opus"
    encode_opus(file, decode(source, 16_000)[: 16_000 * 15], 16_000)
    return file.read_bytes()


def environment(settings: ServiceSettings, weights: Path) -> dict[str, str]:
    url = make_url(settings.database_url)
    owner = {"NOTEBENCH_DATABASE_OWNER_URL": url.set(username=postgres.OWNER).render_as_string(hide_password=False)}
    return os.environ | {
        "NOTEBENCH_DATA_DIR": str(settings.data_dir),
        "NOTEBENCH_DATABASE_URL": settings.database_url,
        "NOTEBENCH_WHISPER": str(weights),
        "NOTEBENCH_TRACKING_URI": "http://127.0.0.1:9",  # nobody answers: nothing may wait for it
        "PYTHONPATH": str(ROOT),
    } | (owner if url.get_backend_name() == "postgresql" else {})  # fmt: skip


@contextmanager
def worker(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(PROGRAM), *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def until(true: Callable[[], bool], process: subprocess.Popen[str], seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and process.poll() is None:
        if true():
            return True
        time.sleep(0.1)
    return true()


def job_tables(settings: ServiceSettings) -> bytes:
    """Everything that the job tables hold."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        kept = sqlite3.connect(settings.service_dir / "jobs.sqlite")
        try:
            return "\n".join(kept.iterdump()).encode()
        finally:
            kept.close()
    engine = create_engine(url.set(username=postgres.OWNER))
    try:
        with engine.connect() as connection:
            tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'dbos'"))
            held = [connection.execute(text(f'SELECT * FROM dbos."{name}"')).all() for (name,) in tables]
    finally:
        engine.dispose()
    return repr(held).encode()


def test_whatever_is_killed_when_there_is_one_draft_a_call_and_nothing_left(
    clinic_of_two: Clinic, weights: Path, speech: bytes
) -> None:
    clinic_of_two.clock.now = datetime.now(UTC)
    tabs = [recorded(clinic_of_two, data=speech) for _ in range(3)]
    settings, drawn = clinic_of_two.service.settings, random.Random(3)
    given = environment(settings, weights)

    def seen() -> list[tuple[str, str, int]]:
        return [(task.state, task.stage, task.run) for task in rows(clinic_of_two, Task)]

    def done() -> bool:
        return all(task.state == "done" for task in rows(clinic_of_two, Task))

    for _ in range(4):  # killed a moment after the work has moved on
        before = seen()
        with worker(given) as process:
            until(lambda: seen() != before or done(), process, 60)  # noqa: B023 - called at once
            time.sleep(drawn.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL)
    with worker(given) as process:
        assert until(done, process, 120), seen()

    revisions = rows(clinic_of_two, Revision)
    assert sorted(row.appointment_id for row in revisions) == sorted(tab.appointment for tab in tabs)
    assert {row.task_id for row in revisions} == {task.id for task in rows(clinic_of_two, Task)}
    assert len(rows(clinic_of_two, StoredTranscript)) == 3
    assert all(row.audio_deleted_at for row in rows(clinic_of_two, Recording))
    assert not list(clinic_of_two.service.audio.recordings())
    assert [row.kind for row in rows(clinic_of_two, Notification)] == ["draft_ready"] * 3
    held = job_tables(settings)
    assert revisions[0].task_id.encode() in held
    assert b"quokka" not in held


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_recording_that_kills_every_worker_ends_as_failed_and_the_worker_lives_on(
    clinic_of_two: Clinic, weights: Path, speech: bytes
) -> None:
    clinic_of_two.clock.now = datetime.now(UTC)
    recorded(clinic_of_two, {"a": ("client", 0.0)}, data=speech)
    given = environment(clinic_of_two.service.settings, weights)

    def state() -> str:
        (task,) = rows(clinic_of_two, Task)
        if task.state == "waiting" and task.due_at is not None:  # the test need not wait for minutes
            with clinic_of_two.service.work(dispatch.SYSTEM) as work:
                work.get(Task, task.id, "task", lock=True).due_at = None
        return task.state

    for died in itertools.count():  # noqa: B007 - how often is what is asked
        with worker(given, "poisoned") as process:
            if until(lambda: state() == "failed", process, 60):
                process.poll()
                break
    assert died == dispatch.MOST_ATTEMPTS
    (recording,) = rows(clinic_of_two, Recording)
    assert (recording.state, recording.failure) == ("failed", "worker_ended")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_second_worker_on_the_same_data_is_refused(clinic_of_two: Clinic, weights: Path) -> None:
    given = environment(clinic_of_two.service.settings, weights)
    with worker(given) as first:
        assert first.stdout.readline() == "ready\n"
        second = subprocess.run([sys.executable, str(PROGRAM)], env=given, capture_output=True, text=True, check=False)

    assert second.returncode != 0
    assert "stop it first" in second.stderr

"""From the end of a call to the draft: Whisper base and the extractive engine on synthetic sessions with audio.

    python benchmarks/processing.py [--sessions 3] [--stretches 1] [--data datasets/synthetic]

The sound takes a browser's way: chunks of Opus in one track a channel. A worker runs and is warm; measured is from when
the call ends until the draft stands in the database. Meanwhile a day of appointments is read again and again, as the
page of a practitioner does, and compared with how long that took before.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from pipelines.environment import quiet_libraries

quiet_libraries()

from clinic import SETUP, Desk, found, slices
from sqlalchemy import select

from app.database import schema
from app.database.operations import Task
from app.database.sessions import StoredTranscript
from app.settings import ServiceSettings
from app.wiring import Service, open_service
from app.work import appointments, calls, recordings
from pipelines.dataset import read_dataset
from pipelines.settings import ROOT
from pipelines.speech.audio import announced_seconds

LEAST, SHARE = 15.0, 1 / 20  # seconds, and a share of the call's length
LOOK_EVERY = 0.05  # seconds
DAY = timedelta(days=1)


@contextmanager
def running_worker(settings: ServiceSettings) -> Iterator[None]:
    given = {"DATA_DIR": settings.data_dir, "MODELS_DIR": settings.models_dir, "DATABASE_URL": settings.database_url,
             "TRACKING_URI": settings.tracking_uri}  # fmt: skip
    environment = os.environ | {f"NOTEBENCH_{name}": str(value) for name, value in given.items()}
    with subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], env=environment) as process:
        try:
            yield
        finally:
            process.terminate()


class Page(threading.Thread):
    """Reads a practitioner's appointments every 50 ms; `seconds` are how long that took."""

    def __init__(self, service: Service, desk: Desk) -> None:
        super().__init__(daemon=True)
        self._service, self._desk, self.seconds = service, desk, list[float]()
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            began = time.perf_counter()
            with self._service.work(self._desk.who) as work:
                appointments.list_appointments(work, work.now - DAY, work.now + DAY)
            self.seconds.append(time.perf_counter() - began)

    def stop(self) -> float:
        """The 99th percentile, in seconds."""
        self._over.set()
        self.join()
        return statistics.quantiles(self.seconds, n=100)[98]


def record(service: Service, desk: Desk, files: dict[str, Path], stretches: int = 1) -> tuple[str, str]:
    """A call whose sound has all arrived: the session so many times over, each a start of the recording."""
    appointment, call = desk.call(service)
    holder = f"tab-{appointment}"
    with service.work(desk.who) as work:
        recording = recordings.open_recording(work, appointment, "call", holder).id
    lasts = max(announced_seconds(file) for file in files.values())
    for stretch, (speaker, file) in itertools.product(range(stretches), files.items()):
        track = f"{stretch}-{speaker}"
        with service.work(desk.who) as work:
            recordings.open_track(work, recording, holder, track, speaker, stretch * lasts)
        for number, data in enumerate(slices(file)):
            recordings.put_chunk(service, desk.who, recording, track, number, data)
    return appointment, call


def wait_for_draft(service: Service, appointment: str) -> tuple[float, float]:
    """Length of the session's sound, and when its draft was there."""
    while True:
        with service.reading(SETUP) as session:
            task = session.scalars(select(Task).where(Task.appointment_id == appointment)).one()
            if task.state == "done":
                kept = session.scalars(select(StoredTranscript).where(StoredTranscript.appointment_id == appointment))
                return kept.one().audio_seconds, time.perf_counter()
        if task.state == "failed":
            raise SystemExit(f"{task.stage} failed: {task.reason}")
        time.sleep(LOOK_EVERY)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sessions", type=int, default=3)
    arguments.add_argument("--data", type=Path, default=ROOT / "datasets" / "synthetic")
    arguments.add_argument("--stretches", type=int, default=1, help="each session so many times over, in one call")
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    data = read_dataset(given.data)
    heard = [e.audio.files() for e in data.encounters if e.audio and not e.audio.mix]
    sessions = [{speaker: data.folder / file for speaker, file in files.items()} for files in heard]
    sessions = [files for files in sessions if all(file.exists() for file in files.values())][: given.sessions]
    if not sessions:
        raise SystemExit(f"{given.data} has no audio; make it with: notebench synth --audio")
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        settings = ServiceSettings(data_dir=Path(folder), tracking_uri=f"sqlite:///{folder}/mlflow.db")
        schema.upgrade(settings)
        service = open_service(settings)
        desk = found(service)
        calm = page_alone(service, desk)
        with running_worker(settings):
            for number in itertools.count():
                if number > len(sessions):
                    break
                files = sessions[max(0, number - 1)]
                appointment, call = record(service, desk, files, given.stretches if number else 1)
                page = Page(service, desk)
                page.start()
                began = time.perf_counter()
                with service.work(desk.who) as work:
                    calls.end_call(work, call)
                length, done = wait_for_draft(service, appointment)
                busy = page.stop()
                if number:  # the first one warms everything
                    measured.append({"audio_seconds": round(length, 1), "seconds": round(done - began, 2),
                                     "limit": round(LEAST + SHARE * length, 2), "page_p99_ms": round(1000 * busy, 1),
                                     "page_p99_calm_ms": round(1000 * calm, 1)})  # fmt: skip
        service.close()
    return report(measured, as_json=given.json)


def page_alone(service: Service, desk: Desk) -> float:
    page = Page(service, desk)
    page.start()
    time.sleep(10)
    return page.stop()


def report(measured: list[dict[str, float]], *, as_json: bool) -> int:
    """Print the figures; 1 where a draft came too late."""
    if as_json:
        print(json.dumps({"sessions": measured}))
    else:
        for one in measured:
            print(f"{one['audio_seconds']:7.1f} s of sound: draft after {one['seconds']:.1f} s (at most "
                  f"{one['limit']:.1f}); a page's p99 {one['page_p99_ms']} ms, "
                  f"alone {one['page_p99_calm_ms']} ms")  # fmt: skip
    return 1 if any(one["seconds"] > one["limit"] for one in measured) else 0


if __name__ == "__main__":
    sys.exit(main())

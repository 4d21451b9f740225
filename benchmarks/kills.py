"""Web and worker are killed at random (SIGKILL) while calls are recorded, processed and signed.

    python benchmarks/kills.py [--kills 60] [--every 6] [--calls-at-once 4] [--database sqlite|postgresql] [--seed 0]

Every call goes through the API from its first chunk to the signature; what was not answered is sent again, as a browser
does. In the end: no acknowledged second is lost, each call has one draft and a signed note, no sound and no key of it
is left, and every task is done. Whisper's weights are scripted: how well they hear is not the question here.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.environment import quiet_libraries

quiet_libraries()

import httpx
from clinic import SETUP, Desk, found
from sqlalchemy import select

from app.database import schema
from app.database.notes import Revision, StoredNote
from app.database.operations import Task
from app.database.sessions import Recording, StoredTranscript
from app.settings import ServiceSettings
from app.web.cookies import Cookie, cookie_name
from app.wiring import Service, open_service
from pipelines.settings import ROOT
from pipelines.speech.audio import decode, encode_opus
from tests.app import postgres
from tests.scripted_whisper import build

SECONDS = 12.0
SLICE = 3_000  # bytes, so that a call is many chunks
WORDS = ["<|0.00|>", " i", " slept", " four", " hours", " and", " worried", " about", " work", ".", "<|5.00|>"]
PROGRAMS = {"web": ["-m", "app.web.server"], "worker": ["-m", "app.cli", "worker"]}
PATIENCE = 240.0  # seconds that the last calls have once nobody kills any more


@dataclass
class Processes:
    """Web and worker, killed and started again."""

    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PROGRAMS, 0))

    def start(self, name: str) -> None:
        command = [sys.executable, *PROGRAMS[name]]
        self.running[name] = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)

    def kill_at_random(self, most: int, every: float, drawn: random.Random) -> None:
        while sum(self.kills.values()) < most:
            time.sleep(drawn.uniform(0.2, 1.8) * every)
            name = drawn.choice(list(PROGRAMS))
            self.running[name].send_signal(signal.SIGKILL)
            self.running[name].wait()
            self.kills[name] += 1
            self.start(name)

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait()


class Browser:
    """One practitioner's browser: what got no answer is asked again."""

    def __init__(self, settings: ServiceSettings, token: str) -> None:
        address = f"http://127.0.0.1:{settings.port}"
        cookies = {cookie_name(settings, Cookie.SIGN_IN): token}
        self._client = httpx.Client(base_url=f"{address}/api", cookies=cookies, headers={"Origin": address}, timeout=60)

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        while True:
            try:
                answer = self._client.request(method, path, **given)
            except httpx.TransportError:
                time.sleep(0.3)
                continue
            if answer.status_code < 500:
                return answer
            time.sleep(0.3)

    def must(self, method: str, path: str, **given: Any) -> Any:
        answer = self.ask(method, path, **given)
        if answer.status_code >= 400:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()


@dataclass
class Call:
    """One call, from its first chunk to the signature."""

    service: Service
    desk: Desk
    browser: Browser
    sound: bytes
    appointment: str = ""

    def run(self) -> None:
        self.appointment, call = self.desk.call(self.service)
        sent = self._record()
        self.browser.must("POST", f"/calls/{call}/end", json={"chunks": sent})
        self._until(lambda: self._task().state in {"done", "failed"})
        if self._task().state == "failed":
            raise SystemExit(f"task {self._task().id} failed: {self._task().stage} {self._task().reason}")
        self._sign()

    def _record(self) -> dict[str, int]:
        holder = f"tab-{self.appointment}"
        opening = {"appointment_id": self.appointment, "kind": "call", "holder": holder}
        recording = self.browser.must("POST", "/recordings", json=opening)["id"]
        numbers = range(0, len(self.sound), SLICE)
        for speaker in ("clinician", "client"):
            track = {"holder": holder, "name": speaker, "speaker": speaker, "offset_seconds": 0.0}
            self.browser.must("POST", f"/recordings/{recording}/tracks", json=track)
            for number, at in enumerate(numbers):
                path = f"/recordings/{recording}/tracks/{speaker}/chunks/{number}"
                kind = {"Content-Type": "audio/ogg"}
                self.browser.must("PUT", path, content=self.sound[at : at + SLICE], headers=kind)
        return dict.fromkeys(("clinician", "client"), len(numbers))

    def _sign(self) -> None:
        while True:
            note = self.browser.must("GET", f"/appointments/{self.appointment}/note")
            if note["signed_at"]:
                return
            problems = self.browser.must("GET", f"/notes/{note['id']}/problems")
            blocking = next((p for p in problems if p["kind"] == "sentence"), None)
            if blocking:
                resolution = {"version": note["version"], "section": blocking["section"],
                              "sentence": blocking["sentence"], "action": "confirm"}  # fmt: skip
                self.browser.ask("POST", f"/notes/{note['id']}/sentences", json=resolution)
            elif problems:
                raise SystemExit(f"note {note['id']} cannot be signed: {[p['kind'] for p in problems]}")
            else:
                self.browser.ask("POST", f"/notes/{note['id']}/signature", json={"version": note["version"]})

    def _task(self) -> Task:
        with self.service.reading(SETUP) as session:
            return session.scalars(select(Task).where(Task.appointment_id == self.appointment)).one()

    def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            time.sleep(0.3)


def losses(service: Service, calls: list[Call], length: float) -> Iterator[str]:
    """Everything that is not as it must be, in words."""
    with service.reading(SETUP) as session:
        for call in calls:
            of = call.appointment
            heard = session.scalars(select(StoredTranscript).where(StoredTranscript.appointment_id == of)).all()
            if len(heard) != 1 or heard[0].audio_seconds < length - 0.05:
                yield f"{of}: {[row.audio_seconds for row in heard]} of {length:.2f} s were transcribed"
            made = select(Revision).where(Revision.appointment_id == of, Revision.origin == "generated")
            if (drafts := len(session.scalars(made).all())) != 1:
                yield f"{of}: {drafts} drafts"
            note = session.scalars(select(StoredNote).where(StoredNote.appointment_id == of)).one()
            if note.signed_at is None or not note.sealed:
                yield f"{of}: the note is not signed"
        yield from (f"task {t.id} is {t.state}" for t in session.scalars(select(Task)) if t.state != "done")
        sound = session.scalars(select(Recording).where(Recording.audio_deleted_at.is_(None)))
        yield from (f"recording {row.id} has its sound" for row in sound)
    yield from (f"sound of {name} lies on the disk" for name in service.audio.recordings())
    yield from (f"the key {name} is left" for name in service.vault.names() if not name.startswith("client-"))


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    if kind == "sqlite":
        yield {}
        return
    with postgres.running(folder) as server:
        owner, service = server.fresh()
        yield {"database_owner_url": owner, "database_url": service}


def run(given: argparse.Namespace, folder: Path, urls: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    weights = build(folder / "whisper", WORDS)
    settings = ServiceSettings(_env_file=None, data_dir=folder / "data", whisper=str(weights), port=port,
                               tracking_uri="http://127.0.0.1:9", **urls)  # fmt: skip
    schema.upgrade(settings)
    named = {"data_dir", "whisper", "port", "tracking_uri", *urls}
    environment = os.environ | {f"NOTEBENCH_{name.upper()}": str(getattr(settings, name)) for name in named}
    service, sound = open_service(settings), folder / "said.opus"
    source = next((ROOT / "datasets" / "synthetic" / "audio").glob("*.clinician.opus"))
    encode_opus(sound, decode(source, 16_000)[: int(16_000 * SECONDS)], 16_000)
    desk, done = found(service), list[Call]()
    processes, over, began = Processes(environment), threading.Event(), time.monotonic()

    def keep_calling() -> None:
        while not over.is_set():
            call = Call(service, desk, Browser(settings, desk.token), sound.read_bytes())
            call.run()
            done.append(call)

    for name in PROGRAMS:
        processes.start(name)
    try:
        with ThreadPoolExecutor(given.calls_at_once) as threads:
            calling = [threads.submit(keep_calling) for _ in range(given.calls_at_once)]
            processes.kill_at_random(given.kills, given.every, random.Random(given.seed))  # noqa: S311
            over.set()
            for one in calling:
                one.result(timeout=PATIENCE)
        time.sleep(70)  # a round of retention, which finishes deletions that were begun
        found_losses = list(losses(service, done, len(decode(sound)) / 16_000))
    finally:
        over.set()
        processes.stop()
        service.close()
    figures = {"database": given.database, "kills": processes.kills, "calls": len(done),
               "seconds": round(time.monotonic() - began), "losses": len(found_losses)}  # fmt: skip
    return figures, found_losses


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kills", type=int, default=60)
    arguments.add_argument("--every", type=float, default=6.0, help="seconds between two kills, on average")
    arguments.add_argument("--calls-at-once", type=int, default=4)
    arguments.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name, database(given.database, Path(name)) as urls:
        figures, wrong = run(given, Path(name), urls)
    print(json.dumps(figures))
    print("\n".join(wrong) or "nothing lost, one draft a call, no sound and no key left, every task done")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

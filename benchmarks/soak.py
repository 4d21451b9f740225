"""Calls that all record at once into one web process: chunks lost, how long an answer takes, memory.

    python benchmarks/soak.py [--calls 500] [--seconds 180] [--every 5] [--tracks 1] [--kills 0]

Each call sends a chunk of 20 kB (five seconds of Opus at 32 kbit/s) every five seconds to the server that
`notebench serve` starts, as a recorder does: what was not acknowledged is sent again. An answer's time counts from when
the chunk was due, so that a server that falls behind cannot hide it. In the end every acknowledged chunk is read from
the disk and compared. With --kills the server is killed (SIGKILL) so many times at random and started again; how long
answers take then says nothing and is not judged.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil

from app.access import sign_in
from app.database import schema
from app.database.base import Role, new_id
from app.database.clinic import Appointment, Client, Consent, Template
from app.database.people import Practice, User
from app.database.scope import Principal
from app.database.sessions import Call
from app.settings import ServiceSettings
from app.web.cookies import Cookie, cookie_name
from app.wiring import Service, open_service
from app.work import recordings

P99_LIMIT = 0.5  # seconds
SPEAKERS = ("client", "clinician")
CHUNK = 20_000  # bytes
SETUP = Principal.system("soak")


@dataclass
class Result:
    """What the recorders saw."""

    seconds: list[float] = field(default_factory=list)
    acknowledged: list[tuple[str, str, int]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    sent_again: int = 0


@dataclass(frozen=True)
class Recorder:
    """One track of one call in a browser, over one connection that is kept."""

    port: int
    cookie: str
    recording: str
    track: str

    async def run(self, begin: float, end: float, every: float, result: Result) -> None:
        number, due, connection = 0, begin + random.uniform(0, every), None  # noqa: S311 - spreads the calls
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            while True:
                try:
                    connection = connection or await asyncio.open_connection("127.0.0.1", self.port)
                    status = await asyncio.wait_for(self._put(connection, number), 30)
                    break
                except (OSError, asyncio.IncompleteReadError, TimeoutError):
                    if connection:
                        connection[1].close()
                    connection = None
                    result.sent_again += 1
                    await asyncio.sleep(0.2)
            result.seconds.append(time.monotonic() - due)
            if status == 200:
                result.acknowledged.append((self.recording, self.track, number))
            else:
                result.refused.append(status)
            number, due = number + 1, due + every
        if connection:
            connection[1].close()

    async def send_one(self) -> None:
        """The first chunk, which `run` sends again."""
        connection = await asyncio.open_connection("127.0.0.1", self.port)
        status = await self._put(connection, 0)
        connection[1].close()
        if status != 200:
            raise SystemExit(f"the server does not take chunks: {status}")

    async def _put(self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], number: int) -> int:
        reader, writer = connection
        body = chunk(self.recording, self.track, number)
        writer.write(
            f"PUT /api/recordings/{self.recording}/tracks/{self.track}/chunks/{number} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{self.port}\r\nOrigin: http://127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n"
            f"Content-Type: audio/webm;codecs=opus\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        return int(head.split(b" ", 2)[1])


class Server:
    """The web process of `notebench serve`, killed and started again at will."""

    def __init__(self, settings: ServiceSettings) -> None:
        self.settings, self.kills, self.peak = settings, 0, 0
        self._start()

    def _start(self) -> None:
        given = {"DATA_DIR": self.settings.data_dir, "PORT": self.settings.port}
        environment = os.environ | {f"NOTEBENCH_{name}": str(value) for name, value in given.items()}
        self.process = subprocess.Popen([sys.executable, "-m", "app.web.server"], env=environment)

    async def answers(self) -> None:
        """Wait until it takes connections."""
        while True:
            if self.process.poll() is not None:
                raise SystemExit("the server did not start")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.settings.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return

    async def kill_at_random(self, times: int, seconds: float) -> None:
        for _ in range(times):
            await asyncio.sleep(random.uniform(0.3, 1.7) * seconds / (times + 1))  # noqa: S311
            self.watch()
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.kills += 1
            self._start()
            await self.answers()

    def watch(self) -> None:
        """Remember the most memory that it ever held."""
        if self.process.poll() is not None:
            return
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists():
            found = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
            self.peak = max(self.peak, int(found.split()[1]) * 1024)
        else:
            self.peak = max(self.peak, psutil.Process(self.process.pid).memory_info().rss)

    def stop(self) -> None:
        self.watch()
        self.process.terminate()
        self.process.wait()


def chunk(recording: str, track: str, number: int) -> bytes:
    """Always the same bytes for a chunk, the first of a track as WebM begins."""
    content = random.Random(f"{recording}{track}{number}").randbytes(CHUNK)  # noqa: S311
    return b"\x1aE\xdf\xa3" + content if number == 0 else content


def prepare(service: Service, calls: int, tracks: int) -> tuple[list[tuple[str, str]], str]:
    """Calls that go on and are being recorded; their tracks, and the cookie of who records them all."""
    with service.work(SETUP) as work:
        practice = Practice(id=new_id(), name="Soak", ai_enabled=True, created_at=work.now)
        user = User(id=new_id(), practice_id=practice.id, login="soak", name="Soak", role=Role.PRACTITIONER,
                    created_at=work.now)  # fmt: skip
        template = Template(id=new_id(), practice_id=practice.id, name="soap", title="SOAP", base="soap",
                            elements=[{"kind": "summary"}])  # fmt: skip
        client = Client(id=new_id(), practice_id=practice.id, practitioner_id=user.id, created_at=work.now)
        for row in (practice, user, template, client):
            work.session.add(row)
            work.session.flush()
        token = sign_in.start(work, user, "password", "127.0.0.1")
        of = {"practice_id": practice.id, "practitioner_id": user.id}
        rows = [Appointment(id=new_id(), client_id=client.id, template_id=template.id, status="in_call",
                            starts_at=work.now, ends_at=work.now + timedelta(hours=1), **of)
                for _ in range(calls)]  # fmt: skip
        work.session.add_all(rows)
        work.session.flush()
        for row in rows:
            work.session.add(Call(appointment_id=row.id, transcribing=True, started_at=work.now, **of))
            work.session.add(Consent(appointment_id=row.id, given_by="client", text="", given_at=work.now, **of))
    opened = []
    for row in rows:
        with service.work(Principal(Role.PRACTITIONER, user.id, practice.id)) as work:
            holder = f"tab-{row.id}"
            recording = recordings.open_recording(work, row.id, "call", holder).id
            for speaker in SPEAKERS[:tracks]:
                recordings.open_track(work, recording, holder, f"1-{speaker}", speaker, 0.0)
                opened.append((recording, f"1-{speaker}"))
    return opened, f"{cookie_name(service.settings, Cookie.SIGN_IN)}={token}"


def lost(service: Service, result: Result) -> Iterator[tuple[str, str, int]]:
    """Acknowledged chunks that are not on the disk as they were sent."""
    for recording, track, number in result.acknowledged:
        log = service.audio.log(recording, track)
        if number not in log.numbers() or log.read(number) != chunk(recording, track, number):
            yield recording, track, number


async def record(server: Server, tracks: list[tuple[str, str]], cookie: str, given: argparse.Namespace) -> Result:
    """Let all calls record for so long, into a server that has answered before."""
    result = Result()
    await server.answers()
    recorders = [Recorder(server.settings.port, cookie, recording, track) for recording, track in tracks]
    await recorders[0].send_one()
    begin = time.monotonic() + 1
    end = begin + given.seconds
    await asyncio.gather(
        *(recorder.run(begin, end, given.every, result) for recorder in recorders),
        server.kill_at_random(given.kills, given.seconds),
    )
    return result


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--calls", type=int, default=500)
    arguments.add_argument("--seconds", type=float, default=180.0)
    arguments.add_argument("--every", type=float, default=5.0, help="seconds between two chunks of a track")
    arguments.add_argument("--tracks", type=int, choices=(1, 2), default=1, help="channels of each call")
    arguments.add_argument("--kills", type=int, default=0)
    arguments.add_argument("--json", action="store_true", help="print one JSON object")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = ServiceSettings(_env_file=None, data_dir=Path(folder), port=free_port())
        schema.upgrade(settings)
        service = open_service(settings)
        try:
            tracks, cookie = prepare(service, given.calls, given.tracks)
            server = Server(settings)
            try:
                result = asyncio.run(record(server, tracks, cookie, given))
            finally:
                server.stop()
            missing = list(lost(service, result))
        finally:
            service.close()
    return report(given, server, result, len(missing))


def report(given: argparse.Namespace, server: Server, result: Result, missing: int) -> int:
    """Print the figures; 1 where a chunk was lost or refused, or answers took too long."""
    seconds = sorted(result.seconds)
    cuts = statistics.quantiles(seconds, n=100)
    figures = {
        "calls": given.calls, "tracks": given.tracks, "seconds": given.seconds, "kills": server.kills,
        "acknowledged": len(result.acknowledged), "lost": missing, "refused": len(result.refused),
        "sent_again": result.sent_again, "p50_ms": round(1000 * cuts[49], 1), "p99_ms": round(1000 * cuts[98], 1),
        "slowest_ms": round(1000 * seconds[-1], 1), "rss_mb": round(server.peak / 2**20, 1),
    }  # fmt: skip
    if given.json:
        print(json.dumps(figures))
    else:
        print(f"{given.calls} calls of {given.tracks} track(s), {CHUNK // 1000} kB every {given.every:g} s "
              f"for {given.seconds:g} s, one web process, {server.kills} kills")  # fmt: skip
        print(f"acknowledged {figures['acknowledged']}, lost {missing} (none), refused {figures['refused']} (none), "
              f"sent again {result.sent_again}")  # fmt: skip
        print(f"p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms (at most {1000 * P99_LIMIT:.0f}), "
              f"slowest {figures['slowest_ms']} ms; memory {figures['rss_mb']} MB")  # fmt: skip
    late = not given.kills and cuts[98] > P99_LIMIT
    return 1 if missing or result.refused or late else 0


if __name__ == "__main__":
    sys.exit(main())

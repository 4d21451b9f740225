"""The web process itself: it starts, answers, speaks websocket, keeps quiet, and ends cleanly."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.database import schema
from app.settings import ServiceSettings
from app.web.server import config

_START = 60.0  # seconds; a busy machine
SECRET = "a-secret-in-an-address"


@dataclass
class Running:
    process: subprocess.Popen[str]
    port: int

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=10)

    def answers(self) -> bool:
        try:
            return self.get("/api/health").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=30)[0]
        return self.process.returncode, said


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    schema.upgrade(ServiceSettings(_env_file=None, data_dir=tmp_path))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"NOTEBENCH_DATA_DIR": str(tmp_path), "NOTEBENCH_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.web.server"], env=environment, text=True, cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    server, until = Running(process, port), time.monotonic() + _START
    while not server.answers():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until, "it does not answer"
        time.sleep(0.1)
    yield server
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_it_answers_speaks_websocket_says_nothing_and_ends(running: Running) -> None:
    away = running.get(f"/page?x={SECRET}", accept="text/html")
    assert (away.status_code, away.headers.get("server")) == (303, None)
    upgrade = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "origin": f"http://127.0.0.1:{running.port}",
    }
    path = f"/api/calls/{SECRET}/signalling"
    refused = running.get(path, **upgrade).status_code
    assert running.get(path).status_code == 404
    status, said = running.stop()
    assert status == 0
    assert SECRET not in said
    if importlib.util.find_spec("websockets") is None:
        pytest.skip("the library websockets is not installed: no websocket is spoken")
    assert refused == 403  # it is one, and not for who is not signed in
    assert said == ""


def test_it_serves_as_one_process_and_outlasts_the_pauses_of_recorders() -> None:
    made = config(ServiceSettings(_env_file=None), None)
    assert (made.workers, made.timeout_keep_alive, made.access_log, made.proxy_headers) == (1, 30, False, False)
    assert config(ServiceSettings(_env_file=None, tls_in_front=True), None).proxy_headers


def test_what_production_refuses_is_told_without_a_trace(tmp_path: Path) -> None:
    environment = os.environ | {"NOTEBENCH_DATA_DIR": str(tmp_path), "NOTEBENCH_PROFILE": "production"}
    ended = subprocess.run(
        [sys.executable, "-m", "app.web.server"], env=environment, text=True, cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "NOTEBENCH_MASTER_KEY" in ended.stdout
    assert "Traceback" not in ended.stdout

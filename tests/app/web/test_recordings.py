"""Recording over HTTP: what is taken, what is refused with which status, and how a recorder goes on."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import select

from app.access import sign_in
from app.database.operations import Task
from app.database.people import User
from app.database.scope import Principal
from app.storage.chunks import LONGEST_CHUNK
from app.web import recordings as routes
from app.web.cookies import Cookie, cookie_name
from app.web.errors import tell_errors
from app.work import recordings
from tests.app.conftest import Clinic
from tests.app.web.client import Client
from tests.app.work.recorder import full_disk, recordable, wave

HOLDER = "a-tab-of-a-browser"
WEBM = b"\x1aE\xdf\xa3 and what follows"


@dataclass
class Browser:
    clinic: Clinic
    client: Client
    token: str

    def open(self, appointment: str, kind: str = "call", **given: object) -> Response:
        body = {"appointment_id": appointment, "kind": kind, "holder": HOLDER} | given
        return self.client.post("/recordings", json=body)

    def track(self, recording: str, name: str = "1", speaker: str = "client") -> Response:
        body = {"holder": HOLDER, "name": name, "speaker": speaker, "offset_seconds": 1.5}
        return self.client.post(f"/recordings/{recording}/tracks", json=body)

    def put(self, recording: str, number: int, data: bytes, track: str = "1", kind: str = "audio/webm") -> Response:
        path = f"/recordings/{recording}/tracks/{track}/chunks/{number}"
        return self.client.put(path, content=data, headers={"content-type": kind})

    def started(self, name: str = "ada") -> str:
        recording = str(self.open(recordable(self.clinic, name)).json()["id"])
        assert self.track(recording).status_code == 201
        return recording


def application(clinic: Clinic) -> FastAPI:
    app = FastAPI()
    app.state.service = clinic.service
    app.include_router(routes.router)
    tell_errors(app)
    return app


def signed_in(clinic: Clinic, name: str) -> dict[str, str]:
    with clinic.service.work(Principal.system("test")) as work:
        user = work.get(User, clinic.users[name].user_id, "user")
        token = sign_in.start(work, user, "password", "127.0.0.1")
    return {cookie_name(clinic.service.settings, Cookie.SIGN_IN): token}


@pytest.fixture
def browser(clinic_of_two: Clinic) -> Iterator[Browser]:
    cookies = signed_in(clinic_of_two, "ada")
    with Client(application(clinic_of_two), cookies) as client:
        yield Browser(clinic_of_two, client, *cookies.values())


def test_a_call_is_recorded_resumed_and_completed(browser: Browser) -> None:
    recording = browser.started()
    assert browser.put(recording, 0, WEBM).json() == {"number": 0, "new": True, "held": True}
    assert browser.put(recording, 2, b"third", kind="audio/webm; codecs=opus").status_code == 200
    assert browser.put(recording, 0, WEBM).json()["new"] is False
    seen = browser.client.get(f"/recordings/{recording}", headers={"X-Recorder": HOLDER}).json()
    assert (seen["held"], seen["tracks"][0]["received"]) == (True, [[0, 0], [2, 2]])
    done = browser.client.post(f"/recordings/{recording}/complete", json={"tracks": {"1": 4}})
    assert (done.status_code, done.json()["code"], done.json()["missing"]) == (409, "missing_chunks", {"1": [1, 3]})
    for number in (1, 3):
        assert browser.put(recording, number, b"late").status_code == 200
    done = browser.client.post(f"/recordings/{recording}/complete", json={"tracks": {"1": 4}})
    assert (done.status_code, done.json()["state"]) == (200, "complete")
    assert browser.put(recording, 4, b"more").status_code == 410
    audio = recordings.audio_of(browser.clinic.service, recording)
    assert audio == {"client": [(1.5, WEBM + b"latethirdlate")]}


def test_each_refusal_has_its_status(browser: Browser) -> None:
    recording = browser.started()
    browser.put(recording, 0, WEBM)
    for status, answer in (
        (409, browser.put(recording, 0, WEBM + b"other")),
        (413, browser.put(recording, 1, b"x" * (LONGEST_CHUNK + 1))),
        (415, browser.put(recording, 1, b"x", kind="text/html")),
        (415, browser.put(recording, 0, b"#EXTM3U\nhttp://elsewhere/")),
        (422, browser.put(recording, 1, b"")),
        (422, browser.put(recording, 100_000, b"x")),
        (422, browser.put(recording, -1, b"x")),
        (404, browser.put(recording, 1, b"x", track="2")),
        (404, browser.put("0" * 8 + "-0000" * 3 + "-" + "0" * 12, 1, b"x")),
        (422, browser.put("nine", 1, b"x")),
        (409, browser.open(browser.clinic.appointment())),
        (404, browser.open(recordable(browser.clinic, "ben"))),
        (422, browser.open("no id")),
        (422, browser.track(recording, "no/name")),
        (409, browser.track(recording, "1", "clinician")),
    ):
        assert answer.status_code == status, answer.text
    assert browser.put(recording, 1, b"and it goes on").status_code == 200


def test_a_full_disk_says_so_and_the_chunk_comes_again(browser: Browser) -> None:
    recording = browser.started()
    browser.put(recording, 0, WEBM)
    with full_disk():
        answer = browser.put(recording, 1, b"x" * 3_500_000)
        assert (answer.status_code, answer.json()["code"]) == (507, "no_room")
        assert browser.put(recording, 2, b"a small one fits").status_code == 200
    assert browser.put(recording, 1, b"x" * 3_500_000).json()["new"] is True
    assert browser.client.post(f"/recordings/{recording}/complete", json={"tracks": {"1": 3}}).status_code == 200


def test_another_tab_is_told_so_in_words(browser: Browser) -> None:
    appointment = recordable(browser.clinic)
    browser.open(appointment)
    answer = browser.open(appointment, holder="another-tab-of-this")
    assert (answer.status_code, answer.json()["code"]) == (409, "recording_elsewhere")
    assert "another tab" in answer.json()["message"]
    assert browser.open(appointment, holder="another-tab-of-this", take_over=True).status_code == 201


def test_nobody_sends_without_being_signed_in_or_into_what_is_anothers(browser: Browser, clinic_of_two: Clinic) -> None:
    recording = browser.started()
    browser.put(recording, 0, WEBM)
    for cookies, status in (
        ({}, 401),
        (signed_in(clinic_of_two, "ben"), 404),
        (signed_in(clinic_of_two, "admin"), 403),
    ):
        with Client(application(clinic_of_two), cookies) as client:
            other = Browser(clinic_of_two, client, "")
            assert other.put(recording, 1, b"x").status_code == status
            assert client.get(f"/recordings/{recording}").status_code == status
            assert client.post(f"/recordings/{recording}/complete", json={}).status_code == status
            assert client.delete(f"/recordings/{recording}").status_code == status
    assert browser.put(recording, 1, b"x").json()["new"] is True


def test_who_signed_out_sends_no_more_than_a_moment(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = browser.started()
    browser.put(recording, 0, WEBM)
    sign_in.sign_out(browser.clinic.service, browser.token)
    later = time.monotonic() + 11
    monkeypatch.setattr(routes.time, "monotonic", lambda: later)
    assert browser.put(recording, 1, b"x").status_code == 401


def test_a_whole_recording_is_uploaded(browser: Browser) -> None:
    appointment = recordable(browser.clinic, call=False)
    content = wave(80.0)
    answer = browser.client.post("/recordings/uploads", params={"appointment_id": appointment}, content=content)
    assert (answer.status_code, answer.json()["state"], answer.json()["kind"]) == (201, "complete", "upload")
    recording = answer.json()["id"]
    assert recordings.audio_of(browser.clinic.service, recording) == {"unknown": [(0.0, content)]}
    with browser.clinic.work("ada") as work:
        assert [task.subject_id for task in work.session.scalars(select(Task))] == [recording]


def test_what_is_no_sound_is_not_kept(browser: Browser) -> None:
    browser.clinic.service.settings.__dict__["longest_upload_mb"] = 1
    appointment = recordable(browser.clinic, call=False)
    broken = wave(2.0)[:30]
    elsewhere = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/a.ts".encode()
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n" + address + b"\n#EXT-X-ENDLIST\n"
    concat = b"ffconcat version 1.0\nfile /etc/passwd\n"
    for content, status in (
        (b"%PDF-1.7 " + b"x" * 5000, 415), (broken, 415), (playlist, 415), (concat, 415), (b"", 422),
        (wave(40.0), 413),
    ):  # fmt: skip
        answer = browser.client.post("/recordings/uploads", params={"appointment_id": appointment}, content=content)
        assert answer.status_code == status, (content[:10], answer.text)
    form = browser.client.post("/recordings/uploads", params={"appointment_id": appointment}, files={"file": wave()})
    assert form.status_code == 415
    elsewhere.setblocking(False)
    with elsewhere, pytest.raises(BlockingIOError):
        elsewhere.accept()  # nobody followed the address in the file
    assert list(browser.clinic.service.audio.recordings()) == []
    assert not [name for name in browser.clinic.service.vault.names() if name.startswith("recording-")]


def test_a_recording_is_deleted_at_once(browser: Browser) -> None:
    recording = browser.started()
    browser.put(recording, 0, WEBM)
    assert browser.client.delete(f"/recordings/{recording}").status_code == 204
    assert browser.client.delete(f"/recordings/{recording}").status_code == 410
    assert browser.client.get(f"/recordings/{recording}").json()["state"] == "deleted"
    assert browser.put(recording, 1, b"x").status_code == 410

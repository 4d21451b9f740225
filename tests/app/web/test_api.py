"""What holds for every route: the form of errors, cookies, where from something may be sent, and how much."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import update

from app.access import passwords, waiting_link
from app.database.people import User
from app.database.scope import Principal
from app.errors import BusyError, GoneError, NoRoomError, RefusedError
from app.settings import ServiceSettings
from app.storage.vault import ShreddedError
from app.web.api import LONGEST_BODY, create_app
from app.web.errors import tell_errors
from app.wiring import Service
from tests.app.conftest import Clinic
from tests.app.web.client import Client

PASSWORD = "the lamp is on again"
ORIGIN = {"origin": "http://127.0.0.1:8000"}


@pytest.fixture
def client(clinic_of_two: Clinic, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Everybody has PASSWORD, and argon2 hardly any work."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    for name, value in {"_hasher": quick, "_NOBODYS": quick.hash("x"), "_gauge": passwords.Gauge(burst=1000)}.items():
        monkeypatch.setattr(passwords, name, value)
    with clinic_of_two.service.work(Principal.system("test")) as work:
        work.session.execute(update(User).values(password_hash=quick.hash(PASSWORD)))
    with Client(create_app(clinic_of_two.service)) as made:  # type: ignore[arg-type]
        yield made


def sign_in(client: Client, login: str = "ada", password: str = PASSWORD) -> Any:
    return client.post("/api/session", json={"login": login, "password": password}, headers=ORIGIN)


def test_a_sign_in_is_a_cookie_that_no_script_and_no_other_site_can_use(client: Client, clinic_of_two: Clinic) -> None:
    answer = sign_in(client)
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 204
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    me = client.get("/api/session").json()
    assert (me["user_id"], me["role"], me["scopes"]) == (clinic_of_two.users["ada"].user_id, "practitioner", None)
    assert client.delete("/api/session", headers=ORIGIN).status_code == 204
    assert client.get("/api/session", headers={"cookie": cookie.split(";")[0]}).status_code == 401  # also a copy of it


def test_with_tls_the_cookie_is_for_this_host_by_tls_alone(clinic_of_two: Clinic) -> None:
    service = clinic_of_two.service
    settings = service.settings.model_copy(update={"public_url": "https://notes.example", "tls_in_front": True})
    secure = Service(settings, service.engine, service.vault, service.audio, service.clock)
    with clinic_of_two.work("ada") as work:
        token = waiting_link.create(work, clinic_of_two.appointment())
    with Client(create_app(secure)) as client:  # type: ignore[arg-type]
        headers = {"origin": "https://notes.example"}
        answer = client.post("/api/waiting-room/open", json={"token": token}, headers=headers)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-notebench-waiting=")
        assert "Secure" in cookie
        assert "max-age=" in answer.headers["strict-transport-security"]
        assert client.post("/api/waiting-room/open", json={"token": token}, headers=ORIGIN).status_code == 403


def test_what_another_site_sends_is_refused_with_whatever_cookie(client: Client) -> None:
    sign_in(client)
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}):
        answer = client.post("/api/tokens", json={"name": "x", "scopes": ["notes:read"]}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_origin"), headers
    assert client.get("/api/tokens").json() == []


def test_too_many_wrong_passwords_are_told_to_wait(client: Client) -> None:
    codes = [sign_in(client, password=f"wrong {i}") for i in range(7)]
    assert [answer.status_code for answer in codes] == [401] * 5 + [429] * 2
    assert int(codes[-1].headers["retry-after"]) > 0
    assert codes[0].json()["code"] == "wrong_sign_in"
    assert sign_in(client, "ben").status_code == 204


def test_a_token_that_is_not_good_is_not_rescued_by_a_cookie(client: Client) -> None:
    sign_in(client)
    for shown in ("Bearer nb_x", "Bearer", "Basic YTpi", ""):
        assert client.get("/api/session", headers={"authorization": shown}).status_code == 401, shown


def test_an_open_link_is_a_cookie_and_the_token_in_no_address(client: Client, clinic_of_two: Clinic) -> None:
    appointment = clinic_of_two.appointment()
    sign_in(client)
    made = client.post(f"/api/appointments/{appointment}/waiting-link", headers=ORIGIN).json()
    assert made["address"].partition("#")[2] == made["token"]
    client.delete("/api/session", headers=ORIGIN)
    door = client.get(made["address"].partition("#")[0])
    assert (door.status_code, door.headers["content-security-policy"].count("script-src 'self';")) == (200, 1)
    assert client.get("/api/waiting-room.js").headers["content-type"].startswith("text/javascript")
    opened = client.post("/api/waiting-room/open", json={"token": made["token"]}, headers=ORIGIN)
    assert (opened.status_code, opened.json()["state"]) == (200, "expected")
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert client.post("/api/waiting-room/check-in", headers=ORIGIN).json()["state"] == "waiting"
    shown = opened.json()["consent"]["shown"]
    assert client.put("/api/waiting-room/consent", json={"shown": shown}, headers=ORIGIN).json()["stands"] is True
    assert client.get("/api/clients").status_code == 401
    assert client.post("/api/waiting-room/close", headers=ORIGIN).status_code == 204
    assert client.get("/api/waiting-room").status_code == 401


@pytest.mark.parametrize(
    ("sent", "status", "code", "field"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "not_json", None),
        ({"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 400, "unreadable", None),
        ({"json": {"login": "a"}}, 422, "invalid", "password"),
        ({"json": {"login": "a", "password": 1}}, 422, "invalid", "password"),
        ({"json": {"login": "a", "password": "b", "c": 1}}, 422, "invalid", "c"),
        ({"content": b'{"login":"a","password":"b","\\ud800":1}',
          "headers": {"content-type": "application/json"}}, 422, "invalid", "body"),
        ({"json": {"login": "a" * LONGEST_BODY, "password": "b"}}, 413, "too_large", None),
        ({"content": [b"x" * LONGEST_BODY, b"x"], "headers": {"content-type": "application/json"}},
         413, "too_large", None),
        ({}, 422, "invalid", "body"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_the_one_form(
    client: Client, sent: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    given = sent | {"headers": sent.get("headers", {}) | ORIGIN}
    if not isinstance(given.get("content", b""), bytes):
        given["content"] = pieces(sent["content"])
    answer = client.request("POST", "/api/session", **given)
    told = answer.json()
    assert (answer.status_code, told["code"], told.get("field")) == (status, code, field)
    assert set(told) <= {"code", "message", "field"}
    assert "a" * 50 not in answer.text


async def pieces(parts: list[bytes]) -> Any:
    for part in parts:
        yield part


def test_whatever_the_path_every_answer_has_the_headers_and_the_form(client: Client) -> None:
    for method, path, status in (("GET", "/api/nothing", 404), ("PUT", "/api/health", 405), ("GET", "/api", 404),
                                 ("GET", "/api/appointments", 401), ("GET", "/nothing", 401)):  # fmt: skip
        answer = client.request(method, path)
        assert (answer.status_code, set(answer.json())) == (status, {"code", "message"}), path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
    assert client.get("/api/nothing").headers["cache-control"] == "no-store"


def test_errors_become_statuses_and_no_text_of_an_unforeseen_one_goes_anywhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, secret = FastAPI(), "Ro Vale said something"
    tell_errors(app)

    @app.get("/{kind}")
    def fail(kind: str) -> None:
        raise {
            "gone": GoneError("transcript_gone", "It is gone."), "refused": RefusedError("over", "It is over."),
            "busy": BusyError(), "full": NoRoomError(), "shredded": ShreddedError(secret), "else": ValueError(secret),
        }[kind]  # fmt: skip

    with Client(app) as client, caplog.at_level(logging.DEBUG):
        answers = {kind: client.get(f"/{kind}") for kind in ("gone", "refused", "busy", "full", "shredded", "else")}
    told = {kind: (answer.status_code, answer.json()["code"]) for kind, answer in answers.items()}
    assert told == {"gone": (410, "transcript_gone"), "refused": (409, "over"), "busy": (503, "busy"),
                    "full": (507, "no_room"), "shredded": (410, "deleted"), "else": (500, "unforeseen")}  # fmt: skip
    assert answers["busy"].headers["retry-after"] == "1"
    said = caplog.text + "".join(answer.text for answer in answers.values())
    assert "ValueError" in said
    assert secret not in said


def test_the_description_names_scopes_and_the_reference_needs_no_other_host(client: Client) -> None:
    document = client.get("/api/openapi.json").json()
    signing = document["paths"]["/notes/{note_id}/signature"]["post"]
    reading = document["paths"]["/notes/{note_id}"]["get"]
    assert signing["security"] == [{"sign_in": []}]  # no token signs
    assert (reading["security"], reading["x-scope"]) == ([{"sign_in": []}, {"token": []}], "notes:read")
    assert set(reading["responses"]["404"]["content"]) == {"application/json"}
    examples = json.dumps(document).count('"examples"')
    assert examples > 50
    page = client.get("/api/docs").text
    assert "/notes/{note_id}/signature" in page
    assert "<script" not in page
    assert "http" not in page.replace("http://127.0.0.1", "")


def test_the_page_signs_in_and_goes_on_to_where_one_wanted(client: Client) -> None:
    away = client.get("/some/page?x=1", headers={"accept": "text/html"})
    assert (away.status_code, away.headers["location"]) == (303, "/api/sign-in?next=/some/page%3Fx%3D1")
    page = client.get(away.headers["location"])
    assert 'value="/some/page?x=1"' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    form = {"login": "ada", "password": "wrong", "next": '/"><script>'}
    refused = client.post("/api/sign-in", data=form, headers=ORIGIN)
    assert refused.status_code == 401
    assert "not known" in refused.text
    assert "<script>" not in refused.text
    let_in = client.post("/api/sign-in", data=form | {"password": PASSWORD, "next": "//evil.example"}, headers=ORIGIN)
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/")
    assert client.get("/", headers={"accept": "text/html"}).headers["location"] == "/api/docs"
    left = client.post("/api/sign-out", headers=ORIGIN)
    assert (left.status_code, left.headers["location"]) == (303, "/api/sign-in")
    assert client.get("/api/session").status_code == 401
    assert client.get("/api/style.css").headers["content-type"].startswith("text/css")


def test_readiness_says_which_part_is_not(client: Client, clinic_of_two: Clinic) -> None:
    import fcntl

    settings: ServiceSettings = clinic_of_two.service.settings
    assert client.get("/api/health").json() == {"status": "ok"}
    answer = client.get("/api/health/ready")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["parts"] | {"models": "ok"} == {"database": "ok", "keys": "ok", "models": "ok", "worker":
                                                         "not_running"}  # fmt: skip
    with (settings.service_dir / "worker.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert client.get("/api/health/ready").json()["parts"]["worker"] == "ok"
    clinic_of_two.service.vault.folder.rename(settings.service_dir / "elsewhere")
    assert client.get("/api/health/ready").json()["parts"]["keys"] == "missing"

"""The gate before pages and their websocket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from app.access import sign_in
from app.database.people import User
from app.database.scope import Principal
from app.web.cookies import Cookie, cookie_name
from app.web.gate import SIGNED_OUT, Gate
from tests.app.conftest import Clinic

_PAGE = "text/html,application/xhtml+xml"
Step = Callable[[], None]


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Stands behind the gate: says which page it is, and repeats what a websocket is sent."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})
    await send({"type": "websocket.send", "text": "said by a page that does not know yet"})


@dataclass
class Browser:
    clinic: Clinic
    token: str = ""

    def sign_in(self) -> None:
        with self.clinic.service.work(Principal.system("test")) as work:
            user = work.get(User, self.clinic.users["ada"].user_id, "user")
            self.token = sign_in.start(work, user, "password", "127.0.0.1")

    def sign_out(self) -> None:
        sign_in.sign_out(self.clinic.service, self.token)

    def ask(self, path: str, query: str = "", method: str = "GET", accept: str = _PAGE) -> tuple[int, str]:
        """The status, and where it leads or what it says."""
        start, body = self._sent(self._scope("http", path, query, method, accept), iter(()))
        told = dict(start["headers"]).get(b"location", body["body"])
        return start["status"], told.decode()

    def talk(self, *steps: Step | str) -> list[Any]:
        """What a websocket is sent in answer: texts, and the code of its end. Steps are texts, or what happens then."""
        messages = self._sent(self._scope("websocket", "/_stcore/stream"), iter(steps))
        return [said.get("text", said.get("code")) for said in messages if said["type"] != "websocket.accept"]

    def _scope(self, kind: str, path: str, query: str = "", method: str = "GET", accept: str = _PAGE) -> dict[str, Any]:
        cookie = f"{cookie_name(self.clinic.service.settings, Cookie.SIGN_IN)}={self.token}"
        headers = [(b"accept", accept.encode()), (b"cookie", cookie.encode())]
        return {"type": kind, "path": path, "query_string": query.encode(), "method": method, "headers": headers}

    def _sent(self, scope: dict[str, Any], steps: Any) -> list[Any]:
        messages: list[Any] = []
        greeted = scope["type"] == "http"

        async def receive() -> dict[str, Any]:
            nonlocal greeted
            if not greeted:
                greeted = True
                return {"type": "websocket.connect"}
            for step in steps:
                if isinstance(step, str):
                    return {"type": "websocket.receive", "text": step}
                await anyio.to_thread.run_sync(step)
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Any) -> None:
            messages.append(message)

        async def run() -> None:
            await Gate(pages, self.clinic.service)(scope, receive, send)

        anyio.run(run)
        return messages


@pytest.fixture
def browser(clinic_of_two: Clinic) -> Browser:
    return Browser(clinic_of_two)


def test_nobody_passes_who_is_not_signed_in(browser: Browser) -> None:
    for token in ("", "wrong", "x" * 10_000):
        browser.token = token
        wanted = browser.ask("/appointment", "id=a%201&x=é")
        assert wanted == (303, "/api/sign-in?next=/appointment%3Fid%3Da%25201%26x%3D%C3%83%C2%A9")
        assert browser.ask("/") == (303, "/api/sign-in")
        assert browser.ask("/", method="POST")[0] == 401
        for path in ("/media/x", "/static/js/index.js", "/_stcore/host-config", "/apix", "//api/x", "/API/x",
                     "/_stcore/health/x", "/x/_stcore/health", "/x/api/"):  # fmt: skip
            assert browser.ask(path, accept="*/*")[0] == 401, path
        assert browser.talk("one") == [1008]


def test_the_api_asks_for_itself_and_the_state_of_the_server_is_no_secret(browser: Browser) -> None:
    for path in ("/api", "/api/health", "/_stcore/health"):
        assert browser.ask(path) == (200, path)


def test_who_is_signed_in_passes_until_they_are_not(browser: Browser) -> None:
    browser.sign_in()
    assert browser.ask("/appointment", "id=a1") == (200, "/appointment")
    browser.sign_out()
    assert browser.ask("/appointment")[0] == 303


def test_streamlits_interface_for_programs_is_closed(browser: Browser) -> None:
    browser.sign_in()
    for path in ("/_stcore/agent/interact", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp"):
        assert browser.ask(path)[0] == browser.ask(path, method="POST")[0] == 404


def test_a_websocket_ends_with_its_sign_in_and_nothing_more_is_said(browser: Browser) -> None:
    browser.sign_in()
    assert browser.talk("one", browser.sign_out, "two", "three") == ["one", SIGNED_OUT]


def test_a_websocket_keeps_nobody_signed_in(browser: Browser, clinic_of_two: Clinic) -> None:
    def wait() -> None:
        clinic_of_two.clock.forward(minutes=14)

    browser.sign_in()
    assert browser.talk("one", wait, "two", wait, "three", wait, "four") == ["one", "two", "three", SIGNED_OUT]

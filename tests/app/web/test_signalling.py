"""What the two browsers of a call say to each other goes to the other one, and nowhere else."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.access import sign_in, waiting_link
from app.database.people import User
from app.web import signalling
from app.web.api import create_api, create_app
from app.web.cookies import Cookie, cookie_name
from app.web.signalling import LONGEST, TAKEN_OVER, TOO_BIG, Rooms
from tests.app.conftest import Clinic
from tests.app.web.sockets import ClosedError, Socket
from tests.app.web.world import HOST, SYSTEM

HERE, AWAY = {"type": "peer", "present": True}, {"type": "peer", "present": False}


class Call:
    """An appointment of ada's, and how each party's browser comes to it."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic, self.appointment = clinic, clinic.appointment()
        self.api = create_api(clinic.service)
        settings = clinic.service.settings
        with clinic.service.work(SYSTEM) as work:
            user = work.get(User, clinic.users["ada"].user_id, "user")
            self.token = sign_in.start(work, user, "password", "127.0.0.1")
        with clinic.work("ada") as work:
            link = waiting_link.create(work, self.appointment)
        self._cookies = {"practitioner": f"{cookie_name(settings, Cookie.SIGN_IN)}={self.token}",
                         "client": f"{cookie_name(settings, Cookie.WAITING)}={link}"}  # fmt: skip

    @property
    def rooms(self) -> Rooms:
        rooms: Rooms = self.api.state.rooms
        return rooms

    def socket(self, party: str, app: ASGIApp | None = None, prefix: str = "", **headers: str) -> Socket:
        sent = {"cookie": self._cookies[party], "origin": HOST} | headers
        return Socket(app or self.api, f"{prefix}/calls/{self.appointment}/signalling", sent)


def run(steps: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(steps, 60))


def test_each_hears_the_other_and_when_they_come_and_go(
    clinic_of_two: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    call = Call(clinic_of_two)

    async def talk() -> None:
        async with call.socket("practitioner") as ada:
            assert await ada.hear() == AWAY
            async with call.socket("client") as client:
                assert (await client.hear(), await ada.hear()) == (HERE, HERE)
                await ada.say({"type": "offer", "sdp": "a secret address"})
                assert await client.hear() == {"type": "offer", "sdp": "a secret address"}
                await client.say({"type": "answer", "sdp": "another"})
                assert await ada.hear() == {"type": "answer", "sdp": "another"}
            assert await ada.hear() == AWAY
            await ada.say({"type": "offer", "sdp": "to nobody"})
            assert await ada.hear() == AWAY
            async with call.socket("client") as client:
                assert (await client.hear(), await ada.hear()) == (HERE, HERE)  # and nothing of what was said before
                await ada.say({"type": "bye"})
                assert await client.hear() == {"type": "bye"}
        assert len(call.rooms) == 0

    with caplog.at_level(logging.DEBUG):
        run(talk())
    assert "secret" not in caplog.text


def test_a_page_that_is_opened_again_takes_the_place_over(clinic_of_two: Clinic) -> None:
    call = Call(clinic_of_two)

    async def talk() -> None:
        async with call.socket("client") as client, call.socket("practitioner") as first:
            assert [await client.hear(), await client.hear(), await first.hear()] == [AWAY, HERE, HERE]
            async with call.socket("practitioner") as second:
                with pytest.raises(ClosedError) as closed:
                    await first.hear()
                assert closed.value.code == TAKEN_OVER
                await first.leave()
                assert (await second.hear(), await client.hear()) == (HERE, HERE)
                await second.say({"type": "offer"})
                assert await client.hear() == {"type": "offer"}  # not that the first one left

    run(talk())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (json.dumps({"type": "offer", "sdp": "x" * LONGEST}), TOO_BIG),
        ("{", 1008),
        ("[]", 1008),
        ('{"sdp": "x"}', 1008),
        (json.dumps(HERE), 1008),
        ("[" * 60_000, 1008),
    ],
)
def test_what_is_no_message_ends_the_socket_and_reaches_nobody(clinic_of_two: Clinic, said: str, code: int) -> None:
    call = Call(clinic_of_two)

    async def talk() -> None:
        async with call.socket("client") as client, call.socket("practitioner") as ada:
            assert [await client.hear(), await client.hear(), await ada.hear()] == [AWAY, HERE, HERE]
            await ada.say(said)
            with pytest.raises(ClosedError) as closed:
                await ada.hear()
            assert closed.value.code == code
            assert await client.hear() == AWAY

    run(talk())


def test_a_flood_ends_the_socket(clinic_of_two: Clinic) -> None:
    call = Call(clinic_of_two)

    async def talk() -> None:
        async with call.socket("practitioner") as ada:
            assert await ada.hear() == AWAY
            for _ in range(400):
                await ada.say({"type": "candidate"})
            with pytest.raises(ClosedError) as closed:
                await until_the_end(ada)
            assert closed.value.code == 1008

    run(talk())


async def until_the_end(socket: Socket) -> None:
    while True:
        await socket.hear()


def test_who_signs_out_is_out_of_the_call(clinic_of_two: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalling, "_LOOK_EVERY", 0.05)
    call = Call(clinic_of_two)

    async def talk() -> None:
        async with call.socket("practitioner") as ada, call.socket("client") as client:
            assert [await ada.hear(), await ada.hear(), await client.hear()] == [AWAY, HERE, HERE]
            await asyncio.to_thread(sign_in.sign_out, clinic_of_two.service, call.token)
            with pytest.raises(ClosedError) as closed:
                await ada.hear()
            assert closed.value.code == 4401
            assert await client.hear() == AWAY
            with clinic_of_two.work("ada") as work:
                waiting_link.end(work, call.appointment)
            with pytest.raises(ClosedError) as closed:
                await client.hear()
            assert closed.value.code == 4401

    run(talk())


def test_it_is_reached_through_the_whole_application_from_our_own_pages(clinic_of_two: Clinic) -> None:
    call = Call(clinic_of_two)
    app = create_app(clinic_of_two.service)

    async def talk() -> None:
        async with call.socket("client", app, "/api") as client:
            assert await client.hear() == AWAY
        for origin in ("https://evil.example", "null"):
            with pytest.raises(ClosedError):
                async with call.socket("client", app, "/api", origin=origin):
                    pass

    run(talk())

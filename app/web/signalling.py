"""How the two browsers of a call find each other: each message of one is handed to the other, and kept nowhere.

A room has two places, the practitioner's and the client's. Who comes to a place that is taken takes it over: the page
was opened again. Each hears when the other comes and goes.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from fastapi import APIRouter, WebSocket
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from starlette.websockets import WebSocketDisconnect, WebSocketState

from app.access import sign_in
from app.database.base import Role
from app.database.clinic import Appointment
from app.errors import WorkError
from app.web.cookies import Cookie, read_cookie
from app.web.dependencies import Caller, caller_of, guest_of, service_of
from app.web.gate import SIGNED_OUT
from app.web.plain import POLICY_VIOLATION

router = APIRouter()

Party = Literal["practitioner", "client"]
LONGEST = 64 * 1024
"""Bytes of a message; a description of all that a browser can do has some ten thousand."""
TAKEN_OVER, TOO_BIG = 4409, 1009
_LOOK_EVERY = 15.0  # seconds between two looks whether the party may still be here
_PER_SECOND, _BURST = 20.0, 100.0  # messages
_PATIENCE = 5.0  # seconds that a browser may take to take a message
_TOO_LONG = "too long a message"
_OURS = "peer"
"""The type of messages that come from us."""


class Rooms:
    """Who is where. Of one event loop; nothing of it outlives the process."""

    def __init__(self) -> None:
        self._rooms: dict[str, dict[Party, WebSocket]] = {}

    async def enter(self, appointment_id: str, party: Party, socket: WebSocket) -> None:
        """Take the place, and tell each of the other."""
        room = self._rooms.setdefault(appointment_id, {})
        before, room[party] = room.get(party), socket
        if before is not None:
            await _close(before, TAKEN_OVER, "taken over")
        other = self.other(appointment_id, party)
        await _send(socket, _presence(other is not None))
        if other is not None:
            await _send(other, _presence(present=True))

    async def leave(self, appointment_id: str, party: Party, socket: WebSocket) -> None:
        """Leave the place, unless somebody has taken it over."""
        room = self._rooms.get(appointment_id, {})
        if room.get(party) is not socket:
            return
        del room[party]
        if not room:
            self._rooms.pop(appointment_id, None)
        elif (other := self.other(appointment_id, party)) is not None:
            await _send(other, _presence(present=False))

    def other(self, appointment_id: str, party: Party) -> WebSocket | None:
        """The socket of the other party, where it is there."""
        return self._rooms.get(appointment_id, {}).get("client" if party == "practitioner" else "practitioner")

    def __len__(self) -> int:
        return len(self._rooms)


@router.websocket("/calls/{appointment_id}/signalling")
async def signalling(socket: WebSocket, appointment_id: str) -> None:
    """For the practitioner of an appointment, and its client in the waiting room; for nobody else."""
    found = await run_in_threadpool(_party, socket, appointment_id)
    if found is None:
        await socket.close(POLICY_VIOLATION)
        return
    party, still = found
    await socket.accept()
    rooms: Rooms = socket.app.state.rooms
    tasks: list[asyncio.Task[None]] = []
    try:
        await rooms.enter(appointment_id, party, socket)
        tasks = [asyncio.create_task(_relay(rooms, appointment_id, party, socket)),
                 asyncio.create_task(_watch(socket, still))]  # fmt: skip
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await rooms.leave(appointment_id, party, socket)


async def _relay(rooms: Rooms, appointment_id: str, party: Party, socket: WebSocket) -> None:
    """Hand messages on until the browser leaves, or sends what is none."""
    left, at = _BURST, time.monotonic()
    while True:
        try:
            text = await socket.receive_text()
        except (WebSocketDisconnect, RuntimeError, KeyError):  # also one that was closed, and a message of bytes
            await _close(socket, POLICY_VIOLATION, "not a message")
            return
        now = time.monotonic()
        left, at = min(_BURST, left + (now - at) * _PER_SECOND) - 1, now
        if (flaw := "too many messages" if left < 0 else _flaw(text)) is not None:
            await _close(socket, TOO_BIG if flaw == _TOO_LONG else POLICY_VIOLATION, flaw)
            return
        other = rooms.other(appointment_id, party)
        if other is None:
            await _send(socket, _presence(present=False))  # it is lost: nothing is kept for later
        else:
            await _send(other, text)


async def _watch(socket: WebSocket, still: Callable[[], bool]) -> None:
    """End the socket when the party may no longer be here."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if not await run_in_threadpool(still):
            await _close(socket, SIGNED_OUT, "signed out")
            return


def _party(socket: WebSocket, appointment_id: str) -> tuple[Party, Callable[[], bool]] | None:
    """Which party of this appointment asks, and how to ask again later; None: neither."""
    service, headers = service_of(socket), socket.scope["headers"]
    with suppress(WorkError):
        caller = caller_of(socket)
        if caller.scopes is None and _is_theirs(caller, appointment_id):
            token = read_cookie(service.settings, headers, Cookie.SIGN_IN)

            def signed_in() -> bool:
                principal = sign_in.principal_of(service, token, active=False)
                return principal == caller.principal and _is_theirs(caller, appointment_id)

            return "practitioner", signed_in
    guest = guest_of(socket)
    if guest is None or guest.principal.appointment_id != appointment_id:
        return None
    return "client", lambda: guest_of(socket) is not None


def _is_theirs(caller: Caller, appointment_id: str) -> bool:
    """Whether it is the practitioner's own; an administrator has no part in a call."""
    if caller.principal.role != Role.PRACTITIONER or "\0" in appointment_id:
        return False
    with caller.service.reading(caller.principal) as session:
        return session.scalars(select(Appointment.id).where(Appointment.id == appointment_id)).first() is not None


def _flaw(text: str) -> str | None:
    """Why a message is not handed on."""
    if len(text.encode("utf-8", "replace")) > LONGEST:
        return _TOO_LONG
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return "not a message"
    good = isinstance(said, dict) and isinstance(said.get("type"), str) and said["type"] != _OURS
    return None if good else "not a message"


def _presence(present: bool) -> str:  # noqa: FBT001 - the one thing it says
    return json.dumps({"type": _OURS, "present": present})


async def _send(socket: WebSocket, text: str) -> None:
    """Hand a message over; a browser that does not take it loses its place."""
    try:
        await asyncio.wait_for(socket.send_text(text), _PATIENCE)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        await _close(socket, POLICY_VIOLATION, "does not listen")


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    if socket.application_state == WebSocketState.CONNECTED:
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code, reason)

"""The waiting room: what a client sees who holds the link of one appointment, and that they are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.database.base import Role
from app.database.clinic import Appointment
from app.database.people import Practice, User
from app.database.scope import Principal
from app.errors import RefusedError
from app.work import consents, inputs
from app.work.consents import ConsentView
from app.work.unit import Work

EARLIEST = timedelta(hours=2)
"""So long before the start a client may check in, or as early as the practice's window opens."""


@dataclass(frozen=True)
class WaitingView:
    """`state`: `expected`, `waiting` (checked in), `in_call`, `over`."""

    appointment_id: str
    practice: str
    clinician: str
    starts_at: datetime
    ends_at: datetime
    state: Literal["expected", "waiting", "in_call", "over"]
    consent: ConsentView


def view(work: Work) -> WaitingView:
    """The waiting room of the client who asks."""
    return _view(work, _own(work))


def check_in(work: Work) -> WaitingView:
    """Say that the client is there. Again: nothing changes.

    Raises:
        RefusedError: `too_early`; `over`: the session is over, or was cancelled.
    """
    row = _own(work, lock=True)
    if row.status in consents.OVER:
        raise RefusedError("over", "This session is over, or was cancelled. Ask your clinician for a new link.")
    practice = work.get(Practice, row.practice_id, "practice")
    opens = row.starts_at - max(EARLIEST, timedelta(minutes=practice.opens_minutes_before))
    if work.now < opens:
        at = inputs.local(opens, practice.time_zone)
        raise RefusedError("too_early", f"The waiting room opens at {inputs.clock(at)}. Please come back then.")
    if row.checked_in_at is None:
        row.checked_in_at = work.now
        work.note("check_in", "appointment", row)
    return _view(work, row)


def leave(work: Work) -> WaitingView:
    """Say that the client is there no more, such as when they close the page before the call."""
    row = _own(work, lock=True)
    if row.checked_in_at is not None and row.status != "in_call":
        row.checked_in_at = None
        work.note("leave", "appointment", row)
    return _view(work, row)


def _own(work: Work, *, lock: bool = False) -> Appointment:
    work.allow(Role.GUEST)
    return work.get(Appointment, work.principal.appointment_id, "appointment", lock=lock)


def _view(work: Work, row: Appointment) -> WaitingView:
    practice = work.get(Practice, row.practice_id, "practice")
    with work.session.acting(Principal.system("waiting-room")):  # a guest reaches no user; this one's name they know
        clinician = work.get(User, row.practitioner_id, "practitioner").name
    start, end = (inputs.local(at, practice.time_zone) for at in (row.starts_at, row.ends_at))
    return WaitingView(row.id, practice.name, clinician, start, end, _state(row), consents.current(work, row.id))


def _state(row: Appointment) -> Literal["expected", "waiting", "in_call", "over"]:
    if row.status == "in_call":
        return "in_call"
    if row.status in consents.OVER:
        return "over"
    return "waiting" if row.checked_in_at else "expected"

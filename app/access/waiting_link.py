"""The client's link into the waiting room: for one appointment, without an account.

Whoever holds the token is the client of this appointment and reaches nothing else. It ends when the practice's window
after the appointment closes, with the end of the call, and when the appointment is over or cancelled or a new link is
made. Put it behind the `#` of an address: browsers send that part to no server, so that it is in no log.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from app.access.digests import digest, new_token, worth_a_look
from app.database.base import Role
from app.database.clinic import Appointment
from app.database.people import Practice
from app.database.scope import Principal
from app.database.sessions import Call
from app.errors import RefusedError

if TYPE_CHECKING:
    from app.wiring import Service
    from app.work.unit import Work

_SYSTEM = Principal.system("waiting-room")
_OVER = ("signed", "cancelled")


def create(work: Work, appointment_id: str) -> str:
    """Make the link's token; one that was made before ends.

    Raises:
        RefusedError: `over`: the appointment is over or cancelled.
    """
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    practice = work.get(Practice, appointment.practice_id, "practice")
    closes = appointment.ends_at + timedelta(minutes=practice.closes_minutes_after)
    if appointment.status in _OVER or work.now >= closes:
        raise RefusedError("over", "This appointment is over or cancelled: there is nothing to wait for.")
    token = new_token()
    appointment.link_digest, appointment.link_made_at = digest(token), work.now
    work.note("link_made", "appointment", appointment)
    return token


def end(work: Work, appointment_id: str) -> None:
    """End the link at once."""
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    if appointment.link_digest is not None:
        appointment.link_digest = None
        work.note("link_ended", "appointment", appointment)


def guest_of(service: Service, token: str | None) -> Principal | None:
    """The client who holds this token; None: the link is not known, or no longer good."""
    if not worth_a_look(token):
        return None
    ended = exists().where(Call.appointment_id == Appointment.id, Call.ended_at >= Appointment.link_made_at)
    query = (
        select(Appointment.id, Appointment.practice_id, Appointment.ends_at, Practice.closes_minutes_after)
        .join(Practice, Practice.id == Appointment.practice_id)
        .where(Appointment.link_digest == digest(token), Appointment.status.not_in(_OVER), ~ended)
    )
    with service.reading(_SYSTEM) as session:
        found = session.execute(query).first()
    if found is None or service.clock() >= found.ends_at + timedelta(minutes=found.closes_minutes_after):
        return None
    return Principal(Role.GUEST, f"guest:{found.id}", found.practice_id, found.id)

"""A client moves to another practitioner: the one place where rows change whose they are.

Everything of the client goes along in one transaction: what one practitioner can read no other can, before and after.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select, update

from app.database.base import Base, Role
from app.database.clinic import Appointment
from app.database.operations import Task
from app.database.scope import Principal
from app.database.sessions import Call, Recording
from app.errors import RefusedError
from app.work import clients, notifications
from app.work.clients import ClientView
from app.work.unit import Work


def move_client(work: Work, client_id: str, version: int, practitioner_id: str) -> ClientView:
    """Give a client, with all appointments and all that belongs to them, to a colleague.

    Raises:
        ForbiddenError: they are no administrator.
        ConflictError: the client was changed since `version`.
        InvalidError: there is no such practitioner.
        RefusedError: `in_call`, `recording`, `processing`: something of the client is still going on.
    """
    work.allow(Role.ADMINISTRATOR)
    row = clients.get(work, client_id, lock=True)
    clients.check_version(row, version)
    to = clients.practitioner(work, practitioner_id)
    if to.id != row.practitioner_id:
        before = row.practitioner_id
        with work.session.acting(Principal.system("moving")):
            appointments = locked_appointments(work, client_id)
            refuse_going_on(work, appointments)
            for mapped in of_appointments():
                _give(work, mapped, mapped.appointment_id.in_(appointments), to.id)
            _give(work, Appointment, Appointment.client_id == client_id, to.id)
            row.practitioner_id = to.id
        work.note("move", "client", row, before=before, to=to.id)
        notifications.tell(work, to.id, "client_moved")
    return clients.view_client(work, client_id)


def of_appointments() -> list[Any]:
    """Every table whose rows belong to an appointment and its practitioner."""
    mapped = [cast("Any", mapper.class_) for mapper in Base.registry.mappers]
    return [one for one in mapped if hasattr(one, "practitioner_id") and hasattr(one, "appointment_id")]


def refuse_going_on(work: Work, appointments: list[str]) -> None:
    """Refuse to touch a client of whom something is being recorded or written.

    Raises:
        RefusedError: `in_call`, `recording`, `processing`.
    """
    going_on: tuple[tuple[str, Any, str], ...] = (
        ("in_call", select(Call.id).where(Call.appointment_id.in_(appointments), Call.ended_at.is_(None)),
         "This client is in a call. Wait until it has ended."),
        ("recording", select(Recording.id).where(Recording.appointment_id.in_(appointments), Recording.state == "open"),
         "A recording of this client is not complete yet. Wait until it is, or delete it."),
        ("processing", select(Task.id).where(Task.appointment_id.in_(appointments),
                                             Task.state.in_(("waiting", "running"))),
         "A session of this client is being written down. Wait a few minutes."),
    )  # fmt: skip
    for code, query, sentence in going_on:
        if work.session.scalars(query.limit(1)).first() is not None:
            raise RefusedError(code, sentence)


def locked_appointments(work: Work, client_id: str) -> list[str]:
    """The client's appointments, locked: whoever wants to begin something at one of them waits for us."""
    query = select(Appointment.id).where(Appointment.client_id == client_id).with_for_update()
    return list(work.session.scalars(query))


def _give(work: Work, mapped: Any, which: Any, practitioner_id: str) -> None:
    work.session.execute(update(mapped).where(which).values(practitioner_id=practitioner_id))

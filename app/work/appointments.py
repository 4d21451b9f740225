"""Appointments: made, changed while they are still to come, cancelled; and when the session really was.

Times go in with any offset and come out as the practice's clock shows them.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import select

from app.database.base import Role, new_id
from app.database.clinic import Appointment, Client, Template
from app.database.notes import StoredNote
from app.database.people import Practice
from app.database.scope import Principal
from app.database.sessions import Call
from app.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from app.work import clients, consents, inputs
from app.work.appointment_views import AppointmentView, view_of, views_of
from app.work.unit import Work

_LONGEST = timedelta(hours=12)
_LONGEST_RANGE = timedelta(days=366)
_AROUND = timedelta(days=1)
"""So far from the planned start may a session really have begun."""


def create(
    work: Work, client_id: str, template_id: str, starts_at: datetime, ends_at: datetime, *, cpt: str | None = None,
    telehealth: bool = False, synthetic: bool = False,
) -> AppointmentView:  # fmt: skip
    """A new appointment of a client, with the client's practitioner and a note type.

    Args:
        synthetic: the client is invented, and what is written of them may be traced in full. The system alone says so.

    Raises:
        ForbiddenError: a user says that the client is invented.
        InvalidError: times, code or note type cannot be used; the field is named.
    """
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    if synthetic:
        work.allow()
    client = clients.get(work, client_id)
    start, end = _span("starts_at", starts_at, "ends_at", ends_at)
    row = Appointment(
        id=new_id(), practice_id=client.practice_id, practitioner_id=client.practitioner_id, client_id=client.id,
        template_id=_choosable(work, template_id).id, starts_at=start, ends_at=end, cpt=_code(cpt),
        telehealth=telehealth, synthetic=synthetic,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    work.note("create", "appointment", row, client=client.id)
    return view_of(work, row)


def list_appointments(
    work: Work, since: datetime, until: datetime, client_id: str | None = None
) -> tuple[AppointmentView, ...]:
    """Appointments that begin from `since` and before `until`, at most a year apart, in order of time.

    The log keeps one entry for the list.
    """
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    first, last = inputs.moment("since", since), inputs.moment("until", until)
    if not timedelta(0) <= last - first <= _LONGEST_RANGE:
        raise InvalidError("until", "This must be after the beginning of the list, by a year at most.")
    query = select(Appointment).where(Appointment.starts_at >= first, Appointment.starts_at < last)
    if client_id is not None:
        query = query.where(Appointment.client_id == work.get(Client, client_id, "client").id)
    rows = work.session.scalars(query.order_by(Appointment.starts_at, Appointment.id)).all()
    shown = views_of(work, rows)
    work.note(
        "list", "appointments", work.get(Practice, work.principal.practice_id, "practice"), appointments=len(shown)
    )
    return shown


def view(work: Work, appointment_id: str) -> AppointmentView:
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    row = work.get(Appointment, appointment_id, "appointment")
    work.note("read", "appointment", row)
    return view_of(work, row)


def change(
    work: Work, appointment_id: str, version: int, *, starts_at: datetime | None = None,
    ends_at: datetime | None = None, cpt: str | None = None, telehealth: bool | None = None,
    template_id: str | None = None,
) -> AppointmentView:  # fmt: skip
    """Change what is given; an empty `cpt` takes the code away. Code and telehealth can change until signing.

    Raises:
        ConflictError: it was changed since `version`.
        RefusedError: `over`: it is signed or cancelled; `begun`: the planned times of a session that began;
            `has_note`: its note type, once there is a note (the note's type is switched at the note).
    """
    row = _to_change(work, appointment_id, version)
    if starts_at is not None or ends_at is not None:
        if row.status != "scheduled":
            raise RefusedError("begun", "The session has begun: its planned times stay. Confirm the actual ones.")
        row.starts_at, row.ends_at = _span("starts_at", starts_at or row.starts_at, "ends_at", ends_at or row.ends_at)
    if cpt is not None:
        row.cpt = _code(cpt) if cpt.strip() else None
    if telehealth is not None:
        row.telehealth = telehealth
    if template_id is not None and template_id != row.template_id:
        _refuse_with_note(work, row)
        row.template_id = _choosable(work, template_id).id
    return _changed(work, row, "change")


def cancel(work: Work, appointment_id: str, version: int) -> AppointmentView:
    """Cancel an appointment that is still to come; the client's link into the waiting room ends with it.

    Raises:
        RefusedError: `begun`: there was a session.
    """
    row = _to_change(work, appointment_id, version)
    if row.status != "scheduled":
        raise RefusedError("begun", "The session has begun: it cannot be cancelled any more.")
    row.status, row.link_digest, row.checked_in_at = "cancelled", None, None
    return _changed(work, row, "cancel")


def confirm_times(
    work: Work, appointment_id: str, version: int, began_at: datetime, ended_at: datetime
) -> AppointmentView:
    """Say when a session really was that no call tells the times of. Never after signing.

    Raises:
        InvalidError: the end is not after the start, not yet past, or a day or more from the plan.
        RefusedError: `times_of_call`: a call tells them; `in_call`: it goes on; `over`: signed or cancelled.
    """
    work.allow(Role.PRACTITIONER)
    row = _to_change(work, appointment_id, version)
    if row.status == "in_call":
        raise RefusedError("in_call", "The call goes on. Its times are set when it ends.")
    if row.began_at is not None and not row.times_confirmed and _ended_by_hand(work, row):
        raise RefusedError("times_of_call", "The call tells when the session was; its times stand.")
    start, end = _span("began_at", began_at, "ended_at", ended_at)
    if end > work.now:
        raise InvalidError("ended_at", "The session is not over at this time yet.")
    if abs(start - row.starts_at) > _AROUND:
        raise InvalidError("began_at", "This is more than a day from the appointment. Move the appointment first.")
    row.began_at, row.ended_at, row.times_confirmed = start, end, True
    return _changed(work, row, "confirm_times")


def _to_change(work: Work, appointment_id: str, version: int) -> Appointment:
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    row = work.get(Appointment, appointment_id, "appointment", lock=True)
    if row.version != version:
        raise ConflictError("appointment")
    if row.status in consents.OVER:
        raise RefusedError("over", f"This appointment is {row.status}: it stays as it is.")
    return row


def _changed(work: Work, row: Appointment, action: str) -> AppointmentView:
    work.session.flush()
    work.note(action, "appointment", row, version=row.version)
    return view_of(work, row)


def _span(first: str, start: datetime, last: str, end: datetime) -> tuple[datetime, datetime]:
    begin, finish = inputs.moment(first, start), inputs.moment(last, end)
    if not timedelta(0) < finish - begin <= _LONGEST:
        raise InvalidError(last, "This must be after the start, by twelve hours at most.")
    return begin, finish


def _code(cpt: str | None) -> str | None:
    return None if cpt is None else inputs.line("cpt", cpt, 10)


def _choosable(work: Work, template_id: str) -> Template:
    with suppress(NotFoundError):
        row = work.get(Template, template_id, "note type")
        if row.active:
            return row
    raise InvalidError("template_id", "There is no such note type to choose. Take an active one.")


def _refuse_with_note(work: Work, row: Appointment) -> None:
    with work.session.acting(Principal.system("appointments")):  # an administrator does not reach notes
        has_note = work.session.scalar(select(StoredNote.id).where(StoredNote.appointment_id == row.id))
    if has_note:
        raise RefusedError("has_note", "There is a note already. Its practitioner switches the type at the note.")


def _ended_by_hand(work: Work, row: Appointment) -> bool:
    """Whether the last call was ended by a person: of one that ended itself, only the last sound is known."""
    query = select(Call.ended_by).where(Call.appointment_id == row.id).order_by(Call.started_at.desc()).limit(1)
    return work.session.scalar(query) == "practitioner"

"""The clinician's own summary of a session, and the approaches used: a source of drafts that no retention ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from app.database.base import Role, new_id
from app.database.clinic import Appointment
from app.database.sessions import SessionSummary
from app.errors import ConflictError, InvalidError
from app.work.inputs import line, prose
from app.work.note_rows import refuse_signed
from app.work.unit import Work

LONGEST = 50_000  # characters
_MOST_APPROACHES = 20
_PART = "summary"


class SummaryView(BaseModel):
    """`version` 0: nothing was written yet."""

    model_config = ConfigDict(frozen=True)

    appointment_id: str
    text: str = ""
    approaches: list[str] = []
    updated_at: datetime | None = None
    version: int = 0


def view(work: Work, appointment_id: str) -> SummaryView:
    """The summary of an appointment; an empty one where nothing was written."""
    work.allow(Role.PRACTITIONER)
    appointment = work.get(Appointment, appointment_id, "appointment")
    row = _row(work, appointment_id)
    if row is None:
        return SummaryView(appointment_id=appointment_id)
    work.note("read", "summary", row)
    return _shown(work, appointment, row)


def save(work: Work, appointment_id: str, version: int, text: str, approaches: Sequence[str] = ()) -> SummaryView:
    """Write the summary in place of the one with this `version`; 0: the first.

    Raises:
        ConflictError: it was changed since; what is in the form stays there.
        InvalidError: text or approaches are too long.
        RefusedError: the note is signed (`note_signed`).
    """
    work.allow(Role.PRACTITIONER)
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    refuse_signed(work, appointment_id)
    written = prose("text", text, LONGEST)
    if len(approaches) > _MOST_APPROACHES:
        raise InvalidError("approaches", f"At most {_MOST_APPROACHES} approaches can be named.")
    named = list(dict.fromkeys(line("approaches", one, 100) for one in approaches))
    row = _row(work, appointment_id)
    if version != (row.version if row else 0):
        raise ConflictError("summary")
    if row is None:
        row = SessionSummary(
            id=new_id(), practice_id=appointment.practice_id, practitioner_id=appointment.practitioner_id,
            appointment_id=appointment_id,
        )  # fmt: skip
        work.session.add(row)
    row.sealed = work.vault.seal(_key(appointment), {"text": written, "approaches": named}, _part(row))
    row.updated_at = work.now
    work.session.flush()
    work.note("save", "summary", row)
    return _shown(work, appointment, row)


def opened(work: Work, appointment: Appointment) -> SummaryView:
    """The summary for use cases that write from it; they say themselves what they read."""
    row = _row(work, appointment.id)
    return _shown(work, appointment, row) if row else SummaryView(appointment_id=appointment.id)


def _row(work: Work, appointment_id: str) -> SessionSummary | None:
    return work.session.scalars(select(SessionSummary).where(SessionSummary.appointment_id == appointment_id)).first()


def _shown(work: Work, appointment: Appointment, row: SessionSummary) -> SummaryView:
    if row.sealed is None:
        return SummaryView(appointment_id=appointment.id, version=row.version)
    held = work.vault.open(_key(appointment), row.sealed, _part(row))
    return SummaryView(appointment_id=appointment.id, updated_at=row.updated_at, version=row.version, **held)


def _key(appointment: Appointment) -> str:
    return f"client-{appointment.client_id}"


def _part(row: SessionSummary) -> str:
    return f"{_PART} {row.id}"

"""What the end of a call brings about: the session's actual times, a task for the worker, and the appointment's status.

Also finds the calls of which nothing was heard for long, and the recordings that an ended call left behind.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select

from app.database.clinic import Appointment
from app.database.notes import StoredNote
from app.database.operations import Task
from app.database.sessions import Call, Recording
from app.jobs import dispatch
from app.work import recordings
from app.work.unit import Work

LONGEST_CALL = timedelta(hours=12)
"""A call without transcription, which sends us no sound, is forgotten after so long."""


def set_times(work: Work, appointment: Appointment) -> None:
    """The session's actual times, from the first call's start to the last one's end.

    A forgotten call tells none: a person must say when that session was.
    """
    work.session.flush()
    told = or_(Call.transcribing, Call.ended_by == "practitioner")
    query = select(func.min(Call.started_at), func.max(Call.ended_at)).where(
        Call.appointment_id == appointment.id, Call.ended_at.is_not(None), told
    )
    began, ended = work.session.execute(query).one()
    if began is not None and ended is not None and ended > began:  # one that never sent a sound ended where it began
        appointment.began_at, appointment.ended_at, appointment.times_confirmed = began, ended, False


def ask_for_draft(work: Work, recording: Recording) -> None:
    """Ask the worker for transcript and draft of a complete recording, once."""
    query = select(Task.id).where(Task.kind == "process", Task.subject_id == recording.id)
    if work.session.scalars(query).first() is None:
        dispatch.add(work, "process", recording, recording.id)
        work.session.flush()


def status_after(work: Work, appointment: Appointment) -> str:
    """What an appointment is once nobody is in its call any more."""
    if appointment.status != "in_call":
        return appointment.status
    coming = or_(
        exists().where(Task.appointment_id == Appointment.id, Task.kind == "process",
                       Task.state.in_(("waiting", "running"))),
        exists().where(Recording.appointment_id == Appointment.id, Recording.state == "open"),
    )  # fmt: skip
    if work.session.scalars(select(Appointment.id).where(Appointment.id == appointment.id, coming)).first():
        return "processing"
    written = select(StoredNote.id).where(StoredNote.appointment_id == appointment.id, StoredNote.revision > 0)
    return "drafted" if work.session.scalars(written).first() else "held"


def quiet_calls(work: Work) -> list[tuple[str, datetime]]:
    """Calls to end, or whose recording is to be completed, with when something last came of each."""
    quiet = work.now - timedelta(minutes=work.settings.quiet_call_minutes)
    left = exists().where(Recording.call_id == Call.id, Recording.state == "open")
    recording = select(Recording.id).where(Recording.call_id == Call.id).scalar_subquery()
    query = select(Call.id, Call.transcribing, Call.started_at, recording).order_by(Call.started_at)
    found: list[tuple[str, datetime]] = []
    for call_id, transcribing, started, recorded in work.session.execute(
        query.where(or_(Call.ended_at.is_(None), left))
    ):
        if not transcribing:
            if started < work.now - LONGEST_CALL:
                found.append((call_id, work.now))
            continue
        last = max(started, recordings.last_sound_at(work, recorded)) if recorded else started
        if last < quiet:
            found.append((call_id, last))
    return found

"""Calls: *Start call* never records; one with transcription needs AI, consent, the client there, and the right time.

The end of a call sets the session's actual times, completes what was recorded and asks the worker for transcript and
draft. A call that sends no sound any more ends itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from app.database.base import Role, new_id
from app.database.clinic import Appointment
from app.database.people import Practice
from app.database.sessions import Call, Recording
from app.errors import NotFoundError, RefusedError
from app.work import consents, inputs, notifications, recordings
from app.work import practice as practices
from app.work.call_ends import ask_for_draft, quiet_calls, set_times, status_after
from app.work.unit import Work


@dataclass(frozen=True)
class CallView:
    """`missing`: chunks by track that have not arrived. Send them, and end the call again: it stays ended."""

    id: str
    appointment_id: str
    transcribing: bool
    started_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    recording_id: str | None
    recording_state: str | None
    missing: Mapping[str, list[int]] = field(default_factory=dict)


def start_call(work: Work, appointment_id: str) -> CallView:
    """Start a call that is not recorded, whatever the settings are.

    Raises:
        RefusedError: `already_in_call`; `over`: the appointment is signed or cancelled.
    """
    return _start(work, _startable(work, appointment_id), transcribing=False)


def start_call_with_transcription(work: Work, appointment_id: str) -> CallView:
    """Start a call that may be recorded; recording itself begins, stops and goes on at will during the call.

    Raises:
        RefusedError: `already_in_call`, `over`, `ai_disabled`, `too_early`, `too_late`, `no_consent`, `not_checked_in`;
            the sentence names the way out.
    """
    appointment = _startable(work, appointment_id)
    practice = practices.of_row(work, appointment)
    if not practice.ai_enabled:
        raise RefusedError(
            "ai_disabled",
            "AI is not enabled in this practice, so nothing can be transcribed. Ask an administrator to enable it, or "
            "start the call without transcription.",
        )
    _refuse_at_wrong_time(work, appointment, practice)
    consents.require(work, appointment.id)
    if appointment.checked_in_at is None:
        raise RefusedError(
            "not_checked_in",
            "The client has not checked in to the waiting room. Send them their link and wait until they are there, or "
            "start the call without transcription.",
        )
    return _start(work, appointment, transcribing=True)


def view_call(work: Work, call_id: str) -> CallView:
    work.allow(Role.PRACTITIONER)
    return _view(work, work.get(Call, call_id, "call"))


def current_call(work: Work, appointment_id: str) -> CallView | None:
    """The call that is on at this appointment; None: there is none."""
    work.allow(Role.PRACTITIONER)
    work.get(Appointment, appointment_id, "appointment")
    row = _open(work, appointment_id)
    return _view(work, row) if row else None


def end_call(
    work: Work, call_id: str, chunks: Mapping[str, int] | None = None, *, without_missing: bool = False
) -> CallView:
    """End a call. While chunks are missing its recording stays open: send them, then end the call again.

    Args:
        chunks: how many chunks the tab sent of each track; None: not known.
        without_missing: complete the recording though chunks are missing, because they are lost.

    Raises:
        InvalidError: a track that is not there.
    """
    work.allow(Role.PRACTITIONER)
    row, appointment = _locked(work, call_id)
    if row.ended_at is None:
        row.ended_at, row.ended_by = max(work.now, row.started_at), "practitioner"
        work.note("end_call", "call", row, by=row.ended_by)
        set_times(work, appointment)
    missing = _finish_recording(work, row, chunks, without_missing=without_missing)
    _leave(work, appointment)
    return _view(work, row, missing)


def end_quiet_calls(work: Work) -> int:
    """End the calls whose recording has got nothing for long, and what they left open. For the worker, each minute.

    A call that is not transcribed sends no sound at all: it is ended after half a day, and tells no times.

    Returns:
        How many were ended or completed.
    """
    work.allow()
    found = quiet_calls(work)
    for call_id, last_sign in found:
        _end_quietly(work, call_id, last_sign)
    return len(found)


def _end_quietly(work: Work, call_id: str, last_sign: datetime) -> None:
    """End a call as of the last that was heard of it, and complete what was recorded though chunks are missing."""
    row, appointment = _locked(work, call_id)
    if row.ended_at is None:
        row.ended_at, row.ended_by = max(last_sign, row.started_at), "quiet"
        work.note("end_call", "call", row, by=row.ended_by)
        set_times(work, appointment)
        notifications.tell(work, row.practitioner_id, "call_ended_itself", appointment.id)
    _finish_recording(work, row, None, without_missing=True)
    _leave(work, appointment)


def _locked(work: Work, call_id: str) -> tuple[Call, Appointment]:
    """A call and its appointment; the appointment is locked first, as everywhere."""
    appointment_id = work.session.scalars(select(Call.appointment_id).where(Call.id == call_id)).first()
    if appointment_id is None:
        raise NotFoundError("call")
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    return work.get(Call, call_id, "call", lock=True), appointment


def _startable(work: Work, appointment_id: str) -> Appointment:
    work.allow(Role.PRACTITIONER)
    row = work.get(Appointment, appointment_id, "appointment", lock=True)
    if row.status in consents.OVER:
        raise RefusedError("over", f"This appointment is {row.status}: there can be no call any more. Make a new one.")
    if _open(work, appointment_id):
        raise RefusedError("already_in_call", "This appointment is in a call. Go on with that call, or end it first.")
    return row


def _refuse_at_wrong_time(work: Work, row: Appointment, practice: Practice) -> None:
    opens = row.starts_at - timedelta(minutes=practice.opens_minutes_before)
    closes = row.starts_at + timedelta(minutes=practice.closes_minutes_after)
    if work.now < opens:
        at = inputs.clock(inputs.local(opens, practice.time_zone))
        raise RefusedError(
            "too_early",
            f"A call with transcription can start from {at} on. Wait until then, move the appointment, or start the "
            "call without transcription.",
        )
    if work.now > closes:
        at = inputs.clock(inputs.local(closes, practice.time_zone))
        raise RefusedError(
            "too_late",
            f"A call with transcription could start until {at}. Move the appointment, or start the call without "
            "transcription.",
        )


def _start(work: Work, appointment: Appointment, *, transcribing: bool) -> CallView:
    row = Call(
        id=new_id(), practice_id=appointment.practice_id, practitioner_id=appointment.practitioner_id,
        appointment_id=appointment.id, transcribing=transcribing, started_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    appointment.status = "in_call"
    work.session.flush()
    work.note("start_call", "call", row, transcribing=transcribing)
    return _view(work, row)


def _finish_recording(
    work: Work, row: Call, chunks: Mapping[str, int] | None, *, without_missing: bool
) -> Mapping[str, list[int]]:
    recording = _recording(work, row)
    if recording is None:
        return {}
    missing: Mapping[str, list[int]] = {}
    if recording.state == "open":
        missing = recordings.complete(work, recording.id, chunks, without_missing=without_missing).missing
    if recording.state == "complete":
        ask_for_draft(work, recording)
    return missing if recording.state == "open" else {}


def _leave(work: Work, appointment: Appointment) -> None:
    """Nobody waits or talks any more. For another call the client comes in again."""
    if _open(work, appointment.id) is None:
        appointment.checked_in_at = None
        appointment.status = status_after(work, appointment)
        work.session.flush()


def _open(work: Work, appointment_id: str) -> Call | None:
    query = select(Call).where(Call.appointment_id == appointment_id, Call.ended_at.is_(None))
    return work.session.scalars(query).first()


def _recording(work: Work, row: Call) -> Recording | None:
    return work.session.scalars(select(Recording).where(Recording.call_id == row.id)).first()


def _view(work: Work, row: Call, missing: Mapping[str, list[int]] | None = None) -> CallView:
    recording = _recording(work, row)
    return CallView(
        row.id, row.appointment_id, row.transcribing, row.started_at, row.ended_at, row.ended_by,
        recording.id if recording else None, recording.state if recording else None, dict(missing or {}),
    )  # fmt: skip

"""The rows of recordings and tracks: made, held by a tab, ended. What use cases share."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select

from app.access.digests import digest
from app.database.base import new_id
from app.database.clinic import Appointment
from app.database.sessions import Call, Recording, Track
from app.errors import GoneError, InvalidError, NotFoundError, RefusedError
from app.jobs import dispatch
from app.storage import deletion
from app.storage.recordings import AudioStore, key_name, recordings_folder
from app.work import consents
from app.work import practice as practices
from app.work.unit import Work

NOTHING_RECORDED = "nothing_recorded"
UPLOAD_BROKE_OFF = "upload_broke_off"
NOT_SOUND = "not_sound"
FAILURES = {
    NOTHING_RECORDED: "No sound arrived. Check the microphone and the permission to use it, then record again.",
    UPLOAD_BROKE_OFF: "The upload broke off. Upload the file again.",
    NOT_SOUND: "The file cannot be read as sound.",
}
"""What went wrong with a recording before the worker got it, for a person."""
_HOLDER = re.compile(r"[A-Za-z0-9_-]{16,128}")
_LAPSES = timedelta(seconds=30)
"""A tab of which nothing was heard for so long holds its recording no more."""


def audio_store(work: Work) -> AudioStore:
    """The sound of the recordings, for a transaction."""
    return AudioStore(recordings_folder(work.settings), work.vault)


def mark_of(holder: str) -> str:
    """What stands in the records for a tab's token.

    Raises:
        InvalidError: it is none.
    """
    if not _HOLDER.fullmatch(holder):
        raise InvalidError("holder", "Give 16 to 128 random letters, digits, - or _ that only this tab knows.")
    return digest(holder)


def locked(work: Work, recording_id: str) -> tuple[Appointment, Recording]:
    """A recording and its appointment, locked in the order in which all use cases lock them."""
    query = select(Recording.appointment_id).where(Recording.id == recording_id)
    appointment_id = work.session.scalars(query).first()
    if appointment_id is None:
        raise NotFoundError("recording")
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    return appointment, work.get(Recording, recording_id, "recording", lock=True)


def tracks_of(work: Work, recording: Recording) -> dict[str, Track]:
    rows = work.session.scalars(select(Track).where(Track.recording_id == recording.id).order_by(Track.name))
    return {row.name: row for row in rows}


def refuse_unrecordable(work: Work, appointment: Appointment) -> None:
    """Refuse to record a session that is over, or without consent.

    Raises:
        RefusedError: `over`, `no_consent`.
    """
    if appointment.status in consents.OVER:
        raise RefusedError("over", f"This appointment is {appointment.status}: nothing can be recorded any more.")
    consents.require(work, appointment.id)


def refuse_closed(recording: Recording) -> None:
    """Refuse to add to a recording that takes nothing any more.

    Raises:
        GoneError: `recording_deleted`, `recording_complete`.
    """
    if recording.state == "deleted":
        raise GoneError("recording_deleted", "This recording was deleted for ever.")
    if recording.state != "open":
        raise GoneError("recording_complete", "This recording is complete: it takes no more sound.")


def create(work: Work, appointment: Appointment, kind: str, call: Call | None = None) -> Recording:
    """A new recording with its key, where `refuse_unrecordable` let it pass.

    Raises:
        RefusedError: `ai_disabled`: nobody would transcribe it.
    """
    if not practices.of_row(work, appointment).ai_enabled:
        told = "AI is not enabled in this practice, so nothing can be transcribed. Ask an administrator to enable it."
        raise RefusedError("ai_disabled", told)
    recording = Recording(
        id=new_id(), practice_id=appointment.practice_id, practitioner_id=appointment.practitioner_id,
        appointment_id=appointment.id, call_id=call.id if call else None, kind=kind, state="open",
        created_at=work.now,
    )  # fmt: skip
    work.vault.create(key_name(recording.id))
    work.session.add(recording)
    work.session.flush()
    work.note("record", "recording", recording, medium=kind)
    return recording


def add_track(work: Work, recording: Recording, name: str, speaker: str, offset_seconds: float) -> None:
    """A new track with its log, which is there before anybody is told of it."""
    audio_store(work).log(recording.id, name).create(work.now)
    work.session.add(Track(
        id=new_id(), practice_id=recording.practice_id, practitioner_id=recording.practitioner_id,
        appointment_id=recording.appointment_id, recording_id=recording.id, name=name, speaker=speaker,
        offset_seconds=offset_seconds, holder=recording.holder,
    ))  # fmt: skip
    work.session.flush()
    work.note("open_track", "recording", recording, track=name)


def hold(work: Work, recording: Recording, mark: str, *, take_over: bool) -> None:
    """Give a recording to a tab, if no other tab is at it.

    Raises:
        RefusedError: `recording_elsewhere`.
    """
    lapsed = last_sign(work, recording) + _LAPSES <= work.now
    if recording.holder not in {None, mark} and not lapsed and not take_over:
        raise elsewhere()
    if recording.holder not in {None, mark}:
        work.note("take_over", "recording", recording, lapsed=lapsed)
    recording.holder, recording.held_at = mark, work.now


def elsewhere() -> RefusedError:
    return RefusedError(
        "recording_elsewhere",
        "This session is being recorded in another tab or on another device. Go on there, or take the recording over: "
        "the other one stops.",
    )


def last_sign(work: Work, recording: Recording) -> datetime:
    """When anything last came of a recording, or its tab last asked for it."""
    times = (recording.created_at, recording.held_at, audio_store(work).last_put(recording.id))
    return max(at for at in times if at is not None)


def end(work: Work, appointment: Appointment, recording: Recording, arrived: int, lost: int) -> None:
    """What follows once a recording's logs are closed. Of a call, the rest follows when the call ends."""
    if not arrived:
        fail(work, recording, NOTHING_RECORDED)
        return
    recording.state, recording.completed_at = "complete", work.now
    work.session.flush()
    work.note("complete", "recording", recording, chunks=arrived, missing=lost)
    if recording.kind != "call":
        dispatch.add(work, "process", recording, recording.id)
        if appointment.status in {"scheduled", "held"}:
            appointment.status = "processing"
        work.session.flush()


def fail(work: Work, recording: Recording, failure: str) -> None:
    """End a recording of which nothing can be had. It stays to be seen; what there is of its sound goes."""
    recording.state, recording.failure, recording.completed_at = "failed", failure, work.now
    work.session.flush()
    work.note("fail", "recording", recording, failure=failure)
    deletion.delete_for_ever(work, key_name(recording.id), failure)

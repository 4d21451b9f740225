"""Recordings of calls and in the room: opened by one tab, track by track, until they are complete.

Each start of the recording opens a track for every channel, and a track takes chunks until it ends (`put_chunk`). So a
slice of a call that goes on is a track that ended: its chunks are all there, its log can be closed, transcribed (the
track knows where it lies within the session) and deleted by itself, while the recorder is in its next track. Nothing
here or on the disk ties one track to another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.database.base import Role
from app.database.clinic import Appointment
from app.database.scope import Principal
from app.database.sessions import Call, Recording
from app.errors import ConflictError, GoneError, InvalidError, RefusedError
from app.storage import deletion
from app.storage.chunks import MOST_CHUNKS, TRACK_NAME, ChunkLog, NoLogError
from app.storage.recordings import key_name
from app.work import consents
from app.work.recording_rows import (
    UPLOAD_BROKE_OFF,
    add_track,
    audio_store,
    create,
    elsewhere,
    end,
    fail,
    hold,
    last_sign,
    locked,
    mark_of,
    refuse_closed,
    refuse_unrecordable,
    tracks_of,
)
from app.work.recording_views import RecordingView, TrackView, view_of
from app.work.sending import Sent, put_chunk
from app.work.unit import Work
from app.work.uploads import Upload, upload

if TYPE_CHECKING:
    from app.wiring import Service
    from pipelines.records import Speaker

__all__ = [
    "Completion", "RecordingView", "Sent", "TrackView", "Upload", "audio_of", "complete", "delete_recording",
    "end_quiet_recordings", "last_sound_at", "open_recording", "open_track", "put_chunk", "upload", "view",
]  # fmt: skip

_SPEAKERS = {"call": ("clinician", "client"), "room": ("unknown",)}
"""Who may be heard on a track. One microphone hears all, and nobody is told apart before a person does it."""
_MOST_TRACKS = 500
_LATEST = 24 * 3600.0  # seconds into a session


@dataclass(frozen=True)
class Completion:
    """What became of it: `missing` chunks by track; the recording's state tells whether it was ended even so."""

    recording: RecordingView
    missing: Mapping[str, list[int]]


def open_recording(
    work: Work, appointment_id: str, kind: str, holder: str, *, take_over: bool = False
) -> RecordingView:  # fmt: skip
    """The open recording of the call that is on, or in the room; made if there is none yet.

    Args:
        kind: call, or room: one microphone for both.
        holder: a random token of the tab, from now on the only one that may open tracks.
        take_over: though another tab is at it.

    Raises:
        InvalidError: kind or holder.
        RefusedError: `over`, `ai_disabled`, `no_consent`, `no_call`, `recording_elsewhere`.
        GoneError: the call's recording is complete or deleted.
    """
    work.allow(Role.PRACTITIONER)
    if kind not in _SPEAKERS:
        raise InvalidError("kind", "Choose from call, room.")
    mark = mark_of(holder)
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    refuse_unrecordable(work, appointment)
    recording = _present(work, appointment, kind) or create(work, appointment, kind, _call(work, appointment, kind))
    hold(work, recording, mark, take_over=take_over)
    work.session.flush()
    return view_of(work, recording, holder)


def open_track(
    work: Work, recording_id: str, holder: str, name: str, speaker: str, offset_seconds: float
) -> RecordingView:  # fmt: skip
    """Begin a stretch of a channel. Asked again for the same one, nothing changes.

    Args:
        name: any that is new in this recording, such as 1-client.
        offset_seconds: where it begins within the session.

    Raises:
        InvalidError: name, speaker or offset.
        GoneError: the recording is complete or deleted.
        RefusedError: `recording_elsewhere`, `no_consent`.
        ConflictError: there is another track of this name.
    """
    work.allow(Role.PRACTITIONER)
    mark = mark_of(holder)
    recording = work.get(Recording, recording_id, "recording", lock=True)
    _check_track(recording, name, speaker, offset_seconds)
    refuse_closed(recording)
    consents.require(work, recording.appointment_id)
    if recording.holder != mark:
        raise elsewhere()
    tracks = tracks_of(work, recording)
    track = tracks.get(name)
    if track is None:
        if len(tracks) >= _MOST_TRACKS:
            raise RefusedError("too_many_tracks", "This recording was started too often. End it and begin another.")
        add_track(work, recording, name, speaker, offset_seconds)
    elif (track.speaker, track.offset_seconds, track.holder) != (speaker, offset_seconds, mark):
        raise ConflictError("track")
    recording.held_at = work.now
    work.session.flush()
    return view_of(work, recording, holder)


def view(work: Work, recording_id: str, holder: str | None = None) -> RecordingView:
    """Where a recording stands; for every track, which chunks are there."""
    work.allow(Role.PRACTITIONER)
    recording = work.get(Recording, recording_id, "recording")
    return view_of(work, recording, holder)


def complete(
    work: Work, recording_id: str, chunks: Mapping[str, int] | None = None, *, without_missing: bool = False
) -> Completion:
    """End a recording once every chunk is there. One that got no chunk at all fails, visibly.

    What was acknowledged is always part of it, whatever `chunks` says. A room recording is then processed; a call's is
    when the call ends. Asked again, nothing changes.

    Args:
        chunks: how many were sent of each track; None, or a track left out: not known, and taken as it is.
        without_missing: end it though chunks are missing, because the one that had them is gone.

    Raises:
        InvalidError: a track that is not there, or a number that cannot be.
        GoneError: the recording was deleted.
    """
    work.allow(Role.PRACTITIONER)
    appointment, recording = locked(work, recording_id)
    if recording.state == "deleted":
        refuse_closed(recording)
    if recording.state != "open":
        return Completion(view_of(work, recording), {})
    tracks, said = tracks_of(work, recording), dict(chunks or {})
    for name, number in said.items():
        if name not in tracks or not 0 <= number <= MOST_CHUNKS:
            raise InvalidError("tracks", "There is no such track, or it cannot have so many chunks.")
    logs = {name: audio_store(work).log(recording_id, name) for name in tracks}
    missing = {name: _missing(log, said.get(name)) for name, log in logs.items()}
    if any(missing.values()) and not without_missing:
        return _completion(work, recording, missing)
    arrived = 0
    for name, track in tracks.items():
        track.chunks, missing[name] = _closed(logs[name], said.get(name))
        arrived += track.chunks - len(missing[name])
    end(work, appointment, recording, arrived, sum(map(len, missing.values())))
    return _completion(work, recording, missing)


def delete_recording(work: Work, recording_id: str) -> None:
    """Delete a recording for ever, at once. A call that is on goes on without it.

    Raises:
        GoneError: it is deleted already.
    """
    work.allow(Role.PRACTITIONER)
    _, recording = locked(work, recording_id)
    if recording.audio_deleted_at is not None or recording.state == "deleted":
        raise GoneError("recording_deleted", "The sound of this recording is deleted already.")
    deletion.delete_for_ever(work, key_name(recording_id), "practitioner")


def last_sound_at(work: Work, recording_id: str) -> datetime:
    """When anything last came of a recording, or its tab last asked for it."""
    return last_sign(work, work.get(Recording, recording_id, "recording"))


def end_quiet_recordings(work: Work) -> int:
    """Complete recordings in the room, and fail uploads, of which nothing came for long. For the worker.

    Those of calls end with their call.
    """
    work.allow()
    quiet = work.now - timedelta(minutes=work.settings.quiet_call_minutes)
    query = select(Recording.id).where(Recording.state == "open", Recording.kind != "call")
    ended = 0
    for recording_id in work.session.scalars(query.where(Recording.created_at < quiet)).all():
        _, recording = locked(work, recording_id)
        if recording.state != "open" or last_sign(work, recording) >= quiet:
            continue
        if recording.kind == "room":
            complete(work, recording_id, without_missing=True)
        else:
            fail(work, recording, UPLOAD_BROKE_OFF)
        ended += 1
    return ended


def audio_of(service: Service, recording_id: str) -> dict[Speaker, list[tuple[float, bytes]]]:
    """The sound of a complete recording, for the worker: by speaker, each stretch with where it begins (seconds).

    Raises:
        GoneError: it was deleted.
        RefusedError: `recording_open`: it is not complete.
    """
    with service.work(Principal.system("worker")) as work:
        recording = work.get(Recording, recording_id, "recording")
        if recording.audio_deleted_at is not None or not work.vault.holds(key_name(recording_id)):
            raise GoneError("recording_deleted", "The sound of this recording was deleted for ever.")
        if recording.state == "open":
            raise RefusedError("recording_open", "This recording is not complete yet.")
        tracks = [(t.name, t.speaker, t.offset_seconds) for t in tracks_of(work, recording).values()]
        work.note("read", "recording", recording, tracks=len(tracks))
    audio: dict[Speaker, list[tuple[float, bytes]]] = {}
    for name, speaker, offset in sorted(tracks, key=lambda track: track[2]):
        content = b"".join(service.audio.content(recording_id, name))
        if content:
            audio.setdefault(speaker, []).append((offset, content))  # type: ignore[arg-type]
    return audio


def _present(work: Work, appointment: Appointment, kind: str) -> Recording | None:
    """The recording that a tab may go on with. One session is never recorded twice at once."""
    call = _call(work, appointment, kind)
    query = select(Recording).where(Recording.appointment_id == appointment.id).with_for_update()
    if call is not None:
        found = work.session.scalars(query.where(Recording.call_id == call.id)).first()
        if found is not None:
            refuse_closed(found)
    else:
        found = work.session.scalars(query.where(Recording.kind == kind, Recording.state == "open")).first()
    others = query.where(Recording.state == "open", Recording.kind.in_(("call", "room")))
    if found is None and work.session.scalars(others).first() is not None:
        raise elsewhere()
    return found


def _call(work: Work, appointment: Appointment, kind: str) -> Call | None:
    if kind != "call":
        return None
    query = select(Call).where(Call.appointment_id == appointment.id, Call.ended_at.is_(None), Call.transcribing)
    call = work.session.scalars(query).first()
    if call is None:
        raise RefusedError("no_call", "No call with transcription is on. Start one, and record in it.")
    return call


def _check_track(recording: Recording, name: str, speaker: str, offset_seconds: float) -> None:
    if not TRACK_NAME.fullmatch(name):
        raise InvalidError("name", "Use 1 to 64 letters, digits, - or _.")
    allowed = _SPEAKERS.get(recording.kind, ())
    if speaker not in allowed:
        raise InvalidError("speaker", f"Of this recording a track may be of: {', '.join(allowed) or 'nobody'}.")
    if not math.isfinite(offset_seconds) or not 0 <= offset_seconds <= _LATEST:
        raise InvalidError("offset_seconds", "Give seconds from the beginning of the session, a day at most.")


def _missing(log: ChunkLog, chunks: int | None) -> list[int]:
    try:
        return log.missing(chunks)
    except NoLogError:
        return list(range(chunks or 0))


def _closed(log: ChunkLog, chunks: int | None) -> tuple[int, list[int]]:
    try:
        closing = log.close(chunks, without_missing=True)
    except NoLogError:
        return chunks or 0, list(range(chunks or 0))
    return closing.chunks, closing.missing


def _completion(work: Work, recording: Recording, missing: Mapping[str, list[int]]) -> Completion:
    return Completion(view_of(work, recording), {name: numbers for name, numbers in missing.items() if numbers})

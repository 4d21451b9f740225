"""A recording as it is shown: to its clinician, and to the recorder that goes on with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.database.sessions import Recording
from app.storage.chunks import NoLogError
from app.work.recording_rows import FAILURES, audio_store, mark_of, tracks_of
from app.work.unit import Work


@dataclass(frozen=True)
class TrackView:
    """`received`: the chunks that are there, as ranges from first to last. `held`: the tab that asks records it."""

    name: str
    speaker: str
    offset_seconds: float
    received: tuple[tuple[int, int], ...]
    chunks: int | None
    held: bool


@dataclass(frozen=True)
class RecordingView:
    """`held`: the tab that asks holds it. `reason` says as a sentence what `failure` was."""

    id: str
    appointment_id: str
    call_id: str | None
    kind: str
    state: str
    failure: str | None
    reason: str
    held: bool
    created_at: datetime
    completed_at: datetime | None
    audio_deleted_at: datetime | None
    tracks: tuple[TrackView, ...]


def view_of(work: Work, recording: Recording, holder: str | None = None) -> RecordingView:
    """Args: holder: the token of the tab that asks."""
    mark = mark_of(holder) if holder else None
    tracks = tuple(
        TrackView(track.name, track.speaker, track.offset_seconds, ranges(_received(work, recording, track.name)),
                  track.chunks, mark is not None and track.holder == mark == recording.holder)
        for track in tracks_of(work, recording).values()
    )  # fmt: skip
    return RecordingView(
        recording.id, recording.appointment_id, recording.call_id, recording.kind, recording.state, recording.failure,
        FAILURES.get(recording.failure or "", ""), mark is not None and recording.holder == mark,
        recording.created_at, recording.completed_at, recording.audio_deleted_at, tracks,
    )  # fmt: skip


def ranges(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Rising numbers as ranges, first and last included."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return tuple((first, last) for first, last in found)


def _received(work: Work, recording: Recording, track: str) -> list[int]:
    try:
        return audio_store(work).log(recording.id, track).numbers()
    except NoLogError:
        return []

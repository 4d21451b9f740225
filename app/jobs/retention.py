"""What the worker looks after each minute, whatever else it does: everything that has its time ends in time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.database.people import SignInAttempt
from app.database.scope import Principal
from app.database.sessions import Recording

if TYPE_CHECKING:
    from app.wiring import Service

EVERY = 60.0
"""Seconds between two rounds."""
_ATTEMPTS_KEPT = timedelta(hours=1)
_LEFT_OVER = timedelta(hours=6)  # far longer than any task has
_SYSTEM = Principal.system("retention")
_log = logging.getLogger(__name__)


def look_after(service: Service) -> list[str]:
    """One round. A part that fails keeps no other from its work; names those that failed."""
    failed = []
    for name, part in PARTS.items():
        try:
            part(service)
        except Exception as error:  # noqa: BLE001 - the others must go on; the text may hold content
            _log.error("retention: %s failed (%s)", name, type(error).__name__)
            failed.append(name)
    return failed


def end_quiet_calls(service: Service) -> None:
    """A call, or a recording in the room, without a sound for ten minutes ends itself."""
    from app.work.calls import end_quiet_calls
    from app.work.recordings import end_quiet_recordings

    with service.work(_SYSTEM) as work:
        end_quiet_calls(work)
        end_quiet_recordings(work)


def end_transcripts(service: Service) -> None:
    """Transcripts whose time is up are deleted for ever."""
    from app.work.transcripts import end_overdue

    with service.work(_SYSTEM) as work:
        end_overdue(work)


def end_audio(service: Service) -> None:
    """Audio that could not be transcribed is kept for `failed_audio_days` after its recording ended, and no longer.

    The recording stays, with the reason why there is no transcript. Audio that was transcribed is deleted by its task;
    where that failed, it is deleted here.
    """
    from app.storage.deletion import delete_for_ever

    days = timedelta(days=service.settings.failed_audio_days)
    with service.work(_SYSTEM) as work:
        ended = Recording.state.in_(["failed", "transcribed"]), Recording.audio_deleted_at.is_(None)
        for recording in work.session.scalars(select(Recording).where(*ended).with_for_update()):
            age = work.now - (recording.completed_at or recording.created_at)
            if recording.state == "failed" and age >= days:
                delete_for_ever(work, f"recording-{recording.id}", "failed_audio")
            elif recording.state == "transcribed" and age >= _LEFT_OVER:
                delete_for_ever(work, f"recording-{recording.id}", "transcribed")


def finish_deletions(service: Service) -> None:
    """Deletions that were begun are finished."""
    from app.storage.deletion import sweep

    sweep(service)


def forget_attempts(service: Service) -> None:
    """Failed sign-ins are kept for an hour."""
    with service.work(_SYSTEM) as work:
        for attempt in work.session.scalars(select(SignInAttempt).where(SignInAttempt.at < work.now - _ATTEMPTS_KEPT)):
            work.session.delete(attempt)


PARTS: Mapping[str, Callable[[Service], None]] = {
    "calls": end_quiet_calls,
    "transcripts": end_transcripts,
    "audio": end_audio,
    "deletions": finish_deletions,
    "sign-in attempts": forget_attempts,
}

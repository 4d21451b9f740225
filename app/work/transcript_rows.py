"""The rows of transcripts: opened, kept under a key of their own, and ended. What use cases share."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select

from app.database.base import new_id
from app.database.clinic import Appointment
from app.database.notes import Revision
from app.database.operations import Task
from app.database.people import Practice
from app.database.sessions import StoredTranscript
from app.errors import GoneError, NotFoundError
from app.storage.deletion import delete_for_ever
from app.work.inputs import local
from app.work.unit import Work
from pipelines.records import Transcript, Utterance, VoicedGap

MOST_HOURS = 168
"""A practice may keep unsigned transcripts for less time than this, never for more."""
_DRAFTING = timedelta(hours=1)
_PART = "transcript"
_WHY = {
    "signed": "when its note was signed",
    "retention": "because its time was up",
    "practitioner": "as its clinician asked",
    "client_deleted": "with all that was kept of the client",
}


class Heard(BaseModel):
    """What lies under the transcript's key."""

    utterances: list[Utterance]
    voiced_gaps: list[VoicedGap] = []
    warnings: list[str] = []


def end(work: Work, row: StoredTranscript, rule: str) -> None:
    """End a transcript, and the facts that drafts read from it. Evidence keeps the numbers of turns alone."""
    row.sealed, row.ended_at, row.ended_by = None, work.now, rule
    written = select(Revision).where(Revision.appointment_id == row.appointment_id, Revision.source == "transcript")
    for revision in work.session.scalars(written):
        revision.sealed_facts = None
    delete_for_ever(work, f"transcript-{row.id}", rule)
    work.note("end", "transcript", row, rule=rule)


def open_transcript(work: Work, appointment_id: str, *, lock: bool = False) -> tuple[StoredTranscript, Heard]:
    """The row and what it holds, for use cases that write from it.

    Raises:
        NotFoundError, GoneError: as `view`.
    """
    row = alive(work, appointment_id, lock=lock)
    return row, open_row(work, row)


def alive(work: Work, appointment_id: str, *, lock: bool = False) -> StoredTranscript:
    """The row of a transcript that is there; nobody waits for the worker to end one whose time is up."""
    row = row_of(work, appointment_id, lock=lock)
    if row is None:
        raise NotFoundError("transcript")
    if row.ended_at is not None or is_over(work, row):
        raise GoneError("transcript_gone", _gone(work, row))
    return row


def row_of(work: Work, appointment_id: str, *, lock: bool = False) -> StoredTranscript | None:
    """The row of an appointment's transcript, ended or not."""
    query = select(StoredTranscript).where(StoredTranscript.appointment_id == appointment_id)
    return work.session.scalars(query.with_for_update() if lock else query).first()


def _gone(work: Work, row: StoredTranscript) -> str:
    practice = work.get(Practice, row.practice_id, "practice")
    on = local(row.ended_at or ends_at(work, row), practice.time_zone)
    why = _WHY.get(row.ended_by or "retention", "by rule")
    return (f"The transcript was deleted for ever on {on.day} {on:%B %Y} at {on:%H:%M}, {why}. "
            "A note can still be written from the session summary.")  # fmt: skip


def ends_at(work: Work, row: StoredTranscript) -> datetime:
    """When its time is up. A practice that keeps transcripts for a shorter time now means the older ones too."""
    practice = work.get(Practice, row.practice_id, "practice")
    hours = max(0, min(practice.retention_hours, MOST_HOURS))
    return min(row.ends_at, row.created_at + timedelta(hours=hours))


def is_over(work: Work, row: StoredTranscript) -> bool:
    """Whether its time is up. One from which a draft is being written is held for that, an hour at most."""
    over = ends_at(work, row)
    return over <= work.now and not (work.now < over + _DRAFTING and _is_drafted_from(work, row))


def _is_drafted_from(work: Work, row: StoredTranscript) -> bool:
    query = select(Task.id).where(
        Task.appointment_id == row.appointment_id,
        Task.kind.in_(["process", "generate"]),
        Task.state.in_(["waiting", "running"]),
    )
    return work.session.scalars(query).first() is not None


def new_row(work: Work, appointment: Appointment, transcript: Transcript) -> StoredTranscript:
    """A new row with a key of its own, still without content."""
    row = StoredTranscript(
        id=new_id(), practice_id=appointment.practice_id, practitioner_id=appointment.practitioner_id,
        appointment_id=appointment.id, engine=transcript.engine[:200], words=0, created_at=work.now,
        audio_seconds=transcript.audio_seconds, ends_at=work.now + timedelta(hours=MOST_HOURS),
    )  # fmt: skip
    row.ends_at = ends_at(work, row)
    work.vault.create(f"transcript-{row.id}")
    work.session.add(row)
    return row


def open_row(work: Work, row: StoredTranscript) -> Heard:
    """What lies under the transcript's key."""
    return Heard.model_validate(work.vault.open(f"transcript-{row.id}", row.sealed or b"", _PART))


def keep(work: Work, row: StoredTranscript, heard: Heard) -> None:
    """Seal what was heard, in place of what was kept before."""
    row.sealed = work.vault.seal(f"transcript-{row.id}", heard.model_dump(mode="json"), _PART)
    row.words = sum(len(utterance.text.split()) for utterance in heard.utterances)
    work.session.flush()

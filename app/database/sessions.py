"""What a session leaves behind until its note is signed: calls, recordings, transcripts, summaries."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import OWN, Access, Base, OfAppointment


class Call(Base, OfAppointment):
    """A call. `transcribing` tells the two kinds apart: a call without it never records."""

    __tablename__ = "calls"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointments.id"), index=True)
    transcribing: Mapped[bool]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(20))
    """`practitioner`, or `quiet` where no sound came any more."""


class Recording(Base, OfAppointment):
    """Audio of a session, in encrypted chunks outside the database, under the key `recording-ID`.

    `kind`: call, room (one microphone) or upload. `state`: open, complete, transcribed, failed, deleted.
    `holder` is the digest of the token of the tab that records, and `held_at` when it last asked; another tab is
    refused. `failure` names what was wrong.
    """

    __tablename__ = "recordings"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointments.id"), index=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20), default="open", index=True)
    holder: Mapped[str | None] = mapped_column(String(64))
    held_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    audio_deleted_at: Mapped[datetime | None]


class Track(Base, OfAppointment):
    """One stretch of one channel of a recording: each start of the recording opens one a channel.

    `speaker`: clinician, client or unknown. `offset_seconds` is where it begins within the session. `holder` is the
    digest of the tab that records it. `chunks` is their number, known once the recording is complete.
    """

    __tablename__ = "tracks"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    speaker: Mapped[str] = mapped_column(String(10))
    offset_seconds: Mapped[float] = mapped_column(default=0.0)
    holder: Mapped[str | None] = mapped_column(String(64))
    chunks: Mapped[int | None]
    __table_args__ = (UniqueConstraint("recording_id", "name"),)


class StoredTranscript(Base, OfAppointment):
    """`sealed` under `transcript-ID`: the utterances, and the facts read from them. One an appointment.

    `ends_at` is when retention deletes it; after `ended_at` the row holds nothing but why it ended (`ended_by`: signed,
    retention, practitioner, client_deleted).
    """

    __tablename__ = "transcripts"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointments.id"), unique=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    engine: Mapped[str] = mapped_column(String(200))
    words: Mapped[int]
    audio_seconds: Mapped[float]
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


class SessionSummary(Base, OfAppointment):
    """The clinician's own words about the session, and the therapy approaches; `sealed` under the client's key."""

    __tablename__ = "session_summaries"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointments.id"), unique=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

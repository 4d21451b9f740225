"""Notes with every revision and where it came from, addenda, and the stars that drafts were given."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import OWN, Access, Base, OfAppointment


class StoredNote(Base, OfAppointment):
    """The note of an appointment. `revision` is the number of the one that stands.

    Once signed: `sealed` under the client's key is the note as signed, `digest` its SHA-256; nothing changes any more.
    """

    __tablename__ = "notes"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointments.id"), unique=True)
    template_id: Mapped[str] = mapped_column(ForeignKey("templates.id"))
    revision: Mapped[int] = mapped_column(default=0)
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


class Revision(Base, OfAppointment):
    """One state of a note. `sealed` under `draft-NOTE_ID`, a key that ends when the note is signed.

    `sealed_facts`, what a draft was written from: those read from a transcript are under its own key, and end with it.
    `origin`: generated, wand, edited, restored, switched. `waiting`: a draft that waits beside a note with content and
    has replaced nothing. `measures` are lengths, timings and scores; nothing in them is content.
    """

    __tablename__ = "revisions"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    note_id: Mapped[str] = mapped_column(ForeignKey("notes.id"), index=True)
    number: Mapped[int]
    parent: Mapped[int | None]
    origin: Mapped[str] = mapped_column(String(20))
    source: Mapped[str | None] = mapped_column(String(20))
    format: Mapped[str | None] = mapped_column(String(40))
    template_id: Mapped[str] = mapped_column(ForeignKey("templates.id"))
    lm: Mapped[str] = mapped_column(String(200), default="")
    program: Mapped[str] = mapped_column(String(200), default="")
    waiting: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_facts: Mapped[bytes | None] = mapped_column(LargeBinary)
    measures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(String(36))
    """The user; None: our own worker."""
    task_id: Mapped[str | None] = mapped_column(String(36), unique=True)
    """The task that made it: whatever is killed when, a task makes one revision."""
    __table_args__ = (UniqueConstraint("note_id", "number"),)


class Addendum(Base, OfAppointment):
    """A dated, signed correction of a signed note; `sealed` under the client's key."""

    __tablename__ = "addenda"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    note_id: Mapped[str] = mapped_column(ForeignKey("notes.id"), index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime]
    signed_by: Mapped[str] = mapped_column(ForeignKey("users.id"))


class Feedback(Base, OfAppointment):
    """Stars for a generated draft, 1 to 5, changeable until signing; the comment is `sealed` under the client's key.

    What product teams read of it (stars, format, source, versions, edit distance) stands in `measures` of the revision
    and in MLflow; a reviewer sees those, and never this row's appointment.
    """

    __tablename__ = "feedback"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    revision_id: Mapped[str] = mapped_column(ForeignKey("revisions.id"), unique=True)
    stars: Mapped[int]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    given_at: Mapped[datetime]

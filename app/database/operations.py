"""What keeps the service running and accountable: tasks, traces that wait for MLflow, deletions, the audit log.

Nothing of a session stands in these tables: ids, states, numbers and fixed words alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import OWN, Access, Base, Identified, OfPractice, OfPractitioner, Reach, Role


class Task(Base, OfPractitioner):
    """Work that the worker is to do, written in the transaction that asks for it and so never lost.

    `kind`: process (a recording to a draft), generate. `subject_id` is what it is about.
    `state`: waiting, running, failed, done. `stage` is where it is: transcribe, delete_audio, draft.
    `reason` names a failure's type. `attempts` are those at the present stage; `due_at` is when the next one may begin,
    and `run` numbers the times that the task was handed to the worker.
    """

    __tablename__ = "tasks"
    access: ClassVar[Access] = Access(read=OWN, write=OWN)

    appointment_id: Mapped[str] = mapped_column(String(36), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(36))
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    stage: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str | None] = mapped_column(String(100))
    attempts: Mapped[int] = mapped_column(default=0)
    run: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("kind", "subject_id"),)


class Trace(Base, OfPractice):
    """A trace or a star rating on its way to MLflow: safe attributes only, kept until MLflow has taken it.

    `kind`: generated or wand, the trace itself; or the name of an assessment on it, whose latest value this is.
    """

    __tablename__ = "traces"
    access: ClassVar[Access] = Access()

    revision_id: Mapped[str] = mapped_column(String(36), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    __table_args__ = (UniqueConstraint("revision_id", "kind"),)


class Deletion(Base, OfPractice):
    """A permanent deletion that was begun: finished by the sweeper, whatever happens between its steps.

    `done_at`: the key, the sound and the ciphertext are gone. `erased_at`: and the database's own log holds no trace.
    """

    __tablename__ = "deletions"
    access: ClassVar[Access] = Access()

    object_id: Mapped[str] = mapped_column(String(60), index=True)
    """The key's name, such as transcript-ID."""
    rule: Mapped[str] = mapped_column(String(20))
    asked_by: Mapped[str] = mapped_column(String(36))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    erased_at: Mapped[datetime | None] = mapped_column(index=True)


class AuditEntry(Base, Identified):
    """One read or change of client data, chained: `digest` covers the entry and the one before. Never changed.

    Written by `app.audit` alone. `details` holds ids, numbers and fixed words.
    """

    __tablename__ = "audit_entries"
    access: ClassVar[Access] = Access(read={Role.ADMINISTRATOR: Reach.PRACTICE})

    practice_id: Mapped[str] = mapped_column(String(36), index=True)
    sequence: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[str] = mapped_column(String(80))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("practice_id", "sequence"), Index(None, "object_id"))

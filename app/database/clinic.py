"""Clients with their charts, appointments, consent, and the practice's note templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import OWN, Access, Base, OfAppointment, OfPractice, OfPractitioner, Reach, Role

_OWN_AND_OFFICE = OWN | {Role.ADMINISTRATOR: Reach.PRACTICE}


class Client(Base, OfPractitioner):
    """`sealed` under the client's own key: name, demographics, diagnoses, treatment plan, the client's note settings.

    After a permanent deletion the row stays, empty, so that the audit log's ids still point somewhere.
    """

    __tablename__ = "clients"
    access: ClassVar[Access] = Access(read=_OWN_AND_OFFICE, write=_OWN_AND_OFFICE)

    practitioner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


class Template(Base, OfPractice):
    """A note type: `elements` in order, exactly one of them the Summary. Without `base`, a person alone writes it."""

    __tablename__ = "templates"
    access: ClassVar[Access] = Access(
        read={Role.ADMINISTRATOR: Reach.PRACTICE, Role.PRACTITIONER: Reach.PRACTICE, Role.REVIEWER: Reach.PRACTICE},
        write={Role.ADMINISTRATOR: Reach.PRACTICE},
    )

    practice_id: Mapped[str] = mapped_column(ForeignKey("practices.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(200))
    base: Mapped[str | None] = mapped_column(String(40))
    elements: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    note_settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


class Appointment(Base, OfPractitioner):
    """`status`: scheduled, in_call, held, processing, drafted, signed, cancelled. Held: its call is over, and nothing
    of it is being written. The client waits from `checked_in_at` on.

    `began_at` and `ended_at` are the session's actual times: the call's, else as `times_confirmed` by the clinician.
    `link_digest` stands for the token of the client's waiting-room link; a call that ends after `link_made_at` ends it.
    """

    __tablename__ = "appointments"
    access: ClassVar[Access] = Access(
        read=_OWN_AND_OFFICE | {Role.GUEST: Reach.APPOINTMENT}, write=_OWN_AND_OFFICE | {Role.GUEST: Reach.APPOINTMENT}
    )

    practitioner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), index=True)
    template_id: Mapped[str] = mapped_column(ForeignKey("templates.id"))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    cpt: Mapped[str | None] = mapped_column(String(10))
    telehealth: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(20), default="scheduled")
    checked_in_at: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    times_confirmed: Mapped[bool] = mapped_column(default=False)
    link_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    link_made_at: Mapped[datetime | None]
    synthetic: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


class Consent(Base, OfAppointment):
    """Consent to record one session: the words that were shown, who gave it, and when it was withdrawn."""

    __tablename__ = "consents"
    access: ClassVar[Access] = Access(
        read=OWN | {Role.GUEST: Reach.APPOINTMENT}, write=OWN | {Role.GUEST: Reach.APPOINTMENT}
    )

    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointments.id"), index=True)
    given_by: Mapped[str] = mapped_column(String(20))
    """`client` in the waiting room, or `practitioner`: told to the clinician, who records it."""
    text: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

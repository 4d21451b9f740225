"""What all tables share: names, identifiers, times, and the reach that each role has into them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Role(StrEnum):
    """Who asks. A guest is a client in the waiting room, who reaches one appointment; the system is our worker."""

    ADMINISTRATOR = "administrator"
    PRACTITIONER = "practitioner"
    REVIEWER = "reviewer"
    GUEST = "guest"
    SYSTEM = "system"


class Reach(StrEnum):
    """How far a role reaches into a table: rows of one's own, of one's appointment, of oneself, of one's practice."""

    OWN = "own"
    APPOINTMENT = "appointment"
    SELF = "self"
    PRACTICE = "practice"


@dataclass(frozen=True)
class Access:
    """Which roles read and write the rows of a table, and how far they reach. One that is not named has none."""

    read: Mapping[Role, Reach] = field(default_factory=dict)
    write: Mapping[Role, Reach] = field(default_factory=dict)


class Instant(TypeDecorator[datetime]):
    """A moment with its time zone, kept in UTC: SQLite would drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        # PostgreSQL answers in the time zone of its session; the audit log's digests cover what is written here.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table says in `access` who reaches its rows; one that does not say so cannot be defined."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant}
    access: ClassVar[Access]

    def __init_subclass__(cls, **options: Any) -> None:
        if not isinstance(getattr(cls, "access", None), Access):
            raise TypeError(f"{cls.__name__}: say in `access` which roles reach its rows")
        super().__init_subclass__(**options)


def new_id() -> str:
    return str(uuid.uuid4())


class Identified:
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)


class OfPractice(Identified):
    """A row that belongs to a practice."""

    practice_id: Mapped[str] = mapped_column(String(36), index=True)


class OfPractitioner(OfPractice):
    """A row that belongs to one practitioner's work with a client."""

    practitioner_id: Mapped[str] = mapped_column(String(36), index=True)


class OfAppointment(OfPractitioner):
    """A row that belongs to one appointment."""

    appointment_id: Mapped[str] = mapped_column(String(36), index=True)


OWN = {Role.PRACTITIONER: Reach.OWN}
"""Session content and what is about it: nobody but the practitioner whose appointment it is."""

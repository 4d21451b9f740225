"""Practices, those who work there, and how they sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Access, Base, Identified, OfPractice, Reach, Role

_MEMBERS = dict.fromkeys((Role.ADMINISTRATOR, Role.PRACTITIONER, Role.REVIEWER, Role.GUEST), Reach.PRACTICE)
_ADMINISTRATOR = {Role.ADMINISTRATOR: Reach.PRACTICE}
_THEMSELVES = {Role.PRACTITIONER: Reach.SELF, Role.REVIEWER: Reach.SELF}


class Practice(Base, Identified):
    """`note_settings` are those of the practice's level; `retention_hours` is how long an unsigned transcript is kept.

    `time_zone` is an IANA name: notes state times as the practice's clock shows them. `templates_added`: the AI
    templates came with the first enabling of AI, and come only once. Without `consent_text` the shipped one is shown.
    """

    __tablename__ = "practices"
    access: ClassVar[Access] = Access(read=_MEMBERS, write=_ADMINISTRATOR)

    name: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    ai_enabled: Mapped[bool] = mapped_column(default=False)
    templates_added: Mapped[bool] = mapped_column(default=False)
    retention_hours: Mapped[int] = mapped_column(default=168)
    opens_minutes_before: Mapped[int] = mapped_column(default=15)
    closes_minutes_after: Mapped[int] = mapped_column(default=60)
    consent_text: Mapped[str] = mapped_column(Text, default="")
    note_settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]


class User(Base, OfPractice):
    """`login` is unique on this machine. A user without a password signs in by OIDC alone."""

    __tablename__ = "users"
    access: ClassVar[Access] = Access(
        read=dict.fromkeys((Role.ADMINISTRATOR, Role.PRACTITIONER, Role.REVIEWER), Reach.PRACTICE),
        write=_ADMINISTRATOR,
    )

    practice_id: Mapped[str] = mapped_column(ForeignKey("practices.id"), index=True)
    login: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    oidc_subject: Mapped[str | None] = mapped_column(String(300), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class SignIn(Base, OfPractice):
    """A browser that is signed in. `id` is the digest of the cookie's token, which is kept nowhere."""

    __tablename__ = "sign_ins"
    access: ClassVar[Access] = Access(read=_ADMINISTRATOR, write=_ADMINISTRATOR)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiToken(Base, OfPractice):
    """A machine user's token: it acts for `user_id` within its `scopes`. `digest` stands for the token itself."""

    __tablename__ = "api_tokens"
    access: ClassVar[Access] = Access(read=_THEMSELVES | _ADMINISTRATOR, write=_THEMSELVES | _ADMINISTRATOR)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignInAttempt(Base, Identified):
    """A failed sign-in, for the throttle: digests of the login and of the address, kept for an hour."""

    __tablename__ = "sign_in_attempts"
    access: ClassVar[Access] = Access()

    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    __table_args__ = (Index(None, "subject", "at"),)


class Notification(Base, OfPractice):
    """Something a user is to know of: a draft that is ready, a job that failed."""

    __tablename__ = "notifications"
    access: ClassVar[Access] = Access(
        read={Role.PRACTITIONER: Reach.SELF, Role.ADMINISTRATOR: Reach.SELF},
        write={Role.PRACTITIONER: Reach.SELF, Role.ADMINISTRATOR: Reach.SELF},
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    appointment_id: Mapped[str | None] = mapped_column(String(36))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]

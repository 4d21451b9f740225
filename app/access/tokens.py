"""Tokens of machines: each acts for one user, within its scopes, until it expires or is revoked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from app.access.digests import digest, new_token, worth_a_look
from app.database.base import Role, new_id
from app.database.people import ApiToken, User
from app.database.scope import Principal
from app.errors import ForbiddenError, InvalidError

if TYPE_CHECKING:
    from app.wiring import Service
    from app.work.unit import Work

SCOPES = {
    "appointments:read": "Appointments, and what state each is in",
    "appointments:write": "Make, change and cancel appointments; waiting-room links",
    "clients:read": "Clients and their charts",
    "clients:write": "Change clients and their charts",
    "recordings:write": "Send and complete recordings, delete them",
    "transcripts:read": "Transcripts",
    "transcripts:write": "Correct and delete transcripts",
    "notes:read": "Notes, their revisions and exports",
    "notes:write": "Generate, edit and refine notes; never sign them",
    "feedback:write": "Stars and comments for drafts",
    "templates:read": "Note templates",
    "templates:write": "Change note templates",
    "settings:read": "Settings of the practice and of notes",
    "settings:write": "Change settings of the practice and of notes",
    "quality:read": "Stars, versions and measures, without content",
    "audit:read": "The audit log",
    "speech:write": "Audio in, its transcript out; nothing is kept",
}
"""What a token may be let do, at most: its user's role is the other limit. No token signs a note: a person does."""

PREFIX = "nb_"
"""So that a scanner of leaked secrets knows one when it sees it."""
USUAL, LONGEST = timedelta(days=90), timedelta(days=366)
_SYSTEM = Principal.system("api-token")


@dataclass(frozen=True)
class TokenView:
    """A token as it may be listed: everything but itself."""

    id: str
    user_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def create(
    work: Work, name: str, scopes: Collection[str], expires: datetime | None = None, user_id: str | None = None
) -> tuple[str, str]:
    """Make a token for oneself; the machine's own command makes one for any user.

    Args:
        expires: when it ends; None: in 90 days. At most a year from now.

    Returns:
        Its id, and the token: shown this once, kept nowhere.

    Raises:
        InvalidError: a scope is not known, there is none, the name is empty, or the end is past or too far.
        ForbiddenError: for somebody else, who could then be impersonated.
    """
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER, Role.REVIEWER)
    owner = user_id or work.principal.user_id
    if work.principal.role != Role.SYSTEM and owner != work.principal.user_id:
        raise ForbiddenError("A token is made by the one whom it acts for.")
    user = work.get(User, owner, "user")
    name, ends = _checked_name(name), _checked_end(expires, work.now)
    token = new_token(PREFIX)
    row = ApiToken(
        id=new_id(), practice_id=user.practice_id, user_id=user.id, name=name, digest=digest(token),
        scopes=_checked_scopes(scopes), created_at=work.now, expires_at=ends,
    )  # fmt: skip
    work.session.add(row)
    work.note("token_made", "user", user, token=row.id)
    return row.id, token


def principal_of(service: Service, bearer: str | None) -> tuple[Principal, frozenset[str]] | None:
    """For whom this token acts and within which scopes; None: it is not known, or no longer good."""
    if not worth_a_look(bearer) or not bearer.startswith(PREFIX):
        return None
    now = service.clock()
    query = (
        select(ApiToken.scopes, User.role, User.id, User.practice_id)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.digest == digest(bearer), ApiToken.revoked_at.is_(None), User.active)
        .where(or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now))
    )
    with service.reading(_SYSTEM) as session:
        found = session.execute(query).first()
    if found is None:
        return None
    return Principal(Role(found.role), found.id, found.practice_id), frozenset(found.scopes)


def revoke(work: Work, token_id: str) -> None:
    """End a token at once. One's own, or as an administrator any of the practice's."""
    row = work.get(ApiToken, token_id, "token")
    if row.revoked_at is None:
        row.revoked_at = work.now
        work.note("token_revoked", "user", work.get(User, row.user_id, "user"), token=row.id)


def revoke_all(work: Work, user_id: str) -> None:
    """End every token of a user who no longer works here, so that none comes back to life with the account."""
    work.get(User, user_id, "user")
    with work.session.acting(_SYSTEM):
        good = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        work.session.execute(good.values(revoked_at=work.now))


def list_tokens(work: Work) -> list[TokenView]:
    """The tokens within reach, the newest first."""
    rows = work.session.scalars(select(ApiToken).order_by(ApiToken.created_at.desc(), ApiToken.id))
    return [TokenView(r.id, r.user_id, r.name, tuple(r.scopes), r.created_at, r.expires_at, r.revoked_at) for r in rows]


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise InvalidError("name", "A token has a name of 1 to 100 characters, such as the machine that uses it.")
    return name


def _checked_scopes(scopes: Collection[str]) -> list[str]:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise InvalidError("scopes", f"Name one or more of these scopes: {', '.join(SCOPES)}.")
    return sorted(set(scopes))


def _checked_end(expires: datetime | None, now: datetime) -> datetime:
    if expires is None:
        return now + USUAL
    if expires.tzinfo is None:
        raise InvalidError("expires", "Say the time zone of the token's end.")
    if not now < expires <= now + LONGEST:
        raise InvalidError("expires", f"A token ends in the future, {LONGEST.days} days from now at the latest.")
    return expires

"""Signing in with login and password, and the sign-ins that follow: kept here, so that they can be ended here."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from app.access import passwords, throttle
from app.access.digests import digest, new_token, worth_a_look
from app.database.base import Role
from app.database.people import SignIn, User
from app.database.scope import Principal
from app.errors import RefusedError

if TYPE_CHECKING:
    from app.wiring import Service
    from app.work.unit import Work

_SYSTEM = Principal.system("sign-in")
_LONGEST_LOGIN = 200


@dataclass(frozen=True)
class Nobody:
    """Stands in the audit log for a login that is not there. The login is not written down: it may be a password."""

    practice_id: str = ""
    id: str = "unknown"


def sign_in(service: Service, login: str, password: str, address: str) -> str:
    """Sign in, and get the token for the cookie.

    A login that is not there, one that is no longer active and one without a password cost as much time as a wrong
    password, and are told the same.

    Raises:
        RefusedError: `wrong_sign_in`; `throttled`: too many failed of late; `busy`: too many sign in just now.
    """
    name = normal_login(login)
    attempt = throttle.begin(service, name, address)
    with service.reading(_SYSTEM) as session:
        kept = session.scalar(select(User.password_hash).where(User.login == name, User.active))
    try:
        right = passwords.matches(kept, password)
    except RefusedError:
        with service.work(_SYSTEM) as work:
            throttle.strike_out(work, attempt)
        raise
    renewed = passwords.hash_password(password) if right and kept and passwords.is_outdated(kept) else kept
    token = None
    with service.work(_SYSTEM) as work:
        user = work.session.scalars(select(User).where(User.login == name).with_for_update()).first()
        if user and right and user.active and user.password_hash == kept:  # still, after the slow comparison
            user.password_hash = renewed
            throttle.succeeded(work, attempt)
            token = start(work, user, "password", address)
        else:
            work.note("sign_in_failed", "user", user or Nobody(), by="password", address=throttle.network(address))
    if token is None:
        raise wrong()
    return token


def start(work: Work, user: User, by: str, address: str) -> str:
    """Begin a sign-in of somebody whose identity was proved; `work` acts for the system. The cookie's token."""
    token = new_token()
    work.session.add(
        SignIn(id=digest(token), practice_id=user.practice_id, user_id=user.id, created_at=work.now, seen_at=work.now)
    )
    work.note("sign_in", "user", user, by=by, address=throttle.network(address))
    return token


def principal_of(service: Service, token: str | None, *, active: bool = True) -> Principal | None:
    """Who is signed in with this token; None: nobody is, or no longer.

    Args:
        active: False where no person asks, such as a page that refreshes itself: that keeps nobody signed in.
    """
    if not worth_a_look(token):
        return None
    now, key = service.clock(), digest(token)
    columns = (SignIn.created_at, SignIn.seen_at, User.role, User.id, User.practice_id)
    query = select(*columns).join(User, User.id == SignIn.user_id)
    with service.reading(_SYSTEM) as session:
        found = session.execute(query.where(SignIn.id == key, SignIn.ended_at.is_(None), User.active)).first()
    if found is None or not _still_on(service, found.created_at, found.seen_at, now):
        return None
    if active and now - found.seen_at >= _step(service):
        with service.work(_SYSTEM) as work:
            seen = update(SignIn).where(SignIn.id == key, SignIn.seen_at < now)
            work.session.execute(seen.values(seen_at=now))
    return Principal(Role(found.role), found.id, found.practice_id)


def sign_out(service: Service, token: str | None) -> None:
    """End the sign-in of this token. One that is over stays over."""
    if not worth_a_look(token):
        return
    with service.work(_SYSTEM) as work:
        query = select(SignIn).where(SignIn.id == digest(token), SignIn.ended_at.is_(None))
        row = work.session.scalars(query.with_for_update()).first()
        if row is not None:
            row.ended_at = work.now
            work.note("sign_out", "user", work.get(User, row.user_id, "user"))


def end_all(work: Work, user_id: str) -> None:
    """End every sign-in of a user: after a change of password or role, and when they no longer work here."""
    work.get(User, user_id, "user")
    with work.session.acting(_SYSTEM):
        open_ones = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
        work.session.execute(open_ones.values(ended_at=work.now))


def forget_old(service: Service) -> None:
    """Remove sign-ins that are over for a day; the audit log keeps what is to be known of them. For the worker."""
    with service.work(Principal.system("retention")) as work:
        day, total = timedelta(days=1), timedelta(hours=service.settings.session_hours)
        over = or_(SignIn.ended_at < work.now - day, SignIn.created_at < work.now - total - day)
        work.session.execute(delete(SignIn).where(over))


def normal_login(login: str) -> str:
    """The one form of a login: letters of either case, and of every keyboard, are the same."""
    plain = login[:_LONGEST_LOGIN].encode("utf-8", "replace").decode().replace("\0", "?")  # PostgreSQL takes no NUL
    return unicodedata.normalize("NFKC", plain).strip().casefold()


def wrong() -> RefusedError:
    return RefusedError("wrong_sign_in", "This login with this password is not known. Check both, then try again.")


def _still_on(service: Service, created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    idle, total = timedelta(minutes=service.settings.idle_minutes), timedelta(hours=service.settings.session_hours)
    return now - seen_at < idle and now - created_at < total


def _step(service: Service) -> timedelta:
    """How often it is written down that somebody is still there; a short idle limit wants it more often."""
    return min(timedelta(minutes=1), timedelta(minutes=service.settings.idle_minutes) / 10)

"""Passwords of accounts: set by an administrator, changed by whoever knows the old one. Both end every sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.access import passwords, sign_in, throttle
from app.database.base import Role
from app.database.people import User
from app.database.scope import Principal
from app.errors import RefusedError

if TYPE_CHECKING:
    from app.wiring import Service

_SYSTEM = Principal.system("sign-in")


def set_password(service: Service, principal: Principal, user_id: str, password: str) -> None:
    """Give a user of one's practice a new password; it says in the audit log who did.

    Raises:
        ForbiddenError: not an administrator.
        InvalidError: the password is too easily guessed.
    """
    with service.work(principal) as work:
        work.allow(Role.ADMINISTRATOR)
        login = work.get(User, user_id, "user").login
    passwords.check_password(password, login)
    kept = passwords.hash_password(password)  # outside of a transaction: it takes long
    with service.work(principal) as work:
        user = work.get(User, user_id, "user", lock=True)
        user.password_hash = kept
        sign_in.end_all(work, user.id)
        work.note("set_password", "user", user)


def change_password(service: Service, principal: Principal, old: str, new: str, address: str) -> str:
    """Change one's own password. Ends every sign-in, and begins the one whose token is returned.

    Raises:
        RefusedError: `wrong_sign_in`: the old one is not right; `throttled`; `no_password`: by the provider alone.
        InvalidError: the new one is too easily guessed.
    """
    with service.reading(_SYSTEM) as session:
        login, kept = session.execute(select(User.login, User.password_hash).where(User.id == principal.user_id)).one()
    if kept is None:
        raise RefusedError("no_password", "You sign in by the identity provider; change your password there.")
    passwords.check_password(new, login)
    attempt = throttle.begin(service, login, address)
    right = passwords.matches(kept, old)
    fresh = passwords.hash_password(new) if right else kept
    with service.work(_SYSTEM) as work:
        user = work.get(User, principal.user_id, "user", lock=True)
        if right and user.active and user.password_hash == kept:
            user.password_hash = fresh
            throttle.succeeded(work, attempt)
            sign_in.end_all(work, user.id)
            work.note("change_password", "user", user)
            return sign_in.start(work, user, "password", address)
        work.note("sign_in_failed", "user", user, by="password", address=throttle.network(address))
    raise sign_in.wrong()

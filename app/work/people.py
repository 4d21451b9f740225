"""Those who work in a practice: added, given a role, and deactivated by its administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.access import sign_in, tokens
from app.database.base import Role, new_id
from app.database.clinic import Client
from app.database.people import Practice, User
from app.database.scope import Principal
from app.errors import RefusedError
from app.work import inputs
from app.work.unit import Work

ROLES = (Role.ADMINISTRATOR, Role.PRACTITIONER, Role.REVIEWER)
"""What a user may be; a guest is a client in the waiting room, and the system is nobody."""


@dataclass(frozen=True)
class UserView:
    id: str
    login: str
    name: str
    role: Role
    active: bool
    has_password: bool
    created_at: datetime


def list_users(work: Work) -> tuple[UserView, ...]:
    """Everybody who works or worked here, by name."""
    work.allow(Role.ADMINISTRATOR)
    rows = work.session.scalars(select(User).order_by(User.name, User.id)).all()
    return tuple(map(_view, rows))


def view_user(work: Work, user_id: str) -> UserView:
    work.allow(Role.ADMINISTRATOR)
    return _view(work.get(User, user_id, "user"))


def add_user(
    work: Work, login: str, name: str, role: str, *, password_hash: str | None = None, oidc_subject: str | None = None,
    practice_id: str = "",
) -> UserView:  # fmt: skip
    """A new user of the practice; the system names the practice.

    Args:
        password_hash: from `app.access.passwords.hash_password`; None: they sign in by OIDC alone.

    Raises:
        ForbiddenError: they are no administrator.
        InvalidError: login, name or role cannot be used; the field is named.
        RefusedError: `login_taken`.
    """
    work.allow(Role.ADMINISTRATOR)
    subject = None if oidc_subject is None else inputs.line("oidc_subject", oidc_subject, 300)
    practice = work.get(Practice, work.principal.practice_id or practice_id, "practice")
    row = User(
        id=new_id(), practice_id=practice.id, login=_free_login(work, login), name=inputs.line("name", name, 200),
        role=_role(role), password_hash=password_hash, oidc_subject=subject, active=True, created_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    work.note("create", "user", row, role=row.role)
    return _view(row)


def rename_user(work: Work, user_id: str, name: str) -> UserView:
    row = _to_change(work, user_id)
    row.name = inputs.line("name", name, 200)
    work.note("rename", "user", row)
    return _view(row)


def change_role(work: Work, user_id: str, role: str) -> UserView:
    """Give another role. Every sign-in and token of theirs ends: they hold the old one.

    Raises:
        RefusedError: `last_administrator`; `has_clients`: of a practitioner who still has some.
    """
    row, wanted = _to_change(work, user_id), _role(role)
    if wanted == row.role:
        return _view(row)
    _keep_an_administrator(work, row)
    if row.role == Role.PRACTITIONER and _has_clients(work, row.id):
        raise RefusedError("has_clients", "This practitioner still has clients. Move them to a colleague first.")
    row.role = wanted
    _end_access(work, row)
    work.note("change_role", "user", row, role=wanted)
    return _view(row)


def deactivate(work: Work, user_id: str) -> UserView:
    """End all access of a user at once. Their clients and notes stay, and can be moved to a colleague.

    Raises:
        RefusedError: `last_administrator`.
    """
    row = _to_change(work, user_id)
    if row.active:
        _keep_an_administrator(work, row)
        row.active = False
        _end_access(work, row)
        work.note("deactivate", "user", row)
    return _view(row)


def reactivate(work: Work, user_id: str) -> UserView:
    row = _to_change(work, user_id)
    if not row.active:
        row.active = True
        work.note("reactivate", "user", row)
    return _view(row)


def _to_change(work: Work, user_id: str) -> User:
    work.allow(Role.ADMINISTRATOR)
    return work.get(User, user_id, "user", lock=True)


def _role(role: str) -> Role:
    return Role(inputs.one_of("role", role, ROLES))


def _free_login(work: Work, login: str) -> str:
    wanted = sign_in.normal_login(inputs.line("login", login, 200))
    with work.session.acting(Principal.system("logins")):  # a login is one person's on this machine, not in a practice
        taken = work.session.scalar(select(User.id).where(User.login == wanted))
    if taken:
        raise RefusedError("login_taken", "This login is taken. Choose another, such as the address of their mail.")
    return wanted


def _keep_an_administrator(work: Work, row: User) -> None:
    """Refuse that the last active administrator goes: nobody could let anybody in again."""
    if row.role != Role.ADMINISTRATOR or not row.active:
        return
    work.get(Practice, row.practice_id, "practice", lock=True)  # two who leave at once wait for each other
    others = select(func.count(User.id)).where(
        User.practice_id == row.practice_id, User.role == Role.ADMINISTRATOR, User.active, User.id != row.id
    )
    if not work.session.scalar(others):
        raise RefusedError("last_administrator", "This is the last administrator. Make somebody else one first.")


def _has_clients(work: Work, user_id: str) -> bool:
    owned = select(Client.id).where(Client.practitioner_id == user_id, Client.deleted_at.is_(None)).limit(1)
    return work.session.scalar(owned) is not None


def _end_access(work: Work, row: User) -> None:
    sign_in.end_all(work, row.id)
    tokens.revoke_all(work, row.id)


def _view(row: User) -> UserView:
    return UserView(
        row.id, row.login, row.name, Role(row.role), row.active, row.password_hash is not None, row.created_at
    )

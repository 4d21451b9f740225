"""`notebench user`: who may sign in. Passwords come from a prompt or standard input, never from an argument."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from app.options import json_option, print_json, say, tell
from pipelines.records import InputError

if TYPE_CHECKING:
    from app.database.people import User
    from app.work.unit import Work

_ROLES = click.Choice(["administrator", "practitioner", "reviewer"])


@click.group("user")
def command() -> None:
    """Who may sign in: add, list, password, deactivate, tokens of machines."""


@command.command()
@click.argument("login")
@click.option("--role", type=_ROLES, required=True)
@click.option("--name", help="As colleagues read it; else the login.")
@click.option("--practice", help="Name of the practice; one that is not there is founded. Needless where there is one.")
@click.option("--no-password", is_flag=True, help="They sign in by the identity provider alone.")
@json_option
def add(login: str, role: str, name: str | None, practice: str | None, *, no_password: bool, as_json: bool) -> None:
    """Add a user. The password is asked for, or read from the first line of standard input."""
    from app.access import passwords, sign_in
    from app.opening import opened_service
    from app.work import people

    with opened_service() as service:
        kept = None
        if not no_password:
            password = _password()
            passwords.check_password(password, sign_in.normal_login(login))
            kept = passwords.hash_password(password)
        with service.work(_us()) as work:
            place = _practice(work, practice)
            user = people.add_user(work, login, name or login, role, password_hash=kept, practice_id=place)
    _done(as_json, {"user": asdict(user)}, f"added {user.login}, {user.role}")


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Everybody who may sign in, or could once."""
    from app.opening import opened_service
    from app.work import people

    with opened_service() as service, service.work(_us()) as work:
        users = people.list_users(work)
    if as_json:
        print_json({"users": [asdict(user) for user in users]})
        return
    for user in users:
        state = "" if user.active else "deactivated"
        tell(f"{user.login:<32} {user.role:<14} {user.name:<32} {state}".rstrip())


@command.command()
@click.argument("login")
@json_option
def password(login: str, *, as_json: bool) -> None:
    """Set a user's password, which is asked for or read from standard input. Ends their sign-ins."""
    from app.access import accounts
    from app.opening import opened_service

    with opened_service() as service:
        with service.work(_us()) as work:
            user_id = _user(work, login).id
        accounts.set_password(service, _us(), user_id, _password())
    _done(as_json, {"id": user_id}, f"{login} has a new password; they sign in with it again")


@command.command()
@click.argument("login")
@json_option
def deactivate(login: str, *, as_json: bool) -> None:
    """End all access of a user at once: sign-ins and tokens. Their clients and notes stay."""
    from app.opening import opened_service
    from app.work import people

    with opened_service() as service, service.work(_us()) as work:
        user = people.deactivate(work, _user(work, login).id)
    _done(as_json, {"user": asdict(user)}, f"{user.login} can no longer sign in")


@command.command()
@click.argument("login")
@json_option
def activate(login: str, *, as_json: bool) -> None:
    """Let a deactivated user sign in again."""
    from app.opening import opened_service
    from app.work import people

    with opened_service() as service, service.work(_us()) as work:
        user = people.reactivate(work, _user(work, login).id)
    _done(as_json, {"user": asdict(user)}, f"{user.login} can sign in again")


@command.command()
@click.argument("login")
@click.option("--name", required=True, help="Which machine uses it.")
@click.option("--scope", "scopes", multiple=True, required=True, help="Such as appointments:read; once for each.")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="It ends after so many.")
@json_option
def token(login: str, name: str, scopes: tuple[str, ...], days: int, *, as_json: bool) -> None:
    """Make a token for a machine that acts for a user. It is printed this once, and kept nowhere."""
    from app.access import tokens
    from app.opening import opened_service

    with opened_service() as service, service.work(_us()) as work:
        ends = work.now + timedelta(days=days)
        made, secret = tokens.create(work, name, scopes, ends, user_id=_user(work, login).id)
    if as_json:
        print_json({"id": made, "token": secret, "expires_at": ends.isoformat()})
        return
    say(f"token {made} for {login}, until {ends:%Y-%m-%d}; end it before with: notebench user revoke {made}")
    tell(secret)


@command.command()
@click.argument("token_id")
@json_option
def revoke(token_id: str, *, as_json: bool) -> None:
    """End a machine's token at once."""
    from app.access import tokens
    from app.opening import opened_service

    with opened_service() as service, service.work(_us()) as work:
        tokens.revoke(work, token_id)
    _done(as_json, {"id": token_id}, "the token is no longer good")


def _us() -> Any:
    from app.database.scope import Principal

    return Principal.system("command")


def _user(work: Work, login: str) -> User:
    from sqlalchemy import select

    from app.access.sign_in import normal_login
    from app.database.people import User

    user = work.session.scalars(select(User).where(User.login == normal_login(login))).first()
    if user is None:
        raise InputError(f"nobody has the login {login}; notebench user list names them all")
    return user


def _practice(work: Work, name: str | None) -> str:
    """The practice's id: the one of this name, which is founded if need be; without a name the only one."""
    from sqlalchemy import select

    from app.database.people import Practice
    from app.work import practice

    there = {row.name: row.id for row in work.session.scalars(select(Practice))}
    if name is None and len(there) == 1:
        return next(iter(there.values()))
    if name is None:
        raise InputError("--practice is missing: say which practice they work in; one that is not there is founded")
    return there.get(name.strip()) or practice.found(work, name).id


def _password() -> str:
    """From the terminal, unseen and twice; else the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError("the password on standard input is not UTF-8 text") from None


def _done(as_json: bool, result: dict[str, Any], said: str) -> None:  # noqa: FBT001
    if as_json:
        print_json(result)
    else:
        say(said)

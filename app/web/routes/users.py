"""Who works in the practice, for its administrators. A person does this, no token."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from app.access import accounts, passwords
from app.web.dependencies import OurService, Person
from app.web.forms import Body, PathId
from app.work import people
from app.work.people import UserView

router = APIRouter(prefix="/users", tags=["users"])

RoleName = Literal["administrator", "practitioner", "reviewer"]


class NewUser(Body):
    login: str = Field(max_length=200, examples=["ada@practice.example"])
    name: str = Field(max_length=200, examples=["Ada Byrne, LCSW"])
    role: RoleName
    password: str | None = Field(
        default=None, max_length=256, examples=["the lamp is on again"], description="None: by the provider alone."
    )


class UserChange(Body):
    """What is left out stays as it is. Another role, and `active: false`, end every sign-in and token of theirs."""

    name: str | None = Field(default=None, max_length=200, examples=["Ada Byrne, LCSW"])
    role: RoleName | None = None
    active: bool | None = None


class NewPassword(Body):
    password: str = Field(max_length=256, examples=["the lamp is on again"])


@router.get("")
def list_users(caller: Person) -> list[UserView]:
    """Everybody who works or worked here, by name."""
    with caller.work() as work:
        return list(people.list_users(work))


@router.post("", status_code=201)
def add_user(caller: Person, new: NewUser) -> UserView:
    kept = None
    if new.password is not None:
        with caller.work() as work:
            people.list_users(work)  # whoever may not add a user costs us no hash
        passwords.check_password(new.password, new.login)
        kept = passwords.hash_password(new.password)  # outside of a transaction: it takes long
    with caller.work() as work:
        return people.add_user(work, new.login, new.name, new.role, password_hash=kept)


@router.get("/{user_id}")
def view_user(caller: Person, user_id: PathId) -> UserView:
    with caller.work() as work:
        return people.view_user(work, user_id)


@router.patch("/{user_id}")
def change_user(caller: Person, user_id: PathId, change: UserChange) -> UserView:
    """Change what is given, all of it or nothing."""
    with caller.work() as work:
        view = people.view_user(work, user_id)
        if change.name is not None:
            view = people.rename_user(work, user_id, change.name)
        if change.role is not None:
            view = people.change_role(work, user_id, change.role)
        if change.active is not None:
            view = (people.reactivate if change.active else people.deactivate)(work, user_id)
        return view


@router.put("/{user_id}/password", status_code=204)
def set_password(caller: Person, service: OurService, user_id: PathId, new: NewPassword) -> None:
    """Give a user a new password; every sign-in of theirs ends."""
    accounts.set_password(service, caller.principal, user_id, new.password)

"""Signing in and out: for programs in JSON, and for browsers with a page that needs no script."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.access import accounts, sign_in
from app.database.base import Role
from app.web.cookies import Cookie, delete_cookie, read_cookie, set_cookie
from app.web.dependencies import AnyoneKnown, OurService, Person, address_of
from app.web.forms import Body

router = APIRouter(prefix="/session", tags=["session"])


class Credentials(Body):
    login: str = Field(max_length=200, examples=["ada@practice.example"])
    password: str = Field(max_length=256, examples=["the lamp is on again"])


class PasswordChange(Body):
    old: str = Field(max_length=256)
    new: str = Field(max_length=256, examples=["the lamp is on again"])


class Me(BaseModel):
    """Who asks. `scopes`: of the token that was shown; null: a person asks."""

    user_id: str
    practice_id: str
    role: Role
    scopes: list[str] | None


@router.post("", status_code=204)
def begin(request: Request, service: OurService, credentials: Credentials, response: Response) -> None:
    """Sign in; the answer's cookie is the sign-in."""
    token = sign_in.sign_in(service, credentials.login, credentials.password, address_of(request))
    set_cookie(response, service.settings, Cookie.SIGN_IN, token)


@router.get("")
def view(caller: AnyoneKnown) -> Me:
    """Who is signed in, or for whom the token acts."""
    scopes = None if caller.scopes is None else sorted(caller.scopes)
    principal = caller.principal
    return Me(user_id=principal.user_id, practice_id=principal.practice_id, role=principal.role, scopes=scopes)


@router.delete("", status_code=204)
def end(request: Request, service: OurService, response: Response) -> None:
    """Sign out. Whoever is not signed in stays so."""
    sign_in.sign_out(service, read_cookie(service.settings, request.scope["headers"], Cookie.SIGN_IN))
    delete_cookie(response, service.settings, Cookie.SIGN_IN)


@router.put("/password", status_code=204)
def change_password(
    request: Request, caller: Person, service: OurService, change: PasswordChange, response: Response
) -> None:
    """Change one's own password. Every other sign-in of one's own ends."""
    token = accounts.change_password(service, caller.principal, change.old, change.new, address_of(request))
    set_cookie(response, service.settings, Cookie.SIGN_IN, token)

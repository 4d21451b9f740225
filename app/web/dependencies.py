"""What routes are given: who asks, and the service in their name.

Somebody asks by the cookie of a sign-in, a program by a token (`Authorization: Bearer nb_…`) within its scopes, and a
client by the cookie of the waiting room. Where a token is shown, no cookie counts. Every route names its scope; those
without one are for people alone, such as signing a note.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from app.access import sign_in, tokens, waiting_link
from app.database.scope import Principal
from app.errors import ForbiddenError
from app.web.cookies import Cookie, read_cookie
from app.web.errors import NotSignedInError
from app.wiring import Service
from app.work.unit import Work


@dataclass(frozen=True)
class Caller:
    """Who asks. `scopes`: of the token that was shown; None: a person asks."""

    service: Service
    principal: Principal
    scopes: frozenset[str] | None = None

    def work(self) -> AbstractContextManager[Work]:
        """A transaction of theirs. Routes end it before they answer: what is answered is durable, and in the log."""
        return self.service.work(self.principal)


class Needs:
    """Who is signed in, or for whom a token acts. As a dependency, and to be called by itself.

    Args:
        scope: what a token must be let do; None: no token may.
    """

    def __init__(self, scope: str | None) -> None:
        if scope is not None and scope not in tokens.SCOPES:
            raise ValueError(f"no scope: {scope}")
        self.scope = scope

    def __call__(self, request: Request) -> Caller:
        """Raises:
        NotSignedInError: nobody is, or the token is not good.
        ForbiddenError: the token's scopes do not allow it.
        """
        caller = caller_of(request)
        if caller.scopes is not None and self.scope not in caller.scopes:
            wanted = (
                f"Its token needs the scope {self.scope}." if self.scope else "No token may do this: a person does."
            )
            raise ForbiddenError(f"This program may not do this. {wanted}")
        return caller


def caller_of(connection: HTTPConnection) -> Caller:
    """Who asks; what they may do is not looked at yet.

    Raises:
        NotSignedInError: nobody is signed in, or the token is not good.
    """
    service = service_of(connection)
    shown = connection.headers.get("authorization")
    if shown is not None:
        kind, _, bearer = shown.partition(" ")
        found = tokens.principal_of(service, bearer.strip()) if kind.lower() == "bearer" else None
        if found is None:
            raise NotSignedInError("This token is not known, or no longer good.")
        return Caller(service, *found)
    token = read_cookie(service.settings, connection.scope["headers"], Cookie.SIGN_IN)
    principal = sign_in.principal_of(service, token)
    if principal is None:
        raise NotSignedInError
    return Caller(service, principal)


def waiting_client(request: Request) -> Caller:
    """The client in the waiting room.

    Raises:
        NotSignedInError: the link was not opened in this browser, or is over.
    """
    guest = guest_of(request)
    if guest is None:
        raise NotSignedInError(
            "Open the link of your appointment again; if it is over, ask your practice for a new one."
        )
    return guest


def guest_of(connection: HTTPConnection) -> Caller | None:
    """The client in the waiting room, where one asks."""
    service = service_of(connection)
    token = read_cookie(service.settings, connection.scope["headers"], Cookie.WAITING)
    principal = waiting_link.guest_of(service, token)
    return None if principal is None else Caller(service, principal)


def service_of(connection: HTTPConnection) -> Service:
    """The service that the application was built with."""
    service: Service = connection.app.state.service
    return service


async def _service(request: Request) -> Service:
    return service_of(request)  # not in a thread: chunks come by the hundred


def address_of(connection: HTTPConnection) -> str:
    """Where somebody comes from; behind a proxy the server has put the browser's own address in place."""
    return connection.client.host if connection.client else "unknown"


OurService = Annotated[Service, Depends(_service)]
AnyoneKnown = Annotated[Caller, Depends(caller_of)]
Person = Annotated[Caller, Depends(Needs(None))]
Guest = Annotated[Caller, Depends(waiting_client)]

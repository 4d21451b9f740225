"""The cookies: sign-in, the client in the waiting room, a sign-in at a provider that is under way."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from starlette.requests import cookie_parser
from starlette.responses import Response

from app.settings import ServiceSettings

Headers = Iterable[tuple[bytes, bytes]]


class Cookie(StrEnum):
    SIGN_IN = "notebench"
    WAITING = "notebench-waiting"
    PROVIDER = "notebench-provider"


_PROVIDER_SECONDS = 600


def is_secure(settings: ServiceSettings) -> bool:
    """Whether browsers reach us by TLS."""
    return settings.tls_in_front or settings.public_url.startswith("https://")


def cookie_name(settings: ServiceSettings, cookie: Cookie) -> str:
    """With TLS a name that browsers take from this host alone, by TLS alone (`__Host-`, RFC 6265bis)."""
    return f"__Host-{cookie}" if is_secure(settings) else str(cookie)


def read_cookie(settings: ServiceSettings, headers: Headers, cookie: Cookie) -> str | None:
    """The cookie's value among the headers of a request or a websocket's handshake."""
    name = cookie_name(settings, cookie)
    sent = "; ".join(value.decode("latin-1") for key, value in headers if key == b"cookie")
    return cookie_parser(sent).get(name)


def set_cookie(response: Response, settings: ServiceSettings, cookie: Cookie, value: str) -> None:
    """Set it so that no script reads it, and no other site's form sends it."""
    seconds = _PROVIDER_SECONDS if cookie == Cookie.PROVIDER else settings.session_hours * 3600
    response.set_cookie(
        cookie_name(settings, cookie), value, max_age=seconds, path="/",
        secure=is_secure(settings), httponly=True, samesite="lax",
    )  # fmt: skip


def delete_cookie(response: Response, settings: ServiceSettings, cookie: Cookie) -> None:
    response.delete_cookie(
        cookie_name(settings, cookie), path="/", secure=is_secure(settings), httponly=True, samesite="lax"
    )

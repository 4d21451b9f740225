"""No other site sends anything in a user's name: whatever is not a mere read must come from our own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.settings import ServiceSettings
from app.web.plain import header, refuse

_READS = {"GET", "HEAD", "OPTIONS"}
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class SameOrigin:
    """Lets a change or a websocket pass only from our own origin.

    A program that sends neither `Origin` nor a cookie has nothing that another site could borrow, and passes: it shows
    its token. With a cookie the `Origin` must be there; every browser sends it.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._app = app
        self._public = _origin(settings.public_url) if settings.public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reads = scope["type"] == "http" and scope["method"] in _READS
        if scope["type"] == "lifespan" or reads or self._is_ours(scope):
            await self._app(scope, receive, send)
        else:
            await refuse(scope, receive, send, 403, "wrong_origin", "This was not sent from a page of this service.")

    def _is_ours(self, scope: Scope) -> bool:
        origins = [value for key, value in scope["headers"] if key == b"origin"]
        if not origins:
            return header(scope, b"cookie") is None
        sent = _origin(origins[0].decode("latin-1"))
        if sent is None or len(origins) > 1:
            return False
        if self._public:
            return sent == self._public
        # The scheme is not compared: behind a proxy that speaks TLS we see plain HTTP, and public_url names ours.
        host = header(scope, b"host")
        return host is not None and sent[1:] == _host(host.decode("latin-1"), sent[0])


def local_path(asked: str | None) -> str:
    """Where to go after signing in: a page of ours, else the first; never another site."""
    plain = asked or "/"
    if not plain.startswith("/") or plain.startswith(("//", "/api/")) or "\\" in plain or not plain.isprintable():
        return "/"
    return plain


def _origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None where it is none, such as `null`, which a page without an origin sends."""
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.scheme and parts.hostname and port else None


def _host(host: str, scheme: str) -> tuple[str, int] | None:
    origin = _origin(f"{scheme}://{host}")
    return origin and origin[1:]

"""The gate before the pages and their websocket: nobody passes who is not signed in, and nobody stays who was.

The API stands beside it and asks for itself: it also knows tokens of machines and clients in the waiting room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import sign_in
from app.web.cookies import Cookie, read_cookie
from app.web.plain import answer, header, refuse

if TYPE_CHECKING:
    from app.wiring import Service

SIGN_IN_PAGE = "/api/sign-in"
_OPEN = ("/api/",)
_OPEN_FILES = {"/api", "/_stcore/health", "/favicon.ico"}
_CLOSED = ("/_stcore/agent/",)
"""Streamlit's interface for programs drives the screens past the browser; programs have our API."""
SIGNED_OUT = 4401
"""Close code of a websocket whose sign-in ended (as HTTP's 401)."""


class Gate:
    """Sends whoever is not signed in to the sign-in page; refuses and ends websockets without a sign-in."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "lifespan" or path.startswith(_OPEN) or path in _OPEN_FILES:
            await self._app(scope, receive, send)
        elif path.startswith(_CLOSED):
            await refuse(scope, receive, send, 404, "not_found", "There is no such page.")
        elif not await self._signed_in(scope, active=scope["type"] == "http"):
            await _turn_away(scope, receive, send)
        elif scope["type"] == "websocket":
            await _Watched(self, scope, receive, send).run()
        else:
            await self._app(scope, receive, send)

    async def _signed_in(self, scope: Scope, *, active: bool) -> bool:
        token = read_cookie(self._service.settings, scope["headers"], Cookie.SIGN_IN)
        principal = await to_thread.run_sync(lambda: sign_in.principal_of(self._service, token, active=active))
        return principal is not None


class _Watched:
    """A websocket that ends with its sign-in: every message from the browser asks again."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self._gate, self._scope, self._receive, self._send = gate, scope, receive, send
        self._over = False

    async def run(self) -> None:
        await self._gate._app(self._scope, self._next, self._pass_on)

    async def _next(self) -> Message:
        message = await self._receive()
        # Not as activity: pages that refresh themselves send messages too. The screens say when a person acted.
        if message["type"] != "websocket.receive" or await self._gate._signed_in(self._scope, active=False):
            return message
        if not self._over:
            self._over = True
            await self._send({"type": "websocket.close", "code": SIGNED_OUT, "reason": "signed out"})
        return {"type": "websocket.disconnect", "code": SIGNED_OUT}

    async def _pass_on(self, message: Message) -> None:
        if not self._over:
            await self._send(message)


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    wants_page = b"text/html" in (header(scope, b"accept") or b"") if scope["type"] == "http" else False
    if not wants_page or scope["method"] not in {"GET", "HEAD"}:
        await refuse(scope, receive, send, 401, "not_signed_in", "Sign in first.")
        return
    query = scope["query_string"].decode("latin-1")
    asked = quote(scope["path"] + (f"?{query}" if query else ""), safe="/")
    target = f"{SIGN_IN_PAGE}?next={asked}" if asked != "/" else SIGN_IN_PAGE
    await answer(send, 303, headers=[(b"location", target.encode())])

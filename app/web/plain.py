"""What the parts before the application share: a header of a request, and a refusal."""

from __future__ import annotations

import json

from starlette.types import Receive, Scope, Send

POLICY_VIOLATION = 1008


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of this name, which is given in small letters."""
    return next((value for key, value in scope["headers"] if key == name), None)


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, code: str, message: str) -> None:
    """Answer a request with an error, or a websocket's handshake with a refusal."""
    if scope["type"] == "websocket":
        await receive()  # the handshake
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": code})
        return
    body = json.dumps({"code": code, "message": message}).encode()
    await answer(send, status, body, [(b"content-type", b"application/json")])


async def answer(send: Send, status: int, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> None:
    """A whole response."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*(headers or []), length]})
    await send({"type": "http.response.body", "body": body})

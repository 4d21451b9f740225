"""Security headers: what a browser may do with our answers, as little as each of them needs."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import ServiceSettings
from app.web.cookies import is_secure

DATA = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For answers that are no page: JSON, audio, documents."""
FORM = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""For pages of the API itself, such as the sign-in page: no scripts, and styles from a file of ours."""
_YEAR = 31_536_000  # seconds
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    # With no-referrer, browsers would send `Origin: null` with our own forms, and `SameOrigin` refuse them.
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), display-capture=()",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


def page_policy(script_hashes: Iterable[str] = ()) -> str:
    """What Streamlit's pages need, and nothing from any other host.

    Args:
        script_hashes: of the scripts that stand in the page itself (`inline_script_hashes`).
    """
    scripts = " ".join(["'self'", "blob:", *script_hashes])  # blob: a component's script, which comes inside the page
    rules = (
        "default-src 'none'", f"script-src {scripts}", "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:", "font-src 'self' data:", "media-src 'self' blob:", "connect-src 'self'",
        "worker-src 'self'", "manifest-src 'self'", "frame-src 'none'", "object-src 'none'", "base-uri 'self'",
        "form-action 'self'", "frame-ancestors 'none'",
    )  # fmt: skip
    return "; ".join(rules)


def inline_script_hashes(page: str) -> list[str]:
    """The policy's words for the scripts that stand in a page of HTML."""
    bodies = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'" for body in bodies]


class SecurityHeaders:
    """Puts the headers on every answer. What an answer already says itself stays."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, script_hashes: Iterable[str] = ()) -> None:
        self._app = app
        self._pages = page_policy(script_hashes).encode()
        self._always = dict(_ALWAYS)
        if is_secure(settings):
            self._always[b"strict-transport-security"] = f"max-age={_YEAR}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        of_api = scope["path"] == "/api" or scope["path"].startswith("/api/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._added(list(message.get("headers", [])), of_api=of_api)
            await send(message)

        await self._app(scope, receive, with_headers)

    def _added(self, headers: list[tuple[bytes, bytes]], *, of_api: bool) -> list[tuple[bytes, bytes]]:
        said = {key.lower(): value for key, value in headers}
        wanted = dict(self._always)
        if of_api:
            is_page = said.get(b"content-type", b"").startswith(b"text/html")
            wanted[b"content-security-policy"] = (FORM if is_page else DATA).encode()
            wanted[b"cache-control"] = b"no-store"  # it may be about a client
        else:
            wanted[b"content-security-policy"] = self._pages
        return [*headers, *((key, value) for key, value in wanted.items() if key not in said)]

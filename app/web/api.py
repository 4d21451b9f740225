"""The API, and the application that it is part of: gate, origin and headers in front, the pages beside it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web import errors, openapi, recordings, signalling
from app.web.gate import Gate
from app.web.headers import SecurityHeaders
from app.web.origin import SameOrigin
from app.web.plain import header, refuse
from app.web.routes import (
    appointments,
    audit,
    browser_pages,
    calls,
    clients,
    feedback,
    health,
    notes,
    notifications,
    practice,
    session,
    speech,
    tasks,
    templates,
    tokens,
    transcripts,
    users,
    waiting_room,
)
from app.web.routes.speech import Ears

if TYPE_CHECKING:
    from app.wiring import Service

LONGEST_BODY = 1024 * 1024
"""Bytes. Longer than the longest note, summary or chart; recordings have bounds of their own."""
_OWN_BOUND = re.compile(r"/(recordings/uploads|recordings/[^/]+/tracks/[^/]+/chunks/[^/]+|v1/audio/transcriptions)$")
_SUBJECTS = (
    health, session, tokens, practice, users, clients, templates, appointments, calls, recordings, tasks, transcripts,
    notes, feedback, notifications, waiting_room, audit, speech,
)  # fmt: skip
_SILENT: Any = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}
"""FastAPI would hand every request to whatever OpenTelemetry providers another library has set up."""


def create_api(service: Service, ears: Ears | None = None) -> FastAPI:
    """The API over the service's use cases.

    Args:
        ears: the speech engine; given by tests.
    """
    hearing = ears or Ears(service.settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        hearing.close()

    api = FastAPI(
        title="notebench", openapi_url=None, docs_url=None, redoc_url=None, telemetry=_SILENT, lifespan=lifespan,
        redirect_slashes=False,
    )  # fmt: skip
    api.state.service, api.state.ears, api.state.rooms = service, hearing, signalling.Rooms()
    for subject in _SUBJECTS:
        api.include_router(subject.router, responses=errors.PROBLEMS)
    api.include_router(browser_pages.router)
    api.include_router(signalling.router)
    _add_description(api, service)
    api.add_middleware(Bounded)
    errors.tell_errors(api)
    return api


def create_app(
    service: Service, pages: ASGIApp | None = None, script_hashes: Iterable[str] = (), ears: Ears | None = None
) -> Starlette:
    """What a server serves: the API under `/api`, and the pages, behind the gate.

    Args:
        pages: the screens; without them, whoever signed in finds the API's reference.
        script_hashes: of the scripts that stand in the pages themselves (`headers.inline_script_hashes`).
    """
    api = create_api(service, ears)
    routes: list[BaseRoute] = [Mount("/api", api)]
    routes.append(Mount("/", pages) if pages else Route("/", _to_reference))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with api.router.lifespan_context(api):  # a mounted application's own is not called
            yield

    settings = service.settings
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(SecurityHeaders, settings=settings, script_hashes=tuple(script_hashes)),
            Middleware(SameOrigin, settings=settings),
            Middleware(Gate, service=service),
        ],
    )
    app.router.redirect_slashes = False  # whoever asks for a path that is nowhere is told so
    errors.tell_http_errors(app)
    return app


class Bounded:
    """Takes no longer body than any route needs, so that none can fill the memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _OWN_BOUND.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        announced = header(scope, b"content-length") or b"0"
        if not announced.isdigit() or int(announced[:20]) > LONGEST_BODY:
            await refuse(scope, receive, send, 413, "too_large", "A request may have at most a megabyte.")
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LONGEST_BODY:
                raise HTTPException(413, "A request may have at most a megabyte")
            return message

        await self._app(scope, counted, send)


def _add_description(api: FastAPI, service: Service) -> None:
    @lru_cache(1)
    def document() -> dict[str, Any]:
        return openapi.describe(api, service.settings)

    api.openapi = document  # type: ignore[method-assign]

    @api.get("/openapi.json", include_in_schema=False)
    def description() -> dict[str, Any]:
        return document()

    @api.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    def reference() -> str:
        return openapi.reference(document())


def _to_reference(_request: Request) -> Response:
    return RedirectResponse("/api/docs", 303)

"""Why something was not done, as an answer: a status for programs, a code that stays, a sentence for people.

Whatever goes wrong has this one form. What nobody foresaw is answered with a fixed sentence, and of it the log gets the
type and the place alone: an error's own text may quote a session.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import errors
from app.storage.vault import ShreddedError
from app.web.plain import answer as answer_plainly
from pipelines.records import InputError

_log = logging.getLogger(__name__)

STATUS: Mapping[type[errors.WorkError], int] = {
    errors.NotFoundError: 404,
    errors.ForbiddenError: 403,
    errors.RefusedError: 409,
    errors.ConflictError: 409,
    errors.InvalidError: 422,
    errors.GoneError: 410,
    errors.TooLargeError: 413,
    errors.WrongTypeError: 415,
    errors.NoRoomError: 507,
    errors.BusyError: 503,
}
_BY_CODE: Mapping[str, int] = {"wrong_sign_in": 401, "throttled": 429, "busy": 429}
_WAIT = {429: "60", 503: "1"}  # seconds, for Retry-After
_LONGEST_FIELD = 200  # characters
_UNFORESEEN = "Something went wrong here. Nothing of this request was kept; try again, then tell the administrator."


class Problem(BaseModel):
    """Why a request was not carried out."""

    code: str = Field(description="Stable, for programs.", examples=["not_found"])
    message: str = Field(description="A sentence for people; it holds no content.", examples=["There is no such note."])
    field: str | None = Field(default=None, description="Which part of the request is meant.", examples=["starts_at"])


class NotSignedInError(errors.WorkError):
    """Nobody is signed in, or no longer."""

    def __init__(self, message: str = "Sign in first.") -> None:
        super().__init__("not_signed_in", message)


def _told(*statuses: tuple[int, str]) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Problem, "description": what} for status, what in statuses}


PROBLEMS = _told(
    (400, "The request cannot be read."),
    (401, "Nobody is signed in, or the token is not good."),
    (403, "The role, the token's scope, or the page it was sent from does not allow this."),
    (404, "There is no such thing, or it is not theirs: nobody learns which."),
    (409, "A rule stands against it as things are now, or it was changed elsewhere meanwhile."),
    (410, "It was deleted for ever, as it should be."),
    (413, "It is larger than it may be."),
    (415, "It is not of a kind that can be used here."),
    (422, "Something that was given is not valid; `field` names it."),
    (429, "Too many of these just now; wait as long as Retry-After says."),
    (500, "Something that nobody foresaw."),
    (503, "It is in use just now; try again in a moment."),
)
"""What any route may answer instead."""
NO_ROOM = _told((507, "The service has no room left; keep what was sent, and send it again."))


def problem(
    status: int, code: str, message: str, field: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer in the one form."""
    told = {"code": code, "message": message} | ({"field": field} if field is not None else {})
    # Not JSONResponse: the name of a field may be a caller's own, with halves of characters that UTF-8 does not have.
    waiting = {"Retry-After": _WAIT[status]} if status in _WAIT else {}
    return Response(json.dumps(told), status, {**waiting, **(headers or {})}, "application/json")


def answer(error: errors.WorkError) -> Response:
    """The answer that tells of an error."""
    status = 401 if isinstance(error, NotSignedInError) else STATUS.get(type(error), 409)
    if isinstance(error, errors.RefusedError):
        status = _BY_CODE.get(error.code, status)
    return problem(status, error.code, str(error), getattr(error, "field", None))


def tell_errors(app: FastAPI) -> None:
    """Let an application answer with every error in the one form."""
    for kind, handle in {
        errors.WorkError: _work_error, RequestValidationError: _invalid, HTTPException: _http_error,
        ShreddedError: _shredded, OperationalError: _busy, PoolTimeoutError: _busy, InputError: _input_error,
    }.items():  # fmt: skip
        app.add_exception_handler(kind, handle)
    app.add_middleware(Unforeseen)


def tell_http_errors(app: Starlette) -> None:
    """The same for what the application around the API knows of: a path that is nowhere."""
    app.add_exception_handler(HTTPException, _http_error)


class Unforeseen:
    """Answers whatever no handler knows, before the server would log it with its text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] in {"http.response.start", "websocket.close"}
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - the last place where it can be kept from the log
            _log.error("%s at %s", type(error).__name__, _place(error))
            if scope["type"] == "websocket":
                if not begun:
                    await send({"type": "websocket.close", "code": 1011, "reason": "unforeseen"})
            elif not begun:
                body = json.dumps({"code": "unforeseen", "message": _UNFORESEEN}).encode()
                await answer_plainly(send, 500, body, [(b"content-type", b"application/json")])


def _place(error: Exception) -> str:
    """The last line of ours that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/app/" in frame.filename or "/pipelines/" in frame.filename] or frames
    return f"{ours[-1].filename.rpartition('/')[2]}:{ours[-1].lineno}" if ours else "?"


def _work_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, errors.WorkError):
        raise error
    return answer(error)


def _invalid(_request: Request, error: Exception) -> Response:
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    if not found:
        return problem(422, "invalid", "This request is not valid.")
    first = found[0]
    if first["type"] == "json_invalid":
        return problem(400, "not_json", "The body is not JSON.")
    place = [str(part) for part in first["loc"] if part not in {"body", "query", "path", "header"}]
    return problem(422, "invalid", f"{first['msg']}.", ".".join(place)[:_LONGEST_FIELD] or "body")


_CODES = {400: "unreadable", 404: "not_found", 405: "wrong_method", 413: "too_large", 415: "wrong_type"}


def _http_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _CODES.get(error.status_code, "refused")
    return problem(error.status_code, code, f"{error.detail}.", headers=error.headers)


def _shredded(_request: Request, _error: Exception) -> Response:
    """Its key went while it was being read: somebody deleted it just now."""
    return problem(410, "deleted", "This was deleted for ever.")


def _busy(_request: Request, error: Exception) -> Response:
    _log.warning("%s", type(error).__name__)
    return problem(503, "busy", "The database does not answer just now. Try again in a moment.")


def _input_error(_request: Request, error: Exception) -> Response:
    _log.error("%s at %s", type(error).__name__, _place(error))  # a setting or a model, not what was asked
    return problem(503, "not_set_up", "A part of the service is not set up. An administrator finds which: doctor.")

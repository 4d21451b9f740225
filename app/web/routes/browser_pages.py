"""Pages: sign-in, which needs no script, the way to an identity provider and back, and the door of the waiting room."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.access import oidc, sign_in
from app.errors import RefusedError
from app.settings import ServiceSettings
from app.web import pages
from app.web.cookies import Cookie, delete_cookie, read_cookie, set_cookie
from app.web.dependencies import OurService, address_of
from app.web.errors import answer
from app.web.gate import SIGN_IN_PAGE
from app.web.origin import local_path

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_SEE_OTHER = 303
_DOOR = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


@router.get("/sign-in")
def show(service: OurService, next: str = "/") -> HTMLResponse:  # noqa: A002 - the query's name
    """The page."""
    return HTMLResponse(pages.sign_in(local_path(next), provider=oidc.is_on(service.settings)))


@router.post("/sign-in")
def enter(
    request: Request, service: OurService, login: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=256)], next: Annotated[str, Form(max_length=2_000)] = "/",  # noqa: A002
) -> Response:  # fmt: skip
    """Take the page's form; back to it, with the reason, where it does not let in."""
    wanted = local_path(next)
    try:
        token = sign_in.sign_in(service, login, password, address_of(request))
    except RefusedError as error:
        page = pages.sign_in(wanted, str(error), provider=oidc.is_on(service.settings))
        return HTMLResponse(page, answer(error).status_code)
    return _signed_in(service.settings, token, wanted)


@router.post("/sign-out")
def leave(request: Request, service: OurService) -> Response:
    """End the sign-in, and show the page."""
    sign_in.sign_out(service, read_cookie(service.settings, request.scope["headers"], Cookie.SIGN_IN))
    response = RedirectResponse(SIGN_IN_PAGE, _SEE_OTHER)
    delete_cookie(response, service.settings, Cookie.SIGN_IN)
    return response


@router.get("/sign-in/provider")
def to_provider(service: OurService, next: str = "/") -> Response:  # noqa: A002
    """Send the browser to the provider. Where it wanted to go waits in the cookie, beside the secret."""
    try:
        begun = oidc.begin(service)
    except RefusedError as error:
        return HTMLResponse(pages.sign_in(local_path(next), str(error), provider=oidc.is_on(service.settings)), 503)
    response = RedirectResponse(begun.url, _SEE_OTHER)
    set_cookie(response, service.settings, Cookie.PROVIDER, f"{begun.secret}.{quote(local_path(next), safe='')}")
    return response


@router.get("/sign-in/provider/callback")
def from_provider(request: Request, service: OurService) -> Response:
    """Who comes back from the provider is signed in, if it says who they are."""
    kept = read_cookie(service.settings, request.scope["headers"], Cookie.PROVIDER) or ""
    secret, _, wanted = kept.partition(".")
    try:
        token = oidc.finish(service, secret or None, str(request.url), address_of(request))
        response = _signed_in(service.settings, token, local_path(unquote(wanted)))
    except RefusedError as error:
        page = pages.sign_in(local_path(unquote(wanted)), str(error), provider=oidc.is_on(service.settings))
        response = HTMLResponse(page, answer(error).status_code)
    delete_cookie(response, service.settings, Cookie.PROVIDER)
    return response


@router.get("/waiting-room/door")
def door() -> HTMLResponse:
    """Where the client's link leads; what is behind its `#` stays in the browser until its script posts it."""
    return HTMLResponse(pages.door(), headers={"Content-Security-Policy": _DOOR})


@router.get("/waiting-room.js")
def script() -> Response:
    """What the door does."""
    content = (Path(__file__).parents[1] / "waiting_room.js").read_bytes()
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "max-age=3600"})


@router.get("/style.css")
def style() -> Response:
    """What the pages look like."""
    return Response(pages.STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


def _signed_in(settings: ServiceSettings, token: str, wanted: str) -> Response:
    response = RedirectResponse(wanted, _SEE_OTHER)
    set_cookie(response, settings, Cookie.SIGN_IN, token)
    return response

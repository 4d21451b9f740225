"""The sign-in page, and the way to the practice's identity provider and back: plain HTML that needs no script."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.access import oidc, sign_in
from app.errors import RefusedError
from app.settings import ServiceSettings
from app.web import pages
from app.web.cookies import Cookie, delete_cookie, read_cookie, set_cookie
from app.web.dependencies import OurService, address_of
from app.web.errors import answer
from app.web.origin import local_path

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_NEXT = "next"
_SEE_OTHER = 303


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
    response = RedirectResponse(_page(), _SEE_OTHER)
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
        response = _signed_in(service.settings, token, local_path(_unquoted(wanted)))
    except RefusedError as error:
        page = pages.sign_in(local_path(_unquoted(wanted)), str(error), provider=oidc.is_on(service.settings))
        response = HTMLResponse(page, answer(error).status_code)
    delete_cookie(response, service.settings, Cookie.PROVIDER)
    return response


@router.get("/style.css")
def style() -> Response:
    """What the pages look like."""
    return Response(pages.STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


def _signed_in(settings: ServiceSettings, token: str, wanted: str) -> Response:
    response = RedirectResponse(wanted, _SEE_OTHER)
    set_cookie(response, settings, Cookie.SIGN_IN, token)
    return response


def _page() -> str:
    return "/api/sign-in"


def _unquoted(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)

"""The API's description: who may ask and how, which scope each route wants; and a reference without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from app.access.tokens import SCOPES
from app.settings import ServiceSettings
from app.web import pages
from app.web.cookies import Cookie, cookie_name
from app.web.dependencies import Needs, caller_of, waiting_client

DESCRIPTION = """
The service of notebench, for programs: the same use cases as the screens.

A browser asks by the cookie of its sign-in; what is not a mere read must come from a page of the service (`Origin`).
A program shows a token (`Authorization: Bearer nb_…`), which acts for the user who made it, within its scopes. A client
asks by the cookie of the waiting room. Nobody learns whether something that is not theirs is there: it is answered with
404. Who changes something names the version that was seen; where it was changed meanwhile, the answer is 409.
"""
_METHODS = {"get", "put", "post", "patch", "delete"}


def describe(app: FastAPI, settings: ServiceSettings) -> dict[str, Any]:
    """The OpenAPI document."""
    document = get_openapi(
        title="notebench", version="1", description=DESCRIPTION.strip(), routes=app.routes, servers=[{"url": "/api"}]
    )
    document["components"]["securitySchemes"] = _schemes(settings)
    document["components"]["schemas"].pop("HTTPValidationError", None)
    document["components"]["schemas"].pop("ValidationError", None)
    asking = {(method.lower(), path): who for path, method, who in callers(app)}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in _METHODS:
                _complete(operation, asking[method, path])
    return document


def callers(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Every route that is described, with who may ask: `anyone`, `anyone_known`, `guest`, `person`, or a scope."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                yield str(context.path), method, _who(route.dependant)


def _who(dependant: Dependant) -> str:
    for one in _all(dependant):
        if isinstance(one.call, Needs):
            return one.call.scope or "person"
        if one.call is waiting_client:
            return "guest"
        if one.call is caller_of:
            return "anyone_known"
    return "anyone"


def _all(dependant: Dependant) -> Iterator[Dependant]:
    for one in dependant.dependencies:
        yield one
        yield from _all(one)


def _complete(operation: dict[str, Any], who: str) -> None:
    """Say who may ask, and that errors are JSON whatever the route itself answers with."""
    if who == "guest":
        operation["security"] = [{"waiting": []}]
    elif who == "person":
        operation["security"] = [{"sign_in": []}]
    elif who == "anyone_known":
        operation["security"] = [{"sign_in": []}, {"token": []}]
    elif who in SCOPES:
        operation["security"] = [{"sign_in": []}, {"token": []}]
        operation["x-scope"] = who
        operation["description"] = f"{operation.get('description', '')}\n\nA token needs the scope `{who}`.".strip()
    for status, response in operation["responses"].items():
        if int(status) >= 400 and "content" in response:
            (content,) = list(response["content"].values())[:1]
            response["content"] = {"application/json": content}
    if who == "anyone":
        operation["responses"].pop("403", None)


def _schemes(settings: ServiceSettings) -> dict[str, Any]:
    return {
        "sign_in": {"type": "apiKey", "in": "cookie", "name": cookie_name(settings, Cookie.SIGN_IN)},
        "waiting": {"type": "apiKey", "in": "cookie", "name": cookie_name(settings, Cookie.WAITING)},
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "nb_…"},
    }


def reference(document: dict[str, Any]) -> str:
    """The description as a page: every route by subject, who may ask, and what it does."""
    by_subject: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            who = operation.get("x-scope") or _WHO.get(next(iter(operation.get("security", [{}])[0]), ""), "anyone")
            told = operation.get("description", "").partition("\n\nA token needs")[0] or operation.get("summary", "")
            row = (f"<tr><td><code>{method.upper()} {escape(path)}</code></td><td>{escape(told)}</td>"
                   f"<td><code>{escape(who)}</code></td></tr>")  # fmt: skip
            by_subject.setdefault(operation.get("tags", ["other"])[-1], []).append(row)
    tables = "".join(
        f"<h2>{escape(subject.capitalize())}</h2><table><tr><th>Route</th><th>What it does</th><th>Who asks</th></tr>"
        f"{''.join(rows)}</table>"
        for subject, rows in by_subject.items()
    )
    told = "".join(f"<p>{escape(part)}</p>" for part in document["info"]["description"].split("\n\n"))
    body = f'<h1>notebench API</h1>{told}<p><a href="/api/openapi.json">OpenAPI document</a></p>{tables}'
    return pages.page("API", body, wide=True)


_WHO = {"sign_in": "a person", "waiting": "the client in the waiting room"}

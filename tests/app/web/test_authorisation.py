"""Every route and every table × everybody who may ask × whose it is: nobody gets at what is not theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from sqlalchemy import select
from starlette.routing import Route

from app.database.base import Base
from app.database.notes import Addendum, StoredNote
from app.database.operations import AuditEntry
from app.database.people import SignIn
from app.settings import ServiceSettings
from app.web.api import create_api, create_app
from app.web.openapi import callers
from app.wiring import Service, open_service
from tests.app.conftest import DATABASES, Clock, empty_database, two_practices
from tests.app.web.client import Client as Browser
from tests.app.web.matrix import KINDS, NOW, ROUTES, TABLES, UNDESCRIBED, WEBSOCKETS, N, Row
from tests.app.web.sockets import ClosedError, Socket
from tests.app.web.world import CALLERS, HOST, SYSTEM, World, ask, version_of, world_of

SCOPED = {"anyone": {"anyone"}, "known": {"anyone_known"}, "guest": {"guest"}}


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One of everything for three owners, once a database: whoever is turned away changes nothing of it."""
    folder = tmp_path_factory.mktemp("world")
    with empty_database(request, folder) as url:
        service = open_service(ServiceSettings(_env_file=None, data_dir=folder / "data", database_url=url), Clock())
        yield world_of(two_practices(service, Clock()))
        service.close()


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[Browser]:
    with world.client() as made:
        yield made


def test_every_route_is_in_the_matrix(service: Service) -> None:
    api = create_api(service)
    asked = {(method, path): who for path, method, who in callers(api)}
    assert set(asked) == set(ROUTES)
    for route, who in asked.items():
        kind = ROUTES[route].kind
        assert who in SCOPED.get(kind, {who} - {"anyone", "anyone_known", "guest"}), route
    found = [context.original_route for context in iter_route_contexts(api.routes)]
    assert {r.path for r in found if isinstance(r, APIWebSocketRoute)} == WEBSOCKETS
    hidden = {r.path for r in found if isinstance(r, APIRoute | Route) and not getattr(r, "include_in_schema", True)}
    assert hidden == UNDESCRIBED
    assert {type(r) for r in found} <= {APIRoute, APIWebSocketRoute}


def test_every_table_is_in_the_matrix() -> None:
    assert {mapper.class_.__name__ for mapper in Base.registry.mappers} == set(TABLES)


def test_whoever_may_not_gets_nothing_and_changes_nothing(world: World, client: Browser) -> None:
    for caller in CALLERS:
        world.shown(caller)  # signs in
    before = fingerprint(world)
    wrong = []
    for (method, path), row in ROUTES.items():
        for caller, status in KINDS[row.kind].items():
            answer = asked(client, world, caller, method, path, row)
            if answer.status_code != status or told_of_ada(world, caller, answer.text):
                wrong.append((method, path, caller, status, answer.status_code, answer.text[:100]))
    assert not wrong, "\n".join(map(str, wrong))
    assert fingerprint(world) == before


def test_a_token_reaches_what_its_scope_names_and_signs_nothing(world: World, client: Browser) -> None:
    for path, method, who in callers(create_api(world.clinic.service)):
        if method != "GET" or who in {"anyone", "anyone_known", "guest"}:
            continue
        row = ROUTES[method, path]
        scope = "notes:write" if who == "person" else who
        answer = ask(client, world, "wide", method, path + row.query, scope=scope)
        if who == "person":
            assert answer.status_code == 403, path
        elif "own" not in KINDS[row.kind]:
            assert answer.status_code == 200, (path, answer.text)
    for path in (N + "/signature", N + "/addenda"):
        body = {"version": 1} if path.endswith("signature") else {"text": "Later."}
        answer = ask(client, world, "wide", "POST", path, scope="notes:write", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("caller", CALLERS)
def test_a_call_is_between_its_two_parties(world: World, caller: str) -> None:
    expected = {"own", "guest"}

    async def enter(appointment: str, origin: str = HOST) -> int | None:
        path = f"/api/calls/{world.ids['ada'][appointment]}/signalling"
        headers = world.shown(caller) | {"origin": origin}
        try:
            async with Socket(create_app(world.clinic.service), path, headers) as socket:
                assert await socket.hear() == {"type": "peer", "present": False}
        except ClosedError as error:
            return error.code
        return None

    # The client of one appointment is nobody at another, and nobody comes from a page of another site.
    entered = asyncio.run(enter("waiting_id")), asyncio.run(enter("appointment_id"))
    assert entered == (None if caller in expected else 1008, None if caller == "own" else 1008)
    assert asyncio.run(enter("waiting_id", "https://evil.example")) == 1008


def test_each_sees_the_rows_of_each_table_that_are_theirs(world: World) -> None:
    clinic = world.clinic
    with clinic.work("ada") as work:  # the one table that only a signed note has rows in
        note, me = work.get(StoredNote, world.ids["ada"]["note_id"], "note"), clinic.users["ada"].user_id
        made = {name: getattr(note, name) for name in ("practice_id", "practitioner_id", "appointment_id")}
        work.session.add(Addendum(note_id=note.id, signed_at=clinic.clock.now, signed_by=me, **made))
    people = {"own": "ada", "admin": "admin", "colleague": "ben", "reviewer": "reviewer", "stranger": "other_ada",
              "other_admin": "other_admin", "other_reviewer": "other_reviewer"}  # fmt: skip
    everybody = {seen_as: clinic.users[name] for seen_as, name in people.items()}
    everybody["guest"] = clinic.guest(world.ids["ada"]["waiting_id"])
    for mapper in Base.registry.mappers:
        with clinic.service.reading(SYSTEM) as session:
            hers = {row.id for row in session.scalars(select(mapper.class_)) if is_adas(world, row)}
        assert hers, mapper.class_
        seen = set()
        for name, principal in everybody.items():
            with clinic.service.reading(principal) as session:
                if hers & set(session.scalars(select(mapper.class_.id))):
                    seen.add(name)
        assert seen == TABLES[mapper.class_.__name__], mapper.class_


def test_whoever_may_gets_it_and_nothing_of_anothers(world: World, client: Browser) -> None:
    """Last: much of what it does cannot be undone."""
    wrong = []
    for (method, path), row in sorted(ROUTES.items(), key=lambda item: item[1].last):
        refused = KINDS[row.kind]
        first = next(c for c in ("own", "admin", "guest") if c not in refused) if refused else "anonymous"
        if method == "GET":
            for caller in (c for c in CALLERS if c not in refused and c != first):
                answer = asked(client, world, caller, method, path, row)
                if answer.status_code != row.own or told_of_ada(world, caller, answer.text):
                    wrong.append((method, path, caller, answer.status_code, answer.text[:100]))
        answer = asked(client, world, first, method, path, row)
        if answer.status_code != row.own:
            wrong.append((method, path, first, row.own, answer.status_code, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))


def asked(client: Browser, world: World, caller: str, method: str, path: str, row: Row) -> Any:
    given: dict[str, Any] = {}
    if row.content is not None:
        given = {"content": row.content, "headers": {"content-type": row.content_type}}
    elif row.body is not None:
        given = {"json": filled(row.body, world, path)}
    query = row.query.replace(f"={NOW}", f"={version_of(world, path)}") if NOW in row.query else row.query
    return ask(client, world, caller, method, path + query, **given)


def filled(body: dict[str, Any], world: World, path: str) -> dict[str, Any]:
    told = {k: v.format(**world.ids["ada"]) if isinstance(v, str) else v for k, v in body.items()}
    return told | ({"version": version_of(world, path)} if told.get("version") == NOW else {})


def told_of_ada(world: World, caller: str, text: str) -> set[str]:
    """What of hers stands in an answer to somebody else; her practice's note types are no secret in it."""
    if caller in {"own", "admin", "guest", "narrow", "anonymous"}:
        return set()
    shared = {"track", "name", "number", "colleague_id"} | (
        {"template_id", "user_id"} if caller in {"colleague", "reviewer"} else set()
    )
    return {value for key, value in world.ids["ada"].items() if key not in shared and value in text}


def fingerprint(world: World) -> dict[str, int]:
    """All rows of all tables but those that tell of being asked."""
    told = {}
    with world.clinic.service.reading(SYSTEM) as session:
        for mapper in Base.registry.mappers:
            if mapper.class_ in {AuditEntry, SignIn}:
                continue
            rows = session.scalars(select(mapper.class_)).all()
            values = sorted(repr([getattr(row, c.key) for c in mapper.column_attrs]) for row in rows)
            told[mapper.class_.__name__] = hash(tuple(values))
    return told


def is_adas(world: World, row: Any) -> bool:
    """Whether a row is of her work, or where a table has no such rows, of her practice."""
    me = world.clinic.users["ada"]
    owners = [getattr(row, name) for name in ("practitioner_id", "user_id") if hasattr(row, name)]
    if owners:
        return me.user_id in owners
    return getattr(row, "practice_id", me.practice_id) == me.practice_id and row.id not in world.clinic.practices[1:]

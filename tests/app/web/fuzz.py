"""Requests made up from the API's own description, valid and invalid ones, in the name of whoever may ask.

Each answer is held against the description: no 5xx, no status, type or content that it does not allow, nothing taken
that it forbids. Ids, versions and tokens that only a stroke of luck would hit are put into most of the valid ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup

from app.web.api import create_api
from app.web.recordings import CHUNK_TYPES
from tests.app.web.client import Client
from tests.app.web.matrix import KINDS, ROUTES
from tests.app.web.world import HOST, World, version_of

CHECK_NAMES = (
    "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header",
)  # fmt: skip
NOT_READY = "GET /health/ready"
"""Answers 503 where a part is not there, as its description says."""
Operation = APIOperation[Any, Any, Any, Any]


@schemathesis.serializer(*CHUNK_TYPES)
def _as_it_is(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@dataclass
class Findings:
    """How many requests were made, what they were answered with, and what is wrong with the answers."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    reached: set[str] = field(default_factory=set)
    """Operations that were carried out at least once."""
    wrong: dict[str, str] = field(default_factory=dict)
    """One example of each kind of finding, by operation and check."""


def operations(world: World) -> list[Operation]:
    """All of them, those last that end what others need."""
    document = create_api(world.clinic.service).openapi()
    for described in (one for path in document["paths"].values() for one in path.values()):
        described.pop("security", None)  # it is always shown
    schema = schemathesis.openapi.from_dict(document)
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(found, key=lambda one: ROUTES[one.method.upper(), one.path].last)


def fuzz(world: World, operation: Operation, most: int, findings: Findings, number: int = 1) -> None:
    """Make up to `most` requests of an operation, half of them invalid; others with every `number`."""
    with world.client() as client:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _make(operation, mode, most // 2, partial(_try, world, client, findings, mode), number)


def _make(operation: Operation, mode: GenerationMode, most: int, use: Callable[[Case], None], number: int) -> None:
    @seed(number)
    @settings(
        max_examples=most, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def run(case: Case) -> None:
        use(case)

    with suppress(Unsatisfiable):  # nothing of it can be made invalid
        run()


def _try(world: World, client: Client, findings: Findings, mode: GenerationMode, case: Case) -> None:
    row = ROUTES[case.method.upper(), case.path]
    refused = KINDS[row.kind]
    caller = next(c for c in ("own", "admin", "guest") if c not in refused) if refused else "anonymous"
    if mode == GenerationMode.POSITIVE and findings.cases % 4:
        _put_in(world, case)
    sent = requests.Request(**case.as_transport_kwargs(base_url=f"{HOST}/api")).prepare()
    headers = {
        name: str(value) for name, value in sent.headers.items() if name.lower() not in {"cookie", "authorization"}
    }
    answer = client.request(sent.method or "", str(sent.url), content=sent.body, headers=headers | world.shown(caller))
    label = f"{case.method.upper()} {case.path}"
    findings.cases += 1
    findings.statuses[answer.status_code] += 1
    if answer.status_code < 300:
        findings.reached.add(label)
    if answer.status_code >= 500 and label != NOT_READY:
        findings.wrong.setdefault(f"{label}: {answer.status_code}", f"{sent.body!r:.300} {answer.text:.200}")
    if answer.status_code == 401 and caller != "anonymous":
        world.forget()  # it signed itself out, or was deactivated
    try:
        case.validate_response(answer, checks=[CHECKS.get_one(name) for name in CHECK_NAMES])
    except FailureGroup as group:
        for failure in group.exceptions:
            findings.wrong.setdefault(f"{label}: {type(failure).__name__}", f"{failure}"[:1500])


def _put_in(world: World, case: Case) -> None:
    """What is there, in place of what was made up."""
    ids = world.ids["ada"]
    for name in set(case.path_parameters or ()) & set(ids):
        case.path_parameters[name] = "1" if name == "number" else ids[name]
    if isinstance(case.body, dict):
        for name, value in case.body.items():
            if name == "appointment_id":
                case.body[name] = ids["waiting_id"]
            elif name in ids and isinstance(value, str) and name != "name":
                case.body[name] = ids[name]
    with_version: Any = case.body if isinstance(case.body, dict) and "version" in case.body else case.query
    if with_version and "version" in with_version:
        with suppress(KeyError):
            with_version["version"] = version_of(world, case.path)

"""Whether each part of the service can do its work now. Nothing that is told of it helps somebody from outside."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.database.people import Practice
from app.database.scope import Principal
from app.jobs.alive import worker_runs
from pipelines.models.table import model_path
from pipelines.records import InputError

if TYPE_CHECKING:
    from app.wiring import Service

State = Literal["ok", "down", "missing", "read_only", "not_running"]
_SYSTEM = Principal.system("readiness")


def parts(service: Service) -> dict[str, State]:
    """Each part with how it stands."""
    checks: Mapping[str, Callable[[Service], State]] = {
        "database": _database, "keys": _keys, "models": _models, "worker": _worker,
    }  # fmt: skip
    return {name: check(service) for name, check in checks.items()}


def _database(service: Service) -> State:
    """The tables are there and can be asked."""
    try:
        with service.reading(_SYSTEM) as session:
            session.scalars(select(Practice.id).limit(1)).first()
    except SQLAlchemyError:
        return "down"
    return "ok"


def _keys(service: Service) -> State:
    """Keys can be made and destroyed: their folder can be written to."""
    probe = service.vault.folder / f".{secrets.token_hex(8)}.probe"
    try:
        probe.touch(0o600, exist_ok=False)
        probe.unlink()
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "read_only"
    return "ok"


def _models(service: Service) -> State:
    """The models that are named are at hand."""
    try:
        for name in (service.settings.whisper, service.settings.embeddings):
            model_path(name, service.settings)
    except InputError:
        return "missing"
    return "ok"


def _worker(service: Service) -> State:
    """A worker runs on this data folder."""
    return "ok" if worker_runs(service.settings.service_dir) else "not_running"

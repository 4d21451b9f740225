"""Engines for SQLite and PostgreSQL: the same code on both, with a durable commit and one writer at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from app.settings import ServiceSettings

READS_ALONE = "notebench_reads_alone"
"""Execution option of a transaction that writes nothing: on SQLite it does not wait for the one that writes."""
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON", "secure_delete=ON")


def records_url(settings: ServiceSettings) -> str:
    """Where the records are: as set, else SQLite in the data folder."""
    return settings.database_url or f"sqlite:///{(settings.service_dir / 'records.sqlite').as_posix()}"


def open_engine(url: str) -> Engine:
    """An engine whose connections commit durably. For the records, guard it with `app.database.scope.guard`."""
    named = make_url(url)
    if named.get_backend_name() != "sqlite":
        return create_engine(named, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
    if named.database and named.database != ":memory:":
        Path(named.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(named, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail with "database is locked" under load.
    # Not through the engine: before a session has said for whom it acts, the guard lets nothing through.
    mode = "DEFERRED" if connection.get_execution_options().get(READS_ALONE) else "IMMEDIATE"
    connection.connection.cursor().execute(f"BEGIN {mode}")

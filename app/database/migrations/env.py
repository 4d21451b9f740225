"""How Alembic runs our migrations; the engine is handed over by `app.database.schema`."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, Engine

from app.database import clinic, notes, operations, people, sessions  # noqa: F401 - every table is defined
from app.database.base import Base, Instant

_OURS = 7_302_410  # any number that no other program locks in this database


def _migrate(connection: Connection) -> None:
    context.configure(
        connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True, render_item=_written,
        process_revision_directives=_leave_out_empty,
    )  # fmt: skip
    with context.begin_transaction():
        context.run_migrations()


def _written(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A revision stands by itself: it names no class of ours, which may be another one by then."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


def _leave_out_empty(_context: Any, _revision: Any, directives: list[Any]) -> None:
    if directives[0].upgrade_ops.is_empty():
        directives.clear()


def _run(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            # The policies bind the owner too: a migration that changes rows acts for the system.
            connection.exec_driver_sql("SELECT set_config('notebench.role', 'system', true)")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_OURS})")  # one migration at a time
            _migrate(connection)
        return
    with engine.connect() as connection:
        # A batch alteration drops and renames the table: with foreign keys on, that deletes the rows of its children.
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            _migrate(connection)
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise RuntimeError("the migration would leave rows that point nowhere; nothing was changed")
        connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


_run(context.config.attributes["engine"])

"""How Alembic runs our migrations; the engine is handed over by `app.database.schema`."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, Engine

from app.database import clinic, notes, operations, people, sessions  # noqa: F401 - every table is defined
from app.database.base import Base


def _migrate(connection: Connection) -> None:
    context.configure(connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


def _run(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
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

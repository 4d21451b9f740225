"""The state of the tables: brought up to date by Alembic's migrations, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url

from app.database.engine import open_engine, records_url
from app.database.rowsecurity import statements
from app.settings import ServiceSettings
from pipelines.records import InputError

_MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(settings: ServiceSettings, revision: str = "head") -> None:
    """Bring the tables to a revision, and on PostgreSQL the row-level policies with them. Rows are kept.

    Connects as the owner of the tables (`database_owner_url`); where none is named, as the service itself.
    """
    engine = open_engine(settings.database_owner_url or records_url(settings))
    try:
        config = _config()
        config.attributes["engine"] = engine
        command.upgrade(config, revision)
        if engine.dialect.name == "postgresql" and revision == "head":
            with engine.begin() as connection:
                service = make_url(records_url(settings)).username
                for statement in statements(service if settings.database_owner_url else None):
                    connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def check(settings: ServiceSettings) -> None:
    """Refuse tables that are not those of this version.

    Raises:
        InputError: they are older, newer, or not there; the remedy is named.
    """
    engine = open_engine(records_url(settings))
    try:
        current = _current(engine)
    finally:
        engine.dispose()
    script = ScriptDirectory.from_config(_config())
    if current == script.get_current_head():
        return
    known = {revision.revision for revision in script.walk_revisions()}
    if current is None or current in known:
        raise InputError("the database is of an earlier version; back it up, then run: notebench migrate")
    raise InputError("the database is of a later version than this program; install that version again")


def _current(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config

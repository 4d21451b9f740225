"""The state of the tables: brought up to date by Alembic's migrations, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url

from app.database import appendonly, rowsecurity
from app.database.engine import open_engine, records_url
from app.settings import ServiceSettings
from pipelines.records import InputError

_MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(settings: ServiceSettings, revision: str = "head", versions: Path | None = None) -> None:
    """Bring the tables to a revision; rows are kept. At the head, walls and triggers are put in place again.

    Connects as the owner of the tables (`database_owner_url`); where none is named, as the service itself.

    Args:
        versions: another folder of revisions.
    """
    engine = open_engine(settings.database_owner_url or records_url(settings))
    try:
        command.upgrade(config_for(engine, versions), revision)
        if revision == "head":
            service = make_url(records_url(settings)).username if settings.database_owner_url else None
            protect(engine, service)
            if service and engine.dialect.name == "postgresql":
                with engine.begin() as connection:  # `check` reads it
                    connection.exec_driver_sql(f'GRANT SELECT ON alembic_version TO "{service}"')
    finally:
        engine.dispose()


def make_ready(settings: ServiceSettings) -> None:
    """Before the service starts, or a command of it: outside production the tables are brought up to date.

    Raises:
        InputError: they are not of this version, and it is not for us to change that.
    """
    served = make_url(records_url(settings)).get_backend_name() != "sqlite" and not settings.database_owner_url
    if settings.profile == "production" or (served and _state(settings) == revisions()[-1]):
        check(settings)  # a role that serves does not own the tables
    else:
        upgrade(settings)


def protect(engine: Engine, service_role: str | None = None) -> None:
    """Put what stands around the tables in place: the append-only audit log, on PostgreSQL the row-level policies.

    After every migration: one that alters a table on SQLite drops it, and its triggers with it. Repeatable.

    Args:
        service_role: the service's role on PostgreSQL, where it does not own the tables.
    """
    with engine.begin() as connection:
        for statement in appendonly.statements(engine.dialect.name):
            connection.exec_driver_sql(statement)
        if engine.dialect.name == "postgresql":
            for statement in rowsecurity.statements(service_role):
                connection.exec_driver_sql(statement)


def check(settings: ServiceSettings) -> None:
    """Refuse tables that are not those of this version.

    Raises:
        InputError: they are older, newer, or not there; the remedy is named.
    """
    current, known = _state(settings), revisions()
    if current == known[-1]:
        return
    if current is None or current in known:
        raise InputError("the database is of an earlier version; back it up, then run: notebench migrate")
    raise InputError("the database is of a later version than this program; install that version again")


def revisions(versions: Path | None = None) -> list[str]:
    """All revisions, the earliest first."""
    script = ScriptDirectory.from_config(_config(versions))
    return [revision.revision for revision in script.walk_revisions()][::-1]


def config_for(engine: Engine, versions: Path | None = None) -> Config:
    """Alembic's configuration for an engine."""
    config = _config(versions)
    config.attributes["engine"] = engine
    return config


def _state(settings: ServiceSettings) -> str | None:
    """The revision of the tables, as the service sees it."""
    engine = open_engine(records_url(settings))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _config(versions: Path | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    if versions:
        config.set_main_option("version_locations", str(versions))
        config.set_main_option("path_separator", "newline")
    return config

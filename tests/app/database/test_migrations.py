"""Migrations on both databases: from empty and from each earlier revision up, with every row kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, Engine
from sqlalchemy.exc import DBAPIError

from app.database import schema
from app.database.base import Base, Instant
from app.database.engine import open_engine, records_url
from app.database.people import Practice
from app.database.revise import revise
from app.database.scope import Principal
from app.settings import ServiceSettings
from app.wiring import open_service
from app.work import practice
from pipelines.records import InputError
from tests.app import postgres

LATER = Path(__file__).parent / "revisions"
SHIPPED = Path(schema.__file__).with_name("migrations") / "versions"
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServiceSettings]:
    """Settings of a service whose database is empty; on PostgreSQL its owner is not the service."""
    if request.param == "sqlite":
        yield ServiceSettings(_env_file=None, data_dir=tmp_path)
        return
    server: postgres.Server = request.getfixturevalue("postgresql")
    owner, service = server.fresh()
    yield ServiceSettings(_env_file=None, data_dir=tmp_path, database_url=service, database_owner_url=owner)
    server.drop(service)


@pytest.fixture
def owner(empty: ServiceSettings) -> Iterator[Engine]:
    engine = open_engine(empty.database_owner_url or records_url(empty))
    yield engine
    engine.dispose()


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """The shipped revisions, and one more that alters a table which others point to."""
    folder = tmp_path / "versions"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (LATER / "later.py").read_text(encoding="utf-8")
    (folder / "9999_later.py").write_text(text.replace("LAST", schema.revisions()[-1]), encoding="utf-8")
    return folder


def fill(engine: Engine) -> None:
    """One row in every table, as it is now, with whatever its columns need."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT set_config('notebench.role', 'system', true)")
        for table in Base.metadata.sorted_tables:
            row = {c.name: value_of(c) for c in table.columns}
            connection.execute(table.insert().values(row))


def value_of(column: object) -> object:
    kind = column.type  # type: ignore[attr-defined]
    if isinstance(kind, Instant | JSON):
        return AT if isinstance(kind, Instant) else {}
    return {str: "x", int: 1, bool: True, float: 1.5, bytes: b"\x00sealed"}[kind.python_type]


def rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT set_config('notebench.role', 'system', true)")
        return {
            name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT {columns_of(table)} FROM {name}")]
            for name, table in Base.metadata.tables.items()
        }


def columns_of(table: object) -> str:
    return ", ".join(column.name for column in table.columns)  # type: ignore[attr-defined]


def test_from_empty_up_the_tables_are_those_of_the_classes(empty: ServiceSettings, owner: Engine) -> None:
    schema.upgrade(empty)
    schema.check(empty)
    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    schema.upgrade(empty)  # and nothing happens


def test_from_each_revision_up_nothing_is_refused(empty: ServiceSettings) -> None:
    for revision in schema.revisions():  # one after the other: each is the start of the next
        schema.upgrade(empty, revision)
    schema.upgrade(empty)
    schema.check(empty)


def test_a_later_revision_keeps_every_row(empty: ServiceSettings, owner: Engine, versions: Path) -> None:
    schema.upgrade(empty)
    fill(owner)
    before = rows(owner)
    schema.upgrade(empty, versions=versions)
    assert rows(owner) == before
    with owner.connect() as connection:
        if owner.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT set_config('notebench.role', 'system', true)")
        assert connection.exec_driver_sql("SELECT nickname FROM clients").all() == [("was altered",)]
        if owner.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    with pytest.raises(InputError, match="later version"):
        schema.check(empty)


def test_what_an_alteration_took_away_stands_again(empty: ServiceSettings, owner: Engine, versions: Path) -> None:
    schema.upgrade(empty)
    fill(owner)
    schema.upgrade(empty, versions=versions)  # it alters the audit log too
    with owner.connect() as connection:
        if owner.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT set_config('notebench.role', 'system', true)")
        with pytest.raises(DBAPIError, match="append-only"):
            connection.exec_driver_sql("DELETE FROM audit_entries")


def test_a_revision_that_would_leave_rows_pointing_nowhere_changes_nothing(
    empty: ServiceSettings, owner: Engine, versions: Path
) -> None:
    schema.upgrade(empty)
    fill(owner)
    (versions / "9999_later.py").write_text(
        (LATER / "harmful.py").read_text(encoding="utf-8").replace("LAST", schema.revisions()[-1]), encoding="utf-8"
    )
    before = rows(owner)
    with pytest.raises((RuntimeError, DBAPIError)):
        schema.upgrade(empty, versions=versions)
    assert rows(owner) == before
    schema.check(empty)


def test_an_outdated_database_is_refused(empty: ServiceSettings) -> None:
    with pytest.raises(InputError, match="notebench migrate"):
        schema.check(empty)


def test_a_service_makes_itself_ready_or_says_who_can(empty: ServiceSettings) -> None:
    serving = empty.model_copy(update={"database_owner_url": ""})
    with pytest.raises(InputError, match="notebench migrate"):
        schema.make_ready(empty.model_copy(update={"profile": "production"}))
    schema.make_ready(empty)
    schema.make_ready(serving)  # on PostgreSQL by a role that owns nothing
    schema.make_ready(serving.model_copy(update={"profile": "production"}))


def test_the_service_reads_and_writes_what_the_owner_made(empty: ServiceSettings) -> None:
    schema.upgrade(empty)
    service = open_service(empty)
    with service.work(Principal.system("test")) as work:
        made = practice.found(work, "North")
    with service.work(Principal.system("test")) as work:
        assert work.get(Practice, made.id, "practice").name == "North"
    service.close()


def test_a_revision_is_written_only_where_tables_differ(tmp_path: Path, versions: Path) -> None:
    shipped = tmp_path / "shipped"
    shutil.copytree(SHIPPED, shipped, ignore=shutil.ignore_patterns("__pycache__"))
    assert revise("nothing", shipped) is None
    made = revise("without nickname", versions)
    assert made is not None
    assert "drop_column('nickname')" in made.read_text(encoding="utf-8").partition("def downgrade")[0]

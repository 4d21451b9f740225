"""The audit log: what is changed behind the service's back shows, and the database refuses to change it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from app.audit import Anchor, digest
from app.audit_log import add_anchors, read_anchors, verify_all
from app.database.clinic import Client
from app.database.engine import open_engine
from app.database.operations import AuditEntry
from app.database.scope import Principal
from pipelines.records import InputError
from tests.app import postgres
from tests.app.conftest import Clinic

SYSTEM = Principal.system("test")
TABLE = "audit_entries"


@pytest.fixture
def clinic(clinic_of_two: Clinic) -> Clinic:
    """With five entries in the log of the first practice, and three in the other."""
    for name, times in (("ada", 3), ("ben", 2), ("other_ada", 3)):
        for _ in range(times):
            clinic_of_two.clock.forward(seconds=1.25)
            with clinic_of_two.work(name) as work:
                work.note("read", "client", work.get(Client, clinic_of_two.clients[name], "client"), part=2, kept=None)
    return clinic_of_two


@pytest.fixture
def intruder(clinic: Clinic, request: pytest.FixtureRequest) -> Any:
    """A connection of the tables' owner, who took the triggers away."""
    url = clinic.service.settings.database_url
    if url.startswith("postgresql"):
        url = url.replace(f"//{postgres.SERVICE}@", "//postgres@")
    engine = open_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for event in ("update", "delete", "replace"):
                connection.exec_driver_sql(f"DROP TRIGGER {TABLE}_no_{event}")
        else:
            connection.exec_driver_sql(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
    yield engine
    engine.dispose()


def change(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        assert connection.execute(text(statement), values).rowcount >= 1


def entries(clinic: Clinic, practice: int = 0) -> list[AuditEntry]:
    with clinic.service.reading(SYSTEM) as session:
        query = select(AuditEntry).where(AuditEntry.practice_id == clinic.practices[practice])
        return list(session.scalars(query.order_by(AuditEntry.sequence)))


def flaws(clinic: Clinic, anchors: list[Anchor] | None = None) -> list[str]:
    return verify_all(clinic.service, anchors or [])[clinic.practices[0]].flaws


def changed_field(engine: Engine, clinic: Clinic) -> None:
    change(engine, f"UPDATE {TABLE} SET actor = 'nobody' WHERE id = :id", id=entries(clinic)[1].id)


def changed_details(engine: Engine, clinic: Clinic) -> None:
    change(engine, f"UPDATE {TABLE} SET details = '{{\"part\": 3}}' WHERE id = :id", id=entries(clinic)[1].id)


def deleted(engine: Engine, clinic: Clinic) -> None:
    change(engine, f"DELETE FROM {TABLE} WHERE id = :id", id=entries(clinic)[2].id)


def deleted_and_closed_up(engine: Engine, clinic: Clinic) -> None:
    rows = entries(clinic)
    change(engine, f"DELETE FROM {TABLE} WHERE id = :id", id=rows[2].id)
    for row in rows[3:]:
        change(engine, f"UPDATE {TABLE} SET sequence = :n WHERE id = :id", n=row.sequence - 1, id=row.id)


def inserted(engine: Engine, clinic: Clinic) -> None:
    last = entries(clinic)[-1]
    columns = "practice_id, sequence, at, actor, action, kind, object_id, details, previous, digest, id"
    taken = "practice_id, sequence + 1, at, actor, 'delete', kind, object_id, details, digest, digest, :id"
    copy = f"INSERT INTO {TABLE} ({columns}) SELECT {taken} FROM {TABLE} WHERE id = :last"
    change(engine, copy, id="f" * 36, last=last.id)


def reordered(engine: Engine, clinic: Clinic) -> None:
    first, second = entries(clinic)[1:3]
    for row, number in ((first, 99), (second, first.sequence), (first, second.sequence)):
        change(engine, f"UPDATE {TABLE} SET sequence = :n WHERE id = :id", n=number, id=row.id)


def forged_digest(engine: Engine, clinic: Clinic) -> None:
    """By somebody who knows how, and has no key."""
    row = entries(clinic)[-1]
    row.actor = "nobody"
    forged = digest(row, bytes(32))
    change(engine, f"UPDATE {TABLE} SET actor = 'nobody', digest = :d WHERE id = :id", d=forged, id=row.id)


def of_another_practice(engine: Engine, clinic: Clinic) -> None:
    mine, other = entries(clinic), entries(clinic, 1)
    change(engine, f"DELETE FROM {TABLE} WHERE id = :id", id=mine[-1].id)
    change(engine, f"UPDATE {TABLE} SET practice_id = :p, sequence = :n, previous = :d WHERE id = :id",
           p=clinic.practices[0], n=mine[-1].sequence, d=mine[-2].digest, id=other[-1].id)  # fmt: skip


@pytest.mark.parametrize(
    "tamper",
    [changed_field, changed_details, deleted, deleted_and_closed_up, inserted, reordered, forged_digest,
     of_another_practice],
)  # fmt: skip
def test_every_tampering_shows(
    clinic: Clinic, intruder: Engine, tamper: Callable[[Engine, Clinic], None]
) -> None:  # fmt: skip
    assert len(entries(clinic)) == 5
    assert flaws(clinic) == []
    tamper(intruder, clinic)
    assert flaws(clinic) != []


def test_a_cut_tail_shows_against_an_anchor_alone(clinic: Clinic, intruder: Engine, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "anchors.jsonl"
    add_anchors(clinic.service, file)
    anchors = read_anchors(file)
    assert {anchor.practice_id for anchor in anchors} == set(clinic.practices)
    assert flaws(clinic, anchors) == []
    change(intruder, f"DELETE FROM {TABLE} WHERE practice_id = :p AND sequence > 3", p=clinic.practices[0])
    assert flaws(clinic) == []
    assert flaws(clinic, anchors) == ["entry 5 is not the one that was anchored"]


def test_a_whole_log_that_is_gone_shows_against_an_anchor(clinic: Clinic, intruder: Engine, tmp_path: Path) -> None:
    add_anchors(clinic.service, tmp_path / "a.jsonl")
    change(intruder, f"DELETE FROM {TABLE} WHERE practice_id = :p", p=clinic.practices[0])
    assert flaws(clinic, read_anchors(tmp_path / "a.jsonl")) != []


def test_anchors_are_added_to_what_a_file_holds(clinic: Clinic, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    add_anchors(clinic.service, file)
    add_anchors(clinic.service, file)
    assert len(read_anchors(file)) == 4
    file.write_text(json.dumps({"practice_id": "x"}) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1"):
        read_anchors(file)


def test_the_database_refuses_to_change_the_log(clinic: Clinic) -> None:
    last = entries(clinic)[-1]
    owner = open_engine(clinic.service.settings.database_url.replace(postgres.SERVICE, postgres.OWNER))
    attempts = ["UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"]
    if owner.dialect.name == "sqlite":
        columns = "practice_id, sequence, at, actor, action, kind, object_id, details, previous, digest, id"
        attempts.append(f"INSERT OR REPLACE INTO audit_entries ({columns}) SELECT {columns} FROM audit_entries")
    else:
        attempts.append("TRUNCATE audit_entries")
    for attempt in attempts:
        with owner.connect() as connection:
            if owner.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT set_config('notebench.role', 'system', true)")
            with pytest.raises(DBAPIError, match="append-only"):
                connection.exec_driver_sql(attempt)
    owner.dispose()
    assert entries(clinic)[-1].digest == last.digest


def test_the_time_zone_of_the_server_changes_no_digest(clinic: Clinic, request: pytest.FixtureRequest) -> None:
    url = clinic.service.settings.database_url
    if not url.startswith("postgresql"):
        pytest.skip("SQLite has no time zones")
    server: postgres.Server = request.getfixturevalue("postgresql")
    server.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET timezone TO 'Asia/Kathmandu'")
    clinic.service.engine.dispose()
    assert flaws(clinic) == []


def test_many_who_write_at_once_wait_for_each_other_and_nobody_fails(clinic: Clinic) -> None:
    before = len(entries(clinic))

    def read(_: int) -> None:
        with clinic.work("ada") as work:
            work.note("read", "client", work.get(Client, clinic.clients["ada"], "client"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read, range(40)))

    assert len(entries(clinic)) == before + 40
    assert flaws(clinic) == []

"""The doctor: every kind of thing that is not as it should be is found, and what is safe is repaired."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command as alembic
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import select, text

from app.commands.doctor import command
from app.database import schema
from app.database.base import new_id
from app.database.engine import open_engine
from app.database.operations import Task, Trace
from app.database.people import Practice
from app.database.scope import Principal
from app.database.sessions import Recording, StoredTranscript
from app.doctor import machine
from app.doctor.examine import examine
from app.doctor.finding import Finding
from app.jobs import alive
from app.settings import ServiceSettings
from app.storage.deletion import delete_for_ever
from app.storage.recordings import key_name
from pipelines.records import InputError
from tests.app import postgres
from tests.app.conftest import Clinic
from tests.app.work.desk import Desk
from tests.app.work.recorder import Tab, recordable

SYSTEM = Principal.system("test")


@pytest.fixture
def clinic(clinic_of_two: Clinic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Clinic]:
    """On a machine where everything is at hand: models, room, a worker."""
    owner = open_engine(clinic_of_two.service.settings.database_url.replace(postgres.SERVICE, postgres.OWNER))
    alembic.stamp(schema.config_for(owner), "head")
    if owner.dialect.name == "postgresql":
        with owner.begin() as connection:
            connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {postgres.SERVICE}")
    owner.dispose()
    for name in ("whisper", "embeddings"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(machine, "_SWAPS", tmp_path / "none")
    monkeypatch.setattr(machine, "_FULL", 0)
    monkeypatch.setattr(machine, "_NEARLY_FULL", 0)
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (0, 0))
    with alive.hold(clinic_of_two.service.settings.service_dir):
        yield clinic_of_two


def settings(clinic: Clinic, **given: Any) -> ServiceSettings:
    folder = clinic.service.settings.data_dir.parent
    named = {"whisper": str(folder / "whisper"), "embeddings": str(folder / "embeddings")}
    return clinic.service.settings.model_copy(update=named | given)


def look(clinic: Clinic, *, repair: bool = False, **given: Any) -> list[Finding]:
    return examine(settings(clinic, **given), repair=repair, clock=clinic.clock)


def found(clinic: Clinic, *, repair: bool = False) -> set[tuple[str, str, bool]]:
    return {(one.check, one.place, one.repaired) for one in look(clinic, repair=repair)}


def age(clinic: Clinic, name: str) -> None:
    """A key that was made an hour ago."""
    file = clinic.service.vault.folder / name
    os.utime(file, (file.stat().st_mtime - 3600,) * 2)


def test_a_service_with_all_kinds_of_records_is_as_it_should_be(clinic: Clinic) -> None:
    desk = Desk(clinic)
    desk.ready()
    desk.summarize()
    tab = Tab(clinic, recordable(clinic, "ben"), "ben").open()
    tab.track("1", "client")
    tab.send("1", 0, b"sound")
    with clinic.service.work(SYSTEM) as work:
        delete_for_ever(work, f"client-{clinic.clients['other_ada']}", "mistake")
    for name in list(clinic.service.vault.names()):
        age(clinic, name)
    assert look(clinic) == []


def test_missing_keys_are_found(clinic: Clinic) -> None:
    desk = Desk(clinic)
    transcript = desk.hear()
    desk.draft()
    note = desk.note().id
    client = f"client-{clinic.clients['ada']}"
    names = {f"transcript-{transcript}", f"draft-{note}", client}
    for name in names:
        clinic.service.vault.shred(name)
    assert found(clinic, repair=True) == {("keys", name, False) for name in names}


def test_a_key_that_came_back_is_destroyed_where_there_is_a_receipt(clinic: Clinic) -> None:
    vault, desk = clinic.service.vault, Desk(clinic)
    name = f"transcript-{desk.hear()}"
    kept = (vault.folder / name).read_bytes()
    with desk.system() as work:
        delete_for_ever(work, name, "practitioner")
    (vault.folder / name).write_bytes(kept)  # from a snapshot of the key folder
    age(clinic, name)
    assert found(clinic) == {("keys", name, False)}
    assert found(clinic, repair=True) == {("keys", name, True)}
    assert not vault.holds(name)
    assert look(clinic) == []


def test_a_key_of_nothing_is_found_and_left(clinic: Clinic) -> None:
    name = f"client-{new_id()}"
    clinic.service.vault.create(name)
    assert look(clinic) == []  # its transaction may be under way
    age(clinic, name)
    assert found(clinic, repair=True) == {("keys", name, False)}
    assert clinic.service.vault.holds(name)


def test_sound_without_a_row_is_told_of_and_kept(clinic: Clinic) -> None:
    store, recording = clinic.service.audio, new_id()
    store.vault.create(key_name(recording))
    store.log(recording, "1").create(clinic.clock.now)
    assert found(clinic) == set()  # it may be of an upload whose row is about to be written
    age(clinic, key_name(recording))
    place = str(store.folder / recording)
    assert found(clinic, repair=True) == {("audio", place, False)}  # the only copy of a session, perhaps
    assert recording in set(store.recordings())
    assert store.vault.holds(key_name(recording))


def test_sound_of_a_deleted_recording_is_removed(clinic: Clinic) -> None:
    tab = Tab(clinic, recordable(clinic)).open()
    tab.track("1", "client")
    tab.send("1", 0, b"sound")
    place = clinic.service.audio.folder / tab.recording
    copy = place.with_name("copy")
    shutil.copytree(place, copy)
    with clinic.service.work(SYSTEM) as work:
        delete_for_ever(work, key_name(tab.recording), "practitioner")
    assert not place.exists()
    copy.rename(place)
    assert found(clinic, repair=True) == {("audio", str(place), True)}
    assert not place.exists()


def test_a_recording_without_its_sound_is_found(clinic: Clinic) -> None:
    tab = Tab(clinic, recordable(clinic)).open()
    tab.track("1", "client")
    tab.send("1", 0, b"sound")
    tab.complete({"1": 1})
    shutil.rmtree(clinic.service.audio.folder / tab.recording)
    assert found(clinic, repair=True) == {("audio", key_name(tab.recording), False)}


def test_unfinished_deletions_are_finished(clinic: Clinic) -> None:
    name = f"transcript-{Desk(clinic).hear()}"
    with clinic.service.work(SYSTEM) as work:
        delete_for_ever(work, name, "practitioner")
        work.after_commit.clear()  # it ended here
    assert look(clinic) == []  # within the time that the worker has
    clinic.clock.forward(minutes=6)
    assert found(clinic) == {("deletions", name, False)}
    assert found(clinic, repair=True) == {("deletions", name, True)}
    assert not clinic.service.vault.holds(name)
    assert look(clinic) == []


def test_what_has_its_time_and_still_stands_is_found(clinic: Clinic) -> None:
    transcript = Desk(clinic).hear()
    with clinic.service.work(SYSTEM) as work:
        row = work.session.scalars(select(StoredTranscript)).one()
        recording = Recording(id=new_id(), practice_id=row.practice_id, practitioner_id=row.practitioner_id,
                              appointment_id=row.appointment_id, kind="room", state="failed",
                              created_at=work.now, completed_at=work.now)  # fmt: skip
        work.session.add(recording)
        work.vault.create(key_name(recording.id))
    clinic.service.audio.log(recording.id, "1").create(clinic.clock.now)
    clinic.clock.forward(days=7, minutes=4)
    assert look(clinic) == []
    clinic.clock.forward(minutes=2)
    assert found(clinic, repair=True) == {
        ("overdue", f"transcript-{transcript}", False), ("overdue", key_name(recording.id), False),
    }  # fmt: skip


def test_tasks_that_failed_or_are_stuck_are_found(clinic: Clinic) -> None:
    appointment, me = clinic.appointment(), clinic.users["ada"]
    states = {"failed": {}, "waiting": {}, "running": {"stage": "draft"}, "done": {}}
    with clinic.service.work(SYSTEM) as work:
        for state, more in states.items():
            work.session.add(Task(
                id=new_id(), practice_id=me.practice_id, practitioner_id=me.user_id, appointment_id=appointment,
                kind="generate", subject_id=new_id(), state=state, created_at=work.now, updated_at=work.now,
                reason="no_source" if state == "failed" else None, **more,
            ))  # fmt: skip
    assert [one.message for one in look(clinic)] == [
        "generate failed at its beginning: There is nothing to write from yet."
    ]
    clinic.clock.forward(hours=3)
    assert sorted(one.message.split()[1] for one in look(clinic)) == ["failed", "has", "is"]


def test_traces_that_wait_are_a_warning(clinic: Clinic) -> None:
    with clinic.service.work(SYSTEM) as work:
        work.session.add(Trace(id=new_id(), practice_id=clinic.practices[0], revision_id=new_id(), kind="generated",
                               attributes={}, created_at=work.now - timedelta(hours=2)))  # fmt: skip
    only = look(clinic)
    assert [(one.check, one.severity, one.is_open) for one in only] == [("mlflow", "warning", False)]


def test_a_changed_audit_log_is_found(clinic: Clinic) -> None:
    with clinic.work("ada") as work:
        work.note("read", "practice", work.get(Practice, clinic.practices[0], "practice"))
    owner = open_engine(clinic.service.settings.database_url.replace(f"{postgres.SERVICE}@", "postgres@"))
    with owner.begin() as connection:
        if owner.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_entries_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_entries DISABLE TRIGGER USER")
        connection.execute(text("UPDATE audit_entries SET actor = 'x'"))
    owner.dispose()
    assert {check for check, _, _ in found(clinic)} == {"audit"}


def damaged_model(folder: Path) -> dict[str, Any]:
    return {"models_dir": folder, "whisper": "base"}


def missing_folder(folder: Path) -> dict[str, Any]:
    return {"embeddings": str(folder / "nowhere")}


@pytest.mark.parametrize("change", [damaged_model, missing_folder])
def test_missing_models_are_found(clinic: Clinic, tmp_path: Path, change: Callable[[Path], dict[str, Any]]) -> None:
    assert [one.check for one in look(clinic, **change(tmp_path))] == ["models"]


def test_the_machine_is_looked_at(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    swaps = tmp_path / "swaps"
    swaps.write_text("Filename\n/swapfile\n", encoding="utf-8")
    monkeypatch.setattr(machine, "_SWAPS", swaps)
    monkeypatch.setattr(machine, "_FULL", 1e30)
    monkeypatch.setattr(machine, "_NEARLY_FULL", 1e30)
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (1, 1))
    clinic.service.vault.folder.chmod(0o755)
    (clinic.service.settings.service_dir / "worker.lock").unlink()
    severities = {one.check: one.severity for one in look(clinic)}
    assert severities == {"folders": "error", "disk": "error", "worker": "error", "core_dumps": "warning",
                          "swap": "warning"}  # fmt: skip


def test_an_outdated_schema_is_all_that_can_be_said(clinic: Clinic) -> None:
    owner = open_engine(clinic.service.settings.database_url.replace(postgres.SERVICE, postgres.OWNER))
    with owner.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    owner.dispose()
    assert [(one.check, one.remedy) for one in look(clinic)] == [("schema", "notebench migrate")]


def test_another_master_key_is_found(clinic: Clinic) -> None:
    wrong = look(clinic, master_key=SecretStr("zz"))
    assert [one.check for one in wrong] == ["keys"]


def test_production_flaws_are_found(clinic: Clinic) -> None:
    checks = [one.check for one in look(clinic, profile="production", master_key=SecretStr("ab" * 32))]
    assert "production" in checks


def test_the_command_says_where_and_what_to_do(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings(clinic)
    for name in ("data_dir", "database_url", "whisper", "embeddings"):
        monkeypatch.setenv(f"NOTEBENCH_{name.upper()}", str(getattr(given, name)))
    runner = CliRunner()
    clean = runner.invoke(command, ["--json"], standalone_mode=False)
    assert json.loads(clean.stdout) == {"ok": True, "findings": []}
    name = f"client-{clinic.clients['ada']}"
    clinic.service.vault.shred(name)
    bad = runner.invoke(command, [], standalone_mode=False)
    assert bad.return_value == 1
    assert f"error: keys: {name}: its key is missing" in bad.stdout
    assert "→ restore the key folder's replica" in bad.stdout


def test_a_second_worker_is_refused_and_a_look_keeps_nobody_away(tmp_path: Path) -> None:
    assert not alive.worker_runs(tmp_path)
    with alive.hold(tmp_path):
        assert alive.worker_runs(tmp_path)
        with pytest.raises(InputError, match="a worker runs"):
            alive.hold(tmp_path)
    assert not alive.worker_runs(tmp_path)
    with (tmp_path / "worker.lock").open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        timer = threading.Timer(0.1, lambda: fcntl.flock(looking, fcntl.LOCK_UN))
        timer.start()
        alive.hold(tmp_path).close()
        timer.join()

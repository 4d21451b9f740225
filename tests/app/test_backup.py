"""Backup, purge, restore, on both databases: what was purged is not readable, and everything else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import restoring
from app.database import schema
from app.database.clinic import Client
from app.database.operations import AuditEntry
from app.database.people import SignIn
from app.database.scope import Principal
from app.database.sessions import Recording
from app.errors import GoneError
from app.settings import ServiceSettings
from app.storage.backup import back_up, restore
from app.storage.deletion import delete_for_ever
from app.wiring import Service, open_service
from app.work import clients, notes, signing, summaries, transcripts
from pipelines.records import InputError
from tests.app import postgres
from tests.app.canary import Canary
from tests.app.conftest import Clinic, Clock, two_practices
from tests.app.work.desk import Desk
from tests.app.work.recorder import Tab, recordable

SYSTEM = Principal.system("test")
SAID = "quillwort vespertine"


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ServiceSettings, ServiceSettings]]:
    """Settings of a service with tables, and of an empty one with the same key folder: the machine after the fire."""
    first, second = tmp_path / "first", tmp_path / "second"
    given: list[dict[str, Any]] = [{}, {}]
    urls: list[str] = []
    if request.param == "postgresql":
        server: postgres.Server = request.getfixturevalue("postgresql")
        for one in given:
            owner, service = server.fresh()
            one |= {"database_url": service, "database_owner_url": owner}
            urls.append(service)
    (second / "service").mkdir(parents=True)
    (second / "service" / "keys").symlink_to(first / "service" / "keys")  # as its replica
    (second / "service" / "master.key").symlink_to(first / "service" / "master.key")
    yield tuple(  # type: ignore[misc]
        ServiceSettings(_env_file=None, data_dir=folder, **one)
        for folder, one in zip((first, second), given, strict=True)
    )
    for url in urls:
        server.drop(url)


@pytest.fixture
def before(places: tuple[ServiceSettings, ServiceSettings], clock: Clock) -> Iterator[Service]:
    schema.upgrade(places[0])
    service = open_service(places[0], clock)
    yield service
    service.close()


@pytest.fixture
def clinic(before: Service, clock: Clock) -> Clinic:
    return two_practices(before, clock)


def brought_back(clinic: Clinic, settings: ServiceSettings, folder: Path) -> tuple[Service, restoring.Restored]:
    done = restoring.put_back(settings, folder, clinic.clock)
    return open_service(settings, clinic.clock), done


def test_what_was_purged_since_is_not_readable_and_all_else_is(
    clinic: Clinic, places: tuple[ServiceSettings, ServiceSettings], tmp_path: Path
) -> None:
    ada, ben = Desk(clinic, "ada"), Desk(clinic, "ben")
    purged = ada.hear([("client", SAID)])
    ada.summarize()
    ada.draft()
    ben.hear()
    ben.summarize()
    back_up(places[0], tmp_path / "backup", clinic.clock())
    with ada.system() as work:
        delete_for_ever(work, f"transcript-{purged}", "practitioner")
    with ada.system() as work:
        delete_for_ever(work, f"client-{clinic.clients['other_ada']}", "mistake")

    service, done = brought_back(clinic, places[1], tmp_path / "backup")
    assert set(done.ended) == {f"transcript-{purged}", f"client-{clinic.clients['other_ada']}"}
    with service.work(clinic.users["ada"]) as work:
        with pytest.raises(GoneError):
            transcripts.view(work, ada.appointment_id)
        assert summaries.view(work, ada.appointment_id).text
        assert notes.open_note(work, ada.appointment_id).sections["plan"]
        assert clients.view_client(work, clinic.clients["ada"]).chart.client.name == "Ro Vale"
    with service.work(clinic.users["ben"]) as work:
        assert transcripts.view(work, ben.appointment_id).turns
    with service.work(clinic.users["other_ada"]) as work, pytest.raises(GoneError):
        clients.view_client(work, clinic.clients["other_ada"])
    with service.reading(SYSTEM) as session:
        assert session.scalars(select(Client.sealed).where(Client.id == clinic.clients["other_ada"])).one() is None
    service.close()
    assert Canary(SAID).scan([tmp_path]) == []


def test_a_note_that_was_signed_since_can_be_written_again(
    clinic: Clinic, places: tuple[ServiceSettings, ServiceSettings], tmp_path: Path
) -> None:
    desk = Desk(clinic)
    note = desk.ready()
    back_up(places[0], tmp_path / "backup", clinic.clock())
    with desk.work() as work:
        signing.sign(work, note.id, note.version)
    service, done = brought_back(clinic, places[1], tmp_path / "backup")
    assert {name.partition("-")[0] for name in done.ended} == {"transcript", "draft"}
    with service.work(desk.me) as work:
        opened = notes.view(work, note.id)
        assert opened.signed_at is None
        assert not any(opened.sections.values())
        written = notes.edit(work, note.id, opened.version, {"plan": "Again."}, {"setting": "Office"})
        signing.sign(work, note.id, written.note_version)
    service.close()


def test_sound_that_waits_comes_along_and_transcribed_sound_stays_gone(
    clinic: Clinic, places: tuple[ServiceSettings, ServiceSettings], tmp_path: Path
) -> None:
    tabs = {name: Tab(clinic, recordable(clinic, name), name).open() for name in ("ada", "ben")}
    for tab in tabs.values():
        tab.track("1", "client")
        tab.send("1", 0, b"the sound of it")
    back_up(places[0], tmp_path / "backup", clinic.clock())
    with clinic.service.work(SYSTEM) as work:
        delete_for_ever(work, f"recording-{tabs['ada'].recording}", "transcribed")
    service, _ = brought_back(clinic, places[1], tmp_path / "backup")
    assert b"".join(service.audio.content(tabs["ben"].recording, "1")) == b"the sound of it"
    assert list(service.audio.recordings()) == [tabs["ben"].recording]
    with service.reading(SYSTEM) as session:
        states = dict(session.execute(select(Recording.id, Recording.state)).all())
    assert states == {tabs["ben"].recording: "open", tabs["ada"].recording: "deleted"}
    service.close()


def test_every_sign_in_ends_and_the_log_says_that_it_was_restored(
    clinic: Clinic, places: tuple[ServiceSettings, ServiceSettings], tmp_path: Path
) -> None:
    ada = clinic.users["ada"]
    with clinic.service.work(SYSTEM) as work:
        work.session.add(SignIn(id="0" * 64, practice_id=ada.practice_id, user_id=ada.user_id, created_at=work.now,
                                seen_at=work.now))  # fmt: skip
    back_up(places[0], tmp_path / "backup", clinic.clock())
    service, done = brought_back(clinic, places[1], tmp_path / "backup")
    assert done.ended == []
    with service.reading(SYSTEM) as session:
        assert session.scalars(select(SignIn.ended_at)).one() is not None
        actions = set(session.scalars(select(AuditEntry.action).where(AuditEntry.practice_id == ada.practice_id)))
    assert "restore" in actions
    service.close()


def test_without_its_keys_nothing_is_ended(
    clinic: Clinic, places: tuple[ServiceSettings, ServiceSettings], tmp_path: Path
) -> None:
    back_up(places[0], tmp_path / "backup", clinic.clock())
    keys = places[1].service_dir / "keys"
    kept = keys.readlink()
    keys.unlink()
    with pytest.raises(InputError, match="no key of the restored data"):
        restoring.put_back(places[1], tmp_path / "backup", clinic.clock)
    keys.rmdir()
    keys.symlink_to(kept)
    service = open_service(places[1], clinic.clock)
    assert restoring.reconcile(service).ended == []
    with service.work(clinic.users["ada"]) as work:
        assert clients.view_client(work, clinic.clients["ada"]).chart.client.name == "Ro Vale"
    service.close()


def test_with_another_master_key_nothing_is_ended(
    clinic: Clinic, places: tuple[ServiceSettings, ServiceSettings], tmp_path: Path
) -> None:
    back_up(places[0], tmp_path / "backup", clinic.clock())
    other = places[1].model_copy(update={"master_key": type(places[1].master_key)("12" * 32)})
    with pytest.raises(InputError, match="NOTEBENCH_MASTER_KEY"):
        restoring.put_back(other, tmp_path / "backup", clinic.clock)


def test_a_backup_holds_no_key_and_nothing_readable(
    clinic: Clinic, places: tuple[ServiceSettings, ServiceSettings], tmp_path: Path
) -> None:
    desk = Desk(clinic)
    desk.hear([("client", SAID)])
    desk.summarize(SAID)
    back_up(places[0], tmp_path / "backup", clinic.clock())
    assert Canary(SAID).scan([tmp_path / "backup"]) == []
    names = {path.name for path in (tmp_path / "backup").rglob("*")}
    assert names.isdisjoint({"keys", "master.key", *clinic.service.vault.names()})
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


def test_a_damaged_or_foreign_backup_is_refused(
    clinic: Clinic, places: tuple[ServiceSettings, ServiceSettings], tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    back_up(places[0], folder, clinic.clock())
    with pytest.raises(InputError, match="not empty"):
        back_up(places[0], folder, clinic.clock())
    with pytest.raises(InputError, match=r"records already|failed"):
        restore(places[0], folder)
    manifest = json.loads((folder / "backup.json").read_text(encoding="utf-8"))
    (folder / "backup.json").write_text(json.dumps(manifest | {"database": "oracle"}), encoding="utf-8")
    with pytest.raises(InputError, match="oracle"):
        restore(places[1], folder)
    (folder / "backup.json").write_text(json.dumps(manifest), encoding="utf-8")
    with (folder / "records.backup").open("r+b") as file:
        file.seek(100)
        file.write(b"\x00\x01\x02\x03")
    with pytest.raises(InputError, match="damaged"):
        restore(places[1], folder)
    with pytest.raises(InputError, match="no backup"):
        restore(places[1], tmp_path)

"""Permanent deletion: wherever the process ends, in the end the key, the sound and the ciphertext are gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select

from app.database.base import new_id
from app.database.clinic import Appointment, Client
from app.database.notes import Addendum, Feedback, Revision, StoredNote
from app.database.operations import AuditEntry, Deletion
from app.database.scope import Principal
from app.database.sessions import Recording, SessionSummary, StoredTranscript
from app.errors import NotFoundError
from app.storage import deletion
from app.storage.deletion import Swept, delete_for_ever, is_pending, sweep
from app.storage.recordings import AudioStore
from app.storage.vault import Vault
from app.work import clients
from tests.app.conftest import Clinic

SYSTEM = Principal.system("test")
SEALED = (Client, SessionSummary, StoredTranscript, StoredNote, Addendum, Feedback, Revision)


class Killed(BaseException):  # as a signal is: nothing in between catches it
    pass


@dataclass
class Everything:
    """All that can be kept of a client, each in a row of its own."""

    clinic: Clinic
    client: str
    names: list[str]
    ciphertext: list[bytes]

    def delete(self) -> None:
        with self.clinic.service.work(SYSTEM) as work:
            delete_for_ever(work, f"client-{self.client}", "client_asked")

    def is_gone(self) -> bool:
        """Nothing is left that could be read, and nothing of the ciphertext in the database's files."""
        service = self.clinic.service
        with service.work(SYSTEM) as work:
            left = [name for name in self.names if service.vault.holds(name)]
            left += [mapped.__name__ for mapped in SEALED for row in work.session.scalars(select(mapped))
                     if row.sealed or getattr(row, "sealed_facts", None) or getattr(row, "digest", None)]  # fmt: skip
            left.remove("Client")  # Ben's
            left += [row.id for row in work.session.scalars(select(Deletion)) if not (row.done_at and row.erased_at)]
        left += list(service.audio.recordings())
        left += [
            str(i) for i, part in enumerate(self.ciphertext) for raw in _database_files(self.clinic) if part in raw
        ]
        return not left

    def receipts(self) -> list[tuple[str, str]]:
        with self.clinic.service.work(SYSTEM) as work:
            entries = work.session.scalars(select(AuditEntry).where(AuditEntry.action == "deleted_for_ever"))
            return sorted((entry.kind, entry.details["rule"]) for entry in entries)


def _database_files(clinic: Clinic) -> list[bytes]:
    url = make_url(str(clinic.service.engine.url))
    if url.get_backend_name() != "sqlite":
        return []  # there, text survives by design of the server: the key is what must be gone
    return [file.read_bytes() for file in Path(url.database or "").parent.glob(f"{Path(url.database or '').name}*")]


@pytest.fixture
def everything(clinic_of_two: Clinic) -> Everything:
    clinic, service = clinic_of_two, clinic_of_two.service
    appointment, me = clinic.appointment(), clinic.users["ada"]
    of = {"practice_id": me.practice_id, "practitioner_id": me.user_id, "appointment_id": appointment}
    with service.work(SYSTEM) as work:
        for other in set(clinic.clients.values()) - {clinic.clients["ada"], clinic.clients["ben"]}:
            work.session.delete(work.get(Client, other, "client"))
        client = work.get(Client, clinic.clients["ada"], "client")
        template = work.get(Appointment, appointment, "appointment").template_id
        note = StoredNote(id=new_id(), template_id=template, digest="0" * 64, **of)
        transcript = StoredTranscript(id=new_id(), engine="base", words=1, audio_seconds=1.0, created_at=work.now,
                                      ends_at=work.now, **of)  # fmt: skip
        recording = Recording(id=new_id(), kind="call", state="open", holder="0" * 64, created_at=work.now, **of)
        names = [f"client-{client.id}", f"transcript-{transcript.id}", f"draft-{note.id}", f"recording-{recording.id}"]
        for name in names:
            work.vault.create(name)

        def sealed(name: str) -> bytes:
            return work.vault.seal(name, "words of a session", "part")

        note.sealed, transcript.sealed = sealed(names[0]), sealed(names[1])
        work.session.add_all([note, transcript, recording])
        work.session.flush()
        revision = Revision(id=new_id(), note_id=note.id, number=1, origin="generated", source="transcript",
                            template_id=template, sealed=sealed(names[2]), sealed_facts=sealed(names[1]),
                            created_at=work.now, **of)  # fmt: skip
        work.session.add(revision)
        work.session.flush()
        work.session.add_all([
            SessionSummary(sealed=sealed(names[0]), updated_at=work.now, **of),
            Addendum(note_id=note.id, sealed=sealed(names[0]), signed_at=work.now, signed_by=me.user_id, **of),
            Feedback(revision_id=revision.id, stars=4, sealed=sealed(names[0]), given_at=work.now, **of),
        ])  # fmt: skip
        log = service.audio.log(recording.id, "1")
        log.create(work.now)
    log.put(0, b"sound", clinic.clock.now)
    with service.work(SYSTEM) as work:
        rows = [row for mapped in SEALED for row in work.session.scalars(select(mapped))]
        ciphertext = [row.sealed for row in rows if row.sealed and row.id != clinic.clients["ben"]]
    assert len(ciphertext) == len(SEALED)
    return Everything(clinic, clinic.clients["ada"], names, ciphertext)


def dying(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool) -> None:
    """End the process, so to say, before or after a step."""
    step: Callable[..., Any] = getattr(owner, name)

    def step_and_die(*given: Any, **named: Any) -> Any:
        if after:
            step(*given, **named)
        raise Killed

    monkeypatch.setattr(owner, name, step_and_die)


CRASHES = [
    (deletion, "_at_once", False),
    (Vault, "shred", False),
    (Vault, "shred", True),
    (Path, "unlink", False),  # overwritten, and its name still there
    (AudioStore, "delete", False),
    (AudioStore, "delete_track", True),
    (AudioStore, "delete", True),
    (deletion, "_finish", False),
    (deletion, "_change", True),
    (deletion, "_finish", True),
    (deletion, "_truncate_log", False),
    (deletion, "_truncate_log", True),
]


@pytest.mark.parametrize(("owner", "step", "after"), CRASHES, ids=lambda part: getattr(part, "__name__", str(part)))
def test_it_is_finished_wherever_it_was_broken_off(
    everything: Everything, monkeypatch: pytest.MonkeyPatch, owner: Any, step: str, after: bool
) -> None:
    service = everything.clinic.service
    with monkeypatch.context() as patched:
        dying(patched, owner, step, after=after)
        with pytest.raises(Killed):
            everything.delete()
    assert not everything.is_gone()
    assert sweep(service).left == 0
    assert everything.is_gone()
    assert sweep(service) == Swept(0, 0)
    assert everything.receipts() == [
        ("client", "client_asked"), ("note", "client_deleted"), ("recording", "client_deleted"),
        ("transcript", "client_deleted"),
    ]  # fmt: skip


def test_a_client_goes_with_everything_and_nobody_elses(everything: Everything) -> None:
    clinic = everything.clinic
    everything.delete()
    assert everything.is_gone()
    with clinic.work("ben") as work:
        assert clients.view_client(work, clinic.clients["ben"]).chart.client
    with clinic.service.work(SYSTEM) as work:
        assert [row.state for row in work.session.scalars(select(Recording))] == ["deleted"]
        assert [row.ended_by for row in work.session.scalars(select(StoredTranscript))] == ["client_deleted"]


def test_the_receipt_says_what_when_why_and_who_asked(everything: Everything) -> None:
    clinic = everything.clinic
    asked = clinic.clock.now
    with clinic.work("admin") as work:
        delete_for_ever(work, f"client-{everything.client}", "period_over")
    with clinic.service.work(SYSTEM) as work:
        query = select(AuditEntry).where(AuditEntry.action == "deleted_for_ever", AuditEntry.kind == "client")
        (receipt,) = work.session.scalars(query)
    assert (receipt.object_id, receipt.at) == (everything.client, clinic.clock.now)
    assert receipt.details["rule"] == "period_over"
    assert receipt.details["asked_by"] == clinic.users["admin"].user_id
    assert receipt.details["asked_at"] == asked.isoformat()


def test_a_disk_that_fails_is_tried_again_and_nobody_is_told_a_lie(
    everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "shred", broken)
        everything.delete()  # it is written down, and happens
        assert sweep(everything.clinic.service) == Swept(0, 4)
        with everything.clinic.service.work(SYSTEM) as work:
            assert is_pending(work, f"client-{everything.client}")
    assert sweep(everything.clinic.service) == Swept(4, 0)
    assert everything.is_gone()


def test_a_reader_that_stands_in_the_way_only_delays_the_last_step(everything: Everything) -> None:
    service = everything.clinic.service
    if service.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite's log is truncated")
    with service.reading(SYSTEM) as session:
        session.scalars(select(Client)).all()
        everything.delete()
        sweep(service)
        assert not everything.is_gone()
    sweep(service)
    assert everything.is_gone()


def test_asked_twice_it_happens_once(everything: Everything, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(deletion, "_at_once", lambda *_: None)
        everything.delete()
        everything.delete()
    sweep(everything.clinic.service)
    assert everything.is_gone()
    assert everything.receipts().count(("client", "client_asked")) == 1


def test_what_is_out_of_reach_is_not_there(everything: Everything) -> None:
    clinic = everything.clinic
    with clinic.service.work(SYSTEM) as work:
        transcript = work.session.scalars(select(StoredTranscript.id)).first()
        recording = work.session.scalars(select(Recording.id)).first()
    for who, name in (
        ("ben", f"client-{everything.client}"), ("other_admin", f"client-{everything.client}"),
        ("ben", f"transcript-{transcript}"), ("admin", f"transcript-{transcript}"),
        ("reviewer", f"recording-{recording}"),
        ("ada", f"transcript-{recording}"),
    ):  # fmt: skip
        with pytest.raises(NotFoundError), clinic.work(who) as work:
            delete_for_ever(work, name, "practitioner")
    for name, rule in (
        ("client", "practitioner"),
        ("nine-1", "practitioner"),
        (f"client-{everything.client}", "in words"),
    ):
        with pytest.raises((ValueError, NotFoundError)), clinic.work("ada") as work:
            delete_for_ever(work, name, rule)
    assert clinic.service.vault.holds(f"client-{everything.client}")


def test_rolled_back_nothing_is_deleted(everything: Everything) -> None:
    def ask_and_fail() -> None:
        with everything.clinic.service.work(SYSTEM) as work:
            delete_for_ever(work, f"client-{everything.client}", "client_asked")
            raise Killed

    with pytest.raises(Killed):
        ask_and_fail()
    sweep(everything.clinic.service)
    with everything.clinic.work("ada") as work:
        assert clients.view_client(work, everything.client).chart.client

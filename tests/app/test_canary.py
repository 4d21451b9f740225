"""A phrase spoken, one typed and one written: after signing and after seven days it is where it belongs, or nowhere."""

from __future__ import annotations

import base64
import gzip
import logging
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from app import traces
from app.database.clinic import Appointment, Client
from app.database.notes import Addendum, Feedback, Revision, StoredNote
from app.database.scope import Principal
from app.database.sessions import SessionSummary, StoredTranscript
from app.erasure import erase
from app.jobs import retention
from app.storage.vault import DamagedError, ShreddedError
from app.work import feedback, notes, signing, summaries
from pipelines.models.table import at_hand
from tests.app import postgres
from tests.app.canary import Canary
from tests.app.conftest import Clinic
from tests.app.jobs.desk import Engine, carry_out, flows_of, recorded
from tests.app.work.recorder import wave

SOUND, SPOKEN, TYPED, WRITTEN, SAID_OF = "thrumwort", "quillwort", "vespertine", "gallimaufry", "ombrophilous"
SYSTEM = Principal.system("test")


@pytest.mark.parametrize(
    "hidden",
    [
        b"\x00\x01quillwort\xff", "a Quillwort grows".encode("utf-16-le"), b"QUILLWORT".hex().encode(),
        base64.b64encode(b"x quillwort"), base64.b64encode(b"xy quillwort y"), base64.b64encode(b"xyz quillwort"),
        b"lead" + gzip.compress(b"the quillwort"), gzip.compress(base64.b64encode(b"my quillwort")), b"trowlliuq",
    ],
)  # fmt: skip
def test_the_scanner_finds_a_word_in_every_form(hidden: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x1f\x8b\x78\x9c" + hidden)
    assert len(Canary(f"{SPOKEN} {TYPED}").scan([tmp_path])) == 1
    (tmp_path / "file").write_bytes(hidden[: len(hidden) // 3])
    assert Canary(SPOKEN).scan([tmp_path]) == []


def test_the_scanner_sees_what_a_database_has_not_checkpointed(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "plain.sqlite")
    connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES ('quillwort')")
    assert {hit.file.suffix for hit in Canary(SPOKEN).scan([tmp_path])} == {".sqlite-wal"}
    connection.close()


class Session:
    """One call from sound to draft, with summary, stars and a comment, on a service that writes to `roots` alone."""

    def __init__(self, clinic: Clinic, roots: list[Path]) -> None:
        self.clinic, self.roots = clinic, roots
        said = {"clinician": f"How was the {SPOKEN}?", "client": f"I slept badly since the {SPOKEN} at work. "
                "I worried every evening and I was sad."}  # fmt: skip
        flows = flows_of(clinic, Engine(said=dict(said)))  # type: ignore[arg-type]
        self.appointment = recorded(clinic, data=wave() + SOUND.encode()).appointment
        carry_out(clinic, flows)
        with clinic.work("ada") as work:
            summaries.save(work, self.appointment, 0, f"Client spoke of a {TYPED} evening.", ["CBT"])
            note = notes.open_note(work, self.appointment)
            feedback.give(work, note.revisions[0].id, 4, f"Too {SAID_OF}.")
        self.note = note.id
        traces.send(clinic.service)

    def sign(self) -> None:
        with self.clinic.work("ada") as work:
            note = notes.view(work, self.note)
            written = dict.fromkeys(note.sections, f"Client spoke of {WRITTEN}.")
            revision = notes.edit(work, note.id, note.version, written)
            signing.sign(work, note.id, revision.note_version)

    def raw(self) -> list[Any]:
        phrase = f"{SOUND} {SPOKEN} {TYPED} {WRITTEN} {SAID_OF}"
        return Canary(phrase).scan(self.roots)

    def readable(self) -> set[str]:
        """The words that whoever has the keys can still read in the records."""
        found: set[str] = set()
        words = {word: Canary(word) for word in (SPOKEN, TYPED, WRITTEN, SAID_OF)}
        for plain in opened(self.clinic):
            found |= {word for word, canary in words.items() if canary.form_in(plain)}
        return found


def opened(clinic: Clinic) -> list[bytes]:
    """Whatever ciphertext of the records opens under any key and name that there is."""
    vault, parts = clinic.service.vault, []
    with clinic.service.reading(SYSTEM) as session:
        for mapped in (Client, SessionSummary, StoredTranscript, StoredNote, Addendum, Feedback, Revision):
            for row in session.scalars(select(mapped)):
                for name in ("sealed", "sealed_facts"):
                    parts += [(row.id, sealed) for sealed in (getattr(row, name, None),) if sealed]
    whats = ("chart", "transcript", "facts", "note", "revision", "feedback", "addendum", "summary")
    found = []
    for row_id, sealed in parts:
        forms = []
        for key in vault.names():
            for what in (*whats, *(f"{word} {row_id}" for word in whats)):
                try:
                    forms.append(str(vault.open(key, sealed, what)).encode())
                except (DamagedError, ShreddedError):
                    continue
        assert len(forms) == 1  # else this test would overlook something
        found += forms
    return found


@pytest.fixture
def session(
    clinic_of_two: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
) -> Session:  # fmt: skip
    if not at_hand("minilm", clinic_of_two.service.settings):
        pytest.skip("the similarity model is not at hand; notebench models get fetches it")
    caplog.set_level(logging.DEBUG)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.sqlite")
    roots = [tmp_path]
    url = clinic_of_two.service.settings.database_url
    if url.startswith("postgresql"):
        engine = create_engine(url.replace(f"{postgres.SERVICE}@", "postgres@"))
        with engine.connect() as connection:
            roots.append(Path(connection.exec_driver_sql("SHOW data_directory").scalar_one()))
        engine.dispose()
    return Session(clinic_of_two, roots)


def test_what_was_said_is_gone_and_what_was_signed_is_there(
    session: Session, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    clinic = session.clinic
    assert session.readable() == {SPOKEN, TYPED, SAID_OF}
    assert list(clinic.service.audio.recordings()) == []
    assert session.raw() == []

    session.sign()
    assert session.readable() == {TYPED, WRITTEN, SAID_OF}
    assert session.raw() == []
    with clinic.work("ada") as work:
        assert WRITTEN in notes.view(work, session.note).text

    clinic.clock.forward(days=7, minutes=1)
    assert retention.look_after(clinic.service) == []
    assert session.readable() == {TYPED, WRITTEN, SAID_OF}
    assert session.raw() == []

    assert all(one.done for one in erase(clinic.service, [f"client-{clinic.clients['ada']}"], "period_over"))
    assert session.readable() == set()
    assert session.raw() == []
    told = caplog.text + "".join(capfd.readouterr())
    assert Canary(f"{SOUND} {SPOKEN} {TYPED} {WRITTEN} {SAID_OF}").form_in(told.encode()) is None


def test_a_session_that_nobody_signs_loses_what_was_said_after_seven_days(session: Session) -> None:
    session.clinic.clock.forward(days=7, minutes=1)
    assert retention.look_after(session.clinic.service) == []
    with session.clinic.work("ada") as work:
        note = notes.view(work, session.note)  # the draft stands, in the words that it was written in
    assert note.sections
    with session.clinic.service.reading(SYSTEM) as rows:
        kept = rows.scalars(select(StoredTranscript)).one()
        assert (kept.sealed, kept.ended_by) == (None, "retention")
        assert rows.scalars(select(Appointment.status).where(Appointment.id == session.appointment)).one() == "drafted"
    assert not session.clinic.service.vault.holds(f"transcript-{kept.id}")
    assert session.raw() == []

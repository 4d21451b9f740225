"""A practitioner's desk for tests: an appointment that is over, its transcript and summary, and drafts of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from app.database.base import new_id
from app.database.clinic import Appointment
from app.database.scope import Principal
from app.work import drafts, notes, summaries, templates, transcripts
from app.work.notes import NoteView, RevisionView
from app.work.unit import Work
from pipelines.records import Evidence, Note, NoteFact, Transcript, Utterance
from tests.app.conftest import Clinic

SYSTEM = Principal.system("test")
FIELDS = [
    {"kind": "summary"},
    {"kind": "choice", "name": "setting", "label": "Setting", "options": ["Office", "Home"], "required": True},
    {"kind": "number", "name": "units", "label": "Units", "min": 1, "max": 8},
]
TURNS = [
    ("clinician", "How was the week?"),
    ("client", "I worried about work every evening and slept four hours."),
    ("clinician", "Let us try a breathing exercise."),
    ("client", "That helped, I feel calmer now."),
    ("clinician", "Please practice it every day. We meet again next Monday at three."),
]
SUMMARY = "Client reported worry about work. Clinician taught a breathing exercise. Client felt calmer."
SOAP = {
    "subjective": "Client reported worry about work every evening.",
    "objective": "Client was tearful and calm.",
    "assessment": "Client is making progress.",
    "plan": "Client will practice breathing daily.",
}
UNSUPPORTED = "Client was tearful and calm."


class Desk:
    """One practitioner's appointment, with note types of every kind in the practice."""

    def __init__(self, clinic: Clinic, name: str = "ada", *, over: bool = True) -> None:
        self.clinic, self.name, self.me = clinic, name, clinic.users[name]
        prefix = "other_" if name.startswith("other_") else ""
        with clinic.service.work(clinic.users[f"{prefix}admin"]) as work:
            have = {view.title: view.id for view in templates.list_templates(work)}
            for title, base in (("SOAP note", "soap"), ("DAP note", "dap"), ("Free note", None)):
                if title not in have:
                    have[title] = templates.create_template(work, title, base, FIELDS).id
        self.types = {"soap": have["SOAP note"], "dap": have["DAP note"], "plain": have["Free note"]}
        self.appointment_id = self._appointment(over=over)

    def work(self, name: str | None = None) -> AbstractContextManager[Work]:
        return self.clinic.service.work(self.clinic.users[name] if name else self.me)

    def system(self) -> AbstractContextManager[Work]:
        return self.clinic.service.work(SYSTEM)

    def _appointment(self, *, over: bool) -> str:
        now = self.clinic.clock.now
        with self.system() as work:
            row = Appointment(
                id=new_id(), practice_id=self.me.practice_id, practitioner_id=self.me.user_id,
                client_id=self.clinic.clients[self.name], template_id=self.types["soap"], cpt="90834",
                starts_at=now - timedelta(hours=1), ends_at=now - timedelta(minutes=10), status="held", telehealth=True,
            )  # fmt: skip
            if over:
                row.began_at, row.ended_at, row.times_confirmed = row.starts_at, row.ends_at, True
            work.session.add(row)
        return row.id

    def use(self, kind: str) -> None:
        with self.system() as work:
            work.get(Appointment, self.appointment_id, "appointment").template_id = self.types[kind]

    def hear(self, turns: list[tuple[Any, str]] | None = None) -> str:
        said = [Utterance(speaker=who, start=i * 5.0, end=i * 5.0 + 4, text=text)
                for i, (who, text) in enumerate(turns or TURNS)]  # fmt: skip
        heard = Transcript(encounter_id=self.appointment_id, utterances=said, engine="base", audio_seconds=25.0,
                           seconds=1.0)  # fmt: skip
        with self.system() as work:
            return transcripts.store(work, self.appointment_id, heard)

    def summarize(self, text: str = SUMMARY) -> None:
        with self.work() as work:
            version = summaries.view(work, self.appointment_id).version
            summaries.save(work, self.appointment_id, version, text, ["CBT"])

    def draft(self, sections: dict[str, str] | None = None, task_id: str | None = None, **given: Any) -> RevisionView:
        """A draft as the writer hands it over, with one sentence that nothing supports."""
        texts = sections or SOAP
        evidence = [
            Evidence(section=name, sentence=0, text=text, turns=[] if text == UNSUPPORTED else [1], score=0.9,
                     kind="unsupported" if text == UNSUPPORTED else "transcript")
            for name, text in texts.items()
        ]  # fmt: skip
        values: dict[str, Any] = {"format": "soap", "source": "transcript", "lm": "extractive", "program": "p1",
                                  "facts": [NoteFact(kind="report", text="worry about work", lines=[1])]}  # fmt: skip
        note = Note(encounter_id=self.appointment_id, sections=texts, evidence=evidence, **values | given)
        with self.system() as work:
            return drafts.keep_draft(work, self.appointment_id, note, task_id)

    def note(self) -> NoteView:
        with self.work() as work:
            return notes.open_note(work, self.appointment_id)

    def edit(self, sections: dict[str, str], fields: dict[str, Any] | None = None, version: int | None = None) -> Any:
        note = self.note()
        with self.work() as work:
            return notes.edit(work, note.id, version or note.version, sections, fields)

    def ready(self) -> NoteView:
        """A draft that can be signed."""
        self.hear()
        self.draft()
        self.edit({"objective": "Client was calm."}, {"setting": "Office"})
        return self.note()

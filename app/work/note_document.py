"""A note as a document: a draft's as things are now, a signed note's as they were when it was signed.

What is sealed at signing stands by itself: a chart, a note type or a name that changes later changes nothing in it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, tzinfo
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from app.database.clinic import Appointment, Client
from app.database.notes import Addendum, StoredNote
from app.database.people import Practice, User
from app.errors import GoneError
from app.work.clients import chart_of, key, opened
from app.work.inputs import local
from app.work.note_content import Content, Sentence
from app.work.note_form import Form
from app.work.unit import Work
from pipelines.phrases import DRAFT
from pipelines.records import Appointment as Facts
from pipelines.source import session_line


class Part(BaseModel):
    """One section, or one own field, as it is read."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["section", "field"]
    name: str
    title: str
    text: str


class AddendumView(BaseModel):
    """A correction of a signed note, dated and signed."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    signed_at: datetime
    signed_by: str
    """The signer's name."""


class Document(BaseModel):
    """Everything that a reader of the note sees. Times are on the practice's clock."""

    model_config = ConfigDict(frozen=True)

    note_id: str
    appointment_id: str
    client_id: str
    title: str
    format: str | None
    practice: str
    client: str
    date_of_birth: str | None
    clinician: str
    clinician_id: str
    planned_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    cpt: str | None
    telehealth: bool
    parts: list[Part]
    fields: dict[str, Any]
    sentences: list[Sentence] = []
    signed_at: datetime | None = None
    addenda: list[AddendumView] = []

    @property
    def sections(self) -> dict[str, str]:
        return {part.name: part.text for part in self.parts if part.kind == "section"}

    @property
    def session(self) -> str | None:
        """The line that states when the session was."""
        start, end = (at.isoformat() if at else None for at in (self.began_at, self.ended_at))
        return session_line(Facts(start=start, end=end, cpt=self.cpt, telehealth=self.telehealth))

    @property
    def digest(self) -> str:
        """SHA-256 over all that was signed."""
        signed = self.model_dump(mode="json", exclude={"addenda"})
        return hashlib.sha256(json.dumps(signed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def document_of(work: Work, note: StoredNote, form: Form, content: Content) -> Document:
    """A note that is not signed yet, as a document."""
    appointment = work.get(Appointment, note.appointment_id, "appointment")
    practice = work.get(Practice, note.practice_id, "practice")
    clinician = work.get(User, note.practitioner_id, "practitioner")
    person = chart_of(opened(work, work.get(Client, appointment.client_id, "client"))).client
    times = {name: getattr(appointment, name) for name in ("began_at", "ended_at")}
    return Document(
        note_id=note.id, appointment_id=appointment.id, client_id=appointment.client_id, title=form.title,
        format=form.base, practice=practice.name, client=person.name or "", date_of_birth=person.date_of_birth,
        clinician=clinician.name, clinician_id=clinician.id, cpt=appointment.cpt, telehealth=appointment.telehealth,
        planned_at=local(appointment.starts_at, practice.time_zone),
        parts=_parts(form, content), fields=form.fields_of(content.fields), sentences=content.sentences,
        **{name: at and local(at, practice.time_zone) for name, at in times.items()},
    )  # fmt: skip


def text_of(document: Document) -> str:
    """The whole note as plain text: own fields and sections in order; a draft says that it is one."""
    blocks = [] if document.signed_at else [DRAFT]
    for part in document.parts:
        if part.kind == "field":
            blocks.append(f"{part.title}: {part.text}".rstrip())
        else:
            blocks.append(f"{part.title}\n{part.text}".strip())
    return "\n\n".join(block for block in blocks if block)


def heading_of(document: Document) -> list[tuple[str, str]]:
    """Whose note it is, and of which session: label and value."""
    session = document.session or f"planned for {document.planned_at:%Y-%m-%d %H:%M}; actual times are not confirmed"
    day = (document.began_at or document.planned_at).date().isoformat()
    named = [
        ("Practice", document.practice),
        ("Note", document.title),
        ("Client", document.client),
        ("Date of birth", document.date_of_birth or ""),
        ("Clinician", document.clinician),
        ("Date", day),
        ("Session", session),
    ]
    return [(label, value) for label, value in named if value]


def signature_of(document: Document) -> list[str]:
    """Who signed and when, then each addendum; of a draft that nobody signed."""
    if document.signed_at is None:
        return [f"Not signed. {DRAFT}."]
    zone = document.planned_at.tzinfo
    told = [f"Signed by {document.clinician} on {_at(document.signed_at, zone)}."]
    return told + [
        f"Addendum of {_at(one.signed_at, zone)}, signed by {one.signed_by}:\n{one.text}" for one in document.addenda
    ]


def seal_document(work: Work, note: StoredNote, document: Document) -> None:
    """Freeze what is signed, under the client's key."""
    held = document.model_dump(mode="json", exclude={"addenda"})
    note.sealed, note.digest = work.vault.seal(key(document.client_id), held, _part(note)), document.digest


def signed_document(work: Work, note: StoredNote) -> Document:
    """A signed note with its addenda. For use cases; they say themselves what was read.

    Raises:
        GoneError: the client was deleted for ever.
    """
    if note.sealed is None:
        raise GoneError("deleted", "This note was deleted for ever, with all that was kept of the client.")
    name = _client_key(work, note)
    document = Document.model_validate(work.vault.open(name, note.sealed, _part(note)))
    return document.model_copy(update={"addenda": addenda_of(work, note)})


def addenda_of(work: Work, note: StoredNote) -> list[AddendumView]:
    """The addenda of a note, oldest first."""
    query = select(Addendum).where(Addendum.note_id == note.id).order_by(Addendum.signed_at, Addendum.id)
    return [
        AddendumView(id=row.id, signed_at=row.signed_at, **open_addendum(work, note, row))
        for row in work.session.scalars(query)
        if row.sealed is not None
    ]


def seal_addendum(work: Work, note: StoredNote, row: Addendum, text: str, name: str) -> None:
    """Seal an addendum and its signer's name under the client's key."""
    row.sealed = work.vault.seal(_client_key(work, note), {"text": text, "signed_by": name}, f"addendum {row.id}")


def open_addendum(work: Work, note: StoredNote, row: Addendum) -> dict[str, str]:
    """Text and signer of an addendum."""
    held: dict[str, str] = work.vault.open(_client_key(work, note), row.sealed or b"", f"addendum {row.id}")
    return held


def _at(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d at %H:%M (UTC%z)}"


def _client_key(work: Work, note: StoredNote) -> str:
    return key(work.get(Appointment, note.appointment_id, "appointment").client_id)


def _parts(form: Form, content: Content) -> list[Part]:
    values = form.fields_of(content.fields)

    def fields(own: Any) -> list[Part]:
        return [
            Part(kind="field", name=f.name, title=f.label, text=f.shown(values[f.name]) if f.name in values else "")
            for f in own
        ]

    sections = [
        Part(kind="section", name=s.name, title=s.title if form.format.headings or not form.base else "",
             text=content.sections.get(s.name, ""))
        for s in form.format.sections
    ]  # fmt: skip
    return [*fields(form.own.before), *sections, *fields(form.own.after)]


def _part(note: StoredNote) -> str:
    return f"note {note.id}"

"""The rows of a note and of its revisions: found, made and numbered in one way by every use case that writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.orm.attributes import flag_modified

from app.database.base import Role, new_id
from app.database.clinic import Appointment
from app.database.notes import Feedback, Revision, StoredNote
from app.errors import ConflictError, NotFoundError, RefusedError
from app.work.note_content import Content, draft_key, open_content, seal
from app.work.unit import Work

AUTOSAVE = timedelta(minutes=1)
"""Within this time a hand edit takes the place of the last one by the same user: typing does not pile up revisions."""


class RevisionView(BaseModel):
    """One state of a note and where it came from.

    `origin`: generated, wand, edited, restored, switched. `waiting`: it lies beside the note, and replaced nothing: a
    draft that came when the note had content, or an edit from a tab that did not know the note's last state.
    `note_version` is what the next change of the note must name.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    note_id: str
    number: int
    parent: int | None
    origin: str
    source: str | None
    format: str | None
    template_id: str
    lm: str
    program: str
    waiting: bool
    stands: bool
    stars: int | None
    measures: dict[str, Any]
    created_at: datetime
    created_by: str | None
    note_version: int


def note_row(work: Work, note_id: str, *, lock: bool = False) -> StoredNote:
    """The note, for its practitioner.

    Raises:
        NotFoundError: there is none within reach.
        ForbiddenError: their role has no notes.
    """
    work.allow(Role.PRACTITIONER)
    return work.get(StoredNote, note_id, "note", lock=lock)


def note_to_change(work: Work, note_id: str, version: int | None = None) -> StoredNote:
    """The note, locked, if it may still be changed.

    Raises:
        RefusedError: it is signed (`note_signed`).
        ConflictError: it was changed since `version`.
    """
    note = note_row(work, note_id, lock=True)
    if note.signed_at is not None:
        raise RefusedError("note_signed", "This note is signed: it stays as it is. Add an addendum instead.")
    if version is not None and version != note.version:
        raise ConflictError("note")
    return note


def appointment_of(work: Work, note_id: str) -> Appointment:
    """The appointment of a note, locked: who changes both locks them in this order, so that nobody waits in a circle.

    Raises:
        NotFoundError, ForbiddenError: as `note_row`.
    """
    work.allow(Role.PRACTITIONER)
    appointment_id = work.session.scalars(select(StoredNote.appointment_id).where(StoredNote.id == note_id)).first()
    if appointment_id is None:
        raise NotFoundError("note")
    return work.get(Appointment, appointment_id, "appointment", lock=True)


def row_of(work: Work, appointment_id: str, *, lock: bool = False) -> StoredNote | None:
    """The note of an appointment, where there is one."""
    query = select(StoredNote).where(StoredNote.appointment_id == appointment_id)
    return work.session.scalars(query.with_for_update() if lock else query).first()


def make_note(work: Work, appointment: Appointment) -> StoredNote:
    """The note of an appointment, locked; an empty one in its note type, where there is none yet."""
    note = row_of(work, appointment.id, lock=True)
    if note is None:
        note = StoredNote(
            id=new_id(), practice_id=appointment.practice_id, practitioner_id=appointment.practitioner_id,
            appointment_id=appointment.id, template_id=appointment.template_id,
        )  # fmt: skip
        work.vault.create(draft_key(note.id))
        work.session.add(note)
        work.session.flush()
        work.note("create", "note", note)
    return note


def refuse_signed(work: Work, appointment_id: str) -> None:
    """Refuse what would come too late.

    Raises:
        RefusedError: the note of the appointment is signed (`note_signed`).
    """
    note = row_of(work, appointment_id)
    if note is not None and note.signed_at is not None:
        raise RefusedError("note_signed", "The note of this session is signed; nothing can be added to it.")


def revisions_of(work: Work, note: StoredNote) -> Sequence[Revision]:
    """Every revision, oldest first."""
    return work.session.scalars(select(Revision).where(Revision.note_id == note.id).order_by(Revision.number)).all()


def numbered(work: Work, note: StoredNote, number: int) -> Revision:
    """The revision with a number.

    Raises:
        NotFoundError: there is none.
    """
    query = select(Revision).where(Revision.note_id == note.id, Revision.number == number)
    row = work.session.scalars(query).first()
    if row is None:
        raise NotFoundError("revision")
    return row


def standing(work: Work, note: StoredNote) -> Revision | None:
    """The revision that the note shows; None: nothing was written yet."""
    return numbered(work, note, note.revision) if note.revision else None


def content_of(work: Work, note: StoredNote) -> Content:
    """What the note shows."""
    return open_content(work, note, standing(work, note))


def add_revision(
    work: Work, note: StoredNote, content: Content, *, origin: str, parent: int | None = None, waiting: bool = False,
    template_id: str | None = None, measures: Mapping[str, Any] | None = None, **given: Any,
) -> Revision:  # fmt: skip
    """Add a revision to a locked note; it stands, unless it waits.

    Args:
        given: `source`, `format`, `lm`, `program`, `task_id`, as the table has them.
    """
    last = work.session.scalar(select(func.max(Revision.number)).where(Revision.note_id == note.id))
    row = Revision(
        id=new_id(), practice_id=note.practice_id, practitioner_id=note.practitioner_id, note_id=note.id,
        appointment_id=note.appointment_id, number=(last or 0) + 1, parent=parent or note.revision or None,
        origin=origin, template_id=template_id or note.template_id, waiting=waiting, created_at=work.now,
        created_by=None if work.principal.role == Role.SYSTEM else work.principal.user_id,
        measures=dict(measures or {}), **given,
    )  # fmt: skip
    seal(work, note, row, content)
    work.session.add(row)
    if not waiting:
        note.revision = row.number
    work.session.flush()
    work.note(origin, "note", note, revision=row.number, waiting=waiting)
    return row


def replace_edit(work: Work, note: StoredNote, content: Content, *, waiting: bool) -> Revision | None:
    """Put an edit in place of the same user's last one, where that is less than `AUTOSAVE` old; None: it is not."""
    query = select(Revision).where(Revision.note_id == note.id).order_by(Revision.number.desc()).limit(1)
    last = work.session.scalars(query).first()
    if (
        last is None or last.origin != "edited" or last.waiting != waiting
        or (not waiting and last.number != note.revision)
        or last.template_id != note.template_id
        or last.created_by != work.principal.user_id or work.now - last.created_at >= AUTOSAVE
    ):  # fmt: skip
        return None
    seal(work, note, last, content)
    if not waiting:
        flag_modified(note, "revision")  # its version counts every change
    work.session.flush()
    work.note("edited", "note", note, revision=last.number, waiting=waiting)
    return last


def shown(work: Work, note: StoredNote, row: Revision) -> RevisionView:
    """A revision without its content."""
    return all_shown(work, note, [row])[0]


def all_shown(work: Work, note: StoredNote, rows: Sequence[Revision]) -> list[RevisionView]:
    """Revisions without their content."""
    given = select(Feedback.revision_id, Feedback.stars).where(Feedback.appointment_id == note.appointment_id)
    stars = {given_to.revision_id: given_to.stars for given_to in work.session.execute(given)}
    names = set(RevisionView.model_fields) - {"stands", "stars", "note_version"}
    return [
        RevisionView(
            **{name: getattr(row, name) for name in names}, stars=stars.get(row.id), note_version=note.version,
            stands=row.number == note.revision,
        )
        for row in rows
    ]  # fmt: skip

"""Another note type for an appointment. What was written stays as an earlier version, and can be brought back."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from app.database.base import Role
from app.database.clinic import Appointment
from app.database.clinic import Template as NoteType
from app.database.notes import StoredNote
from app.errors import InvalidError, RefusedError
from app.work.drafts import ask_draft, available
from app.work.note_content import Content
from app.work.note_form import Form, form_of
from app.work.note_rows import add_revision, content_of, note_to_change, row_of
from app.work.unit import Work
from pipelines.records import SourceKind


class Switched(BaseModel):
    """`task_id`: the draft in the new type that was asked for; `note_id` None: nothing was written yet."""

    model_config = ConfigDict(frozen=True)

    appointment_id: str
    template_id: str
    note_id: str | None
    note_version: int | None
    task_id: str | None


def switch_type(
    work: Work, appointment_id: str, template_id: str, *, confirmed: bool = False, source: SourceKind | None = None
) -> Switched:
    """Switch the note type of an appointment.

    A note with content begins anew in a type with AI; in one without, its text becomes the Summary. Own fields that
    the new type has too keep their values.

    Args:
        confirmed: the clinician knows that the note has content.
        source: what a draft in the new type is to be written from; must be chosen from one type with AI to another.

    Raises:
        RefusedError: `confirm_switch`: the note has content; `choose_source`: which are there stands in the message;
            `note_signed`; and as `drafts.ask_draft`, where a source was given.
        GoneError: as `drafts.ask_draft`.
    """
    work.allow(Role.PRACTITIONER)
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    note = row_of(work, appointment_id)
    note = note_to_change(work, note.id) if note else None
    if appointment.status in {"signed", "cancelled"}:
        raise RefusedError("over", "This appointment is over: it stays as it is.")
    old, new = form_of(work, note.template_id if note else appointment.template_id), _choosable(work, template_id)
    if new.id == old.id:
        return _switched(appointment, note, None)
    content = content_of(work, note) if note else Content()
    _check(work, appointment, old, new, content, confirmed=confirmed, source=source)
    appointment.template_id = new.id
    if note:
        _put(work, note, new, content)
    task_id = ask_draft(work, appointment_id, source) if source else None
    work.session.flush()
    work.note("switch_type", "appointment", appointment, template=new.id)
    return _switched(appointment, row_of(work, appointment_id), task_id)


def _check(
    work: Work, appointment: Appointment, old: Form, new: Form, content: Content, *, confirmed: bool,
    source: SourceKind | None,
) -> None:  # fmt: skip
    if source is not None and new.base is None:
        raise InvalidError("source", "This note type has no AI: it is written by hand. Choose no source.")
    if content.is_empty:
        return
    if old.base and new.base and source is None:
        there = " or ".join({"transcript": "transcription"}.get(one, one) for one in available(work, appointment))
        told = f"It can be written from {there}." if there else "Neither is there now; bring the text over by hand."
        raise RefusedError("choose_source", f"Choose what the new draft is written from. {told}")
    if not confirmed:
        raise RefusedError(
            "confirm_switch", "The note has content. It begins anew in the other type, and what is written stays as an "
            "earlier version that can be brought back. Confirm the switch.",
        )  # fmt: skip


def _put(work: Work, note: StoredNote, new: Form, content: Content) -> None:
    note.template_id = new.id
    if content.is_empty and not content.fields:
        work.session.flush()
        return
    fields = new.fields_of(content.fields)
    if new.base is None:
        begun = content.as_summary(fields)
    else:
        begun = Content(sections=dict.fromkeys(new.sections, ""), fields=fields)
    add_revision(work, note, begun, origin="switched", format=new.base)


def _choosable(work: Work, template_id: str) -> Form:
    if not work.get(NoteType, template_id, "note type").active:
        raise InvalidError("template_id", "This note type is not offered any more; choose another.")
    return form_of(work, template_id)


def _switched(appointment: Appointment, note: StoredNote | None, task_id: str | None) -> Switched:
    return Switched(appointment_id=appointment.id, template_id=appointment.template_id, task_id=task_id,
                    note_id=note.id if note else None, note_version=note.version if note else None)  # fmt: skip

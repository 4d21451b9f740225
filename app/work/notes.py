"""Notes: read, written by hand, compared, and brought back to any earlier state. Drafts come from `drafts`.

Nothing that was written is lost before signing: each change is a revision. A hand edit within a minute of the same
user's last one takes its place, so that saving while typing does not pile up revisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.database.base import Role
from app.database.clinic import Appointment
from app.database.notes import Revision, StoredNote
from app.errors import RefusedError
from app.work.drafts import Order, ask_draft, keep_draft, source_for
from app.work.note_content import Content, Sentence, open_content, seal
from app.work.note_document import AddendumView, document_of, signed_document, text_of
from app.work.note_form import Form, form_of
from app.work.note_rows import (
    RevisionView,
    add_revision,
    all_shown,
    appointment_of,
    content_of,
    make_note,
    note_row,
    note_to_change,
    numbered,
    replace_edit,
    revisions_of,
    shown,
    standing,
)
from app.work.unit import Work
from pipelines.writing.wand.records import Change

__all__ = [
    "NoteView", "Order", "RevisionContent", "RevisionView", "SectionChange", "ask_draft", "compare", "edit",
    "keep_draft", "open_note", "restore", "revision", "source_for", "take_waiting", "view",
]  # fmt: skip


class NoteView(BaseModel):
    """A note with its history. `missing`: labels of required own fields that are empty.

    `sentences`: each with what supports it. `version` is what the next change must name. `text` is the whole note.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    appointment_id: str
    template_id: str
    title: str
    format: str | None
    section_titles: dict[str, str]
    sections: dict[str, str]
    fields: dict[str, Any]
    missing: list[str]
    sentences: list[Sentence]
    warnings: list[str]
    text: str
    revision: int
    version: int
    revisions: list[RevisionView]
    signed_at: datetime | None
    signed_by: str | None
    digest: str | None
    addenda: list[AddendumView]


class RevisionContent(BaseModel):
    """One revision with what it holds. `instruction` is what the wand was asked for; `undone` what it did not do."""

    model_config = ConfigDict(frozen=True)

    revision: RevisionView
    sections: dict[str, str]
    fields: dict[str, Any]
    sentences: list[Sentence]
    warnings: list[str]
    instruction: str | None
    undone: str | None


class SectionChange(BaseModel):
    """A section in two revisions; `diff` by sentence: " " stays, "-" goes, "+" comes."""

    model_config = ConfigDict(frozen=True)

    section: str
    before: str
    after: str
    diff: str


def open_note(work: Work, appointment_id: str) -> NoteView:
    """The note of an appointment; an empty one in its note type, where there is none yet.

    Raises:
        NotFoundError: there is no such appointment within reach.
    """
    work.allow(Role.PRACTITIONER)
    note = make_note(work, work.get(Appointment, appointment_id, "appointment", lock=True))
    return _view(work, note)


def view(work: Work, note_id: str) -> NoteView:
    """A note, signed or not.

    Raises:
        NotFoundError: there is none within reach.
        GoneError: the client was deleted for ever.
    """
    return _view(work, note_row(work, note_id))


def revision(work: Work, note_id: str, number: int) -> RevisionContent:
    """One revision with what it holds.

    Raises:
        GoneError: earlier versions ended when the note was signed.
    """
    note = note_row(work, note_id)
    row = numbered(work, note, number)
    content = open_content(work, note, row)
    work.note("read", "note", note, revision=number)
    return _content(work, note, row, content)


def compare(work: Work, note_id: str, before: int, after: int) -> list[SectionChange]:
    """What differs between two revisions, own fields too; sections that are alike are left out."""
    note = note_row(work, note_id)
    rows = (numbered(work, note, before), numbered(work, note, after))
    first, second = (_texts(work, open_content(work, note, row), row.template_id) for row in rows)
    work.note("compare", "note", note, before=before, after=after)
    changes = [Change(name, first.get(name, ""), second.get(name, "")) for name in dict.fromkeys([*first, *second])]
    return [changed(change) for change in changes if change.before != change.after]


def changed(change: Change) -> SectionChange:
    """A change as it is shown."""
    return SectionChange(section=change.section, before=change.before, after=change.after, diff=change.diff)


def edit(
    work: Work, note_id: str, version: int, sections: Mapping[str, str], fields: Mapping[str, Any] | None = None
) -> RevisionView:
    """Write by hand. Sections and fields that are not named stay as they are; a field that is None is emptied.

    Within a minute of the same user's last edit, this takes its place. Where the note was changed since `version` (a
    second tab), the edit is kept too: as a revision that waits beside the note, and replaces nothing.

    Raises:
        InvalidError: a section or a field that the note type does not have, or that does not fit.
        RefusedError: the note is signed (`note_signed`).
    """
    note = note_to_change(work, note_id)
    form, now = form_of(work, note.template_id), content_of(work, note)
    values = dict(fields or {})
    texts, given = form.checked(sections, {name: value for name, value in values.items() if value is not None})
    kept = {name: value for name, value in form.fields_of(now.fields).items() if name not in values}
    whole = {name: texts.get(name, now.sections.get(name, "")) for name in form.sections}
    content, waiting = now.edited(whole, kept | given), version != note.version
    row = replace_edit(work, note, content, waiting=waiting) or _add_edit(work, note, form, content, waiting=waiting)
    return shown(work, note, row)


def restore(work: Work, note_id: str, number: int) -> RevisionView:
    """Bring an earlier revision back, with the note type it was written in; what stands now stays a revision.

    Raises:
        RefusedError: the note is signed (`note_signed`), or the revision is of another note type (`other_type`).
    """
    appointment, note = appointment_of(work, note_id), note_to_change(work, note_id)
    row = numbered(work, note, number)
    if row.waiting:
        return _taken(work, note, row)
    content = _fitting(form_of(work, row.template_id), row, open_content(work, note, row))
    if note.template_id != row.template_id:
        note.template_id = appointment.template_id = row.template_id
    return shown(work, note, _brought_back(work, note, row, content))


def take_waiting(work: Work, note_id: str, number: int) -> RevisionView:
    """Let a revision that waits beside the note stand. In a note without AI, a draft's text becomes its Summary.

    Raises:
        RefusedError: it does not wait (`not_waiting`); it is of another note type (`other_type`); the note is signed.
    """
    note = note_to_change(work, note_id)
    row = numbered(work, note, number)
    if not row.waiting:
        raise RefusedError("not_waiting", "This version does not wait. Bring it back as an earlier version instead.")
    return _taken(work, note, row)


def _taken(work: Work, note: StoredNote, row: Revision) -> RevisionView:
    form, content, now = form_of(work, note.template_id), open_content(work, note, row), content_of(work, note)
    if row.origin != "edited":  # own fields were perhaps filled since it was written
        content = content.model_copy(update={"fields": now.fields})
    fitting = _fitting(form, row, content)
    row.waiting = False
    if row.format != form.base:
        return shown(work, note, _brought_back(work, note, row, fitting))
    seal(work, note, row, content)
    row.template_id, note.revision = note.template_id, row.number
    work.session.flush()
    work.note("take", "note", note, revision=row.number)
    return shown(work, note, row)


def _fitting(form: Form, row: Revision, content: Content) -> Content:
    """What a revision holds, as a note of this type has it."""
    if row.format == form.base:
        return content
    if form.base is None:
        return content.as_summary(content.fields)
    raise RefusedError("other_type", "This draft is of another note type. Switch the type, or ask for a new draft.")


def _brought_back(work: Work, note: StoredNote, row: Revision, content: Content) -> Revision:
    return add_revision(
        work, note, content, origin="restored", parent=row.number, source=row.source, lm=row.lm, program=row.program,
        format=form_of(work, note.template_id).base, sealed_facts=row.sealed_facts,
    )  # fmt: skip


def _add_edit(work: Work, note: StoredNote, form: Form, content: Content, *, waiting: bool) -> Revision:
    now = standing(work, note)
    given: dict[str, Any] = {"source": now.source, "sealed_facts": now.sealed_facts} if now else {}
    return add_revision(work, note, content, origin="edited", waiting=waiting, format=form.base, **given)


def _view(work: Work, note: StoredNote) -> NoteView:
    form = form_of(work, note.template_id)
    row = standing(work, note)
    signed = note.signed_at is not None
    content = Content() if signed else open_content(work, note, row)
    document = signed_document(work, note) if signed else document_of(work, note, form, content)
    work.note("read", "note", note)
    titles = {part.name: part.title for part in document.parts if part.kind == "section"}
    return NoteView(
        id=note.id, appointment_id=note.appointment_id, template_id=note.template_id, title=document.title,
        format=document.format, section_titles=titles, sections=document.sections, fields=document.fields,
        missing=[] if signed else form.missing(document.fields), sentences=document.sentences,
        warnings=content.warnings, text=text_of(document), revision=note.revision, version=note.version,
        revisions=all_shown(work, note, revisions_of(work, note)), signed_at=note.signed_at,
        signed_by=document.clinician if signed else None, digest=note.digest, addenda=document.addenda,
    )  # fmt: skip


def _content(work: Work, note: StoredNote, row: Revision, content: Content) -> RevisionContent:
    return RevisionContent(
        revision=shown(work, note, row), sections=content.sections, fields=content.fields, sentences=content.sentences,
        warnings=content.warnings, instruction=content.instruction, undone=content.undone,
    )  # fmt: skip


def _texts(work: Work, content: Content, template_id: str) -> dict[str, str]:
    """Sections by name, and own fields by their label."""
    form = form_of(work, template_id)
    values = form.fields_of(content.fields)
    return dict(content.sections) | {f.label: f.shown(values[f.name]) for f in form.own.fields if f.name in values}

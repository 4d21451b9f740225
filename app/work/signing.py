"""Signing: what stands against it, and what it does. It freezes the note for ever and ends all that led to it.

In one transaction: what feedback needs is computed, the note is sealed as signed under the client's key, and the
transcript, every earlier version and the facts read from the session are marked for permanent deletion. Later
corrections are addenda, dated and signed.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from app import traces
from app.database.base import Role, new_id
from app.database.clinic import Appointment
from app.database.notes import Addendum, StoredNote
from app.database.operations import Task
from app.database.people import Practice, User
from app.database.sessions import Call, Recording, StoredTranscript
from app.errors import ForbiddenError, InvalidError, RefusedError
from app.storage.deletion import delete_for_ever
from app.work.appointment_views import facts_of
from app.work.edits import edit_distance
from app.work.inputs import one_of, prose
from app.work.note_content import Content, Sentence, draft_key, open_content, without_sentence
from app.work.note_document import AddendumView, Document, document_of, open_addendum, seal_addendum, seal_document
from app.work.note_form import Form, form_of
from app.work.note_rows import (
    RevisionView,
    add_revision,
    appointment_of,
    content_of,
    note_row,
    note_to_change,
    replace_edit,
    revisions_of,
    shown,
    standing,
)
from app.work.notes import NoteView, view
from app.work.transcript_rows import end, row_of
from app.work.unit import Work
from pipelines.source import session_line

LONGEST_ADDENDUM = 20_000  # characters
_HELD = re.compile(r"^Session\b.*?(\d{1,2}:\d{2} [AP]M) to (\d{1,2}:\d{2} [AP]M)")
_TOLD = {
    "unsupported": "Nothing in the session or the chart supports this sentence. Confirm it, rewrite it or remove it.",
    "to_complete": "This is left for you to complete. Write it, or remove the sentence.",
    "to_review": "This asks for your review. Rewrite it, confirm it or remove it.",
}


class Problem(BaseModel):
    """What stands against signing, and the way out.

    `kind`: empty, field (its label in `field`), sentence (`section`, `sentence`, `text` name it), times, in_call,
    processing.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["empty", "field", "sentence", "times", "in_call", "processing"]
    message: str
    field: str | None = None
    section: str | None = None
    sentence: int | None = None
    text: str | None = None


def problems(work: Work, note_id: str) -> list[Problem]:
    """Everything that stands against signing; nothing where the note is ready, or signed.

    Raises:
        NotFoundError: there is no such note within reach.
    """
    note = note_row(work, note_id)
    if note.signed_at is not None:
        return []
    work.note("read", "note", note)
    return _problems(work, note, form_of(work, note.template_id), content_of(work, note))


def resolve_sentence(
    work: Work, note_id: str, version: int, section: str, sentence: int, action: Literal["confirm", "remove"]
) -> RevisionView:
    """Confirm a sentence that nothing supports, or take a sentence out of the note. `sentence` counts from 0.

    Raises:
        ConflictError: the note was changed since `version`: the sentence may be another one.
        InvalidError: there is no such sentence.
        RefusedError: the note is signed (`note_signed`).
    """
    note = note_to_change(work, note_id, version)
    one_of("action", action, ("confirm", "remove"))
    content = content_of(work, note)
    found = next((s for s in content.sentences if (s.section, s.sentence) == (section, sentence)), None)
    if found is None:
        raise InvalidError("sentence", "There is no such sentence in this note.")
    resolved = _confirmed(content, found) if action == "confirm" else _removed(content, found)
    row, now = replace_edit(work, note, resolved, waiting=False), standing(work, note)
    if row is None:
        given = {name: getattr(now, name) for name in ("source", "format", "sealed_facts")}
        row = add_revision(work, note, resolved, origin="edited", **given)
    work.note(f"{action}_sentence", "note", note, section=section, sentence=sentence)
    return shown(work, note, row)


def sign(work: Work, note_id: str, version: int) -> NoteView:
    """Sign a note: the appointment's own practitioner alone, and for ever.

    Raises:
        ForbiddenError: they are not the appointment's practitioner.
        RefusedError: it is signed (`note_signed`), or not ready (`not_ready`); see `problems`.
        ConflictError: it was changed since `version`: what would be signed is not what was read.
    """
    _refuse_others(work)
    appointment, note = appointment_of(work, note_id), note_to_change(work, note_id, version)
    transcript = row_of(work, appointment.id, lock=True)
    form, content = form_of(work, note.template_id), content_of(work, note)
    if found := _problems(work, note, form, content):
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise RefusedError("not_ready", f"The note is not ready{more}: {found[0].message}")
    document = document_of(work, note, form, content).model_copy(update={"signed_at": work.now})
    _measure(work, note, document)
    note.signed_at, note.signed_by = work.now, work.principal.user_id
    seal_document(work, note, document)
    _end_all(work, note, transcript)
    appointment.status = "signed"
    work.session.flush()
    work.note("sign", "note", note, revision=note.revision)
    return view(work, note_id)


def add_addendum(work: Work, note_id: str, text: str) -> AddendumView:
    """Correct a signed note: dated, signed, and never changed either.

    Raises:
        ForbiddenError: they are not the appointment's practitioner.
        InvalidError: nothing is written, or too much.
        RefusedError: the note is not signed yet (`not_signed`).
    """
    _refuse_others(work)
    note = note_row(work, note_id, lock=True)
    if note.signed_at is None or note.sealed is None:
        raise RefusedError("not_signed", "The note is not signed yet: change the note itself.")
    said = prose("text", text, LONGEST_ADDENDUM)
    if not said:
        raise InvalidError("text", "Write what is to be added.")
    row = Addendum(
        id=new_id(), practice_id=note.practice_id, practitioner_id=note.practitioner_id, note_id=note.id,
        appointment_id=note.appointment_id, signed_at=work.now, signed_by=work.principal.user_id,
    )  # fmt: skip
    seal_addendum(work, note, row, said, work.get(User, work.principal.user_id, "user").name)
    work.session.add(row)
    work.session.flush()
    work.note("add_addendum", "note", note, addendum=row.id)
    return AddendumView(id=row.id, signed_at=row.signed_at, **open_addendum(work, note, row))


def _refuse_others(work: Work) -> None:
    """Whose appointment it is not does not reach the note at all; our own worker reaches it and never signs."""
    if work.principal.role != Role.PRACTITIONER:
        raise ForbiddenError("A note is signed by the appointment's own practitioner alone.")


def _problems(work: Work, note: StoredNote, form: Form, content: Content) -> list[Problem]:
    found = [Problem(kind="empty", message="The note has no text yet.")] if content.is_empty else []
    found += [
        Problem(kind="field", message=f"{label}: this field is required.", field=label)
        for label in form.missing(form.fields_of(content.fields))
    ]
    found += [
        Problem(kind="sentence", message=_TOLD[one.open], section=one.section, sentence=one.sentence, text=one.text)
        for one in content.sentences
        if one.open
    ]
    return found + _problems_of_session(work, note, content)


def _problems_of_session(work: Work, note: StoredNote, content: Content) -> list[Problem]:
    appointment = work.get(Appointment, note.appointment_id, "appointment")
    found: list[Problem] = []
    if appointment.status == "in_call":
        found.append(Problem(kind="in_call", message="The call goes on. End it first."))
    elif appointment.began_at is None or appointment.ended_at is None:
        found.append(Problem(kind="times", message="Start and end of the session are missing. Confirm them."))
    elif not appointment.times_confirmed and not _has_call_times(work, appointment):
        found.append(Problem(kind="times", message="No call tells start and end of the session. Confirm them."))
    found += _other_times(work, appointment, content)
    recordings = select(Recording.id).where(
        Recording.appointment_id == appointment.id, Recording.state.in_(["open", "complete"])
    )
    if work.session.scalars(recordings).first() is not None:
        told = "A recording of this session is not transcribed yet. Wait for it, or delete the recording."
        found.append(Problem(kind="processing", message=told))
    return found


def _other_times(work: Work, appointment: Appointment, content: Content) -> list[Problem]:
    """The sentences that state other times than the session's: those were confirmed after the draft was written."""
    zone = work.get(Practice, appointment.practice_id, "practice").time_zone
    true = _HELD.search(session_line(facts_of(appointment, zone)) or "")
    told = "This states other times than the session's. Rewrite it or remove it."
    return [
        Problem(kind="sentence", message=told, section=one.section, sentence=one.sentence, text=one.text)
        for one in content.sentences
        if (stated := _HELD.search(one.text)) and (true is None or stated.groups() != true.groups())
    ]


def _has_call_times(work: Work, appointment: Appointment) -> bool:
    """Whether the last call was ended by its practitioner: of one that ended itself, only the last sound is known."""
    query = select(Call.ended_by).where(Call.appointment_id == appointment.id).order_by(Call.started_at.desc()).limit(1)
    return work.session.scalars(query).first() == "practitioner"


def _confirmed(content: Content, found: Sentence) -> Content:
    if not found.open:
        raise InvalidError("sentence", "This sentence needs no confirmation.")
    sentences = [s.model_copy(update={"confirmed": True}) if s is found else s for s in content.sentences]
    return content.model_copy(update={"sentences": sentences})


def _removed(content: Content, found: Sentence) -> Content:
    text = without_sentence(content.sections[found.section], found.sentence)
    return content.edited({**content.sections, found.section: text}, content.fields)


def _measure(work: Work, note: StoredNote, document: Document) -> None:
    """What became of each draft, as long as there is something to compare: shares of words, no word."""
    for row in revisions_of(work, note):
        if row.origin == "generated" and row.sealed is not None:
            distance = edit_distance(open_content(work, note, row).sections, document.sections)
            row.measures = {**row.measures, "edit_distance": distance.whole, "edit_sections": distance.sections}
            traces.assess(work, row, "edit_distance", distance.whole)


def _end_all(work: Work, note: StoredNote, transcript: StoredTranscript | None) -> None:
    for row in revisions_of(work, note):
        row.sealed, row.sealed_facts = None, None
    delete_for_ever(work, draft_key(note.id), "signed")
    if transcript is not None and transcript.ended_at is None:
        end(work, transcript, "signed")
    waiting = select(Task).where(Task.appointment_id == note.appointment_id, Task.state == "waiting")
    for task in work.session.scalars(waiting.where(Task.kind == "generate")):
        task.state, task.updated_at = "done", work.now  # a draft that nobody waits for any more

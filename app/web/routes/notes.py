"""Notes with every revision: drafted, edited, refined, brought back, signed and exported."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from app.web.dependencies import Caller, Needs, OurService, Person
from app.web.forms import Body, Changing, PathId, PathNumber, Place
from app.work import drafts, exports, notes, signing, wand
from app.work.note_document import AddendumView
from app.work.note_rows import RevisionView
from app.work.notes import NoteView, RevisionContent, SectionChange
from app.work.signing import Problem
from app.work.wand import WandResult

router = APIRouter(tags=["notes"])

Reader = Annotated[Caller, Depends(Needs("notes:read"))]
Writer = Annotated[Caller, Depends(Needs("notes:write"))]
_FILES = {"text": exports.text, "pdf": exports.pdf, "docx": exports.docx, "fhir": exports.fhir}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {200: {"description": "The file.", "content": {
    "text/plain": {"schema": {"type": "string"}},
    "application/pdf": _BINARY,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _BINARY,
    "application/fhir+json": {"schema": {"type": "object"}},
}}}  # fmt: skip


class DraftOrder(Body):
    source: Literal["transcript", "summary"]


class Ordered(BaseModel):
    """Look at /tasks/{task_id} for how it goes."""

    task_id: str


class Edit(Changing):
    """Sections and fields that are not named stay as they are; a field that is null is emptied."""

    sections: dict[str, str] = Field(default={}, max_length=50, examples=[{"plan": "Client will practice daily."}])
    fields: dict[str, Any] = Field(default={}, max_length=100, examples=[{"setting": "Office"}])


class WandOrder(Changing):
    instruction: str = Field(max_length=2_000, examples=["Make the plan shorter."])
    section: str | None = Field(default=None, max_length=60, description="Where all that names no section is meant.")


class Resolution(Changing):
    """What is to become of a sentence, counted from 0 in its section."""

    section: str = Field(max_length=60, examples=["objective"])
    sentence: Place
    action: Literal["confirm", "remove"]


class AddendumText(Body):
    text: str = Field(min_length=1, max_length=20_000, examples=["The session began ten minutes later than stated."])


@router.get("/appointments/{appointment_id}/note")
def open_note(caller: Reader, appointment_id: PathId) -> NoteView:
    """The note of an appointment; an empty one where there is none yet."""
    with caller.work() as work:
        return notes.open_note(work, appointment_id)


@router.post("/appointments/{appointment_id}/drafts", status_code=202)
def ask_draft(caller: Writer, appointment_id: PathId, order: DraftOrder) -> Ordered:
    """Ask for a draft. It replaces nothing that was written: then it waits beside the note."""
    with caller.work() as work:
        return Ordered(task_id=drafts.ask_draft(work, appointment_id, order.source))


@router.get("/notes/{note_id}")
def view_note(caller: Reader, note_id: PathId) -> NoteView:
    with caller.work() as work:
        return notes.view(work, note_id)


@router.patch("/notes/{note_id}")
def edit_note(caller: Writer, note_id: PathId, edit: Edit) -> RevisionView:
    """Write by hand. Where the note was changed since, the edit is kept as a revision that waits beside it."""
    with caller.work() as work:
        return notes.edit(work, note_id, edit.version, edit.sections, edit.fields)


@router.post("/notes/{note_id}/wand")
def refine_note(caller: Writer, service: OurService, note_id: PathId, order: WandOrder) -> WandResult:
    """Have the note changed by an instruction; says what became of it, and what was not done."""
    return wand.refine_note(service, caller.principal, note_id, order.version, order.instruction, order.section)


@router.get("/notes/{note_id}/revisions/{number}")
def view_revision(caller: Reader, note_id: PathId, number: PathNumber) -> RevisionContent:
    with caller.work() as work:
        return notes.revision(work, note_id, number)


@router.post("/notes/{note_id}/revisions/{number}/restore")
def restore_revision(caller: Writer, note_id: PathId, number: PathNumber) -> RevisionView:
    """Bring an earlier revision back; what stands now stays a revision."""
    with caller.work() as work:
        return notes.restore(work, note_id, number)


@router.post("/notes/{note_id}/revisions/{number}/take")
def take_waiting(caller: Writer, note_id: PathId, number: PathNumber) -> RevisionView:
    """Let a revision that waits beside the note stand."""
    with caller.work() as work:
        return notes.take_waiting(work, note_id, number)


@router.get("/notes/{note_id}/changes")
def compare_revisions(
    caller: Reader, note_id: PathId, before: Annotated[int, Query(ge=0, le=2**31 - 1)],
    after: Annotated[int, Query(ge=0, le=2**31 - 1)],
) -> list[SectionChange]:  # fmt: skip
    """What differs between two revisions."""
    with caller.work() as work:
        return notes.compare(work, note_id, before, after)


@router.get("/notes/{note_id}/problems")
def list_problems(caller: Reader, note_id: PathId) -> list[Problem]:
    """Everything that stands against signing."""
    with caller.work() as work:
        return signing.problems(work, note_id)


@router.post("/notes/{note_id}/sentences")
def resolve_sentence(caller: Writer, note_id: PathId, resolution: Resolution) -> RevisionView:
    """Confirm a sentence that nothing supports, or take a sentence out of the note."""
    with caller.work() as work:
        return signing.resolve_sentence(
            work, note_id, resolution.version, resolution.section, resolution.sentence, resolution.action
        )


@router.post("/notes/{note_id}/signature")
def sign_note(caller: Person, note_id: PathId, change: Changing) -> NoteView:
    """Sign a note, for ever. Its transcript and its earlier versions are deleted. A person does this, no token."""
    with caller.work() as work:
        return signing.sign(work, note_id, change.version)


@router.post("/notes/{note_id}/addenda", status_code=201)
def add_addendum(caller: Person, note_id: PathId, addendum: AddendumText) -> AddendumView:
    """Correct a signed note: dated, signed, and never changed either."""
    with caller.work() as work:
        return signing.add_addendum(work, note_id, addendum.text)


@router.get("/notes/{note_id}/export", response_class=Response, responses=_FILE)
def export_note(
    caller: Reader, note_id: PathId, form: Annotated[Literal["text", "pdf", "docx", "fhir"], Query()],
    section: Annotated[str | None, Query(max_length=60, description="Of text: this section alone.")] = None,
) -> Response:  # fmt: skip
    """The note as a file. A draft says that it is one."""
    with caller.work() as work:
        made = exports.text(work, note_id, section) if form == "text" else _FILES[form](work, note_id)
    return Response(
        made.content, media_type=made.media_type, headers={"Content-Disposition": f'attachment; filename="{made.name}"'}
    )

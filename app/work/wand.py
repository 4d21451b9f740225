"""The wand: one instruction on one note. What changes is a revision; what is refused says why, and nothing is changed.

The work itself takes its time, so it is done between two transactions; where the note was changed meanwhile, what the
wand made waits beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from app import traces
from app.database.clinic import Appointment
from app.database.notes import Revision
from app.database.scope import Principal
from app.errors import InvalidError, RefusedError
from app.work.drafts import SOURCES, available, key_of_facts, read_source, refuse_without_ai, style_of
from app.work.inputs import prose
from app.work.note_content import Content, open_content, open_facts
from app.work.note_form import form_of
from app.work.note_rows import RevisionView, add_revision, content_of, note_to_change, numbered, shown, standing
from app.work.notes import SectionChange, changed
from app.work.unit import Work
from pipelines.note_settings import NoteSettings
from pipelines.records import InputError, Note, SourceKind
from pipelines.source import Source
from pipelines.templates import Template

if TYPE_CHECKING:
    from app.wiring import Service
    from pipelines.writing.wand.records import Refined

LONGEST = 2_000  # characters of an instruction


class WandResult(BaseModel):
    """What became of an instruction.

    `revision` is None where nothing was changed: then `refused` or `undone` says why. `undone` may also stand beside a
    revision: a part that was not done. `own`: sentences that only the instruction states, marked as the clinician's.
    """

    model_config = ConfigDict(frozen=True)

    revision: RevisionView | None = None
    changes: list[SectionChange] = []
    diff: str = ""
    refused: str | None = None
    undone: str | None = None
    own: list[str] = []
    warnings: list[str] = []


@dataclass(frozen=True)
class _Given:
    """What the wand is given: the note as it stands and what it was written from. Own fields are not in it."""

    note: Note
    source: Source
    template: Template
    style: NoteSettings
    synthetic: bool
    number: int


def refine_note(
    service: Service, principal: Principal, note_id: str, version: int, instruction: str, section: str | None = None
) -> WandResult:
    """Carry out an instruction on the note as it stands.

    Args:
        section: where everything is meant that names no section itself.

    Raises:
        InvalidError: no instruction, or no such section.
        ConflictError: the note was changed since `version`.
        RefusedError: `note_signed`, `ai_disabled`, `no_ai_type`, `no_content`, `no_source`; or the language model
            failed (`lm_…`) and the note is as it was.
        GoneError: the transcript that the note was written from is gone; the message offers the summary.
    """
    with service.work(principal) as work:
        asked = prose("instruction", instruction, LONGEST)
        if not asked:
            raise InvalidError("instruction", "Say what to change, like: shorten the plan.")
        given = _given(work, note_id, version, section)
    refined = _refined(service, given, asked, section)
    if refined.note is given.note:
        return WandResult(refused=refined.refused, undone=refined.not_understood, warnings=refined.warnings)
    with service.work(principal) as work:
        return _kept(work, note_id, version, given, refined, asked)


def _given(work: Work, note_id: str, version: int, section: str | None) -> _Given:
    note = note_to_change(work, note_id, version)
    appointment = work.get(Appointment, note.appointment_id, "appointment")
    refuse_without_ai(work, appointment)
    form, row = form_of(work, note.template_id), standing(work, note)
    if form.base is None:
        raise RefusedError("no_ai_type", "This note type has no AI: change the note by hand, or switch its type.")
    content = open_content(work, note, row)
    if row is None or content.is_empty:
        raise RefusedError("no_content", "There is nothing to change yet. Ask for a draft, or write first.")
    if section is not None and section not in form.sections:
        raise InvalidError("section", f"There is no such section; choose from {', '.join(form.sections)}.")
    kind = _source_of(work, appointment, row)
    name = key_of_facts(work, note, kind)
    whole = Note(
        encounter_id=appointment.id, format=form.base, source=kind, evidence=list(content.sentences),
        sections={part: content.sections.get(part, "") for part in form.sections}, warnings=content.warnings,
        facts=open_facts(work, name, row.sealed_facts) if name else [], program=row.program,
    )  # fmt: skip
    work.note("refine", "note", note, revision=row.number)
    source = read_source(work, appointment, kind)
    style = style_of(work, appointment, form.id)
    return _Given(whole, source, form.format, style, appointment.synthetic, row.number)


def _source_of(work: Work, appointment: Appointment, row: Revision) -> SourceKind:
    """What the note was written from; of one by hand, what there is."""
    for source in SOURCES:
        if row.source == source:
            return source
    there = available(work, appointment)
    if not there:
        raise RefusedError("no_source", "There is neither transcript nor summary to hold the note against.")
    return there[0]


def _refined(service: Service, given: _Given, instruction: str, section: str | None) -> Refined:
    from pipelines.writing.provider import WriteError
    from pipelines.writing.wand.refine import Wand  # heavy, and one for each note: it would remember the last source

    try:
        return Wand(service.settings).refine(
            given.note, instruction, given.source, given.template.with_interventions_in(given.style.interventions_in),
            given.style, section=section, synthetic=given.synthetic,
        )  # fmt: skip
    except WriteError as error:
        failed = RefusedError(f"lm_{error.type}", f"The language model failed ({error.type}); the note is as it was.")
    except InputError as error:
        failed = RefusedError("not_usable", str(error))
    raise failed  # out here: what was caught may hold the note


def _kept(
    work: Work, note_id: str, version: int, given: _Given, refined: Refined, instruction: str
) -> WandResult:  # fmt: skip
    note = note_to_change(work, note_id)
    parent = numbered(work, note, given.number)
    former = open_content(work, note, parent).former
    content = Content.of_note(refined.note, content_of(work, note).fields).model_copy(
        update={"instruction": instruction, "undone": refined.not_understood, "former": former}
    )
    ended = key_of_facts(work, note, refined.note.source) is None
    row = add_revision(
        work, note, content, origin="wand", parent=parent.number, source=refined.note.source, format=given.note.format,
        template_id=parent.template_id, waiting=note.version != version, lm=work.settings.lm[:200],
        program=parent.program, sealed_facts=None if ended else parent.sealed_facts,
        measures=_measures(given.note, refined),
    )  # fmt: skip
    traces.record(work, row)
    return WandResult(
        revision=shown(work, note, row), changes=[changed(one) for one in refined.changes], diff=refined.diff,
        undone=refined.not_understood, own=refined.own, warnings=refined.warnings,
    )  # fmt: skip


def _measures(before: Note, refined: Refined) -> dict[str, float]:
    return {
        "seconds": refined.note.seconds,
        "changed": len(refined.changes),
        "words_before": sum(len(text.split()) for text in before.sections.values()),
        "words_after": sum(len(text.split()) for text in refined.note.sections.values()),
    }

"""Drafts: asked for on the web, written by the worker, kept as a revision that never replaces what a person wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import traces
from app.database.base import Role, new_id
from app.database.clinic import Appointment
from app.database.clinic import Template as NoteType
from app.database.notes import Revision, StoredNote
from app.database.operations import Task
from app.database.people import Practice
from app.errors import GoneError, InvalidError, NotFoundError, RefusedError
from app.jobs import dispatch
from app.work import clients, summaries
from app.work.encounter import encounter_of
from app.work.note_content import Content, draft_key, seal_facts
from app.work.note_form import form_of, format_to_write
from app.work.note_rows import RevisionView, add_revision, content_of, make_note, refuse_signed, shown
from app.work.note_rows import row_of as note_of
from app.work.note_settings import resolved_for
from app.work.transcript_rows import open_transcript, row_of
from app.work.unit import Work
from pipelines.note_settings import NoteSettings
from pipelines.records import InputError, Note, SourceKind
from pipelines.source import Source, source_of
from pipelines.templates import Template

SOURCES: tuple[SourceKind, ...] = ("transcript", "summary")
_AFTER_DRAFT = {"scheduled", "held", "processing"}
"""The states of an appointment that a draft brings on; a call that goes on stays one."""


@dataclass(frozen=True)
class Order:
    """What a draft is written from, and how: all that reaches a prompt. Nothing of it may be logged or kept."""

    appointment_id: str
    source: Source
    template: Template
    style: NoteSettings
    synthetic: bool


def ask_draft(work: Work, appointment_id: str, source: SourceKind) -> str:
    """Ask the worker for a draft; the task's id. Asked twice while it waits, it is one task.

    Raises:
        RefusedError: AI is not enabled (`ai_disabled`), there is nothing to write from (`no_source`), or the note is
            signed (`note_signed`).
        GoneError: the transcript was deleted (`transcript_gone`); the message offers the summary.
    """
    work.allow(Role.PRACTITIONER)
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    source_for(work, appointment_id, source)
    query = select(Task).where(Task.appointment_id == appointment_id, Task.kind == "generate", Task.state == "waiting")
    for task in work.session.scalars(query):
        if task.options.get("source") == source:
            return task.id
    note = make_note(work, appointment)
    asked = dispatch.add(work, "generate", note, new_id(), source=source)
    work.note("ask_draft", "note", note, source=source)
    return asked.id


def source_for(work: Work, appointment_id: str, source: SourceKind) -> Order:
    """What a draft of this appointment is written from: chart, appointment, transcript or summary, and settings.

    Raises:
        RefusedError, GoneError: as `ask_draft`.
    """
    work.allow(Role.PRACTITIONER)
    if source not in SOURCES:
        raise InvalidError("source", f"Choose from {', '.join(SOURCES)}.")
    appointment = work.get(Appointment, appointment_id, "appointment")
    refuse_signed(work, appointment_id)
    refuse_without_ai(work, appointment)
    read = read_source(work, appointment, source)
    note = note_of(work, appointment_id)
    form = form_of(work, note.template_id if note else appointment.template_id)
    style = style_of(work, appointment, form.id)
    template = format_to_write(form, work.settings.prompts_dir)
    return Order(appointment_id, read, template, style, appointment.synthetic)


def style_of(work: Work, appointment: Appointment, template_id: str) -> NoteSettings:
    """How the note of an appointment is to be written."""
    note_type = work.get(NoteType, template_id, "note type")
    return resolved_for(work, note_type, clients.get(work, appointment.client_id)).settings


def read_source(work: Work, appointment: Appointment, source: SourceKind) -> Source:
    """The source of an appointment's notes.

    Raises:
        RefusedError: there is nothing to write from (`no_source`).
        GoneError: the transcript was deleted (`transcript_gone`).
    """
    try:
        if source == "transcript":
            row, heard = open_transcript(work, appointment.id)
            work.note("write_from", "transcript", row)
            return source_of(encounter_of(work, appointment, transcript=heard.utterances), source)
        told = summaries.opened(work, appointment)
        encounter = encounter_of(work, appointment, summary=told.text, approaches=told.approaches)
        return source_of(encounter, source)
    except (InputError, NotFoundError):
        missing = {
            "transcript": "There is no transcript, or nothing was said in it. Write from the session summary instead.",
            "summary": "There is no session summary yet. Write one, or write from the transcript.",
        }
        raise RefusedError("no_source", missing[source]) from None


def keep_draft(work: Work, appointment_id: str, note: Note, task_id: str | None = None) -> RevisionView:
    """Keep a draft as a revision. Where the note has content, or another format by now, it waits and replaces nothing.

    Args:
        task_id: the task that asked; a task makes one revision, however often it is carried out.

    Raises:
        RefusedError: the note was signed meanwhile (`note_signed`).
    """
    work.allow()
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    kept = make_note(work, appointment)
    if task_id is not None and (made := _made_by(work, task_id)) is not None:
        return shown(work, kept, made)
    refuse_signed(work, appointment_id)
    form, now = form_of(work, kept.template_id), content_of(work, kept)
    name = key_of_facts(work, kept, note.source)
    row = add_revision(
        work, kept, Content.of_note(note, now.fields), origin="generated", source=note.source, format=note.format,
        waiting=form.base != note.format or not now.is_empty, lm=note.lm[:200], program=note.program[:200],
        task_id=task_id, sealed_facts=seal_facts(work, name, note.facts) if name else None, measures=_measures(note),
    )  # fmt: skip
    traces.record(work, row)
    if appointment.status in _AFTER_DRAFT:
        appointment.status = "drafted"
    return shown(work, kept, row)


def key_of_facts(work: Work, note: StoredNote, source: str | None) -> str | None:
    """The key under which the facts of a draft lie; None: its transcript has ended, and no facts are kept."""
    if source != "transcript":
        return draft_key(note.id)
    row = row_of(work, note.appointment_id)
    return None if row is None or row.ended_at is not None else f"transcript-{row.id}"


def refuse_without_ai(work: Work, appointment: Appointment) -> None:
    """Raises:
    RefusedError: the practice has no AI (`ai_disabled`).
    """
    if not work.get(Practice, appointment.practice_id, "practice").ai_enabled:
        raise RefusedError("ai_disabled", "AI is not enabled in this practice. An administrator can enable it.")


def available(work: Work, appointment: Appointment) -> list[SourceKind]:
    """The sources from which a draft can be written now."""
    found: list[SourceKind] = []
    for source in SOURCES:
        try:
            read_source(work, appointment, source)
            found.append(source)
        except (RefusedError, GoneError):
            continue
    return found


def _made_by(work: Work, task_id: str) -> Revision | None:
    return work.session.scalars(select(Revision).where(Revision.task_id == task_id)).first()


def _measures(note: Note) -> dict[str, Any]:
    return {"seconds": note.seconds, "facts": len(note.facts), "characters": len(note.text)}

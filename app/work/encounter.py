"""The one door into a prompt: the chart, the appointment, and the transcript or the summary of one session.

Whatever a writer, the wand or a check is given about a session is an `Encounter` made here. Comments, own fields,
consent, addresses, other appointments and other clients have no way in.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.database.clinic import Appointment, Client
from app.database.notes import StoredNote
from app.database.people import Practice
from app.work import clients
from app.work.appointment_views import facts_of
from app.work.note_document import signed_document
from app.work.unit import Work
from pipelines.records import Chart, Encounter, Utterance


def encounter_of(
    work: Work, appointment: Appointment, *, transcript: Sequence[Utterance] | None = None, summary: str | None = None,
    approaches: Sequence[str] = (),
) -> Encounter:  # fmt: skip
    """One session as the pipeline knows it.

    Its times are the actual ones, or none: a planned time is not when the session was. Its previous note is the
    signed one of the client's session before.

    Args:
        appointment: its row; the encounter's id is its id, and it is as synthetic as the appointment is.
        transcript: its utterances, where the transcript is still there.
        summary: the clinician's own words.
        approaches: the therapy approaches that the clinician named.

    Raises:
        GoneError: the client was deleted for ever.
    """
    zone = work.get(Practice, appointment.practice_id, "practice").time_zone
    return Encounter(
        id=appointment.id,
        synthetic=appointment.synthetic,
        transcript=None if transcript is None else list(transcript),
        summary=summary,
        approaches=list(approaches),
        appointment=facts_of(appointment, zone),
        chart=chart_for(work, appointment),
    )


def chart_for(work: Work, appointment: Appointment) -> Chart:
    """The client's chart with the note of the session before this one."""
    client = work.get(Client, appointment.client_id, "client")
    chart = clients.chart_of(clients.opened(work, client))
    return chart.model_copy(update={"previous_note": _previous_note(work, appointment)})


def _previous_note(work: Work, appointment: Appointment) -> str | None:
    """What was signed last, of the sessions before this one: its sections, without own fields, names and addenda."""
    query = (
        select(StoredNote)
        .join(Appointment, Appointment.id == StoredNote.appointment_id)
        .where(Appointment.client_id == appointment.client_id, Appointment.starts_at < appointment.starts_at)
        .where(StoredNote.signed_at.is_not(None), StoredNote.sealed.is_not(None))
        .order_by(Appointment.starts_at.desc(), StoredNote.signed_at.desc())
        .limit(1)
    )
    note = work.session.scalars(query).first()
    if note is None:
        return None
    parts = [part for part in signed_document(work, note).parts if part.kind == "section" and part.text.strip()]
    return "\n\n".join(f"{part.title}\n{part.text}".strip() for part in parts) or None

"""What a note is written from: a transcript or a summary in units, the chart, the appointment. Nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipelines.records import Appointment, Chart, Encounter, InputError, SourceKind, Speaker, Utterance

# A dot ends a sentence unless it belongs to a title or an abbreviation; digits keep theirs since no space follows.
_NOT_AFTER = "".join(rf"(?<!\b{word}\.)" for word in ("Dr", "Mr", "Ms", "Mrs", "St", "vs", "approx", r"e\.g", r"i\.e"))
_SENTENCE_END = re.compile(rf"(?:(?<=[.!?])|(?<=[.!?][\"'”’)])){_NOT_AFTER}\s+(?=[\"'“‘(]?[A-Z0-9])")


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, in order, stripped; a line break that divides paragraphs or list items ends one too."""
    lines = (line.strip(" \t-•*") for line in text.splitlines())
    return [sentence.strip() for line in lines if line for sentence in _SENTENCE_END.split(line) if sentence.strip()]


@dataclass(frozen=True)
class Unit:
    """A turn of the transcript or a sentence of the summary; `index` is what evidence refers to."""

    index: int
    speaker: Speaker
    text: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Source:
    """Everything that a writer may use and a checker holds a note against."""

    kind: SourceKind
    units: tuple[Unit, ...]
    chart: Chart = field(default_factory=Chart)
    appointment: Appointment = field(default_factory=Appointment)
    approaches: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(unit.text for unit in self.units)


def source_of(encounter: Encounter, kind: SourceKind, heard: Sequence[Utterance] | None = None) -> Source:
    """The source of one note.

    Args:
        heard: the transcript that speech recognition wrote; None: the one in the record.

    Raises:
        InputError: the encounter has no such source.
    """
    if kind == "summary":
        if not encounter.has("summary"):
            raise InputError(f"encounter {encounter.id}: has no summary; write from its transcript")
        units = [Unit(i, "clinician", text) for i, text in enumerate(split_sentences(encounter.summary or ""))]
    else:
        utterances = heard if heard is not None else encounter.transcript or ()
        if not any(utterance.text.strip() for utterance in utterances):
            raise InputError(f"encounter {encounter.id}: nothing was said in its transcript, or it has none")
        units = [Unit(i, u.speaker, u.text, u.start, u.end) for i, u in enumerate(utterances)]
    return Source(
        kind,
        tuple(units),
        encounter.chart or Chart(),
        encounter.appointment or Appointment(),
        tuple(encounter.approaches),
    )


def session_line(appointment: Appointment) -> str | None:
    """The line that states when the session was, how long, and its code; None where start or end is not
    known, or the end is not after the start.

    Times come from the appointment and never from the text (clinical rule 1: times exist and fit the CPT code).
    """
    if not (appointment.start and appointment.end):
        return None
    try:
        start, end = datetime.fromisoformat(appointment.start), datetime.fromisoformat(appointment.end)
        minutes = round((end - start).total_seconds() / 60)
    except (ValueError, TypeError):
        return None
    if minutes <= 0:
        return None
    how = {True: " by telehealth", False: " in person", None: ""}[appointment.telehealth]
    code = f", CPT {appointment.cpt}" if appointment.cpt else ""
    return f"Session held{how}, {clock(start)} to {clock(end)} ({minutes} minutes){code}."


def clock(moment: datetime) -> str:
    """A time of day as notes write it: 3:00 PM."""
    return f"{moment.hour % 12 or 12}:{moment.minute:02d} {'AM' if moment.hour < 12 else 'PM'}"

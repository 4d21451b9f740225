"""The transcript of a session: kept until its note is signed or its time is up, corrected by its clinician meanwhile.

It is sealed under a key of its own, `transcript-ID`, and so are the facts that drafts read from it: where the key
ends, nothing of either can be read, whatever copies there are. Turn numbers never change: evidence refers to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from app.database.base import Role
from app.database.clinic import Appointment
from app.database.notes import StoredNote
from app.database.sessions import StoredTranscript
from app.errors import ConflictError, InvalidError, RefusedError
from app.work.inputs import one_of, prose
from app.work.transcript_rows import (
    Heard,
    alive,
    end,
    ends_at,
    is_over,
    keep,
    new_row,
    open_row,
    open_transcript,
    row_of,
)
from app.work.unit import Work
from pipelines.records import Speaker, Transcript, Utterance, VoicedGap

_LONGEST_WORD = 200  # characters, of what stands in for one word
_SWAPPED: dict[Speaker, Speaker] = {"clinician": "client", "client": "clinician", "unknown": "unknown"}


class Turn(Utterance):
    """An utterance with its number in the transcript."""

    number: int


class TranscriptView(BaseModel):
    """A transcript as its clinician sees it. `ends_at`: then it is deleted for ever, unless signed before."""

    model_config = ConfigDict(frozen=True)

    id: str
    appointment_id: str
    turns: list[Turn]
    voiced_gaps: list[VoicedGap]
    warnings: list[str]
    engine: str
    audio_seconds: float
    created_at: datetime
    ends_at: datetime
    version: int


def store(work: Work, appointment_id: str, transcript: Transcript) -> str:
    """Keep what was heard; its id. A second recording of the same appointment is put behind the first.

    For the worker, in the transaction in which it says of the recording that it was transcribed.

    Raises:
        RefusedError: the note is signed (`note_signed`): nothing may be added to what was to be deleted.
    """
    work.allow()
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    _refuse_signed(work, appointment_id)
    row = row_of(work, appointment_id)
    heard = Heard(utterances=transcript.utterances, voiced_gaps=transcript.voiced_gaps, warnings=transcript.warnings)
    if row is not None and row.ended_at is not None:  # its key is gone for ever: what is new needs another name
        work.session.delete(row)
        work.session.flush()
        row = None
    if row is None:
        row = new_row(work, appointment, transcript)
    else:
        heard = _joined(open_row(work, row), heard, row.audio_seconds)
        row.audio_seconds += transcript.audio_seconds
    keep(work, row, heard)
    work.note("store", "transcript", row, turns=len(heard.utterances))
    return row.id


def view(work: Work, appointment_id: str) -> TranscriptView:
    """The transcript of an appointment.

    Raises:
        NotFoundError: there never was one.
        GoneError: it was deleted for ever; the message says when and why, and what can be written from instead.
    """
    work.allow(Role.PRACTITIONER)
    row, heard = open_transcript(work, appointment_id)
    work.note("read", "transcript", row)
    return _shown(work, row, heard)


def correct_word(
    work: Work, appointment_id: str, version: int, turn: int, word: int, text: str
) -> TranscriptView:  # fmt: skip
    """Put `text` in place of one word of a turn (both counted from 0); empty: take the word out.

    The audit log gets the place and neither word.

    Raises:
        InvalidError: there is no such turn or word.
        ConflictError: it was changed since `version`.
    """
    row, heard = _to_change(work, appointment_id, version)
    _check_turns([turn], heard)
    words = heard.utterances[turn].text.split()
    if not 0 <= word < len(words):
        raise InvalidError("word", "There is no such word in this turn.")
    words[word] = " ".join(prose("text", text, _LONGEST_WORD).split())
    changed = list(heard.utterances)
    changed[turn] = changed[turn].model_copy(update={"text": " ".join(w for w in words if w)})
    work.note("correct", "transcript", row, turn=turn, word=word)
    return _changed(work, row, heard, changed)


def swap_speakers(work: Work, appointment_id: str, version: int) -> TranscriptView:
    """Who was taken for the clinician is the client, and the other way round."""
    row, heard = _to_change(work, appointment_id, version)
    changed = [one.model_copy(update={"speaker": _SWAPPED[one.speaker]}) for one in heard.utterances]
    work.note("swap_speakers", "transcript", row)
    return _changed(work, row, heard, changed)


def assign_speaker(
    work: Work, appointment_id: str, version: int, speaker: Speaker, turns: Sequence[int] | None = None
) -> TranscriptView:
    """Say who spoke. `turns`: whose; None: all whose speaker is unknown."""
    row, heard = _to_change(work, appointment_id, version)
    one_of("speaker", speaker, _SWAPPED)
    chosen = [i for i, u in enumerate(heard.utterances) if u.speaker == "unknown"] if turns is None else turns
    _check_turns(chosen, heard)
    changed = list(heard.utterances)
    for number in chosen:
        changed[number] = changed[number].model_copy(update={"speaker": speaker})
    work.note("assign_speaker", "transcript", row, speaker=speaker, turns=len(set(chosen)))
    return _changed(work, row, heard, changed)


def delete_now(work: Work, appointment_id: str) -> None:
    """Delete the transcript for ever, at once.

    Raises:
        NotFoundError: there never was one.
        GoneError: it is deleted already.
    """
    work.allow(Role.PRACTITIONER)
    row = alive(work, appointment_id, lock=True)
    end(work, row, "practitioner")


def end_overdue(work: Work) -> int:
    """End every transcript whose time is up; how many. For the worker, each minute."""
    work.allow()
    ended = 0
    ids = work.session.scalars(select(StoredTranscript.id).where(StoredTranscript.ended_at.is_(None))).all()
    for one in ids:
        row = work.get(StoredTranscript, one, "transcript", lock=True)
        if row.ended_at is None and is_over(work, row):
            end(work, row, "retention")
            ended += 1
    return ended


def _joined(first: Heard, second: Heard, seconds: float) -> Heard:
    """Two recordings as one: the second begins where the first one's sound ended."""

    def later(one: Any) -> Any:
        times = {name: getattr(one, name) for name in ("start", "end")}
        return one.model_copy(update={name: at + seconds for name, at in times.items() if at is not None})

    return Heard(
        utterances=[*first.utterances, *map(later, second.utterances)],
        voiced_gaps=[*first.voiced_gaps, *map(later, second.voiced_gaps)],
        warnings=list(dict.fromkeys([*first.warnings, *second.warnings])),
    )


def _to_change(work: Work, appointment_id: str, version: int) -> tuple[StoredTranscript, Heard]:
    work.allow(Role.PRACTITIONER)
    row, heard = open_transcript(work, appointment_id, lock=True)
    if row.version != version:
        raise ConflictError("transcript")
    return row, heard


def _changed(work: Work, row: StoredTranscript, heard: Heard, utterances: list[Utterance]) -> TranscriptView:
    heard = heard.model_copy(update={"utterances": utterances})
    keep(work, row, heard)
    return _shown(work, row, heard)


def _check_turns(turns: Iterable[int], heard: Heard) -> None:
    if any(not 0 <= turn < len(heard.utterances) for turn in turns):
        raise InvalidError("turn", "There is no such turn in the transcript.")


def _refuse_signed(work: Work, appointment_id: str) -> None:
    query = select(StoredNote.id).where(StoredNote.appointment_id == appointment_id, StoredNote.signed_at.is_not(None))
    if work.session.scalars(query).first() is not None:
        raise RefusedError("note_signed", "The note of this session is signed; nothing can be added to it.")


def _shown(work: Work, row: StoredTranscript, heard: Heard) -> TranscriptView:
    turns = [Turn(number=i, **utterance.model_dump()) for i, utterance in enumerate(heard.utterances)]
    return TranscriptView(
        id=row.id, appointment_id=row.appointment_id, turns=turns, voiced_gaps=heard.voiced_gaps,
        warnings=heard.warnings, engine=row.engine, audio_seconds=row.audio_seconds, created_at=row.created_at,
        ends_at=ends_at(work, row), version=row.version,
    )  # fmt: skip

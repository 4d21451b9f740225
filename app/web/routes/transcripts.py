"""The transcript of an appointment, until it ends, and the clinician's own summary of the session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from app.web.dependencies import Caller, Needs
from app.web.forms import Changing, PathId, Place
from app.work import summaries, transcripts
from app.work.summaries import SummaryView
from app.work.transcripts import TranscriptView
from pipelines.records import Speaker

router = APIRouter(prefix="/appointments/{appointment_id}", tags=["transcripts"])

Reader = Annotated[Caller, Depends(Needs("transcripts:read"))]
Writer = Annotated[Caller, Depends(Needs("transcripts:write"))]


class WordCorrection(Changing):
    """Turns and words are counted from 0; an empty text takes the word out."""

    turn: Place
    word: Place
    text: str = Field(max_length=200, examples=["sertraline"])


class SpeakerAssignment(Changing):
    speaker: Speaker
    turns: list[Place] | None = Field(
        default=None, max_length=100_000, description="None: all whose speaker is unknown.", examples=[[0, 2, 4]]
    )


class SummaryText(Changing):
    """`version` 0: the first."""

    text: str = Field(max_length=50_000, examples=["Client reported worry about work. We practiced breathing."])
    approaches: list[str] = Field(default=[], max_length=20, examples=[["CBT"]])


@router.get("/transcript")
def view_transcript(caller: Reader, appointment_id: PathId) -> TranscriptView:
    """Who said what, when; `ends_at`: then it is deleted for ever, unless the note is signed before."""
    with caller.work() as work:
        return transcripts.view(work, appointment_id)


@router.delete("/transcript", status_code=204)
def delete_transcript(caller: Writer, appointment_id: PathId) -> None:
    """Delete it for ever, at once."""
    with caller.work() as work:
        transcripts.delete_now(work, appointment_id)


@router.put("/transcript/word")
def correct_word(caller: Writer, appointment_id: PathId, correction: WordCorrection) -> TranscriptView:
    with caller.work() as work:
        return transcripts.correct_word(
            work, appointment_id, correction.version, correction.turn, correction.word, correction.text
        )


@router.post("/transcript/swap-speakers")
def swap_speakers(caller: Writer, appointment_id: PathId, change: Changing) -> TranscriptView:
    """Who was taken for the clinician is the client, and the other way round."""
    with caller.work() as work:
        return transcripts.swap_speakers(work, appointment_id, change.version)


@router.put("/transcript/speaker")
def assign_speaker(caller: Writer, appointment_id: PathId, assignment: SpeakerAssignment) -> TranscriptView:
    """Say who spoke."""
    with caller.work() as work:
        return transcripts.assign_speaker(
            work, appointment_id, assignment.version, assignment.speaker, assignment.turns
        )


@router.get("/summary", tags=["summaries"])
def view_summary(caller: Annotated[Caller, Depends(Needs("notes:read"))], appointment_id: PathId) -> SummaryView:
    """The clinician's summary; empty, with version 0, where none was written."""
    with caller.work() as work:
        return summaries.view(work, appointment_id)


@router.put("/summary", tags=["summaries"])
def save_summary(
    caller: Annotated[Caller, Depends(Needs("notes:write"))], appointment_id: PathId, summary: SummaryText
) -> SummaryView:
    """Write the summary in place of the one that was seen."""
    with caller.work() as work:
        return summaries.save(work, appointment_id, summary.version, summary.text, summary.approaches)

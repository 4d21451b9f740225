"""Calls: started, looked at and ended. What the two parties say to each other to connect is in `signalling`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from app.web.dependencies import Caller, Needs
from app.web.forms import Body, BodyId, PathId, Place
from app.work import calls
from app.work.calls import CallView

router = APIRouter(prefix="/calls", tags=["calls"])

Recorder = Annotated[Caller, Depends(Needs("recordings:write"))]
TrackName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class NewCall(Body):
    appointment_id: BodyId
    transcription: bool = Field(description="False: it is never recorded, whatever the settings are.")


class CallEnd(Body):
    """How many chunks of each track were sent, so that it shows whether one is missing."""

    chunks: dict[TrackName, Place] | None = Field(default=None, max_length=1_000, examples=[{"1-client": 600}])
    without_missing: bool = Field(default=False, description="Complete it though chunks are missing: they are lost.")


@router.post("", status_code=201)
def start_call(caller: Recorder, new: NewCall) -> CallView:
    """Start a call, with transcription or without. Each refusal has a code of its own, and names the way out."""
    start = calls.start_call_with_transcription if new.transcription else calls.start_call
    with caller.work() as work:
        return start(work, new.appointment_id)


@router.get("/{call_id}")
def view_call(caller: Recorder, call_id: PathId) -> CallView:
    with caller.work() as work:
        return calls.view_call(work, call_id)


@router.post("/{call_id}/end")
def end_call(caller: Recorder, call_id: PathId, end: CallEnd) -> CallView:
    """End a call; processing begins. While chunks are missing: send them, and end it again."""
    with caller.work() as work:
        return calls.end_call(work, call_id, end.chunks, without_missing=end.without_missing)

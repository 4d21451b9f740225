"""Routes of recordings: opened by a tab, sent in numbered chunks, resumed, completed; or uploaded as a whole."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect

from app.errors import InvalidError, TooLargeError, WrongTypeError
from app.storage.chunks import LONGEST_CHUNK
from app.web.dependencies import Caller, Needs
from app.web.errors import NO_ROOM, Problem
from app.work import recordings
from app.work.recordings import RecordingView, Sent, Upload

router = APIRouter(prefix="/recordings", tags=["recordings"])

CHUNK_TYPES = ("audio/webm", "video/webm", "audio/ogg", "audio/mp4", "video/mp4", "audio/wav")
"""What browsers' recorders make."""
_SIGNED_IN = 10.0  # seconds for which a sign-in that was looked up lets chunks in
_MOST_KEPT = 10_000
_PIECE = 256 * 1024
_BEGINNINGS = ((0, b"\x1aE\xdf\xa3"), (0, b"OggS"), (4, b"ftyp"), (0, b"RIFF"))
_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_RecordingId = Annotated[str, Path(pattern=_UUID, examples=["0b0e7c1e-5b7c-4e0f-9d5e-2f3a4b5c6d7e"])]
_TrackName = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["1-client"])]
_Holder = Annotated[str, Field(description="A random token of the tab", examples=["qZ3vT0m8-hXk2bYw9RcDfg"])]
_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {
    kind: {"schema": {"type": "string", "format": "binary"}} for kind in CHUNK_TYPES
}}}  # fmt: skip
_FILE: dict[str, Any] = {"requestBody": {"required": True, "content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
}}}  # fmt: skip


Recorder = Annotated[Caller, Depends(Needs("recordings:write"))]


class Opening(BaseModel):
    """What a tab asks for before it records."""

    model_config = ConfigDict(extra="forbid")

    appointment_id: str = Field(pattern=_UUID)
    kind: Literal["call", "room"]
    holder: _Holder
    take_over: bool = Field(default=False, description="Though another tab is at it; that one stops.")


class TrackOpening(BaseModel):
    """A stretch of a channel that begins now."""

    model_config = ConfigDict(extra="forbid")

    holder: _Holder
    name: str = Field(examples=["1-client"])
    speaker: Literal["clinician", "client", "unknown"]
    offset_seconds: float = Field(default=0.0, description="Where it begins within the session.")


class Completing(BaseModel):
    """How many chunks were sent of each track."""

    model_config = ConfigDict(extra="forbid")

    tracks: dict[str, int] = Field(default={}, max_length=1_000, examples=[{"1-client": 600, "1-clinician": 600}])
    without_missing: bool = Field(default=False, description="End it though chunks are missing, because they are lost.")


class Missing(BaseModel):
    """Chunks that did not arrive, by track; a thousand of each at most. Send them and complete it again."""

    code: Literal["missing_chunks"] = "missing_chunks"
    message: str = "Parts of the recording have not arrived yet."
    missing: dict[str, list[int]]


class _SignedIn(Needs):
    """Who was signed in with what a moment ago: a call sends chunks all the time, and asks no database for it."""

    def __init__(self) -> None:
        super().__init__("recordings:write")
        self._found: dict[tuple[str | None, str | None], tuple[Caller, float]] = {}

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        shown = (request.headers.get("cookie"), request.headers.get("authorization"))
        kept, now = self._found.get((*shown,)), time.monotonic()
        if kept is not None and now < kept[1]:
            return kept[0]
        caller = await run_in_threadpool(super().__call__, request)
        if len(self._found) >= _MOST_KEPT:
            self._found.clear()
        self._found[shown] = (caller, now + _SIGNED_IN)
        return caller


@router.post("", status_code=201, response_model=RecordingView)
def open_recording(opening: Opening, caller: Recorder) -> RecordingView:
    """Open the recording of the call that is on, or in the room; or go on with it."""
    with caller.work() as work:
        return recordings.open_recording(
            work, opening.appointment_id, opening.kind, opening.holder, take_over=opening.take_over
        )


@router.post("/uploads", status_code=201, response_model=RecordingView, openapi_extra=_FILE, responses=NO_ROOM)
async def upload(
    request: Request, caller: Recorder, appointment_id: Annotated[str, Query(pattern=_UUID)]
) -> RecordingView:
    """Upload a whole recording: the bytes of the file are the body, of any format that can be read as sound."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise WrongTypeError("Send the bytes of the file alone, without a form around them.")
    begun = await run_in_threadpool(Upload, caller.service, caller.principal, appointment_id)
    try:
        kept = bytearray()
        async for part in request.stream():
            kept += part
            if len(kept) >= _PIECE:
                await run_in_threadpool(begun.write, bytes(kept))
                kept.clear()
        await run_in_threadpool(begun.write, bytes(kept))
        return await run_in_threadpool(begun.finish)
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(begun.abort)
        if isinstance(error, ClientDisconnect):
            raise _broken_off() from None
        raise


@router.get("/{recording_id}", response_model=RecordingView)
def view(
    recording_id: _RecordingId, caller: Recorder,
    tab: Annotated[str | None, Header(alias="X-Recorder")] = None,
) -> RecordingView:  # fmt: skip
    """Where a recording stands, and which chunks of each track are there: what a recorder needs to go on."""
    with caller.work() as work:
        return recordings.view(work, recording_id, tab)


@router.post("/{recording_id}/tracks", status_code=201, response_model=RecordingView)
def open_track(recording_id: _RecordingId, opening: TrackOpening, caller: Recorder) -> RecordingView:
    """Begin a stretch of a channel: each start of the recording opens one a channel."""
    with caller.work() as work:
        return recordings.open_track(
            work, recording_id, opening.holder, opening.name, opening.speaker, opening.offset_seconds
        )


@router.put(
    "/{recording_id}/tracks/{track}/chunks/{number}", response_model=Sent, openapi_extra=_BODY, responses=NO_ROOM
)
async def put_chunk(
    recording_id: _RecordingId, track: _TrackName, number: int, request: Request,
    caller: Annotated[Caller, Depends(_SignedIn())],
) -> Response:  # fmt: skip
    """Send a chunk. Once this answers it is safe; the same one may be sent again, in any order."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in CHUNK_TYPES:
        raise WrongTypeError(f"A chunk is one of {', '.join(CHUNK_TYPES)}.")
    data = await _body(request)
    if number == 0 and data and not any(data[at : at + len(begin)] == begin for at, begin in _BEGINNINGS):
        raise WrongTypeError("The first chunk does not begin like WebM, Ogg, MP4 or WAV.")
    send = partial(recordings.put_chunk, caller.service, caller.principal, recording_id, track, number, data)
    sent = await run_in_threadpool(send)
    return JSONResponse({"number": sent.number, "new": sent.new, "held": sent.held})


@router.post("/{recording_id}/complete", response_model=RecordingView, responses={409: {"model": Missing | Problem}})
def complete(recording_id: _RecordingId, completing: Completing, caller: Recorder) -> RecordingView | JSONResponse:
    """End a recording, once every chunk is there."""
    with caller.work() as work:
        done = recordings.complete(work, recording_id, completing.tracks, without_missing=completing.without_missing)
    if done.recording.state == "open":
        first = {name: numbers[:1_000] for name, numbers in done.missing.items()}
        return JSONResponse(Missing(missing=first).model_dump(), 409)
    return done.recording


@router.delete("/{recording_id}", status_code=204)
def delete(recording_id: _RecordingId, caller: Recorder) -> None:
    """Delete a recording for ever, at once."""
    with caller.work() as work:
        recordings.delete_recording(work, recording_id)


async def _body(request: Request) -> bytes:
    data = bytearray()
    try:
        async for part in request.stream():
            data += part
            if len(data) > LONGEST_CHUNK:
                raise TooLargeError(f"A chunk may have at most {LONGEST_CHUNK} bytes. Send shorter ones.")
    except ClientDisconnect:
        raise _broken_off() from None
    return bytes(data)


def _broken_off() -> InvalidError:
    """The answer to somebody who is not there any more."""
    return InvalidError("body", "What was sent broke off.")

"""Audio in, its transcript out, in the form that clients of OpenAI's interface speak; nothing of either is kept.

The same engine and the same checks as for a session. The audio is in memory alone: also the parts of the form are
never written to a temporary file.
"""

from __future__ import annotations

import io
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.errors import InvalidError, RefusedError, TooLargeError, WrongTypeError
from app.web.dependencies import Caller, Needs
from pipelines.records import Encounter, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.jobs.listening import Listening
    from pipelines.settings import Settings

router = APIRouter(prefix="/v1/audio", tags=["speech"])

LONGEST_FILE = 25 * 1024 * 1024
"""Bytes; OpenAI's own limit. An hour of Opus has 14 million."""
MOST_SECONDS = 2 * 3600
"""Decoded, an hour takes a quarter of a gigabyte, whatever its file has."""
FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
ANY_MODEL = "whisper-1"
"""What clients write who know only OpenAI's names."""
_MOST_FIELDS, _LONGEST_FIELD = 20, 64 * 1024
_AT_ONCE, _WAITING = 1, 4


class Segment(BaseModel):
    """A stretch of speech; times in seconds."""

    id: int
    start: float
    end: float
    text: str


class Transcription(BaseModel):
    """`json` has the text alone, `verbose_json` everything."""

    text: str
    task: Literal["transcribe"] | None = None
    language: str | None = None
    duration: float | None = None
    segments: list[Segment] | None = None
    warnings: list[str] | None = None


class Ears:
    """The engine of this process, made when it is first needed: one hears, a few wait, others are sent away.

    Args:
        listening: given by tests.
    """

    def __init__(self, settings: Settings, listening: Listening | None = None) -> None:
        self._settings, self._listening = settings, listening
        self._making = threading.Lock()
        self._places = threading.BoundedSemaphore(_AT_ONCE + _WAITING)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who are heard or wait.

        Raises:
            RefusedError: `busy`.
        """
        if not self._places.acquire(blocking=False):
            raise RefusedError("busy", "Too many recordings are being heard just now. Try again in a minute.")
        try:
            yield
        finally:
            self._places.release()

    def hear(self, content: bytes, words: Sequence[str]) -> Transcript:
        """Write a recording down.

        Raises:
            WrongTypeError: it gives no sound.
            TooLargeError: it is too long.
            RefusedError: `engine_ended`: over it, or over another recording that was heard at the same time.
        """
        from app.jobs.listening import Listening, Stretch
        from pipelines.speech.audio import AudioError
        from pipelines.speech.transcription import merge
        from pipelines.speech.vocabulary import words_to_listen_for

        with self._making:
            if self._listening is None:
                self._listening = Listening(self._settings.model_copy(update={"engines": 1}))
        if _seconds(content) > MOST_SECONDS:
            raise TooLargeError(f"A recording may last at most {MOST_SECONDS // 3600} hours here.")
        listen_for = words_to_listen_for(Encounter(id="upload"), words)
        try:
            heard, engine = self._listening.hear("upload", [Stretch("unknown", 0.0, content)], listen_for, [])
        except AudioError:
            raise WrongTypeError("This cannot be read as sound. Send a whole audio or video file.") from None
        except BrokenExecutor:
            raise RefusedError(
                "engine_ended", "The program that listens ended over it. Try once more; then it is the recording."
            ) from None
        return merge("upload", heard, engine, listen_for)

    def close(self) -> None:
        if self._listening is not None:
            self._listening.close()


_FORM: dict[str, Any] = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": {
    "type": "object", "required": ["file", "model"], "properties": {
        "file": {"type": "string", "format": "binary", "description": "The recording, 25 MB at most."},
        "model": {"type": "string", "description": "whisper-1, or the name of this service's model.",
                  "examples": [ANY_MODEL]},
        "language": {"type": "string", "enum": ["en"]},
        "prompt": {"type": "string", "description": "Words worth a second look; never put in."},
        "response_format": {"type": "string", "enum": list(FORMATS), "default": "json"},
        "timestamp_granularities[]": {"type": "array", "items": {"type": "string", "enum": ["segment"]}},
        "temperature": {"type": "number", "minimum": 0, "maximum": 1, "description": "Has no effect: decoding is "
                        "always the same."},
    }}}}}}  # fmt: skip
_TEXTS = {kind: {"schema": {"type": "string"}} for kind in ("text/plain", "application/x-subrip", "text/vtt")}


@router.post(
    "/transcriptions", response_model=Transcription, response_model_exclude_none=True, openapi_extra=_FORM,
    responses={200: {"content": _TEXTS}},
)  # fmt: skip
async def transcribe(request: Request, caller: Annotated[Caller, Depends(Needs("speech:write"))]) -> Any:
    """Write a recording down, as OpenAI's `POST /v1/audio/transcriptions` does. Who speaks is not known."""
    ears: Ears = request.app.state.ears
    with ears.place():
        form = await _form(request)
        try:
            wanted = _wanted(form, caller.service.settings.whisper)
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise InvalidError("file", "Send the recording as a file.")
            content = await file.read()
        finally:
            await form.close()
        if not content:
            raise InvalidError("file", "The recording is empty.")
        transcript = await run_in_threadpool(ears.hear, content, wanted.words)
    return _shown(transcript, wanted.response_format)


class _Wanted(BaseModel):
    words: list[str]
    response_format: str


def _wanted(form: FormData, own_model: str) -> _Wanted:
    """What else the form says. What this service cannot do is refused, not left out."""
    given = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    model, language = given.get("model", ""), given.get("language") or "en"
    if model not in {ANY_MODEL, own_model}:
        raise InvalidError("model", f"This service has the model {ANY_MODEL}.")
    if language.lower() not in {"en", "english"}:
        raise InvalidError("language", "This service understands English (en) alone.")
    wanted = given.get("response_format") or "json"
    if wanted not in FORMATS:
        raise InvalidError("response_format", f"Choose from {', '.join(FORMATS)}.")
    granularities = form.getlist("timestamp_granularities[]") + form.getlist("timestamp_granularities")
    if any(one != "segment" for one in granularities):
        raise InvalidError("timestamp_granularities", "This service tells times by segment.")
    if given.get("stream", "false").lower() not in {"false", "0"}:
        raise InvalidError("stream", "This service answers when the whole recording is written down.")
    return _Wanted(words=given.get("prompt", "").split()[:200], response_format=wanted)


async def _form(request: Request) -> FormData:
    """The form, all of it in memory.

    Raises:
        WrongTypeError, TooLargeError, InvalidError: it is none, is too large, or cannot be read.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise WrongTypeError("Send a form (multipart/form-data) with the recording as `file`.")
    most = LONGEST_FILE + _MOST_FIELDS * _LONGEST_FIELD

    async def bounded() -> AsyncIterator[bytes]:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise TooLargeError(f"A recording may have at most {LONGEST_FILE // 1024**2} MB here.")
            yield part

    parser = MultiPartParser(
        request.headers, bounded(), max_files=1, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD  # type: ignore[arg-type]
    )  # fmt: skip
    parser.spool_max_size = most + 1  # beyond that, parts would go to a temporary file
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise InvalidError("body", "This form cannot be read.") from None


def _seconds(content: bytes) -> float:
    """How long it lasts, by its packets: nothing is decoded for it. 0 where that cannot be told."""
    import av

    try:
        with av.open(io.BytesIO(content), "r", metadata_errors="ignore") as container:
            stream = container.streams.audio[0]
            return float(sum((packet.duration or 0) * (packet.time_base or 0) for packet in container.demux(stream)))
    except (av.FFmpegError, ValueError, IndexError):
        return 0.0


def _shown(transcript: Transcript, wanted: str) -> Any:
    segments = [
        Segment(id=i, start=u.start or 0.0, end=u.end or 0.0, text=u.text) for i, u in enumerate(transcript.utterances)
    ]
    text = " ".join(segment.text for segment in segments)
    if wanted == "text":
        return Response(text + "\n", media_type="text/plain")
    if wanted == "srt":
        lines = [f"{s.id + 1}\n{_clock(s.start, ',')} --> {_clock(s.end, ',')}\n{s.text}\n" for s in segments]
        return Response("\n".join(lines), media_type="application/x-subrip")
    if wanted == "vtt":
        lines = [f"{_clock(s.start, '.')} --> {_clock(s.end, '.')}\n{s.text.replace('-->', '->')}\n" for s in segments]
        return Response("\n".join(["WEBVTT\n", *lines]), media_type="text/vtt")
    if wanted == "json":
        return Transcription(text=text)
    return Transcription(
        text=text, task="transcribe", language="english", duration=transcript.audio_seconds, segments=segments,
        warnings=transcript.warnings,
    )  # fmt: skip


def _clock(seconds: float, mark: str) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"

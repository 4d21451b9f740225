"""Speech engines in the worker's own process: audio comes in as bytes and is nowhere but in memory."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipelines.records import Speaker
from pipelines.settings import Settings
from pipelines.speech.audio import NoLengthError, load_bytes
from pipelines.speech.engine import ChannelTranscript, SpeechEngine
from pipelines.speech.transcription import Channel, placed_at, transcribe_sound
from pipelines.workers import cores

_KINDER_BY = 5  # steps of priority below the rest of the worker, which answers people who wait


@dataclass(frozen=True)
class Stretch:
    """One track of a recording: the bytes of its file, and where it begins within the session (seconds)."""

    speaker: Speaker
    offset: float
    content: bytes


class Listening:
    """As many engines as cores (on a GPU one), each in a thread of its own, made when first needed and kept.

    Args:
        make: builds an engine; tests give one that says what they expect.
    """

    def __init__(self, settings: Settings, make: Callable[[], SpeechEngine] | None = None) -> None:
        self._make = make or (lambda: _whisper(settings))
        self._own = threading.local()
        engines = settings.engines or (1 if _gpus() else max(1, min(2, cores())))
        self._threads = ThreadPoolExecutor(engines, "listening", initializer=_step_back)
        self._engines = engines

    def warm_up(self) -> None:
        """Load the weights before the first recording comes."""
        for ready in [self._threads.submit(self._engine) for _ in range(self._engines)]:
            ready.result()

    def hear(
        self, name: str, stretches: Sequence[Stretch], listen_for: Sequence[str], expected: Sequence[str]
    ) -> tuple[list[ChannelTranscript], str]:
        """What the stretches say, each placed in the session's time, and the name of the engine.

        A stretch of no length at all (started and stopped at once) says nothing; a damaged one fails them all.

        Raises:
            AudioError: a stretch gives no sound.
        """
        longest_first = sorted(stretches, key=lambda stretch: -len(stretch.content))
        channels = [
            Channel(name, stretch.speaker, Path(f"track {i + 1}"), tuple(listen_for), tuple(expected))
            for i, stretch in enumerate(longest_first)
        ]
        heard = list(self._threads.map(self._hear, channels, longest_first))
        return heard, self._threads.submit(lambda: self._engine().name).result()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hear(self, channel: Channel, stretch: Stretch) -> ChannelTranscript:
        try:
            sound = load_bytes(stretch.content, channel.path.name)
        except NoLengthError as error:
            return ChannelTranscript(stretch.speaker, [], warnings=[str(error)])
        return placed_at(transcribe_sound(sound, channel, self._engine()), stretch.offset)

    def _engine(self) -> SpeechEngine:
        engine: SpeechEngine | None = getattr(self._own, "engine", None)
        if engine is None:
            engine = self._own.engine = self._make()
        return engine


def _whisper(settings: Settings) -> SpeechEngine:
    from pipelines.models.table import fingerprint, model_path
    from pipelines.speech.whisper import WhisperEngine

    device, arithmetic = ("cuda", "float16") if _gpus() else ("cpu", "int8")
    name = f"whisper {fingerprint(settings.whisper, settings)} {arithmetic}"
    return WhisperEngine(model_path(settings.whisper, settings), name=name, device=device)


def _gpus() -> int:
    from pipelines.speech.pool import gpus

    return gpus()


def _step_back() -> None:
    """Linux keeps a priority for each thread, and threads that this one starts (the decoder's) inherit it."""
    with contextlib.suppress(AttributeError, OSError):
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _KINDER_BY)

"""Speech engines of the worker, each in a process of its own: audio goes there as bytes and is nowhere but in memory.

Two engines in two threads of one process wait for each other's Python (measured: 1.6 cores of two), and keep everybody
else of that process waiting. Apart, they use all cores, and one that a recording kills takes nothing else with it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipelines.records import Speaker
from pipelines.settings import Settings
from pipelines.speech.audio import NoLengthError, load_bytes
from pipelines.speech.engine import ChannelTranscript, SpeechEngine
from pipelines.speech.transcription import Channel, placed_at, transcribe_sound
from pipelines.workers import cores

_KINDER_BY = 5  # steps of priority below the rest of the worker, which answers people who wait
_LOOK_EVERY = 0.5  # seconds between two looks whether the worker is still there
_own = threading.local()


@dataclass(frozen=True)
class Stretch:
    """One track of a recording: the bytes of its file, and where it begins within the session (seconds)."""

    speaker: Speaker
    offset: float
    content: bytes


class Listening:
    """As many engines as cores (on a GPU one), made when first needed and kept.

    Args:
        make: builds an engine; tests give one that says what they expect.
        apart: each engine in a process of its own, for which `make` must be a name of a module; else in a thread.
    """

    def __init__(
        self, settings: Settings, make: Callable[[], SpeechEngine] | None = None, *, apart: bool | None = None
    ) -> None:
        self._make = make or partial(_whisper, settings)
        self._apart = make is None if apart is None else apart
        self._count = settings.engines
        self._lock = threading.Lock()
        self._engines: Executor | None = None

    def warm_up(self) -> None:
        """Load the weights before the first recording comes."""
        engines = self._running()
        for ready in [engines.submit(_name) for _ in range(self._count)]:
            ready.result()

    def hear(
        self, name: str, stretches: Sequence[Stretch], listen_for: Sequence[str], expected: Sequence[str]
    ) -> tuple[list[ChannelTranscript], str]:
        """What the stretches say, each placed in the session's time, and the name of the engine.

        A stretch of no length at all (started and stopped at once) says nothing; a damaged one fails them all.

        Raises:
            AudioError: a stretch gives no sound.
            BrokenExecutor: an engine's process ended while it listened.
        """
        longest_first = sorted(stretches, key=lambda stretch: -len(stretch.content))
        channels = [
            Channel(name, stretch.speaker, Path(f"track {i + 1}"), tuple(listen_for), tuple(expected))
            for i, stretch in enumerate(longest_first)
        ]
        engines = self._running()
        try:
            return list(engines.map(_hear, channels, longest_first)), engines.submit(_name).result()
        except BrokenExecutor:
            with self._lock:
                if self._engines is engines:
                    self._engines = None
            raise

    def close(self) -> None:
        """End the engines; processes of their own end when they see that the worker has."""
        if self._engines is not None:
            self._engines.shutdown(wait=False, cancel_futures=True)

    def _running(self) -> Executor:
        with self._lock:
            self._count = self._count or (1 if _gpus() else max(1, min(2, cores())))
            if self._engines is None:
                given = (self._make, os.getpid() if self._apart else None)
                if self._apart:
                    context = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks
                    self._engines = ProcessPoolExecutor(self._count, context, initializer=_begin, initargs=given)
                else:
                    self._engines = ThreadPoolExecutor(self._count, initializer=_begin, initargs=given)
            return self._engines


def _begin(make: Callable[[], SpeechEngine], worker: int | None) -> None:
    """In an engine's own thread or process. Linux keeps a priority for each thread; its decoder's inherit it."""
    _own.make = make
    with contextlib.suppress(AttributeError, OSError):
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _KINDER_BY)
    if worker is not None:
        threading.Thread(target=_end_with, args=(worker,), daemon=True).start()


def _end_with(worker: int) -> None:
    """A worker that is killed takes its engines along: audio stays in no memory without an owner."""
    while os.getppid() == worker:
        time.sleep(_LOOK_EVERY)
    os._exit(1)


def _hear(channel: Channel, stretch: Stretch) -> ChannelTranscript:
    try:
        sound = load_bytes(stretch.content, channel.path.name)
    except NoLengthError as error:
        return ChannelTranscript(stretch.speaker, [], warnings=[str(error)])
    return placed_at(transcribe_sound(sound, channel, _engine()), stretch.offset)


def _name() -> str:
    return _engine().name


def _engine() -> SpeechEngine:
    engine: SpeechEngine | None = getattr(_own, "engine", None)
    if engine is None:
        engine = _own.engine = _own.make()
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

"""What the tests of recordings share: a call that may be recorded, and a tab that records it."""

from __future__ import annotations

import io
import resource
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from app.work import calls, consents, recordings
from app.work.recordings import Completion, Sent
from tests.app.conftest import Clinic


def recordable(clinic: Clinic, name: str = "ada", *, call: bool = True) -> str:
    """An appointment with consent, whose client is there; and with a call with transcription, if one is wanted."""
    appointment = clinic.appointment(name, checked_in_at=clinic.clock.now)
    with clinic.work(name) as work:
        consents.give(work, appointment)
        if call:
            calls.start_call_with_transcription(work, appointment)
    return appointment


@dataclass
class Tab:
    """A recorder in a browser tab."""

    clinic: Clinic
    appointment: str
    name: str = "ada"
    kind: str = "call"
    holder: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    recording: str = ""

    def open(self, *, take_over: bool = False) -> Tab:
        with self.clinic.work(self.name) as work:
            opened = recordings.open_recording(work, self.appointment, self.kind, self.holder, take_over=take_over)
        self.recording = opened.id
        return self

    def track(self, name: str, speaker: str = "client", offset: float = 0.0) -> None:
        with self.clinic.work(self.name) as work:
            recordings.open_track(work, self.recording, self.holder, name, speaker, offset)

    def send(self, track: str, number: int, data: bytes) -> Sent:
        service = self.clinic.service
        return recordings.put_chunk(service, self.clinic.users[self.name], self.recording, track, number, data)

    def complete(self, chunks: dict[str, int] | None = None, *, without_missing: bool = False) -> Completion:
        with self.clinic.work(self.name) as work:
            return recordings.complete(work, self.recording, chunks, without_missing=without_missing)


@contextmanager
def full_disk(largest: int = 3_000_000) -> Iterator[None]:
    """No file grows beyond so many bytes: the kernel writes what fits, then refuses, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def wave(seconds: float = 0.3) -> bytes:
    """A file with sound in it."""
    import wave as waves

    samples = (np.sin(np.arange(int(16_000 * seconds)) / 20) * 9_000).astype("<i2")
    file = io.BytesIO()
    with waves.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16_000)
        writer.writeframes(samples.tobytes())
    return file.getvalue()

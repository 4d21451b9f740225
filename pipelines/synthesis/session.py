"""The audio of synthetic encounters, made from their text: one channel a speaker, with real pauses and real overlaps.

Everything that is drawn (pauses where the text gives none, pace, level, noise) is drawn from the encounter's id, so the
same text gives the same session again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.dataset import digest
from pipelines.records import Encounter, InputError
from pipelines.synthesis import acoustics
from pipelines.synthesis.kokoro import RATE, Samples, Voice

VERSION = 1
"""Goes up when the same text would sound different: all audio is then made anew."""
SPEAKERS = ("clinician", "client")
_LEAD, _TAIL = 0.6, 0.8  # seconds of room before the first and after the last word
_BREATH = 0.12  # seconds at least between two utterances of one speaker

Spoken = Callable[[], None]
"""Called after each utterance that has been spoken."""


@dataclass(frozen=True)
class Session:
    """One encounter as sound: both channels of one length at `RATE`, and start and end of each utterance in seconds."""

    channels: dict[str, Samples]
    times: list[tuple[float, float]]

    @property
    def seconds(self) -> float:
        return len(self.channels["client"]) / RATE


def audio_digest(encounter: Encounter, voice_model: str) -> str:
    """What the audio of an encounter depends on; audio with this digest need not be made again."""
    extra = encounter.model_extra or {}
    said = [[u.speaker, u.text, (u.model_extra or {}).get("gap")] for u in encounter.transcript or []]
    parts = [VERSION, encounter.id, said, extra.get("voices"), extra.get("acoustics"), voice_model]
    return digest(parts)[:16]


def synthesise(encounter: Encounter, voice: Voice, workers: int = 2, spoken: Spoken = lambda: None) -> Session:
    """Speak an encounter.

    Raises:
        InputError: it has no transcript of clinician and client, or names a voice or an acoustic that there is not.
    """
    utterances = encounter.transcript or []
    extra = encounter.model_extra or {}
    voices: dict[str, str] = extra.get("voices") or {}
    if not utterances or any(u.speaker not in SPEAKERS for u in utterances):
        raise InputError(f"{encounter.id}, field transcript: needs utterances, each of clinician or client")
    if missing := [speaker for speaker in SPEAKERS if not isinstance(voices.get(speaker), str)]:
        raise InputError(f"{encounter.id}, field voices: names no voice for {' and '.join(missing)}")

    plans = [(voice.sentences(u.text, voices[u.speaker]), voices[u.speaker], u.speaker) for u in utterances]

    def speak(index: int) -> Samples:
        sentences, name, speaker = plans[index]
        samples = _utterance(voice, sentences, name, encounter.id, speaker, index)
        spoken()
        return samples

    with ThreadPoolExecutor(workers) as pool:
        said = list(pool.map(speak, range(len(utterances))))
    gaps = [(u.model_extra or {}).get("gap") for u in utterances]
    starts = schedule([u.speaker for u in utterances], [u.text for u in utterances], gaps, said, encounter.id)
    effects = extra.get("acoustics") or {}
    try:
        channels = {
            speaker: _channel(
                speaker, [u.speaker for u in utterances], said, starts, effects.get(speaker), encounter.id
            )
            for speaker in SPEAKERS
        }
    except (ValueError, AttributeError) as error:
        raise InputError(f"{encounter.id}, field acoustics: {error}") from None
    times = [(round(start, 2), round(start + len(s) / RATE, 2)) for start, s in zip(starts, said, strict=True)]
    return Session(channels, times)


def schedule(
    speakers: Sequence[str], texts: Sequence[str], gaps: Sequence[float | None], said: Sequence[Samples], seed: str
) -> list[float]:
    """When each utterance starts (seconds): `gap` after the end of the one before, drawn where it is None.

    A negative gap is an overlap. An utterance never starts before the one before it has, and nobody talks over himself.
    """
    rng = _rng(seed, "gaps")
    starts: list[float] = []
    ends: dict[str, float] = {}
    for index, speaker in enumerate(speakers):
        drawn = _drawn_gap(rng, index, speakers, texts)
        if not index:
            starts.append(_LEAD)
        else:
            before = starts[-1] + len(said[index - 1]) / RATE
            gap = gaps[index]
            start = before + (drawn if gap is None else float(gap))
            starts.append(max(start, starts[-1] + 0.1, ends.get(speaker, 0.0) + _BREATH))
        ends[speaker] = starts[-1] + len(said[index]) / RATE
    return starts


def _drawn_gap(rng: np.random.Generator, index: int, speakers: Sequence[str], texts: Sequence[str]) -> float:
    """A pause as talk has them: mostly 0.15 to 0.7 s, longer before a long answer.

    The range is that of Heldner and Edlund, Pauses, gaps and overlaps in conversations, 2010.
    """
    gap = float(np.clip(rng.lognormal(np.log(0.32), 0.4), 0.15, 0.7))
    if index and speakers[index] != speakers[index - 1] and texts[index - 1].rstrip().endswith("?"):
        gap += min(0.6, 0.012 * len(texts[index].split()) + float(rng.uniform(0, 0.15)))
    return gap


def _utterance(voice: Voice, sentences: list[str], name: str, seed: str, speaker: str, index: int) -> Samples:
    """One utterance: its sentences with a breath between them, at a pace and level that vary a little."""
    pace = _rng(seed, speaker).uniform(0.97, 1.08)
    rng = _rng(seed, speaker, index)
    speed = float(pace * rng.uniform(0.96, 1.04))
    parts: list[Samples] = []
    for sentence in sentences:
        if parts:
            parts.append(np.zeros(int(RATE * rng.uniform(0.18, 0.42)), np.float32))
        parts.append(acoustics.trim(voice.speak(sentence, name, speed), RATE))
    gain = np.float32(10 ** (rng.uniform(-1.5, 1.5) / 20))
    return np.concatenate(parts or [np.zeros(RATE // 10, np.float32)]) * gain


def _channel(
    speaker: str, speakers: Sequence[str], said: Sequence[Samples], starts: Sequence[float], effect: Any, seed: str
) -> Samples:
    """All of one speaker on a channel as long as the session."""
    length = int(RATE * (max(s + len(x) / RATE for s, x in zip(starts, said, strict=True)) + _TAIL))
    channel = np.zeros(length, np.float32)
    for who, start, samples in zip(speakers, starts, said, strict=True):
        if who == speaker:
            at = round(start * RATE)
            channel[at : at + len(samples)] += samples
    return acoustics.apply(acoustics.levelled(channel, RATE), RATE, effect, _rng(seed, speaker, "room"))


def _rng(*parts: object) -> np.random.Generator:
    seed = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return np.random.default_rng(int.from_bytes(seed[:8], "big"))

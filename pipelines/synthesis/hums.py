"""Listening sounds that a text-to-speech model says badly: "mm-hmm" and "hmm", hummed at the pitch of a voice.

A nasal murmur by additive synthesis: harmonics of the pitch under a strong resonance near 250 Hz and weak ones near 1
and 2.2 kHz (Fujimura, Analysis of nasal consonants, 1962). Samples are float32, full scale ±1, mono.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

_RESONANCES = ((230.0, 130.0, 1.0), (1050.0, 150.0, 0.05), (2200.0, 200.0, 0.03))  # Hz, half width in Hz, height
_LEADING = re.compile(r"\s*(m+-?hm+|hm+|mm+)(?:[.,…]+|\s*$)", re.IGNORECASE)
HUMS = ("mm-hmm", "hmm")


def split_hums(sentence: str) -> tuple[list[str], str]:
    """The hums that a sentence starts with (as names of `HUMS`), and what is left of it."""
    hums: list[str] = []
    while found := _LEADING.match(sentence):
        hums.append("mm-hmm" if "h" in found[1].lower()[1:] and found[1].lower().startswith("m") else "hmm")
        sentence = sentence[found.end() :].strip()
    return hums, sentence


def hum(name: str, pitch: float, rate: int, rng: np.random.Generator) -> Samples:
    """One of `HUMS` at a pitch in Hz."""
    if name == "mm-hmm":
        first = _murmur(rng.uniform(0.16, 0.22), [1.02, 0.95], pitch, rate, rng)
        second = _murmur(rng.uniform(0.26, 0.36), [1.05, 1.2, 1.12], pitch, rate, rng)
        parts = [first, _breath(0.07, rate, rng), second]
    else:
        parts = [_breath(0.06, rate, rng), _murmur(rng.uniform(0.4, 0.55), [1.1, 1.05, 0.85], pitch, rate, rng)]
    samples = np.concatenate(parts)
    return np.asarray(samples * (0.12 / np.abs(samples).max()), np.float32)


def pitch_of(samples: Samples, rate: int) -> float:
    """Median pitch of speech in Hz, by autocorrelation over its louder frames of 40 ms."""
    size = int(rate * 0.04)
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    loud = frames[np.mean(frames**2, axis=1) > 0.2 * np.mean(samples.astype(np.float64) ** 2)]
    lags = np.arange(int(rate / 330), int(rate / 75))
    found = []
    for frame in loud:
        similar = np.correlate(frame, frame, "full")[size - 1 :]
        best = lags[int(np.argmax(similar[lags]))]
        if similar[best] > 0.4 * similar[0]:
            found.append(rate / best)
    return float(np.median(found)) if found else 150.0


def _murmur(seconds: float, contour: list[float], pitch: float, rate: int, rng: np.random.Generator) -> Samples:
    length = int(rate * seconds)
    shape = np.interp(np.linspace(0, 1, length), np.linspace(0, 1, len(contour)), contour)
    wander = np.convolve(rng.standard_normal(length), np.full(600, 600**-0.5), "same")[:length]
    at = pitch * shape * (1 + 0.006 * wander)
    phase = np.cumsum(2 * np.pi * at / rate)
    tone = np.zeros(length)
    for harmonic in range(1, int(5000 / pitch)):
        gain = sum(height / (1 + ((harmonic * at - centre) / width) ** 2) for centre, width, height in _RESONANCES)
        tone += (gain + 0.004) * np.sin(harmonic * phase)
    edge = np.arange(length) / rate
    return np.asarray(tone * np.minimum(1, edge / 0.05) * np.minimum(1, edge[::-1] / 0.08), np.float32)


def _breath(seconds: float, rate: int, rng: np.random.Generator) -> Samples:
    length = int(rate * seconds)
    air = np.convolve(rng.standard_normal(length), np.full(6, 1 / 6), "same")
    return np.asarray(air * np.hanning(length) * 0.05, np.float32)

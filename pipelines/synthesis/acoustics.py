"""How synthetic speech is made to sound like a session: levelled, in a room, over a telephone, far from the microphone.

Samples are float32, full scale ±1, mono. Levels are in dB of full scale, signal-to-noise ratios in dB of active speech.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipelines.synthesis.kokoro import Samples

Effect = dict[str, object]
"""Of one channel: `{"kind": "noise", "snr_db": 10}`, `{"kind": "telephone"}` or `{"kind": "quiet", "gain_db": -28}`."""

SPEECH_DB = -24.0
ROOM_DB = -72.0
_PEAK = 0.89  # -1 dB
_FRAME = 0.01  # seconds over which loudness is judged


def frames_db(samples: Samples, rate: int) -> npt.NDArray[np.float64]:
    """Loudness of each 10 ms."""
    size = int(rate * _FRAME)
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-12))


def trim(samples: Samples, rate: int, below_db: float = 42.0) -> Samples:
    """Without the silence before and after: what is more than `below_db` under the loudest 10 ms, with short fades."""
    loud = frames_db(samples, rate)
    if not len(loud):
        return samples
    voiced = np.flatnonzero(loud > loud.max() - below_db)
    size = int(rate * _FRAME)
    first = max(0, (voiced[0] - 2) * size)
    kept = samples[first : (voiced[-1] + 5) * size].copy()
    fade = min(len(kept) // 2, size)
    kept[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    kept[len(kept) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return kept


def active_db(samples: Samples, rate: int) -> float:
    """Level of the speech alone: mean power of the 10 ms that are within 35 dB of the loudest."""
    loud = frames_db(samples, rate)
    if not len(loud):
        return -120.0
    active = loud[loud > loud.max() - 35]
    return float(10 * np.log10(np.mean(10 ** (active / 10))))


def levelled(samples: Samples, rate: int, to_db: float = SPEECH_DB) -> Samples:
    """With its active speech at `to_db`, and less where a peak would go over -1 dB."""
    louder = samples * np.float32(10 ** ((to_db - active_db(samples, rate)) / 20))
    return _limited(louder)


def room(samples: Samples, rng: np.random.Generator) -> Samples:
    """With the faint noise of a quiet room: no microphone gives digital silence."""
    return samples + _noise(len(samples), rng, tilt=0.5) * np.float32(10 ** (ROOM_DB / 20))


def apply(samples: Samples, rate: int, effect: Effect | None, rng: np.random.Generator) -> Samples:
    """One channel as its microphone or line would give it.

    Raises:
        ValueError: the effect is unknown.
    """
    if effect is None:
        return room(samples, rng)
    if effect.get("kind") == "noise":
        return _limited(room(_noisy(samples, rate, _number(effect, "snr_db", 10), rng), rng))
    if effect.get("kind") == "telephone":
        return _telephone(samples, rate, rng)
    if effect.get("kind") == "quiet":
        return room(samples * np.float32(10 ** (_number(effect, "gain_db", -28) / 20)), rng)
    raise ValueError(f"unknown kind {effect.get('kind')!r}; there are noise, telephone and quiet")


def _number(effect: Effect, key: str, default: float) -> float:
    value = effect.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key} must be a number (dB)")  # noqa: TRY004 - a wrong value of a record
    return float(value)


def _noisy(samples: Samples, rate: int, snr_db: float, rng: np.random.Generator) -> Samples:
    """With a fan and a murmur in the room: noise with the long-term spectrum of speech, slowly swelling."""
    noise = _noise(len(samples), rng, tilt=1.0)
    seconds = np.arange(len(samples)) / rate
    swell = 1 + 0.25 * np.sin(2 * np.pi * 0.23 * seconds + rng.uniform(0, 6)) * np.sin(2 * np.pi * 0.9 * seconds)
    level = np.float32(10 ** ((active_db(samples, rate) - snr_db) / 20))
    return samples + noise * swell.astype(np.float32) * level


def _telephone(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Through a telephone line: 300 to 3,400 Hz, 8 kHz, mu-law in 8 bits (G.711), a little line noise."""
    from scipy.signal import butter, resample_poly, sosfiltfilt

    band = butter(4, [300, 3400], btype="bandpass", fs=rate, output="sos")
    narrow = resample_poly(sosfiltfilt(band, samples), 8000, rate)
    narrow = narrow + _noise(len(narrow), rng, tilt=0.0) * 10 ** (-58 / 20)
    coded = np.sign(narrow) * np.log1p(255 * np.minimum(np.abs(narrow), 1)) / np.log(256)
    coded = np.round(coded * 127) / 127
    line = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255
    wide = resample_poly(line, rate, 8000)[: len(samples)]
    return _limited(np.pad(wide, (0, len(samples) - len(wide))).astype(np.float32))


def _noise(length: int, rng: np.random.Generator, tilt: float) -> Samples:
    """Noise of power 1 whose amplitude is flat to 300 Hz (at 24 kHz) and falls with frequency to the power `tilt`."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    at = np.fft.rfftfreq(length) * 24_000
    spectrum *= np.maximum(at, 300.0) ** -tilt
    spectrum[at < 60] = 0
    shaped: npt.NDArray[np.float64] = np.fft.irfft(spectrum, length)
    return np.asarray(shaped / (np.sqrt(np.mean(shaped**2)) + 1e-12), np.float32)


def _limited(samples: Samples) -> Samples:
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(_PEAK / peak) if peak > _PEAK else samples

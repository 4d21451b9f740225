"""A voice that speaks phonemes: Kokoro-82M through onnxruntime."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pipelines.models.table import model_path
from pipelines.records import InputError
from pipelines.settings import Settings
from pipelines.synthesis.hums import HUMS, hum, pitch_of
from pipelines.synthesis.speaking import Speaking

Samples = npt.NDArray[np.float32]
"""Mono audio, one value a sample, full scale ±1."""

RATE = 24_000
"""Samples a second of the voices."""


class Voice(Protocol):
    def sentences(self, text: str, voice: str) -> list[str]:
        """The text as what `speak` takes, a string a sentence. Raises InputError for an unknown voice."""

    def speak(self, phonemes: str, voice: str, speed: float) -> Samples:
        """A sentence as audio at `RATE`; `speed` 1.0 is the voice's own. Safe to call from several threads."""


class Kokoro:
    """The 28 English voices of Kokoro-82M (`af_heart`: American, female; `bm_daniel`: British, male).

    Raises:
        ModelMissing: the voices are not at hand.
    """

    def __init__(self, settings: Settings) -> None:
        import hibari
        import onnxruntime

        self._home = model_path("kokoro", settings)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # one sentence a thread: two sentences at once beat two threads a sentence
        options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            self._home / "kokoro.onnx", options, providers=["CPUExecutionProvider"]
        )
        assets = Path(hibari.__file__).parent / "assets" / "vocab.json"
        self._tokens: dict[str, int] = json.loads(assets.read_text(encoding="utf-8"))
        self._pitches: dict[str, float] = {}
        self._speaking = functools.cache(lambda british: Speaking(british=british))

    def sentences(self, text: str, voice: str) -> list[str]:
        self._styles(voice)
        return self._speaking(voice.startswith("b")).sentences(text)

    def speak(self, phonemes: str, voice: str, speed: float) -> Samples:
        if phonemes in HUMS:
            rng = np.random.default_rng(int(speed * 1e6))  # the speed differs from utterance to utterance
            return hum(phonemes, self._pitch(voice), RATE, rng)
        tokens = [self._tokens[sign] for sign in phonemes if sign in self._tokens]
        styles = self._styles(voice)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": styles[min(len(tokens), len(styles) - 1)][None],
            "speed": np.array([speed], np.float32),
        }
        audio: Samples = self._session.run(None, inputs)[0].ravel()
        return audio

    def _pitch(self, voice: str) -> float:
        """The voice's pitch in Hz, heard in a word; asked for twice at once it is only worked out twice."""
        if voice not in self._pitches:
            self._pitches[voice] = pitch_of(self.speak("wˈɛl, ɔl ɹˈIt ðˈɛn.", voice, 1.0), RATE)
        return self._pitches[voice]

    def _styles(self, voice: str) -> Samples:
        """The voice's table: a row of 256 values for each number of tokens."""
        file = self._home / "voices" / f"{voice}.bin"
        if not voice.isidentifier() or not file.is_file():
            names = ", ".join(sorted(path.stem for path in (self._home / "voices").glob("*.bin")))
            raise InputError(f"{voice!r}: no such voice; there are {names}")
        return np.fromfile(file, np.float32).reshape(-1, 256)

"""The speech engine: Whisper through faster-whisper. Import this module only where an engine is built; it is heavy."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import ctranslate2  # type: ignore[import-untyped]
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from pipelines.dataset import file_digest
from pipelines.records import Speaker, VoicedGap
from pipelines.speech.audio import SPEECH_RATE
from pipelines.speech.engine import (
    ChannelTranscript,
    Word,
    stretches_of_speech,
    voiced_gaps,
    with_missed,
    without_loops,
)
from pipelines.speech.second_look import SecondLook
from pipelines.speech.voice import Voiced, keep_voiced, voiced_stretches

if TYPE_CHECKING:
    from faster_whisper.transcribe import Segment
    from numpy.typing import NDArray

_LONGEST_PAUSE = 1.0  # seconds of silence left in what Whisper hears
_MARGIN = 0.4  # seconds of sound kept around a voice
_MISSED, _MISSED_AT_MOST = 1.0, 8  # seconds and number of voiced gaps that are heard once more, each alone
_LEAST_LOG_PROBABILITY = -23.0  # of one token; what a probability of zero counts as
_FRAMES = 3000  # of one window of 30 s
# Greedy; a window that repeats itself or makes no sense is sampled once more, from a fixed seed.
_DECODING = {"beam_size": 1, "temperature": [0.0, 0.4], "condition_on_previous_text": False, "word_timestamps": True}


class _Model(WhisperModel):  # type: ignore[misc]
    """Keeps the last window as the encoder left it: a second look needs no second encoding."""

    window: ctranslate2.StorageView

    def encode(self, features: NDArray[np.float32]) -> ctranslate2.StorageView:
        self.window = super().encode(features)
        return self.window


class WhisperEngine:
    """Whisper weights in CTranslate2's form: int8 on one CPU thread, float16 on a GPU."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "",
        device: str = "cpu",
        device_index: int = 0,
        language: str = "en",
        second_look: bool = True,
    ) -> None:
        arithmetic = "float16" if device == "cuda" else "int8"
        self.name = name or f"whisper {folder.name}@{file_digest(folder / 'model.bin')[:12]} {arithmetic}"
        self._model = _Model(
            str(folder), device=device, device_index=device_index, compute_type=arithmetic, cpu_threads=1
        )
        self._language = language
        self._second_look = second_look
        multilingual = self._model.model.is_multilingual
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=language)

    def transcribe(
        self,
        samples: NDArray[np.float32],
        speaker: Speaker,
        listen_for: Sequence[str] = (),
        expected: Sequence[str] = (),
    ) -> ChannelTranscript:
        """Write down mono samples at 16 kHz. Silence gives no utterance."""
        began = time.process_time() if self._model.model.device == "cpu" else time.perf_counter()
        ctranslate2.set_random_seed(0)
        voice = voiced_stretches(samples)
        heard = keep_voiced(samples, voice, _LONGEST_PAUSE, _MARGIN)
        looking = self._second_look and self._language == "en"  # how words sound is known for English only
        look = SecondLook(listen_for, expected) if looking and listen_for else None
        words, replaced = self._listen(heard, look)
        words = without_loops(words)
        for gap in _longest(voiced_gaps(voice, words, speaker, _MISSED)):
            alone = keep_voiced(samples, [(gap.start, gap.end)], _LONGEST_PAUSE, _MARGIN)
            found, count = self._listen(alone, look)
            words = with_missed(words, without_loops(found), gap)
            replaced += count
        now = time.process_time() if self._model.model.device == "cpu" else time.perf_counter()
        return ChannelTranscript(
            speaker=speaker,
            utterances=stretches_of_speech(words, speaker),
            voiced_gaps=voiced_gaps(voice, words, speaker),
            audio_seconds=len(samples) / SPEECH_RATE,
            seconds=now - began,
            replaced=replaced,
        )

    def _listen(self, heard: Voiced, look: SecondLook | None) -> tuple[list[Word], int]:
        """The words in the channel's time, and how many of them were mended."""
        words: list[Word] = []
        replaced = 0
        for segment, spoken in self._segments(heard):
            mended, count = look.mend(_words(segment), spoken) if look else (_words(segment), 0)
            replaced += count
            words.extend(_in_channel_time(mended, heard))
        return words, replaced

    def _segments(self, heard: Voiced) -> Iterator[tuple[Segment, _Window]]:
        """Whisper's segments in order, each with the window it was heard in.

        faster-whisper yields a window's segments before it encodes the next, so the window at hand is theirs.
        """
        if not len(heard.samples):
            return
        segments, _ = self._model.transcribe(heard.samples, language=self._language, **_DECODING)
        window = _Window(self._model, self._tokenizer)
        seek = None
        for segment in segments:
            if segment.seek != seek:
                window, seek = _Window(self._model, self._tokenizer), segment.seek
            yield segment, window
            window.said(segment.tokens)


class _Window:
    """Scores texts against the window of sound that the model holds, after what was already said in it."""

    def __init__(self, model: _Model, tokenizer: Tokenizer) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._before: list[int] = []

    def said(self, tokens: Sequence[int]) -> None:
        self._before.extend(token for token in tokens if token < self._tokenizer.eot)

    def __call__(self, written: str, proposed: str, listed: str) -> float:
        """How much more likely the window says `proposed` than `written`, when `listed` is known to be possible."""
        hint = [self._tokenizer.sot_prev, *self._tokenizer.encode(f" {listed}"), *self._tokenizer.sot_sequence]
        return self._log_likelihood(proposed, hint) - self._log_likelihood(written, hint)

    def _log_likelihood(self, text: str, start: list[int]) -> float:
        tokens = [*self._before, *self._tokenizer.encode(text)]
        aligned = self._model.model.align(self._model.window, start, [tokens], _FRAMES)[0]
        probabilities = np.asarray(aligned.text_token_probs[len(self._before) :])
        with np.errstate(divide="ignore"):
            return float(np.maximum(np.log(probabilities), _LEAST_LOG_PROBABILITY).sum())


def _words(segment: Segment) -> list[Word]:
    return [Word(w.word, w.start, w.end, w.probability) for w in segment.words or ()]


def _longest(gaps: Sequence[VoicedGap]) -> list[VoicedGap]:
    return sorted(gaps, key=lambda gap: gap.start - gap.end)[:_MISSED_AT_MOST]


def _in_channel_time(words: Sequence[Word], heard: Voiced) -> Iterator[Word]:
    for word in words:
        start, end = heard.span(word.start, word.end)
        yield Word(word.text, start, end, word.probability)

"""What every speech engine gives: one channel of sound as stretches of speech with their times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pipelines.records import Speaker, Utterance, VoicedGap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BREATH = 0.4
"""Seconds. Between two words of one speaker a shorter pause never ends a stretch of speech."""
VOICED_GAP = 1.5
"""Seconds of voice without a word from which on they are reported; shorter ones are coughs and drawn-out words."""
_SURE_ENOUGH = 0.5  # mean probability of words found on a second hearing; invented phrases stay below
_WORD_MARGIN = 0.4  # recognisers place the edges of words about this well, in seconds


@dataclass(frozen=True)
class Word:
    """One written word with its spacing and punctuation, when it was said (seconds), how sure the engine is (0…1)."""

    text: str
    start: float
    end: float
    probability: float = 1.0


@dataclass(frozen=True)
class ChannelTranscript:
    """What one channel says.

    `utterances` are stretches between pauses, in order; `voiced_gaps` stretches of voice that gave no text;
    `audio_seconds` the channel's length and `seconds` the CPU time that decoding took; `replaced` counts the words
    that a second look mended.
    """

    speaker: Speaker
    utterances: list[Utterance]
    voiced_gaps: list[VoicedGap] = field(default_factory=list)
    audio_seconds: float = 0.0
    seconds: float = 0.0
    replaced: int = 0
    warnings: list[str] = field(default_factory=list)


class SpeechEngine(Protocol):
    """Hears one channel at a time. `name` tells the weights, their hash and the arithmetic they run in."""

    name: str

    def transcribe(
        self, samples: NDArray[np.float32], speaker: Speaker, listen_for: Sequence[str], expected: Sequence[str]
    ) -> ChannelTranscript:
        """Write down mono samples at 16 kHz.

        `listen_for` are words worth a second look, never words to put in; `expected` are those that the chart names.
        """
        ...


def stretches_of_speech(words: Iterable[Word], speaker: Speaker, pause: float = BREATH) -> list[Utterance]:
    """Join words into utterances that end where the speaker pauses for `pause` seconds or longer."""
    groups: list[list[Word]] = []
    for word in words:
        if groups and word.start - groups[-1][-1].end < pause:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [
        Utterance(speaker=speaker, start=round(group[0].start, 2), end=round(group[-1].end, 2), text=text)
        for group in groups
        if (text := "".join(word.text for word in group).strip())
    ]


def voiced_gaps(
    voice: Iterable[tuple[float, float]], words: Sequence[Word], speaker: Speaker, shortest: float = VOICED_GAP
) -> list[VoicedGap]:
    """Stretches of voice, in seconds, that no word covers."""
    gaps: list[VoicedGap] = []
    for start, end in voice:
        at = start
        inside = [w for w in words if w.end + _WORD_MARGIN > start and w.start - _WORD_MARGIN < end]
        for word in [*inside, Word("", end + _WORD_MARGIN, end + _WORD_MARGIN)]:
            if word.start - _WORD_MARGIN - at >= shortest:
                gaps.append(VoicedGap(speaker=speaker, start=round(at, 2), end=round(word.start - _WORD_MARGIN, 2)))
            at = max(at, word.end + _WORD_MARGIN)
    return gaps


def with_missed(words: Sequence[Word], found: Sequence[Word], gap: VoicedGap) -> list[Word]:
    """Put words that were found in a gap on a second hearing in their place.

    Left out are words outside the gap, what the recogniser is not sure of, and a word at the gap's edge that only
    repeats its neighbour there.
    """
    inside = [word for word in found if gap.start <= (word.start + word.end) / 2 <= gap.end]
    before = [word for word in words if word.start < gap.start]
    after = words[len(before) :]
    if inside and before and _plain(inside[0]) == _plain(before[-1]):
        inside = inside[1:]
    if inside and after and _plain(inside[-1]) == _plain(after[0]):
        inside = inside[:-1]
    if not inside or sum(word.probability for word in inside) / len(inside) < _SURE_ENOUGH:
        return list(words)
    return [*before, *inside, *after]


def _plain(word: Word) -> str:
    return word.text.strip(" .,?!").lower()


def without_loops(words: list[Word], longest: int = 8, repeats: int = 4) -> list[Word]:
    """Cut a phrase that a recogniser says over and over to its first time.

    A recogniser that has lost the sound repeats up to `longest` words without end. People repeat words too ("no, no,
    no"), so only what comes `repeats` times or more counts, and what is a single word twice that.
    """
    kept: list[Word] = []
    at = 0
    plain = [_plain(word) for word in words]
    while at < len(words):
        length, times = _loop(plain, at, longest, repeats)
        kept.extend(words[at : at + length])
        at += length * times
    return kept


def _loop(plain: list[str], at: int, longest: int, repeats: int) -> tuple[int, int]:
    for length in range(1, longest + 1):
        phrase = plain[at : at + length]
        times = 1
        while plain[at + times * length : at + (times + 1) * length] == phrase:
            times += 1
        if times >= (2 * repeats if length == 1 else repeats):
            return length, times
    return 1, 1

"""Where a channel holds a voice (Silero's detector), and the voiced parts put together for a recogniser.

Half of a channel of a conversation is the other person's turn. Leaving that out makes recognition twice as fast and
keeps the recogniser from writing words into silence.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.speech.audio import SPEECH_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME = 512  # samples that the detector judges at once
# A voice starts above the one probability and ends below the other. Silero advises 0.5 and 0.35, where a voice on a
# telephone line is lost: it scores 0.3 to 0.5 there. Silence and room noise stay below 0.05.
_STARTS, _HOLDS = 0.2, 0.1
_SHORTEST_PAUSE = 0.3  # seconds


def voiced_stretches(samples: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Stretches of voice in seconds, in order; pauses within them are shorter than 0.3 s."""
    from faster_whisper.vad import get_vad_model

    if not len(samples):
        return []
    padded = np.pad(samples, (0, -len(samples) % _FRAME))
    likely = get_vad_model()(padded).reshape(-1)
    stretches: list[tuple[float, float]] = []
    began: int | None = None
    for frame, probability in enumerate(np.append(likely, 0.0)):
        if began is None and probability >= _STARTS:
            began = frame
        elif began is not None and probability < _HOLDS:
            start, end = began * _FRAME / SPEECH_RATE, frame * _FRAME / SPEECH_RATE
            if stretches and start - stretches[-1][1] < _SHORTEST_PAUSE:
                start = stretches.pop()[0]
            stretches.append((start, min(end, len(samples) / SPEECH_RATE)))
            began = None
    return stretches


@dataclass(frozen=True)
class Voiced:
    """The voiced parts of a channel, one after another, and the way back to the channel's own time."""

    samples: NDArray[np.float32]
    starts: list[float]
    """Where each part starts within `samples`, in seconds."""
    offsets: list[float]
    """What to add to a time within a part."""
    ends: list[float]
    """Where each part ends in the channel's time."""

    def span(self, start: float, end: float) -> tuple[float, float]:
        """Start and end of a word in the channel's time; a word lies in the part that holds its middle."""
        part = max(0, bisect.bisect_right(self.starts, (start + end) / 2) - 1)
        first = self.starts[part] + self.offsets[part]
        back = [min(max(t + self.offsets[part], first), self.ends[part]) for t in (start, end)]
        return back[0], back[1]


def keep_voiced(
    samples: NDArray[np.float32], voice: list[tuple[float, float]], longest_pause: float, margin: float
) -> Voiced:
    """Cut out pauses longer than `longest_pause` seconds, but for `margin` seconds on either side."""
    parts: list[list[float]] = []
    total = len(samples) / SPEECH_RATE
    for start, end in voice:
        if parts and start - parts[-1][1] <= longest_pause:
            parts[-1][1] = end
        else:
            parts.append([start, end])
    kept = [(max(0.0, start - margin), min(total, end + margin)) for start, end in parts]
    pieces = [samples[int(start * SPEECH_RATE) : int(end * SPEECH_RATE)] for start, end in kept]
    starts = np.cumsum([0, *map(len, pieces)])[:-1] / SPEECH_RATE
    return Voiced(
        samples=np.concatenate(pieces) if pieces else np.zeros(0, np.float32),
        starts=[float(s) for s in starts],
        offsets=[start - float(s) for s, (start, _) in zip(starts, kept, strict=True)],
        ends=[end for _, end in kept],
    )

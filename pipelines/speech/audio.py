"""Audio in and out through PyAV: any container and codec in, mono samples out; mono Opus back.

Nothing is written to disk on the way, and no message holds more than a file's name and how it is faulty.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPEECH_RATE = 16_000
"""Samples a second that speech models hear."""
OPUS_RATE = 48_000
OPUS_BITS_A_SECOND = 28_000
_OPUS_FRAME = 960  # 20 ms
_OGG_PAGE = 65_307  # the largest there is, in bytes
_OGG_END_OF_STREAM = 4  # a flag of a page's header
_WAV_OPEN_END = 0xFFFFFF00  # recorders that stream write about the largest number, not a length

CONTAINERS = (
    *("matroska", "webm", "ogg", "mov", "mp4", "m4a", "3gp", "wav", "w64", "mp3", "flac", "aac", "aiff", "caf", "avi"),
    *("asf", "mpegts", "mpeg", "amr", "amrnb", "amrwb", "au", "wv", "voc", "flv", "ac3", "eac3", "ape", "tta"),
)
"""Demuxers that may look at a file that somebody gave. Others follow addresses that stand in the file."""
SAFE = {"format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": ""}
"""Options with which every file is opened: known containers, and no file or address besides."""


class AudioError(Exception):
    """A file gives no usable sound. `str()` names the file and what is wrong, `remedy` what to do."""

    def __init__(self, path: Path, what: str, remedy: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path, self.what, self.remedy = path, what, remedy

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.what, self.remedy)


class NoLengthError(AudioError):
    """It is sound, and holds zero seconds of it."""


@dataclass(frozen=True)
class Sound:
    """Mono samples (float32, -1…1) at `rate` Hz, and what a reader should know about how they were got."""

    samples: NDArray[np.float32]
    rate: int
    warnings: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def decode(path: Path, rate: int = SPEECH_RATE) -> NDArray[np.float32]:
    """The samples of `load`, for callers that need no warnings."""
    return load(path, rate).samples


def load(path: Path, rate: int = SPEECH_RATE) -> Sound:
    """Decode the first audio stream of any file, mix its channels to one and resample, packet by packet.

    A file that breaks off gives what could be decoded, with a warning.

    Raises:
        AudioError: the file is missing, is not media, has no audio stream, or gives no sample.
    """
    if path.exists() and not path.is_file():
        raise AudioError(path, "is a folder or a device", "give the path of an audio or video file")
    if not path.is_file():
        raise AudioError(path, "no such file", "give the path of an audio or video file")
    with path.open("rb") as file:
        return _loaded(file, path, rate)


def load_bytes(content: bytes, name: str, rate: int = SPEECH_RATE) -> Sound:
    """As `load`, of a recording that is in memory and never on disk; `name` stands for it in messages.

    Raises:
        AudioError: it is not media, has no audio stream, or gives no sample.
    """
    return _loaded(io.BytesIO(content), Path(name), rate)


def _loaded(file: BinaryIO, path: Path, rate: int) -> Sound:
    chunks: list[NDArray[np.float32]] = []
    warnings: list[str] = []
    for item in _stream(file, path, rate):
        if isinstance(item, str):
            warnings.append(item)
        else:
            chunks.append(item)
    if not sum(map(len, chunks)):
        if warnings:
            raise AudioError(path, f"nothing of it can be decoded ({warnings[0]})", "copy or record the file again")
        raise NoLengthError(path, "holds zero seconds of sound", "record it again, or take it out of the data")
    samples = np.concatenate(chunks)
    return Sound(samples, rate, tuple(f"{path.name}: {w}; what came before was kept" for w in warnings))


def announced_seconds(path: Path) -> float:
    """How long a file says that it is, in seconds, without decoding it; 0 where it does not say."""
    import av

    try:
        with path.open("rb") as file, av.open(file, "r", options=SAFE, metadata_errors="ignore") as container:
            return (container.duration or 0) / av.time_base
    except (av.FFmpegError, ValueError, OSError):
        return 0.0


def _stream(file: BinaryIO, path: Path, rate: int) -> Iterator[NDArray[np.float32] | str]:
    """Chunks of samples; a text where decoding broke off, after which only what the resampler still holds comes."""
    import av

    try:
        container = av.open(file, "r", options=SAFE, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        what = f"is not audio or video, or its beginning or end is missing ({_reason(error)})"
        raise AudioError(path, what, "give a whole audio or video file") from None
    with container:
        if not container.streams.audio:
            raise AudioError(path, "has no audio stream", "give a file with sound")
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        seconds, announced = 0.0, (container.duration or 0) / av.time_base
        try:
            for frame in container.decode(stream):
                frame.pts = None  # times of broken files jump; samples are simply put one after another
                seconds += frame.samples / (frame.sample_rate or rate)
                for mono in resampler.resample(frame):
                    yield mono.to_ndarray().reshape(-1).astype(np.float32, copy=False)
        except av.FFmpegError as error:
            yield f"breaks off after {seconds:.1f} s ({_reason(error)})"
        else:
            if _cut_short(file, container.format.name, seconds, announced):
                yield f"breaks off after {seconds:.1f} s"
        if seconds:
            for mono in resampler.resample(None):
                yield mono.to_ndarray().reshape(-1).astype(np.float32, copy=False)


def _cut_short(file: BinaryIO, container: str, seconds: float, announced: float) -> bool:
    """Whether a file ends before its own end: less sound or fewer bytes than its header announces, no last page."""
    if seconds < 0.98 * announced - 0.5:
        return True
    size = file.seek(0, io.SEEK_END)
    if container == "wav":
        file.seek(4)
        announced_bytes = int.from_bytes(file.read(4), "little")
        return size < announced_bytes + 8 and announced_bytes < _WAV_OPEN_END
    if container == "ogg":
        file.seek(max(0, size - _OGG_PAGE))
        tail = file.read()
        page = tail.rfind(b"OggS")
        return page >= 0 and not tail[page + 5] & _OGG_END_OF_STREAM
    return False


def _reason(error: Exception) -> str:
    """The decoder's own short words for the fault; never bytes of the file."""
    return str(getattr(error, "strerror", "") or "unknown data format")


def encode_opus(path: Path, samples: NDArray[np.float32], rate: int, bit_rate: int = OPUS_BITS_A_SECOND) -> None:
    """Write mono samples (float32, -1…1, at `rate` Hz) as Ogg Opus for voice. The same samples give the same bytes."""
    import av

    with av.open(str(path), "w", format="ogg", container_options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=OPUS_RATE, layout="mono", options={"application": "voip"})
        stream.bit_rate = bit_rate
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        resampler = av.AudioResampler(format="flt", layout="mono", rate=OPUS_RATE, frame_size=_OPUS_FRAME)
        frame = av.AudioFrame.from_ndarray(samples.astype(np.float32).reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = rate
        for ready in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))

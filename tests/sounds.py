"""Media files for tests, written with PyAV: any container, codec, rate and layout, with or without a picture."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def tone(seconds: float, rate: int, pitch: float = 440.0) -> NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def write_media(
    path: Path,
    samples: NDArray[np.float32] | None,
    rate: int,
    codec: str = "pcm_s16le",
    layout: str = "mono",
    picture: bool = False,
) -> Path:
    """Write mono `samples` (None: no audio stream) into every channel of `layout`, the container by the file's name."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10) if picture else None
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream(codec, rate=rate, layout=layout) if samples is not None else None
        container.start_encoding()
        for _ in range(5 if video is not None else 0):
            container.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        if sound is not None and samples is not None and len(samples):
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
            frame.sample_rate = rate
            codec_context = sound.codec_context
            resampler = av.AudioResampler(
                codec_context.format, layout, rate, frame_size=codec_context.frame_size or 1024
            )
            for ready in (*resampler.resample(frame), *resampler.resample(None)):
                container.mux(sound.encode(ready))
        for stream in (s for s in (video, sound) if s is not None):
            container.mux(stream.encode(None))
    return path


def truncate(source: Path, path: Path, share: float) -> Path:
    """The first `share` of a file's bytes."""
    whole = source.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path

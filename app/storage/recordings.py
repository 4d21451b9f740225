"""Where the chunk logs of recordings lie: a folder a recording, in it a file a track.

Each track has a log of its own, so that a stretch of a call can be deleted while the call goes on: the recorder ends
its track and begins the next, the finished one is transcribed, and `delete_track` removes its sound and no other. What
might be left of the file on the medium opens with the recording's key alone, which is destroyed with the recording; a
track could get a key of its own by its name alone (`ChunkLog` takes the key's name), with no change of the format.
"""

from __future__ import annotations

import io
import re
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import ServiceSettings
from app.storage.chunks import TRACK_NAME, ChunkLog
from app.storage.files import sync_folder
from app.storage.vault import Vault

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SUFFIX = ".chunks"
_MOST_REMEMBERED = 4_096  # logs; an hour of two-second chunks takes 14 kB


def recordings_folder(settings: ServiceSettings) -> Path:
    return settings.service_dir / "recordings"


def key_name(recording_id: str) -> str:
    """The name of a recording's key, which is also the name of the object that is deleted for ever."""
    return f"recording-{recording_id}"


class AudioStore:
    """All recordings of a service. Several of them may stand over one folder, in one process or many."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self.folder, self.vault = folder, vault
        self._logs: OrderedDict[tuple[str, str], ChunkLog] = OrderedDict()
        self._lock = threading.Lock()

    def log(self, recording_id: str, track: str) -> ChunkLog:
        """The log of a track, with what this process remembers of it."""
        if not _ID.fullmatch(recording_id) or not TRACK_NAME.fullmatch(track):
            raise ValueError("not the name of a recording or of a track")
        with self._lock:
            log = self._logs.pop((recording_id, track), None)
            if log is None:
                log = ChunkLog(self._file(recording_id, track), self.vault, key_name(recording_id), track)
            self._logs[recording_id, track] = log
            if len(self._logs) > _MOST_REMEMBERED:
                self._logs.popitem(last=False)
            return log

    def tracks(self, recording_id: str) -> list[str]:
        """The tracks that have a log on the disk."""
        return sorted(file.stem for file in (self.folder / recording_id).glob(f"*{_SUFFIX}"))

    def content(self, recording_id: str, track: str) -> Iterator[bytes]:
        """The chunks of a track in order."""
        log = self.log(recording_id, track)
        return (log.read(number) for number in log.numbers())

    def last_put(self, recording_id: str) -> datetime | None:
        """When the last chunk of any track came, or a track was opened."""
        times = [self.log(recording_id, track).last_put() for track in self.tracks(recording_id)]
        return max((at for at in times if at), default=None)

    def delete_track(self, recording_id: str, track: str) -> None:
        """Remove the sound of one track. One that is gone stays gone."""
        self.log(recording_id, track).delete()
        with self._lock:
            self._logs.pop((recording_id, track), None)

    def delete(self, recording_id: str) -> None:
        """Remove the sound of a recording. One that is gone stays gone."""
        for track in self.tracks(recording_id):
            self.delete_track(recording_id, track)
        with suppress(FileNotFoundError):
            (self.folder / recording_id).rmdir()
            sync_folder(self.folder)

    def recordings(self) -> Iterator[str]:
        """The recordings that have a folder, whether the records know them or not."""
        if self.folder.exists():
            yield from (folder.name for folder in self.folder.iterdir() if _ID.fullmatch(folder.name))

    def _file(self, recording_id: str, track: str) -> Path:
        return self.folder / recording_id / f"{track}{_SUFFIX}"


class TrackReader(io.RawIOBase):
    """A track as a file that can be read anywhere in it, a chunk of it in memory at a time."""

    def __init__(self, log: ChunkLog) -> None:
        self._log = log
        lengths = log.lengths()
        self._numbers = [number for number, _ in lengths]
        self._ends = list(accumulate(length for _, length in lengths))
        self._size = self._ends[-1] if self._ends else 0
        self._at = 0
        self._kept: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self._at >= self._size:
            return 0
        index = bisect_right(self._ends, self._at)
        if self._kept[0] != index:
            self._kept = (index, self._log.read(self._numbers[index]))
        chunk = self._kept[1]
        begin = self._at - (self._ends[index] - len(chunk))
        target = memoryview(buffer).cast("B")
        part = chunk[begin : begin + len(target)]
        target[: len(part)] = part
        self._at += len(part)
        return len(part)

"""The sound of recordings on disk: for every track an append-only log of encrypted chunks.

A frame is a header (magic, number, length, CRC-32 of what follows and of the header before it) and the chunk, sealed
under the recording's key and bound to recording, track and number. The CRC tells a whole frame from a torn one without
any key; that nobody changed it, the seal tells when it is opened.

A chunk is acknowledged when it is on the disk. A last frame that a crash tore is cut off by whoever writes next; damage
in the middle costs the chunks it hit and no other. Logs are opened and locked for each write alone, so any number of
them and of processes may be at it, and no number of open files is ever exceeded. The last frame of a complete log says
so: whatever a process remembers, nothing is appended behind it.
"""

from __future__ import annotations

import errno
import fcntl
import hmac
import os
import re
import struct
import time
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.storage.files import sync_folder
from app.storage.vault import Vault

LONGEST_CHUNK = 4 * 1024 * 1024
"""Bytes of one chunk; five seconds of Opus are 20 kB, of uncompressed stereo 960 kB."""
MOST_CHUNKS = 100_000
"""Chunks of one track: 55 hours of two seconds each."""
TRACK_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

_HEADER = struct.Struct(">4sIII")
_MAGIC = b"NBC1"
_END = 0xFFFFFFFF  # the number of the frame that ends a log
_SEALING = 28  # bytes that a sealed value is longer: nonce and tag
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_LONGEST_WAIT = 10.0  # seconds for a lock that is held for the time of one write
_ABSENT = -1


class ChunkError(Exception):
    """A chunk was not taken; nothing of the log changed."""


class NoLogError(ChunkError):
    """There is no such track, or it was deleted."""


class DifferentChunkError(ChunkError):
    """Other bytes were acknowledged under this number."""


class ClosedLogError(ChunkError):
    """The track is complete."""


class DiskFullError(ChunkError):
    """There is no room; the same chunk may be sent again once there is."""


class LogBusyError(ChunkError):
    """Another process holds the log for far longer than a write takes."""


@dataclass
class _Index:
    """What the log is known to hold: where each number's frame begins, and where the next one is to be."""

    inode: int = 0
    end: int = 0
    places: array[int] = field(default_factory=lambda: array("q"))
    closed: bool = False

    def place(self, number: int) -> int:
        return self.places[number] if number < len(self.places) else _ABSENT

    def remember(self, number: int, place: int) -> None:
        if number == _END:
            self.closed = True
            return
        if number >= len(self.places):
            self.places.extend([_ABSENT] * (number + 1 - len(self.places)))
        self.places[number] = place

    def numbers(self) -> list[int]:
        return [number for number, place in enumerate(self.places) if place != _ABSENT]


@dataclass(frozen=True)
class Closing:
    """How a log ended, or why it did not yet: `chunks` it should hold, and which of them are missing."""

    chunks: int
    missing: list[int]
    closed: bool


class ChunkLog:
    """The log of one track. May be used by several threads and processes at once.

    Args:
        key_name: the vault's name of the key that the chunks are sealed under.
    """

    def __init__(self, file: Path, vault: Vault, key_name: str, track: str) -> None:
        self.file, self.track = file, track
        self._vault, self._key_name = vault, key_name
        self._index = _Index()

    def create(self, at: datetime) -> None:
        """Make the log, durably; one that is there stays."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.fsync(number)
            _touch(number, at)
        finally:
            os.close(number)
        sync_folder(self.file.parent)
        sync_folder(self.file.parent.parent)

    def put(self, number: int, data: bytes, at: datetime) -> bool:
        """Take a chunk; it is on the disk when this returns. False: it was there already.

        Raises:
            ShreddedError: the recording was deleted for ever.
            ChunkError: its subclass says why it was not taken.
        """
        if not 0 <= number < MOST_CHUNKS or not 0 < len(data) <= LONGEST_CHUNK:
            raise ValueError("a chunk's number or length is out of bounds")
        sealed = self._vault.seal_bytes(self._key_name, data, self._bound_to(number))
        with self._locked() as opened:
            place = self._index.place(number)
            if place != _ABSENT:
                if not hmac.compare_digest(self._opened(opened, number, place), data):
                    raise DifferentChunkError
                return False
            if self._index.closed:
                raise ClosedLogError
            self._append(opened, number, sealed)
            _touch(opened, at)
        return True

    def close(self, chunks: int | None = None, *, without_missing: bool = False) -> Closing:
        """End the log, if every chunk is there; nothing that was acknowledged is ever left out.

        Args:
            chunks: how many the sender sent; None: it is not known.
            without_missing: end it even so.
        """
        with self._locked() as opened:
            expected, missing = self._missing(chunks)
            if missing and not without_missing and not self._index.closed:
                return Closing(expected, missing, closed=False)
            if not self._index.closed:
                sealed = self._vault.seal_bytes(self._key_name, str(expected).encode(), self._bound_to(_END))
                self._append(opened, _END, sealed)
            return Closing(expected, missing, closed=True)

    def missing(self, chunks: int | None = None) -> list[int]:
        """Which of so many chunks, and before the last that came, are not there."""
        with self._locked():
            return self._missing(chunks)[1]

    def numbers(self) -> list[int]:
        """The chunks that are there."""
        with self._locked():
            return self._index.numbers()

    def lengths(self) -> list[tuple[int, int]]:
        """Number and length in bytes of each chunk, in order."""
        with self._locked() as opened:
            return [(n, self._length(opened, self._index.place(n)) - _SEALING) for n in self._index.numbers()]

    def read(self, number: int) -> bytes:
        """One chunk.

        Raises:
            NoLogError: it is not there.
            DamagedError: it is not what was sealed.
        """
        with self._locked() as opened:
            place = self._index.place(number)
            if place == _ABSENT:
                raise NoLogError
            return self._opened(opened, number, place)

    def last_put(self) -> datetime | None:
        """When the last chunk came; before the first, when the log was made."""
        try:
            return datetime.fromtimestamp(self.file.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def delete(self) -> None:
        """Remove the log. One that is gone stays gone."""
        with suppress(NoLogError, FileNotFoundError), self._locked(read=False) as opened:  # or another removes it too
            os.ftruncate(opened, 0)  # who has it open still must find nothing
            os.fsync(opened)
            self.file.unlink(missing_ok=True)
            sync_folder(self.file.parent)

    def _missing(self, chunks: int | None) -> tuple[int, list[int]]:
        expected = max(chunks or 0, len(self._index.places))
        return expected, [number for number in range(expected) if self._index.place(number) == _ABSENT]

    @contextmanager
    def _locked(self, *, read: bool = True) -> Iterator[int]:
        """The log, open for us alone, its index brought up to date."""
        try:
            opened = os.open(self.file, os.O_RDWR)
        except FileNotFoundError:
            raise NoLogError from None
        try:
            _lock(opened)
            if os.fstat(opened).st_nlink == 0:  # deleted while we waited
                raise NoLogError
            if read:
                self._catch_up(opened)
            yield opened
        finally:
            os.close(opened)  # and with it the lock

    def _catch_up(self, opened: int) -> None:
        """Read what others have written since, and cut off what a crash left unfinished."""
        status = os.fstat(opened)
        if status.st_ino != self._index.inode or status.st_size < self._index.end:
            self._index = _Index(inode=status.st_ino)
        if status.st_size == self._index.end:
            return
        place: int | None = self._index.end
        while place is not None and place < status.st_size:
            found = _frame(opened, place, status.st_size)
            if found is None:
                place = _next_frame(opened, place + 1, status.st_size)
                continue
            number, length = found
            self._index.remember(number, place)
            place += _HEADER.size + length
            self._index.end = place
        if self._index.end < status.st_size:
            os.ftruncate(opened, self._index.end)
        os.fdatasync(opened)  # whoever wrote it may have died before this

    def _append(self, opened: int, number: int, sealed: bytes) -> None:
        place = self._index.end
        frame = memoryview(_header(number, sealed) + sealed)
        try:
            written = 0
            while written < len(frame):
                written += os.pwrite(opened, frame[written:], place + written)
            os.fdatasync(opened)
        except OSError as error:
            self._index = _Index()
            with suppress(OSError):  # what was not acknowledged must not be found later
                os.ftruncate(opened, place)
                os.fdatasync(opened)
            if error.errno in _FULL:
                raise DiskFullError from None
            raise
        self._index.remember(number, place)
        self._index.end = place + len(frame)

    def _length(self, opened: int, place: int) -> int:
        return int(_HEADER.unpack(os.pread(opened, _HEADER.size, place))[2])

    def _opened(self, opened: int, number: int, place: int) -> bytes:
        sealed = os.pread(opened, self._length(opened, place), place + _HEADER.size)
        return self._vault.open_bytes(self._key_name, sealed, self._bound_to(number))

    def _bound_to(self, number: int) -> str:
        return f"{self.track}|{number}"


def _header(number: int, sealed: bytes) -> bytes:
    return _HEADER.pack(_MAGIC, number, len(sealed), _checksum(number, sealed))


def _checksum(number: int, sealed: bytes) -> int:
    return zlib.crc32(sealed, zlib.crc32(struct.pack(">II", number, len(sealed))))


def _frame(opened: int, place: int, size: int) -> tuple[int, int] | None:
    """Number and length of the whole frame at this place; None: there is none."""
    head = os.pread(opened, _HEADER.size, place)
    if len(head) < _HEADER.size:
        return None
    magic, number, length, checksum = _HEADER.unpack(head)
    if magic != _MAGIC or not _SEALING <= length <= LONGEST_CHUNK + _SEALING or place + _HEADER.size + length > size:
        return None
    if number != _END and number >= MOST_CHUNKS:
        return None
    sealed = os.pread(opened, length, place + _HEADER.size)
    return (number, length) if len(sealed) == length and _checksum(number, sealed) == checksum else None


def _next_frame(opened: int, place: int, size: int) -> int | None:
    """Where the next whole frame begins behind damage."""
    block = 1 << 20
    while place < size:
        part = os.pread(opened, block, place)
        found = part.find(_MAGIC)
        while found >= 0:
            if _frame(opened, place + found, size):
                return place + found
            found = part.find(_MAGIC, found + 1)
        place += max(1, len(part) - len(_MAGIC) + 1)  # a magic may lie across two blocks
    return None


def _lock(opened: int) -> None:
    give_up = time.monotonic() + _LONGEST_WAIT
    while True:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise LogBusyError from None
            time.sleep(0.003)
        else:
            return


def _touch(opened: int, at: datetime) -> None:
    """The time of the last chunk is the service's, which tests move; it is the file's and needs no database."""
    os.utime(opened, (at.timestamp(), at.timestamp()))

"""A whole recording from a file: streamed into the same encrypted store, and looked into before it is relied on."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.database.base import Role
from app.database.clinic import Appointment
from app.database.scope import Principal
from app.database.sessions import Recording
from app.errors import GoneError, InvalidError, NoRoomError, TooLargeError, WrongTypeError
from app.storage.chunks import ClosedLogError, DiskFullError, NoLogError
from app.storage.recordings import TrackReader
from app.storage.vault import ShreddedError
from app.work import recording_rows as rows
from app.work.recording_views import RecordingView, view_of
from pipelines.speech.audio import SAFE

if TYPE_CHECKING:
    from app.wiring import Service

_TRACK = "upload"
_PIECE = 1024 * 1024


class Upload:
    """An upload that is under way: `write` what comes, then `finish`; or `abort`. Not for several threads at once.

    Raises:
        RefusedError: `over`, `ai_disabled`, `no_consent`.
    """

    def __init__(self, service: Service, principal: Principal, appointment_id: str) -> None:
        self._service, self._principal = service, principal
        self._most = service.settings.longest_upload_mb * 1024 * 1024
        self._size, self._pieces, self._kept = 0, 0, bytearray()
        with service.work(principal) as work:
            work.allow(Role.PRACTITIONER)
            appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
            rows.refuse_unrecordable(work, appointment)
            recording = rows.create(work, appointment, "upload")
            rows.add_track(work, recording, _TRACK, "unknown", 0.0)
            self.recording_id = recording.id
        self._log = service.audio.log(self.recording_id, _TRACK)

    def write(self, data: bytes) -> None:
        """The next bytes of the file.

        Raises:
            TooLargeError, NoRoomError: there were too many; nothing of them is kept.
            GoneError: the recording was deleted meanwhile.
        """
        self._size += len(data)
        if self._size > self._most:
            self.abort(rows.UPLOAD_BROKE_OFF)
            raise TooLargeError(f"A recording may have at most {self._service.settings.longest_upload_mb} MB.")
        self._kept += data
        while len(self._kept) >= _PIECE:
            self._put(bytes(self._kept[:_PIECE]))
            del self._kept[:_PIECE]

    def finish(self) -> RecordingView:
        """Look into what came, and hand it to the worker.

        Raises:
            InvalidError: nothing came.
            WrongTypeError: it is no sound; nothing of it is kept.
        """
        if self._kept:
            self._put(bytes(self._kept))
        if not self._size:
            self.abort(rows.NOTHING_RECORDED)
            raise InvalidError("file", "The file is empty.")
        if not _is_sound(TrackReader(self._log)):
            self.abort(rows.NOT_SOUND)
            raise WrongTypeError("This cannot be read as sound. Give a whole audio or video file, such as MP3 or WebM.")
        with self._service.work(self._principal) as work:
            appointment, recording = rows.locked(work, self.recording_id)
            rows.refuse_closed(recording)
            rows.refuse_unrecordable(work, appointment)
            closing = self._log.close(self._pieces)
            rows.tracks_of(work, recording)[_TRACK].chunks = closing.chunks
            rows.end(work, appointment, recording, closing.chunks, 0)
            return view_of(work, recording)

    def abort(self, failure: str = rows.UPLOAD_BROKE_OFF) -> None:
        """Give it up, and delete what came of it for ever."""
        with self._service.work(self._principal) as work:
            recording = work.get(Recording, self.recording_id, "recording", lock=True)
            if recording.state == "open":
                rows.fail(work, recording, failure)

    def _put(self, piece: bytes) -> None:
        try:
            self._log.put(self._pieces, piece, self._service.clock())
        except DiskFullError:
            self.abort()
            raise NoRoomError from None
        except (NoLogError, ShreddedError, ClosedLogError):
            raise GoneError("recording_deleted", "This recording was deleted meanwhile.") from None
        self._pieces += 1


def upload(
    service: Service, principal: Principal, appointment_id: str, stream: Iterable[bytes]
) -> RecordingView:  # fmt: skip
    """Take a whole recording, of any format that PyAV reads; who speaks when is not known.

    Raises:
        RefusedError: `over`, `ai_disabled`, `no_consent`.
        TooLargeError, WrongTypeError, InvalidError, NoRoomError: nothing of it is kept.
    """
    begun = Upload(service, principal, appointment_id)
    try:
        for data in stream:
            begun.write(data)
        return begun.finish()
    except BaseException:
        begun.abort()
        raise


def _is_sound(reader: TrackReader) -> bool:
    """Whether a first stretch of sound can be decoded. What the file is called or says of itself does not matter."""
    import av

    try:
        with av.open(io.BufferedReader(reader), "r", options=SAFE, metadata_errors="ignore") as container:
            if not container.streams.audio:
                return False
            return next(iter(container.decode(container.streams.audio[0])), None) is not None
    except (av.FFmpegError, ValueError):
        return False

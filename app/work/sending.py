"""Taking the chunks of a recording, without a word to the database: what a running call does all the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.database.base import Role
from app.database.scope import Principal
from app.errors import (
    BusyError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NoRoomError,
    RefusedError,
    TooLargeError,
)
from app.storage.chunks import (
    LONGEST_CHUNK,
    MOST_CHUNKS,
    ClosedLogError,
    DifferentChunkError,
    DiskFullError,
    LogBusyError,
    NoLogError,
)
from app.storage.vault import ShreddedError

if TYPE_CHECKING:
    from app.wiring import Service


@dataclass(frozen=True)
class Sent:
    """A chunk that is safe. `new`: it was not there before. `held`: the tab that opened the track holds the recording
    still; where it does not, it was taken over and should stop once its last chunks are sent.
    """

    number: int
    new: bool
    held: bool


def put_chunk(
    service: Service, principal: Principal, recording_id: str, track: str, number: int, data: bytes
) -> Sent:  # fmt: skip
    """Take a chunk of a track; it is on the disk, encrypted, when this returns. The same one may be sent again.

    Raises:
        NotFoundError: there is no such recording or track, or it is not theirs.
        InvalidError: the number cannot be, or the chunk is empty.
        TooLargeError: the chunk is.
        RefusedError: `chunk_differs`: other bytes have this number; `stopped`: consent was
            withdrawn, and nothing is taken before the tab asks for the recording again.
        GoneError: the recording is complete or deleted.
        NoRoomError: the disk is full; send it again later.
        BusyError: send it again.
    """
    _check(principal, number, data)
    lease = service.leases.of(service, principal, recording_id, track)
    if lease.state == "open" and lease.holder is None:
        raise RefusedError("stopped", "Recording was stopped. To go on, start it again.")
    try:
        new = service.audio.log(recording_id, track).put(number, data, service.clock())
    except DifferentChunkError:
        raise RefusedError("chunk_differs", "Other sound was sent under this number. Begin a new track.") from None
    except ClosedLogError:
        raise GoneError("recording_complete", "This recording is complete: it takes no more sound.") from None
    except (NoLogError, ShreddedError):
        raise GoneError("recording_deleted", "This recording was deleted for ever.") from None
    except DiskFullError:
        raise NoRoomError from None
    except LogBusyError:
        raise BusyError from None
    return Sent(number, new, lease.holder is not None and lease.holder == lease.tracks[track])


def _check(principal: Principal, number: int, data: bytes) -> None:
    if principal.role not in {Role.PRACTITIONER, Role.SYSTEM}:
        raise ForbiddenError
    if not 0 <= number < MOST_CHUNKS:
        raise InvalidError("number", f"Chunks are numbered from 0 to {MOST_CHUNKS - 1}.")
    if not data:
        raise InvalidError("chunk", "The chunk is empty.")
    if len(data) > LONGEST_CHUNK:
        raise TooLargeError(f"A chunk may have at most {LONGEST_CHUNK} bytes. Send shorter ones.")

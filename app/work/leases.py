"""What is remembered of open recordings, so that taking a chunk asks no database.

One query every two seconds, whatever the number of recordings, brings everything that is remembered up to date; what
was completed or deleted meanwhile, the chunk's log and its key tell at once. A recording is asked for by itself, in the
name of who sends, when it is new here, when it has a track that is new here, and every minute.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.database.scope import Principal, reaches
from app.database.sessions import Recording, Track
from app.errors import NotFoundError

if TYPE_CHECKING:
    from app.wiring import Service

_FRESH = timedelta(seconds=2)
_REMEMBERED = timedelta(seconds=60)
_MOST_IN_QUERY = 500
_SYSTEM = Principal.system("recording")


@dataclass
class Lease:
    """A recording as it was a moment ago. `holder` and each track's are digests of the tabs' tokens."""

    recording_id: str
    state: str
    holder: str | None
    tracks: dict[str, str | None]
    loaded_at: datetime
    used_at: datetime


class Leases:
    """What this process remembers of open recordings, by who sends and by recording."""

    def __init__(self) -> None:
        self._leases: dict[tuple[str, str], Lease] = {}
        self._fresh_at: datetime | None = None
        self._refreshing = threading.Lock()

    def of(self, service: Service, principal: Principal, recording_id: str, track: str) -> Lease:
        """The recording that `principal` sends a track of.

        Raises:
            NotFoundError: there is no such recording or track, or it is not theirs.
        """
        now, key = service.clock(), (principal.user_id, recording_id)
        lease = self._leases.get(key)
        if lease is None or track not in lease.tracks or now - lease.loaded_at >= _REMEMBERED:
            lease = _load(service, principal, recording_id, now)
            self._leases[key] = lease
            self._fresh_at = self._fresh_at or now
        elif self._fresh_at is None or now - self._fresh_at >= _FRESH:
            self._refresh(service, now)
        if track not in lease.tracks:
            raise NotFoundError("track")
        lease.used_at = now
        return lease

    def _refresh(self, service: Service, now: datetime) -> None:
        if not self._refreshing.acquire(blocking=False):
            return  # another thread is at it; what is remembered does until then
        try:
            self._fresh_at = now
            leases = dict(self._leases)
            for key, lease in leases.items():
                if now - lease.used_at >= _REMEMBERED:
                    self._leases.pop(key, None)
            ids = sorted({lease.recording_id for lease in leases.values()})
            states = _states(service, ids)
            for lease in leases.values():
                lease.state, lease.holder = states.get(lease.recording_id, ("deleted", None))
        finally:
            self._refreshing.release()


def _states(service: Service, ids: list[str]) -> dict[str, tuple[str, str | None]]:
    states: dict[str, tuple[str, str | None]] = {}
    with service.reading(_SYSTEM) as session:
        for first in range(0, len(ids), _MOST_IN_QUERY):
            query = select(Recording.id, Recording.state, Recording.holder)
            for row in session.execute(query.where(Recording.id.in_(ids[first : first + _MOST_IN_QUERY]))):
                states[row.id] = (row.state, row.holder)
    return states


def _load(service: Service, principal: Principal, recording_id: str, now: datetime) -> Lease:
    """One query, and the rule of who may see it asked here: after a restart every recorder comes at once."""
    query = (
        select(Recording, Track.name, Track.holder.label("tab"))
        .outerjoin(Track, Track.recording_id == Recording.id)
        .where(Recording.id == recording_id)
    )
    with service.reading(_SYSTEM) as session:
        rows = session.execute(query).all()
    if not rows or not reaches(Recording.access.write, principal, vars(rows[0].Recording)):
        raise NotFoundError("recording")
    found = rows[0].Recording
    tracks = {row.name: row.tab for row in rows if row.name is not None}
    return Lease(recording_id, found.state, found.holder, tracks, now, now)

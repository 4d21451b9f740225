"""The audit log: every read and change of client data, chained so that a change of the log itself shows.

An entry's digest is an HMAC over its fields and the digest before, under a key derived from the master key. Whoever
cuts off the log's tail changes no digest: that shows against an anchor kept elsewhere (`anchor`, `verify`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.database.base import new_id
from app.database.operations import AuditEntry
from app.database.scope import ScopedSession

_START = "0" * 64
_FIXED = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Anchor:
    """The last entry of a practice's log at some time: what a later log must still hold."""

    practice_id: str
    sequence: int
    digest: str


def append(
    session: ScopedSession, key: bytes, at: datetime, practice_id: str, actor: str, action: str, kind: str,
    object_id: str, details: Mapping[str, Any],
) -> AuditEntry:  # fmt: skip
    """Add an entry. `session` acts for the system and is in the transaction of what the entry is about."""
    for name, value in details.items():
        if not isinstance(value, _FIXED) or (isinstance(value, str) and (" " in value or len(value) > 80)):
            raise ValueError(f"audit detail {name}: ids, numbers and fixed words alone")
    last = _last(session, practice_id)
    entry = AuditEntry(
        id=new_id(), practice_id=practice_id, sequence=last.sequence + 1 if last else 1, at=at, actor=actor,
        action=action, kind=kind, object_id=object_id, details=dict(details),
        previous=last.digest if last else _START,
    )  # fmt: skip
    entry.digest = digest(entry, key)
    session.add(entry)
    session.flush()
    return entry


def _last(session: ScopedSession, practice_id: str) -> AuditEntry | None:
    """The last entry, locked. Whoever waited for the lock is given the one that was last before: then look again."""
    newest = select(AuditEntry).where(AuditEntry.practice_id == practice_id)
    newest = newest.order_by(AuditEntry.sequence.desc()).limit(1)
    while True:
        locked = session.scalars(newest.with_for_update()).first()
        if session.scalars(newest).first() is locked:
            return locked


def digest(entry: AuditEntry, key: bytes) -> str:
    """HMAC-SHA256 over every field and the digest before."""
    fields = [
        entry.id, entry.practice_id, entry.sequence, entry.at.isoformat(), entry.actor, entry.action, entry.kind,
        entry.object_id, entry.details, entry.previous,
    ]  # fmt: skip
    return hmac.new(key, json.dumps(fields, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def flaws(entries: Iterable[AuditEntry], key: bytes, anchors: Iterable[Anchor] = ()) -> list[str]:
    """What is wrong with a practice's log, in words; nothing where every entry stands as it was written.

    Args:
        entries: all of them, in order of their sequence.
    """
    found: list[str] = []
    anchored = {anchor.sequence: anchor.digest for anchor in anchors}
    previous, expected = _START, 1
    for entry in entries:
        if entry.sequence != expected:
            found.append(f"entries {expected} to {entry.sequence - 1} are missing")
        elif entry.previous != previous:
            found.append(f"entry {entry.sequence} does not follow the one before it")
        if digest(entry, key) != entry.digest:
            found.append(f"entry {entry.sequence} was changed")
        previous, expected = entry.digest, entry.sequence + 1
        if anchored.get(entry.sequence) == entry.digest:
            del anchored[entry.sequence]
    return [*found, *(f"entry {sequence} is not the one that was anchored" for sequence in anchored)]

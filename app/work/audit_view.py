"""The practice's audit log as its administrator reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.database.base import Role
from app.database.operations import AuditEntry
from app.work import inputs
from app.work import practice as practices
from app.work.unit import Work

_MOST = 500
_LONGEST_ID = 80


@dataclass(frozen=True)
class EntryView:
    """One read or change. `actor` is a user's id, `guest:ID` of the waiting room, or `system:WHAT`."""

    sequence: int
    at: datetime
    actor: str
    action: str
    kind: str
    object_id: str
    details: dict[str, Any]


def list_entries(
    work: Work, *, before: int | None = None, about: str | None = None, limit: int = 100
) -> tuple[EntryView, ...]:
    """The newest first.

    Args:
        before: entries with a lower sequence; None: from the newest on.
        about: the id of what they are about.
        limit: how many, 500 at most.

    Raises:
        ForbiddenError: they are no administrator.
        InvalidError: `limit` or `about`.
    """
    work.allow(Role.ADMINISTRATOR)
    query = select(AuditEntry).where(AuditEntry.practice_id == work.principal.practice_id)
    if before is not None:
        query = query.where(AuditEntry.sequence < before)
    if about is not None:
        query = query.where(AuditEntry.object_id == inputs.line("about", about, _LONGEST_ID))
    newest = query.order_by(AuditEntry.sequence.desc()).limit(inputs.whole("limit", limit, 1, _MOST))
    rows = work.session.scalars(newest).all()
    work.note("list", "audit", practices.own(work), entries=len(rows))
    return tuple(
        EntryView(row.sequence, row.at, row.actor, row.action, row.kind, row.object_id, dict(row.details))
        for row in rows
    )

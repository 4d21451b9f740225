"""The audit log, for the practice's administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.web.dependencies import Caller, Needs
from app.work import audit_view
from app.work.audit_view import EntryView

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("")
def list_entries(
    caller: Annotated[Caller, Depends(Needs("audit:read"))],
    before: Annotated[int | None, Query(ge=1, le=2**53, description="Entries with a lower sequence.")] = None,
    about: Annotated[str | None, Query(max_length=80, description="The id of what they are about.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[EntryView]:
    """What was read and changed, by whom, the newest first. That it was looked at stands in it too."""
    with caller.work() as work:
        return list(audit_view.list_entries(work, before=before, about=about, limit=limit))

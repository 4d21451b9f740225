"""What a user is to know of: drafts that are ready, jobs that failed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.web.dependencies import Person
from app.web.forms import PathId
from app.work import notifications
from app.work.notifications import NotificationView

router = APIRouter(prefix="/notifications", tags=["notifications"])


@router.get("")
def list_notifications(caller: Person, *, unread: Annotated[bool, Query()] = False) -> list[NotificationView]:
    """One's own, the newest first; at most 200."""
    with caller.work() as work:
        return list(notifications.list_notifications(work, unread=unread))


@router.post("/read", status_code=204)
def mark_all_read(caller: Person) -> None:
    with caller.work() as work:
        notifications.mark_all_read(work)


@router.post("/{notification_id}/read")
def mark_read(caller: Person, notification_id: PathId) -> NotificationView:
    with caller.work() as work:
        return notifications.mark_read(work, notification_id)

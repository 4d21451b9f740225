"""What a user is to know of: kept until it is read, and told in fixed sentences that hold nothing of a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.database.base import Role, new_id
from app.database.people import Notification, User
from app.database.scope import Principal
from app.work.unit import Work

SENTENCES: Mapping[str, str] = {
    "draft_ready": "The draft of the note is ready. Read it, correct it, and sign it.",
    "draft_waiting": "A draft waits beside your note; it has replaced nothing. Take it, or leave it.",
    "transcription_failed": "The recording could not be transcribed. See why at the appointment, and try again there.",
    "draft_failed": "The draft could not be written; the transcript is kept. Try again at the appointment.",
    "call_ended_itself": "A call sent no sound any more and was ended. Check when the session really ended.",
    "transcript_ends_soon": "A transcript will be deleted within a day. Sign the note, or write your summary.",
    "client_moved": "An administrator gave you a client. You see them among your clients.",
}
"""Kind → what the user is told."""
_MOST = 200


@dataclass(frozen=True)
class NotificationView:
    id: str
    kind: str
    sentence: str
    appointment_id: str | None
    at: datetime
    read_at: datetime | None


def tell(work: Work, user_id: str, kind: str, appointment_id: str | None = None) -> None:
    """Let a user know. Told again of the same before they have read it, they find it once, with the later time.

    Raises:
        KeyError: the kind has no sentence: a fault of ours.
    """
    if kind not in SENTENCES:
        raise KeyError(kind)
    with work.session.acting(Principal.system("notifications")):  # whoever acts need not reach the one who is told
        user = work.get(User, user_id, "user")
        same = select(Notification).where(
            Notification.user_id == user.id, Notification.kind == kind, Notification.read_at.is_(None),
            Notification.appointment_id == appointment_id,
        )  # fmt: skip
        row = work.session.scalars(same).first()
        if row is None:
            row = Notification(id=new_id(), practice_id=user.practice_id, user_id=user.id, kind=kind,
                               appointment_id=appointment_id)  # fmt: skip
            work.session.add(row)
        row.at = work.now


def list_notifications(work: Work, *, unread: bool = False) -> tuple[NotificationView, ...]:
    """One's own, the newest first; at most 200."""
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    query = select(Notification).order_by(Notification.at.desc(), Notification.id).limit(_MOST)
    rows = work.session.scalars(query.where(Notification.read_at.is_(None)) if unread else query)
    return tuple(_view(row) for row in rows)


def mark_read(work: Work, notification_id: str) -> NotificationView:
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    row = work.get(Notification, notification_id, "notification")
    row.read_at = row.read_at or work.now
    return _view(row)


def mark_all_read(work: Work) -> None:
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    for row in work.session.scalars(select(Notification).where(Notification.read_at.is_(None))):
        row.read_at = work.now


def _view(row: Notification) -> NotificationView:
    return NotificationView(row.id, row.kind, SENTENCES[row.kind], row.appointment_id, row.at, row.read_at)

"""A practice and how it works: its clock, its window around an appointment, its consent text, and whether AI is on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.database.base import OfPractice, Role, new_id
from app.database.people import Practice
from app.errors import InvalidError
from app.work import consent_text as shipped
from app.work import inputs, templates
from app.work.unit import Work

_WEEK = 168  # hours: no transcript is kept longer
_DAY = 24 * 60  # minutes
_LONGEST_CONSENT = 10_000


@dataclass(frozen=True)
class PracticeView:
    """`own_consent_text`: the text is the practice's own, not the shipped one."""

    id: str
    name: str
    time_zone: str
    ai_enabled: bool
    retention_hours: int
    opens_minutes_before: int
    closes_minutes_after: int
    consent_text: str
    own_consent_text: bool
    note_settings: dict[str, Any]
    created_at: datetime


def found(work: Work, name: str, time_zone: str = "UTC") -> PracticeView:
    """A new practice, without AI. The system alone founds one.

    Raises:
        InvalidError: the name is empty, or there is no such time zone.
    """
    work.allow()
    row = Practice(
        id=new_id(), name=inputs.line("name", name, 200), time_zone=_time_zone(time_zone), created_at=work.now
    )
    work.session.add(row)
    work.session.flush()
    work.note("create", "practice", row)
    return _view(row)


def view(work: Work) -> PracticeView:
    """The practice of whoever asks."""
    return _view(own(work))


def change(
    work: Work, *, name: str | None = None, time_zone: str | None = None, retention_hours: int | None = None,
    opens_minutes_before: int | None = None, closes_minutes_after: int | None = None, consent_text: str | None = None,
) -> PracticeView:  # fmt: skip
    """Change what is given; None leaves it as it is. An empty consent text brings the shipped one back.

    Raises:
        ForbiddenError: they are no administrator.
        InvalidError: a value cannot be used; its field is named.
    """
    work.allow(Role.ADMINISTRATOR)
    row = own(work, lock=True)
    changes = {
        "name": None if name is None else inputs.line("name", name, 200),
        "time_zone": None if time_zone is None else _time_zone(time_zone),
        "retention_hours": _whole("retention_hours", retention_hours, _WEEK),
        "opens_minutes_before": _whole("opens_minutes_before", opens_minutes_before, _DAY),
        "closes_minutes_after": _whole("closes_minutes_after", closes_minutes_after, _DAY),
        "consent_text": None if consent_text is None else inputs.prose("consent_text", consent_text, _LONGEST_CONSENT),
    }
    for field, value in changes.items():
        if value is not None and value != getattr(row, field):
            setattr(row, field, value)
            work.note("change", "practice", row, field=field)
    return _view(row)


def enable_ai(work: Work) -> PracticeView:
    """Let drafts be written. The first time, the AI templates come: one for each shipped format, once.

    Raises:
        ForbiddenError: they are no administrator.
    """
    work.allow(Role.ADMINISTRATOR)
    row = own(work, lock=True)
    if not row.ai_enabled:
        row.ai_enabled = True
        work.note("enable_ai", "practice", row)
    if not row.templates_added:
        templates.add_shipped(work, row.id)
        row.templates_added = True
    return _view(row)


def disable_ai(work: Work) -> PracticeView:
    """No more recordings and drafts. Templates, notes and drafts stay as they are."""
    work.allow(Role.ADMINISTRATOR)
    row = own(work, lock=True)
    if row.ai_enabled:
        row.ai_enabled = False
        work.note("disable_ai", "practice", row)
    return _view(row)


def own(work: Work, *, lock: bool = False) -> Practice:
    """The practice's row, for use cases.

    Raises:
        NotFoundError: whoever asks belongs to none.
    """
    return work.get(Practice, work.principal.practice_id, "practice", lock=lock)


def of_row(work: Work, row: OfPractice) -> Practice:
    """The practice that a row belongs to; for the worker, who belongs to none."""
    return work.get(Practice, row.practice_id, "practice")


def consent_words(row: Practice) -> str:
    """What the practice's clients are asked with."""
    return row.consent_text or shipped.DEFAULT.strip()


def _whole(field: str, value: int | None, high: int) -> int | None:
    return None if value is None else inputs.whole(field, value, 0, high)


def _time_zone(name: str) -> str:
    try:
        return ZoneInfo(inputs.line("time_zone", name, 60)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidError("time_zone", "There is no such time zone; write it like America/New_York.") from None


def _view(row: Practice) -> PracticeView:
    return PracticeView(
        row.id, row.name, row.time_zone, row.ai_enabled, row.retention_hours, row.opens_minutes_before,
        row.closes_minutes_after, consent_words(row), bool(row.consent_text), dict(row.note_settings), row.created_at,
    )  # fmt: skip

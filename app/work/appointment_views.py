"""An appointment as it is shown, and as a note may state it: times as the practice's clock shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from app.database.base import Role
from app.database.clinic import Appointment, Client, Template
from app.database.people import Practice
from app.database.sessions import Call
from app.work import clients, consents, inputs
from app.work.unit import Work
from pipelines.chart import chart_flaws
from pipelines.records import Appointment as Facts
from pipelines.records import Chart


@dataclass(frozen=True)
class AppointmentView:
    """`began_at` and `ended_at` are the session's actual times, where they are known; `call_id` a call that is on.

    `warnings`: what cannot be right of code and times. `consent` is whether the client agrees to be recorded; None for
    an administrator, who is not told.
    """

    id: str
    client_id: str
    client_name: str
    practitioner_id: str
    template_id: str
    template_title: str
    starts_at: datetime
    ends_at: datetime
    cpt: str | None
    telehealth: bool
    status: str
    checked_in_at: datetime | None
    began_at: datetime | None
    ended_at: datetime | None
    times_confirmed: bool
    consent: bool | None
    call_id: str | None
    synthetic: bool
    warnings: tuple[str, ...]
    version: int


def view_of(work: Work, row: Appointment) -> AppointmentView:
    return views_of(work, [row])[0]


def views_of(work: Work, rows: Sequence[Appointment]) -> tuple[AppointmentView, ...]:
    """The rows as they are shown, looked up together: a year's list is as many queries as one appointment's."""
    if not rows:
        return ()
    ids, told = [row.id for row in rows], work.principal.role != Role.ADMINISTRATOR
    named = {
        c.id: clients.name_of(work, c)
        for c in work.session.scalars(select(Client).where(_is_one(Client, "client", rows)))
    }
    titles = {t.id: t.title for t in work.session.scalars(select(Template).where(_is_one(Template, "template", rows)))}
    agreed = consents.standing_among(work, ids) if told else set()
    on = select(Call).where(Call.appointment_id.in_(ids), Call.ended_at.is_(None))
    calls = {call.appointment_id: call.id for call in work.session.scalars(on)} if told else {}
    zone = work.get(Practice, rows[0].practice_id, "practice").time_zone
    return tuple(
        AppointmentView(
            id=row.id,
            client_id=row.client_id,
            client_name=named[row.client_id],
            practitioner_id=row.practitioner_id,
            template_id=row.template_id,
            template_title=titles[row.template_id],
            cpt=row.cpt,
            telehealth=row.telehealth,
            status=row.status,
            times_confirmed=row.times_confirmed,
            consent=row.id in agreed if told else None,
            call_id=calls.get(row.id),
            synthetic=row.synthetic,
            warnings=tuple(chart_flaws(Chart(), facts_of(row, zone))),
            version=row.version,
            **{name: at and inputs.local(at, zone) for name, at in _times(row).items()},
        )
        for row in rows
    )


def _is_one(mapped: type[Client | Template], what: str, rows: Sequence[Appointment]) -> ColumnElement[bool]:
    return mapped.id.in_({getattr(row, f"{what}_id") for row in rows})


def _times(row: Appointment) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("starts_at", "ends_at", "checked_in_at", "began_at", "ended_at")}


def facts_of(row: Appointment, time_zone: str) -> Facts:
    """The appointment as a note may state it: the session's actual times or none, never the planned ones."""
    start, end = row.began_at, row.ended_at
    if start is None or end is None:
        return Facts(cpt=row.cpt, telehealth=row.telehealth)
    first, last = (inputs.local(at, time_zone).replace(microsecond=0).isoformat() for at in (start, end))
    return Facts(start=first, end=last, cpt=row.cpt, telehealth=row.telehealth)

"""How good drafts are, for those who look after quality: stars, versions and measures; no client, no appointment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from app.database.base import Role
from app.database.notes import Revision
from app.database.people import Practice
from app.database.scope import Principal
from app.work.inputs import local, moment
from app.work.unit import Work

MOST = 10_000
"""Drafts that are told of at once."""


class DraftQuality(BaseModel):
    """One generated draft. `measures` are numbers: lengths, timings, counts, and once signed `edit_distance`."""

    model_config = ConfigDict(frozen=True)

    revision_id: str
    day: date
    """On the practice's calendar; the hour would name the appointment."""
    format: str | None
    source: str | None
    lm: str
    program: str
    stars: int | None
    measures: dict[str, Any]


def of_drafts(work: Work, since: datetime, until: datetime) -> list[DraftQuality]:
    """The generated drafts of the practice from `since` and before `until`, latest first.

    Raises:
        ForbiddenError: they are no reviewer.
        InvalidError: a time has no offset.
    """
    work.allow(Role.REVIEWER)
    practice = work.get(Practice, work.principal.practice_id, "practice")
    first, last = moment("since", since), moment("until", until)
    query = (
        select(Revision)
        .where(Revision.practice_id == practice.id, Revision.origin == "generated")
        .where(Revision.created_at >= first, Revision.created_at < last)
        .order_by(Revision.created_at.desc())
        .limit(MOST)
    )
    with work.session.acting(Principal.system("quality")):  # whose drafts they are is nobody's business here
        rows = work.session.scalars(query).all()
    work.note("review", "drafts", practice, drafts=len(rows))
    return [
        DraftQuality(
            revision_id=row.id, day=local(row.created_at, practice.time_zone).date(), format=row.format,
            source=row.source, lm=row.lm, program=row.program, stars=row.measures.get("stars"),
            measures={name: value for name, value in row.measures.items() if name != "stars"},
        )
        for row in rows
    ]  # fmt: skip

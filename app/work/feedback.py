"""One to five stars and a comment on a generated draft: changeable until the note is signed.

The stars go to MLflow as well; the comment stays here, sealed under the client's key.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from app import traces
from app.database.base import Role, new_id
from app.database.clinic import Appointment
from app.database.notes import Feedback, Revision
from app.errors import RefusedError
from app.work.clients import key
from app.work.inputs import prose, whole
from app.work.note_rows import note_to_change
from app.work.unit import Work

LONGEST_COMMENT = 5_000  # characters


class FeedbackView(BaseModel):
    """`stars` None: none were given yet."""

    model_config = ConfigDict(frozen=True)

    revision_id: str
    stars: int | None = None
    comment: str = ""
    given_at: datetime | None = None


def give(work: Work, revision_id: str, stars: int, comment: str = "") -> FeedbackView:
    """Give a draft its stars, in place of those that it was given before.

    Raises:
        NotFoundError: there is no such revision within reach.
        InvalidError: not 1 to 5 stars, or the comment is too long.
        RefusedError: it is no generated draft (`not_generated`), or the note is signed (`note_signed`).
    """
    work.allow(Role.PRACTITIONER)
    whole("stars", stars, 1, 5)
    said = prose("comment", comment, LONGEST_COMMENT)
    revision = work.get(Revision, revision_id, "draft")
    if revision.origin != "generated":
        raise RefusedError("not_generated", "Stars are for drafts that were generated.")
    note_to_change(work, revision.note_id)
    row = _row(work, revision_id)
    if row is None:
        row = Feedback(
            id=new_id(), practice_id=revision.practice_id, practitioner_id=revision.practitioner_id,
            appointment_id=revision.appointment_id, revision_id=revision_id,
        )  # fmt: skip
        work.session.add(row)
    row.stars, row.given_at = stars, work.now
    row.sealed = work.vault.seal(_key(work, row), said, _part(row)) if said else None
    revision.measures = {**revision.measures, "stars": stars}
    work.session.flush()
    traces.assess(work, revision, "stars", stars)
    work.note("give_stars", "revision", revision, stars=stars)
    return _shown(work, row)


def view(work: Work, revision_id: str) -> FeedbackView:
    """The stars and the comment of a draft.

    Raises:
        NotFoundError: there is no such revision within reach.
    """
    work.allow(Role.PRACTITIONER)
    revision = work.get(Revision, revision_id, "draft")
    row = _row(work, revision_id)
    if row is None:
        return FeedbackView(revision_id=revision_id)
    work.note("read", "feedback", revision)
    return _shown(work, row)


def _row(work: Work, revision_id: str) -> Feedback | None:
    return work.session.scalars(select(Feedback).where(Feedback.revision_id == revision_id)).first()


def _shown(work: Work, row: Feedback) -> FeedbackView:
    comment = work.vault.open(_key(work, row), row.sealed, _part(row)) if row.sealed else ""
    return FeedbackView(revision_id=row.revision_id, stars=row.stars, comment=comment, given_at=row.given_at)


def _key(work: Work, row: Feedback) -> str:
    return key(work.get(Appointment, row.appointment_id, "appointment").client_id)


def _part(row: Feedback) -> str:
    return f"feedback {row.id}"

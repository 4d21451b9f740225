"""Stars and a comment for a generated draft, changeable until its note is signed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from app.web.dependencies import Caller, Needs
from app.web.forms import Body, PathId
from app.work import feedback
from app.work.feedback import FeedbackView

router = APIRouter(prefix="/revisions/{revision_id}/feedback", tags=["feedback"])


class Stars(Body):
    stars: int = Field(ge=1, le=5, examples=[4])
    comment: str = Field(default="", max_length=5_000, description="Stays encrypted here; it is sent nowhere.")


@router.get("")
def view_feedback(caller: Annotated[Caller, Depends(Needs("notes:read"))], revision_id: PathId) -> FeedbackView:
    with caller.work() as work:
        return feedback.view(work, revision_id)


@router.put("")
def give_feedback(
    caller: Annotated[Caller, Depends(Needs("feedback:write"))], revision_id: PathId, given: Stars
) -> FeedbackView:
    """Give a draft its stars, in place of those that it had."""
    with caller.work() as work:
        return feedback.give(work, revision_id, given.stars, given.comment)

"""The practice, whether AI is on in it, and how its notes are written."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from app.web.dependencies import Caller, Needs
from app.web.forms import Body, QueryId
from app.web.routes.clients import Values
from app.work import note_settings, practice
from app.work.practice import PracticeView

router = APIRouter(tags=["settings"])

Reader = Annotated[Caller, Depends(Needs("settings:read"))]
Writer = Annotated[Caller, Depends(Needs("settings:write"))]


class PracticeChange(Body):
    """What is left out stays as it is; an empty consent text brings the shipped one back."""

    name: str | None = Field(default=None, max_length=200, examples=["Elm Street Practice"])
    time_zone: str | None = Field(default=None, max_length=60, examples=["America/New_York"])
    retention_hours: int | None = Field(default=None, ge=0, le=168, examples=[168])
    opens_minutes_before: int | None = Field(default=None, ge=0, le=1440, examples=[15])
    closes_minutes_after: int | None = Field(default=None, ge=0, le=1440, examples=[60])
    consent_text: str | None = Field(default=None, max_length=10_000)


class SettingsBody(Body):
    """The settings of this level, whole."""

    values: Values


@router.get("/practice")
def view_practice(caller: Reader) -> PracticeView:
    with caller.work() as work:
        return practice.view(work)


@router.patch("/practice")
def change_practice(caller: Writer, change: PracticeChange) -> PracticeView:
    """Change what is given."""
    with caller.work() as work:
        return practice.change(work, **change.model_dump())


@router.put("/practice/ai")
def enable_ai(caller: Writer) -> PracticeView:
    """Let drafts be written. The first time, the AI note types come."""
    with caller.work() as work:
        return practice.enable_ai(work)


@router.delete("/practice/ai")
def disable_ai(caller: Writer) -> PracticeView:
    """No more recordings and drafts; what there is stays."""
    with caller.work() as work:
        return practice.disable_ai(work)


@router.get("/practice/note-settings")
def view_practice_settings(caller: Reader) -> dict[str, Any]:
    """How notes are written: what the practice's level says."""
    with caller.work() as work:
        return note_settings.of_practice(work)


@router.put("/practice/note-settings")
def change_practice_settings(caller: Writer, change: SettingsBody) -> dict[str, Any]:
    with caller.work() as work:
        return note_settings.set_practice(work, change.values)


@router.get("/note-settings")
def view_resolved_settings(
    caller: Reader, template_id: QueryId = None, client_id: Annotated[QueryId, Query()] = None
) -> dict[str, dict[str, Any]]:
    """What the levels come to for a note type and a client, and which level said so."""
    with caller.work() as work:
        return note_settings.resolved(work, template_id, client_id)

"""Note types: the Summary with the practice's own fields around it, in order."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from app.errors import InvalidError
from app.web.dependencies import Caller, Needs
from app.web.forms import Body, Changing, PathId, Place, QueryVersion
from app.web.routes.clients import SettingsChange
from app.work import note_settings, templates
from app.work.templates import TemplateView

router = APIRouter(prefix="/templates", tags=["templates"])

Reader = Annotated[Caller, Depends(Needs("templates:read"))]
Writer = Annotated[Caller, Depends(Needs("templates:write"))]
A_FIELD: dict[str, Any] = {"kind": "choice", "name": "setting", "label": "Setting", "options": ["Office", "Home"],
                           "required": True}  # fmt: skip
OwnField = Annotated[dict[str, Any], Field(examples=[A_FIELD])]
Elements = Annotated[
    list[dict[str, Any]], Field(max_length=100, examples=[[{"kind": "summary"}, A_FIELD]],
                                description="Exactly one of them is the Summary.")
]  # fmt: skip
FieldName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["setting"])]


class NewTemplate(Body):
    title: str = Field(max_length=200, examples=["Group note"])
    base: str | None = Field(default=None, max_length=40, examples=["soap"], description="None: a type without AI.")
    elements: Elements | None = None


class TemplateChange(Changing):
    """What is left out stays as it is; `elements` are given whole and in order."""

    title: str | None = Field(default=None, max_length=200, examples=["Group note"])
    elements: Elements | None = None
    active: bool | None = None


class NewField(Changing):
    field: OwnField
    place: Place | None = Field(default=None, description="From 0; without one, at the end.")


class FieldChange(Changing):
    """Another place from 0 (also of the `summary`), or whether a note can be signed without a value in it."""

    place: Place | None = None
    required: bool | None = None


class Removed(BaseModel):
    became: Literal["removed", "inactive"]


@router.get("")
def list_templates(
    caller: Reader,
    *,
    inactive: Annotated[bool, Query(description="Also those that cannot be chosen any more.")] = False,
) -> list[TemplateView]:
    """The practice's note types, by title."""
    with caller.work() as work:
        return list(templates.list_templates(work, inactive=inactive))


@router.post("", status_code=201)
def create_template(caller: Writer, new: NewTemplate) -> TemplateView:
    """A new note type; without elements it has the Summary alone."""
    with caller.work() as work:
        return templates.create_template(work, new.title, new.base, new.elements)


@router.get("/{template_id}")
def view_template(caller: Reader, template_id: PathId) -> TemplateView:
    with caller.work() as work:
        return templates.view(work, template_id)


@router.patch("/{template_id}")
def change_template(caller: Writer, template_id: PathId, change: TemplateChange) -> TemplateView:
    """Change what is given. The format of the Summary stays as it is."""
    given = {"title": change.title, "elements": change.elements, "active": change.active}
    with caller.work() as work:
        return templates.change_template(work, template_id, change.version, **given)  # type: ignore[arg-type]


@router.delete("/{template_id}")
def remove_template(caller: Writer, template_id: PathId, version: QueryVersion) -> Removed:
    """Remove a note type; one that is in use becomes inactive instead."""
    with caller.work() as work:
        return Removed(became=templates.remove_template(work, template_id, version))


@router.get("/{template_id}/preview", response_class=PlainTextResponse)
def preview_template(caller: Reader, template_id: PathId) -> str:
    """How a note of this type reads."""
    with caller.work() as work:
        return templates.preview(work, template_id)


@router.post("/{template_id}/fields", status_code=201)
def add_field(caller: Writer, template_id: PathId, new: NewField) -> TemplateView:
    """Add an own field."""
    with caller.work() as work:
        return templates.add_field(work, template_id, new.version, new.field, new.place)


@router.patch("/{template_id}/fields/{name}")
def change_field(caller: Writer, template_id: PathId, name: FieldName, change: FieldChange) -> TemplateView:
    """Move an own field or the Summary, or say whether the field is required."""
    if change.place is None and change.required is None:
        raise InvalidError("place", "Say where it is to stand, or whether it is required.")
    version = change.version
    with caller.work() as work:
        if change.place is not None:
            view = templates.move_element(work, template_id, version, name, change.place)
            version = view.version
        if change.required is not None:
            view = templates.set_required(work, template_id, version, name, required=change.required)
        return view


@router.delete("/{template_id}/fields/{name}")
def remove_field(caller: Writer, template_id: PathId, name: FieldName, version: QueryVersion) -> TemplateView:
    """Take an own field away; signed notes keep what was written in it."""
    with caller.work() as work:
        return templates.remove_field(work, template_id, version, name)


@router.get("/{template_id}/note-settings")
def view_template_settings(
    caller: Annotated[Caller, Depends(Needs("settings:read"))], template_id: PathId
) -> dict[str, Any]:
    """How notes of this type are written: what its level says."""
    with caller.work() as work:
        return note_settings.of_template(work, template_id)


@router.put("/{template_id}/note-settings")
def change_template_settings(
    caller: Annotated[Caller, Depends(Needs("settings:write"))], template_id: PathId, change: SettingsChange
) -> dict[str, Any]:
    with caller.work() as work:
        return note_settings.set_template(work, template_id, change.version, change.values)

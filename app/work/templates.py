"""Note types: a format's Summary and the practice's own fields around it. They apply to everybody in the practice.

A note type without `base` has no AI: its Summary is one text that a person writes. What a note was written in stays:
a note type in use can be changed, and goes only by becoming inactive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import exists, or_, select

from app.database.base import Role, new_id
from app.database.clinic import Appointment, Template
from app.database.notes import Revision, StoredNote
from app.database.people import Practice
from app.database.scope import Principal
from app.errors import ConflictError, InvalidError, RefusedError
from app.work import inputs
from app.work.note_form import form_of, formats_of
from app.work.template_elements import SUMMARY, Elements, checked, index
from app.work.unit import Work


@dataclass(frozen=True)
class TemplateView:
    """`base`: the format of the Summary; None: a note type without AI. `in_use`: appointments or notes have it."""

    id: str
    name: str
    title: str
    base: str | None
    elements: Elements
    note_settings: dict[str, Any]
    active: bool
    in_use: bool
    version: int


def list_templates(work: Work, *, inactive: bool = False) -> tuple[TemplateView, ...]:
    """The practice's note types by title: those that can be chosen, or with `inactive` all."""
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER, Role.REVIEWER)
    query = select(Template).order_by(Template.title, Template.id)
    rows = work.session.scalars(query if inactive else query.where(Template.active)).all()
    used = _used(work, [row.id for row in rows])
    return tuple(_shown(row, row.id in used) for row in rows)


def view(work: Work, template_id: str) -> TemplateView:
    """Raises:
    NotFoundError: there is no such note type in this practice.
    """
    return _view(work, work.get(Template, template_id, "note type"))


def preview(work: Work, template_id: str) -> str:
    """How a note of this type reads, with what belongs in each section in place of a text."""
    form = form_of(work, template_id)
    told = {section.name: f"[{section.belongs or 'Written by hand.'}]" for section in form.format.sections}
    return form.render(told, {})


def create_template(work: Work, title: str, base: str | None = None, elements: Elements | None = None) -> TemplateView:
    """A new note type. Without elements it has the Summary alone.

    Raises:
        ForbiddenError: they are no administrator.
        InvalidError: title, base or an element cannot be used; the field is named.
        RefusedError: `ai_disabled`: a format for drafts, where AI is not on; `title_taken`.
    """
    work.allow(Role.ADMINISTRATOR)
    practice = work.get(Practice, work.principal.practice_id, "practice", lock=True)
    if base is not None and not practice.ai_enabled:
        raise RefusedError("ai_disabled", "AI is not enabled in this practice. Enable it, or choose no format.")
    row = _add(work, practice.id, title, base, elements or [{"kind": SUMMARY}])
    work.note("create", "template", row)
    return _view(work, row)


def change_template(
    work: Work, template_id: str, version: int, *, title: str | None = None, elements: Elements | None = None,
    active: bool | None = None,
) -> TemplateView:  # fmt: skip
    """Change what is given; `elements` are given whole and in order. The format of the Summary stays as it is.

    Raises:
        ConflictError: it was changed since `version`.
        InvalidError: title or an element cannot be used; the field is named.
        RefusedError: `title_taken`.
    """
    row = _to_change(work, template_id, version)
    if title is not None:
        row.title = _free_title(work, row.practice_id, title, besides=row.id)
    if elements is not None:
        row.elements = checked(work, row.base, elements)
    if active is not None:
        row.active = active
    work.session.flush()
    work.note("change", "template", row, version=row.version)
    return _view(work, row)


def add_field(
    work: Work, template_id: str, version: int, field: dict[str, Any], place: int | None = None
) -> TemplateView:
    """Add an own field at a place from 0; without one, at the end."""

    def longer(old: Elements) -> Elements:
        at = len(old) if place is None else inputs.whole("place", place, 0, len(old))
        return [*old[:at], field, *old[at:]]

    return _edit(work, template_id, version, longer)


def remove_field(work: Work, template_id: str, version: int, name: str) -> TemplateView:
    """Take an own field away. Signed notes keep what was written in it."""
    if name == SUMMARY:
        raise RefusedError("summary_stays", "A note type has exactly one Summary. Move it, but do not remove it.")
    return _edit(work, template_id, version, lambda old: [e for i, e in enumerate(old) if i != index(old, name)])


def move_element(work: Work, template_id: str, version: int, name: str, place: int) -> TemplateView:
    """Put an own field, or the `summary`, at another place from 0."""

    def moved(old: Elements) -> Elements:
        element = old[index(old, name)]
        rest = [one for one in old if one is not element]
        at = inputs.whole("place", place, 0, len(rest))
        return [*rest[:at], element, *rest[at:]]

    return _edit(work, template_id, version, moved)


def set_required(work: Work, template_id: str, version: int, name: str, *, required: bool) -> TemplateView:
    """Say whether a note can be signed without a value in this field."""

    def said(old: Elements) -> Elements:
        at = index(old, name)
        if name == SUMMARY:
            raise InvalidError("name", "The Summary is always required. Name one of the practice's own fields.")
        return [*old[:at], old[at] | {"required": required}, *old[at + 1 :]]

    return _edit(work, template_id, version, said)


def remove_template(work: Work, template_id: str, version: int) -> Literal["removed", "inactive"]:
    """Remove a note type; one that an appointment or a note has becomes inactive instead.

    Raises:
        ConflictError: it was changed since `version`.
    """
    row = _to_change(work, template_id, version)
    work.note("remove", "template", row)
    if _used(work, [row.id]):
        row.active = False
        return "inactive"
    work.session.delete(row)
    return "removed"


def add_shipped(work: Work, practice_id: str) -> None:
    """Add a note type for each shipped format: what enabling AI does, once."""
    for name, form in formats_of(work.settings.prompts_dir).items():
        title = form.title
        if title in _titles(work, practice_id):
            title = f"{title} (AI)"
        row = _add(work, practice_id, title, name, [{"kind": SUMMARY}])
        work.note("create", "template", row)


def _add(work: Work, practice_id: str, title: str, base: str | None, elements: Elements) -> Template:
    free = _free_title(work, practice_id, title)
    row = Template(
        id=new_id(), practice_id=practice_id, name=_name(free), title=free, base=base,
        elements=checked(work, base, elements), note_settings={},
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row


def _edit(work: Work, template_id: str, version: int, change: Callable[[Elements], Elements]) -> TemplateView:
    row = _to_change(work, template_id, version)
    return change_template(work, template_id, version, elements=change(list(row.elements)))


def _to_change(work: Work, template_id: str, version: int) -> Template:
    work.allow(Role.ADMINISTRATOR)
    row = work.get(Template, template_id, "note type")
    if row.version != version:
        raise ConflictError("note type")
    return row


def _name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60] or "note"


def _titles(work: Work, practice_id: str) -> dict[str, str]:
    query = select(Template.title, Template.id).where(Template.practice_id == practice_id)
    return {row.title: row.id for row in work.session.execute(query)}


def _free_title(work: Work, practice_id: str, title: str, besides: str = "") -> str:
    wanted = inputs.line("title", title, 200)
    taken = {other.casefold() for other, owner in _titles(work, practice_id).items() if owner != besides}
    if wanted.casefold() in taken:
        raise RefusedError("title_taken", "Another note type has this title. Give it one of its own.")
    return wanted


def _used(work: Work, template_ids: Iterable[str]) -> set[str]:
    """Those of the note types that anything in the practice has, also what an administrator may not see."""
    uses = (exists().where(table.template_id == Template.id) for table in (Appointment, StoredNote, Revision))
    with work.session.acting(Principal.system("templates")):
        return set(work.session.scalars(select(Template.id).where(Template.id.in_(template_ids), or_(*uses))))


def _view(work: Work, row: Template) -> TemplateView:
    return _shown(row, row.id in _used(work, [row.id]))


def _shown(row: Template, in_use: bool) -> TemplateView:  # noqa: FBT001 - a private maker
    return TemplateView(
        row.id, row.name, row.title, row.base, list(row.elements), dict(row.note_settings), row.active, in_use,
        row.version,
    )  # fmt: skip


def shipped_formats(prompts_dir: Path) -> dict[str, str]:
    """Format → title: what a note type with AI can be based on."""
    return {name: form.title for name, form in formats_of(prompts_dir).items()}

"""How notes are written: settings of the practice, of a note type and of a client, and what they come to.

The client's level wins over the note type's, that over the practice's, and instructions of all levels hold together
(`pipelines.note_settings`). What a client's level holds lies sealed with the client's chart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.database.base import Role
from app.database.clinic import Client, Template
from app.errors import ConflictError, InvalidError
from app.work import clients, inputs
from app.work import practice as practices
from app.work.note_form import WITHOUT_AI, formats_of
from app.work.unit import Work
from pipelines.note_settings import NoteSettings, Resolved, resolve

Values = dict[str, Any]
"""Setting → value, as `NoteSettings` has them; what is not given is left to the level below."""


def of_practice(work: Work) -> Values:
    """The settings of the practice's level."""
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER, Role.REVIEWER)
    return dict(practices.own(work).note_settings)


def set_practice(work: Work, values: Mapping[str, Any]) -> Values:
    """Replace the settings of the practice's level; they hold for all notes that are written from now on.

    Raises:
        ForbiddenError: they are no administrator.
        InvalidError: a setting cannot be used; it is named.
    """
    work.allow(Role.ADMINISTRATOR)
    row = practices.own(work, lock=True)
    row.note_settings = _valid(work, values)
    work.note("note_settings", "practice", row)
    return dict(row.note_settings)


def of_template(work: Work, template_id: str) -> Values:
    """The settings of a note type's level."""
    return dict(work.get(Template, template_id, "note type").note_settings)


def set_template(work: Work, template_id: str, version: int, values: Mapping[str, Any]) -> Values:
    """Replace the settings of a note type.

    Raises:
        ConflictError: the note type was changed since `version`.
        InvalidError: a setting cannot be used, or the format has no such place for interventions.
    """
    work.allow(Role.ADMINISTRATOR)
    row = work.get(Template, template_id, "note type")
    if row.version != version:
        raise ConflictError("note type")
    row.note_settings = _valid(work, values, row.base or WITHOUT_AI)
    work.session.flush()
    work.note("note_settings", "template", row, version=row.version)
    return dict(row.note_settings)


def of_client(work: Work, client_id: str) -> Values:
    """The settings of a client's level. Their practitioner's alone: instructions may tell of the client."""
    work.allow(Role.PRACTITIONER)
    row = clients.get(work, client_id)
    work.note("read", "client", row)
    return dict(clients.opened(work, row).get(clients.NOTE_SETTINGS, {}))


def set_client(work: Work, client_id: str, version: int, values: Mapping[str, Any]) -> Values:
    """Replace the settings of a client's level.

    Raises:
        ConflictError: the client was changed since `version`.
        InvalidError: a setting cannot be used; it is named.
    """
    work.allow(Role.PRACTITIONER)
    row = clients.get(work, client_id)
    chart = clients.opened(work, row) | {clients.NOTE_SETTINGS: _valid(work, values)}
    clients.seal(work, row, version, chart)
    work.note("note_settings", "client", row, version=row.version)
    return dict(chart[clients.NOTE_SETTINGS])


def resolved(work: Work, template_id: str | None = None, client_id: str | None = None) -> dict[str, Values]:
    """What the levels come to for a note type and a client: setting → `{"value": …, "from": level}`."""
    work.allow(Role.PRACTITIONER) if client_id else work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER, Role.REVIEWER)
    template = work.get(Template, template_id, "note type") if template_id else None
    client = clients.get(work, client_id) if client_id else None
    if client is not None:
        work.note("read", "client", client)
    return resolved_for(work, template, client).shown()


def resolved_for(work: Work, template: Template | None = None, client: Client | None = None) -> Resolved:
    """What the levels come to, for use cases. The practice is the rows' own, so that the worker may ask too."""
    row = template or client
    practice = practices.own(work) if row is None else practices.of_row(work, row)
    told = clients.opened(work, client).get(clients.NOTE_SETTINGS) if client is not None else None
    levels = (practice.note_settings, template.note_settings if template else None, told)
    return resolve(*(NoteSettings.model_validate(level) if level else None for level in levels))


def _valid(work: Work, values: Mapping[str, Any], note_format: str | None = None) -> Values:
    """The settings as they are kept: only what was given, instructions as texts."""
    plain = inputs.plain("note_settings", dict(values))
    try:
        settings = NoteSettings.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in ("note_settings", *first["loc"]))
        unknown = f"There is no such setting; choose from {', '.join(NoteSettings.model_fields)}."
        told = unknown if first["type"] == "extra_forbidden" else f"{first['msg'].removeprefix('Value error, ')}."
        raise InvalidError(place, told[0].upper() + told[1:]) from None
    _check_interventions(work, settings.interventions_in, note_format)
    kept = settings.model_dump(mode="json", exclude_unset=True)
    if "instructions" in kept:
        kept["instructions"] = [one.text for one in settings.instructions]
    return kept


def _check_interventions(work: Work, section: str | None, note_format: str | None) -> None:
    formats = formats_of(work.settings.prompts_dir)
    asked = formats.values() if note_format is None else [formats[note_format]]
    allowed = sorted({name for form in asked for name in form.interventions.allowed})
    if section is not None and section not in allowed:
        told = f"Interventions cannot stand there; choose from {', '.join(allowed)}."
        raise InvalidError("note_settings.interventions_in", told)

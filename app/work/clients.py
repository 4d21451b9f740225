"""Clients and their charts. A chart lies sealed under its client's key; who edits it says which version they saw.

An administrator sees and changes demographics alone: diagnoses, treatment plan and medications are the practitioner's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from app.database.base import Role, new_id
from app.database.clinic import Client
from app.database.people import Practice, User
from app.errors import ConflictError, GoneError, InvalidError, NotFoundError
from app.storage.vault import ShreddedError
from app.work import inputs
from app.work.unit import Work
from pipelines.chart import chart_flaws
from pipelines.records import Appointment, Chart

CHART = "chart"
"""What the client's key seals it as."""
NOTE_SETTINGS = "note_settings"
"""Where the sealed chart keeps the settings of the client's level."""
_DEMOGRAPHICS = "client"
_LONGEST = 1_000


@dataclass(frozen=True)
class ClientView:
    """`chart` without the previous note, which is the last signed one; `warnings`: what in it cannot be right."""

    id: str
    practitioner_id: str
    chart: Chart
    warnings: tuple[str, ...]
    version: int
    created_at: datetime


@dataclass(frozen=True)
class ClientLine:
    """A client in a list."""

    id: str
    name: str
    practitioner_id: str
    version: int


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_max_length=_LONGEST)


class _Demographics(_Strict):
    name: str = Field(min_length=1, max_length=200)
    pronouns: str | None = Field(default=None, max_length=60)
    date_of_birth: str | None = Field(default=None, max_length=10)


class _Diagnosis(_Strict):
    code: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1, max_length=300)


class _Goal(_Strict):
    goal: str = Field(min_length=1)
    objectives: list[str] = Field(default=[], max_length=30)
    interventions: list[str] = Field(default=[], max_length=30)


class _Plan(_Strict):
    goals: list[_Goal] = Field(default=[], max_length=30)


class _Given(_Strict):
    """A chart as a person may give it: what a note may use, and nothing else; so nothing else reaches a prompt."""

    client: _Demographics
    diagnoses: list[_Diagnosis] = Field(default=[], max_length=50)
    treatment_plan: _Plan = _Plan()
    medications: list[str] = Field(default=[], max_length=100)


def create_client(work: Work, chart: Mapping[str, Any], practitioner_id: str | None = None) -> ClientView:
    """A new client: a practitioner's own, or of the practitioner whom the administrator names.

    Raises:
        InvalidError: the chart is not valid, or there is no such practitioner; the field is named.
    """
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    owner = practitioner(work, practitioner_id or work.principal.user_id)
    if work.principal.role == Role.PRACTITIONER and owner.id != work.principal.user_id:
        raise InvalidError("practitioner_id", "This must be yourself; an administrator gives clients to others.")
    given = _valid(work, chart)
    row = Client(id=new_id(), practice_id=owner.practice_id, practitioner_id=owner.id, created_at=work.now)
    work.vault.create(key(row.id))
    row.sealed = work.vault.seal(key(row.id), given, CHART)
    work.session.add(row)
    work.session.flush()
    work.note("create", "client", row)
    return _view(work, row, given)


def list_clients(work: Work) -> tuple[ClientLine, ...]:
    """The clients within reach, by name. The log keeps one entry for the list."""
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    rows = work.session.scalars(select(Client).where(Client.deleted_at.is_(None))).all()
    named = {row.id: name_of(work, row) for row in rows}
    lines = [ClientLine(row.id, named[row.id], row.practitioner_id, row.version) for row in rows if named[row.id]]
    work.note("list", "clients", work.get(Practice, work.principal.practice_id, "practice"), clients=len(lines))
    return tuple(sorted(lines, key=lambda line: (line.name.casefold(), line.id)))


def view_client(work: Work, client_id: str) -> ClientView:
    """A client's chart, or for an administrator the demographics of it.

    Raises:
        GoneError: the client was deleted for ever.
    """
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    row = get(work, client_id)
    work.note("read", "client", row)
    return _view(work, row, opened(work, row))


def change_client(work: Work, client_id: str, version: int, chart: Mapping[str, Any]) -> ClientView:
    """Replace the chart; an administrator replaces the demographics, and the rest stays.

    Raises:
        ConflictError: it was changed since `version`.
        InvalidError: it is not valid; the field is named.
    """
    work.allow(Role.ADMINISTRATOR, Role.PRACTITIONER)
    row = get(work, client_id)
    given, kept = _valid(work, chart), opened(work, row)
    if work.principal.role == Role.ADMINISTRATOR:
        given = kept | {_DEMOGRAPHICS: given[_DEMOGRAPHICS]}
    else:
        given[NOTE_SETTINGS] = kept.get(NOTE_SETTINGS, {})
    seal(work, row, version, given)
    work.note("change", "client", row, version=row.version)
    return _view(work, row, given)


def get(work: Work, client_id: str, *, lock: bool = False) -> Client:
    """The client's row, for use cases.

    Raises:
        GoneError: the client was deleted for ever.
    """
    row = work.get(Client, client_id, "client", lock=lock)
    if row.deleted_at is not None:
        day = row.deleted_at.date().isoformat()
        raise GoneError("deleted", f"This client was deleted for ever on {day}, with everything of theirs.")
    return row


def key(client_id: str) -> str:
    """The name of the client's data key."""
    return f"client-{client_id}"


def opened(work: Work, row: Client) -> dict[str, Any]:
    """What is sealed of a client: the chart's parts, and `note_settings`. For use cases.

    Raises:
        GoneError: the client was deleted for ever. A row that a backup brought back has no key any more.
    """
    with suppress(ShreddedError):
        if row.sealed is not None:
            chart: dict[str, Any] = work.vault.open(key(row.id), row.sealed, CHART)
            return chart
    raise GoneError("deleted", "This client was deleted for ever, with everything of theirs.")


def seal(work: Work, row: Client, version: int, chart: Mapping[str, Any]) -> None:
    """Seal a changed chart.

    Raises:
        ConflictError: it was changed since `version`.
    """
    check_version(row, version)
    row.sealed = work.vault.seal(key(row.id), dict(chart), CHART)
    work.session.flush()


def check_version(row: Client, version: int) -> None:
    """Raises:
    ConflictError: it was changed since `version`.
    """
    if row.version != version:
        raise ConflictError("client")


def chart_of(chart: Mapping[str, Any]) -> Chart:
    """What is sealed, as the chart that a note may use."""
    return Chart.model_validate({name: chart[name] for name in _Given.model_fields if name in chart})


def name_of(work: Work, row: Client) -> str:
    """The client's name; empty once the client was deleted for ever."""
    try:
        return str(opened(work, row)[_DEMOGRAPHICS]["name"])
    except GoneError:
        return ""


def practitioner(work: Work, user_id: str) -> User:
    """An active practitioner of the practice.

    Raises:
        InvalidError: they are none.
    """
    with suppress(NotFoundError):
        row = work.get(User, user_id, "practitioner")
        if row.role == Role.PRACTITIONER and row.active:
            return row
    raise InvalidError("practitioner_id", "There is no such practitioner. Choose one who works here.")


def _valid(work: Work, chart: Mapping[str, Any]) -> dict[str, Any]:
    plain = inputs.plain("chart", dict(chart))
    try:
        given = _Given.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in ("chart", *first["loc"]))
        raise InvalidError(place, f"{first['msg']}.") from None
    inputs.line("chart.client.name", given.client.name, 200)
    _check_birth(work, given.client.date_of_birth)
    if work.principal.role == Role.ADMINISTRATOR and set(plain) - {_DEMOGRAPHICS}:
        raise InvalidError("chart", "An administrator changes name, pronouns and date of birth alone.")
    return given.model_dump()


def _check_birth(work: Work, given: str | None) -> None:
    if given is None:
        return
    try:
        born = date.fromisoformat(given if len(given) == len("1990-05-31") else "")
    except ValueError:
        raise InvalidError("chart.client.date_of_birth", "Write the date like 1990-05-31.") from None
    if not 0 <= work.now.year - born.year <= 130 or born > work.now.date():
        raise InvalidError("chart.client.date_of_birth", "This is not the date of birth of somebody who lives.")


def _view(work: Work, row: Client, chart: Mapping[str, Any]) -> ClientView:
    shown = chart_of({_DEMOGRAPHICS: chart[_DEMOGRAPHICS]} if work.principal.role == Role.ADMINISTRATOR else chart)
    warnings = tuple(chart_flaws(shown, Appointment()))
    return ClientView(row.id, row.practitioner_id, shown, warnings, row.version, row.created_at)

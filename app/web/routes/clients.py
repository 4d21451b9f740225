"""Clients and their charts, whose they are, and their deletion for ever."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from app.web.dependencies import Caller, Needs, Person
from app.web.forms import Body, BodyId, Changing, PathId, QueryVersion
from app.work import client_deletion, clients, moving, note_settings
from app.work.clients import ClientLine, ClientView

router = APIRouter(prefix="/clients", tags=["clients"])

Reader = Annotated[Caller, Depends(Needs("clients:read"))]
Writer = Annotated[Caller, Depends(Needs("clients:write"))]
A_CHART: dict[str, Any] = {
    "client": {"name": "Noor Hale", "pronouns": "she/her", "date_of_birth": "1990-04-12"},
    "diagnoses": [{"code": "F41.1", "name": "Generalized anxiety disorder"}],
    "treatment_plan": {
        "goals": [{"goal": "Worry less", "objectives": ["Sleep seven hours"], "interventions": ["CBT"]}]
    },
    "medications": ["sertraline 50 mg"],
}
Chart = Annotated[dict[str, Any], Field(examples=[A_CHART], description="Demographics (`client`), `diagnoses`, "
    "`treatment_plan` and `medications`; of an administrator, the demographics alone.")]  # fmt: skip
Values = Annotated[dict[str, Any], Field(examples=[{"length": "brief"}], description="Setting and value.")]


class NewClient(Body):
    chart: Chart
    practitioner_id: BodyId | None = Field(default=None, description="Whose client; an administrator names one.")


class ChartChange(Changing):
    """The chart, whole."""

    chart: Chart


class Move(Changing):
    practitioner_id: BodyId


class SettingsChange(Changing):
    """The settings of this level, whole."""

    values: Values


@router.get("")
def list_clients(caller: Reader) -> list[ClientLine]:
    """One's own clients, by name; for an administrator the practice's."""
    with caller.work() as work:
        return list(clients.list_clients(work))


@router.post("", status_code=201)
def create_client(caller: Writer, new: NewClient) -> ClientView:
    with caller.work() as work:
        return clients.create_client(work, new.chart, new.practitioner_id)


@router.get("/{client_id}")
def view_client(caller: Reader, client_id: PathId) -> ClientView:
    """A client's chart; for an administrator, the demographics of it."""
    with caller.work() as work:
        return clients.view_client(work, client_id)


@router.put("/{client_id}")
def change_client(caller: Writer, client_id: PathId, change: ChartChange) -> ClientView:
    """Replace the chart; an administrator replaces the demographics, and the rest stays."""
    with caller.work() as work:
        return clients.change_client(work, client_id, change.version, change.chart)


@router.delete("/{client_id}", status_code=204)
def delete_client(
    caller: Person, client_id: PathId, version: QueryVersion,
    rule: Annotated[Literal["period_over", "client_asked", "mistake"], Query(description="By which rule.")],
) -> None:  # fmt: skip
    """Delete all that was kept of a client, for ever: nothing brings it back, also no backup."""
    with caller.work() as work:
        client_deletion.delete_client(work, client_id, version, rule)


@router.post("/{client_id}/move")
def move_client(caller: Person, client_id: PathId, move: Move) -> ClientView:
    """Give a client, with everything of theirs, to a colleague."""
    with caller.work() as work:
        return moving.move_client(work, client_id, move.version, move.practitioner_id)


@router.get("/{client_id}/note-settings")
def view_client_settings(caller: Reader, client_id: PathId) -> dict[str, Any]:
    """How notes of this client are written: what the client's level says."""
    with caller.work() as work:
        return note_settings.of_client(work, client_id)


@router.put("/{client_id}/note-settings")
def change_client_settings(caller: Writer, client_id: PathId, change: SettingsChange) -> dict[str, Any]:
    with caller.work() as work:
        return note_settings.set_client(work, client_id, change.version, change.values)

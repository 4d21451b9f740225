"""Appointments, from their making to the processing of their session; consent to record, and the waiting-room link."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from app.access import waiting_link
from app.web.dependencies import Caller, Needs, OurService
from app.web.forms import Body, BodyId, Changing, Moment, PathId, QueryId
from app.work import appointments, consents, switching, tasks
from app.work.appointment_views import AppointmentView
from app.work.consents import ConsentView
from app.work.switching import Switched
from app.work.tasks import TaskView

router = APIRouter(prefix="/appointments", tags=["appointments"])

Reader = Annotated[Caller, Depends(Needs("appointments:read"))]
Writer = Annotated[Caller, Depends(Needs("appointments:write"))]
NoteWriter = Annotated[Caller, Depends(Needs("notes:write"))]


class NewAppointment(Body):
    client_id: BodyId
    template_id: BodyId = Field(description="The note type.")
    starts_at: Moment
    ends_at: Moment
    cpt: str | None = Field(default=None, max_length=10, examples=["90834"])
    telehealth: bool = False


class AppointmentChange(Changing):
    """What is left out stays as it is; an empty `cpt` takes the code away."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None
    cpt: str | None = Field(default=None, max_length=10, examples=["90837"])
    telehealth: bool | None = None
    template_id: BodyId | None = None


class ActualTimes(Changing):
    """When the session really was."""

    began_at: Moment
    ended_at: Moment


class WaitingLink(BaseModel):
    """Shown this once. Browsers send what is behind the `#` to no server, so that it stands in no log."""

    token: str = Field(description="To be posted to /waiting-room/open by whoever waits.")
    address: str


class ConsentGiven(Body):
    shown: str | None = Field(default=None, max_length=100, description="`shown` of the words that were on the screen.")


class TypeSwitch(Body):
    template_id: BodyId
    confirmed: bool = Field(default=False, description="The clinician knows that the note has content.")
    source: Literal["transcript", "summary"] | None = Field(
        default=None, description="What the draft in the new type is to be written from."
    )


@router.get("")
def list_appointments(
    caller: Reader, since: Annotated[Moment, Query()], until: Annotated[Moment, Query()], client_id: QueryId = None
) -> list[AppointmentView]:
    """The appointments that begin from `since` and before `until`, in order of time."""
    with caller.work() as work:
        return list(appointments.list_appointments(work, since, until, client_id))


@router.post("", status_code=201)
def create_appointment(caller: Writer, new: NewAppointment) -> AppointmentView:
    """A new appointment of a client, with the client's practitioner."""
    with caller.work() as work:
        return appointments.create(
            work, new.client_id, new.template_id, new.starts_at, new.ends_at, cpt=new.cpt, telehealth=new.telehealth
        )


@router.get("/{appointment_id}")
def view_appointment(caller: Reader, appointment_id: PathId) -> AppointmentView:
    with caller.work() as work:
        return appointments.view(work, appointment_id)


@router.patch("/{appointment_id}")
def change_appointment(caller: Writer, appointment_id: PathId, change: AppointmentChange) -> AppointmentView:
    """Change what is given."""
    given = change.model_dump(exclude={"version"})
    with caller.work() as work:
        return appointments.change(work, appointment_id, change.version, **given)


@router.post("/{appointment_id}/cancel")
def cancel_appointment(caller: Writer, appointment_id: PathId, change: Changing) -> AppointmentView:
    """Cancel one that is still to come; the client's link ends with it."""
    with caller.work() as work:
        return appointments.cancel(work, appointment_id, change.version)


@router.put("/{appointment_id}/times")
def confirm_times(caller: Writer, appointment_id: PathId, times: ActualTimes) -> AppointmentView:
    """Say when a session really was that no call tells the times of."""
    with caller.work() as work:
        return appointments.confirm_times(work, appointment_id, times.version, times.began_at, times.ended_at)


@router.post("/{appointment_id}/waiting-link", status_code=201)
def make_waiting_link(caller: Writer, service: OurService, appointment_id: PathId) -> WaitingLink:
    """Make the client's link into the waiting room; one that was made before ends."""
    with caller.work() as work:
        token = waiting_link.create(work, appointment_id)
    settings = service.settings
    public = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    return WaitingLink(token=token, address=f"{public}/api/waiting-room/door#{token}")


@router.delete("/{appointment_id}/waiting-link", status_code=204)
def end_waiting_link(caller: Writer, appointment_id: PathId) -> None:
    """End the client's link at once."""
    with caller.work() as work:
        waiting_link.end(work, appointment_id)


@router.get("/{appointment_id}/consent")
def view_consent(caller: Reader, appointment_id: PathId) -> ConsentView:
    """Where consent to record this session stands, and the words of it."""
    with caller.work() as work:
        return consents.current(work, appointment_id)


@router.put("/{appointment_id}/consent")
def note_consent(caller: Writer, appointment_id: PathId, given: ConsentGiven) -> ConsentView:
    """Note that the client, having been told the words, agrees to be recorded."""
    with caller.work() as work:
        return consents.give(work, appointment_id, given.shown)


@router.delete("/{appointment_id}/consent")
def withdraw_consent(caller: Writer, appointment_id: PathId) -> ConsentView:
    """The client takes consent back: recording stops at once."""
    with caller.work() as work:
        return consents.withdraw(work, appointment_id)


@router.post("/{appointment_id}/note-type")
def switch_note_type(caller: NoteWriter, appointment_id: PathId, switch: TypeSwitch) -> Switched:
    """Switch the note type; asks for a confirmation, and for the source of a new draft, where the note has content."""
    with caller.work() as work:
        return switching.switch_type(
            work, appointment_id, switch.template_id, confirmed=switch.confirmed, source=switch.source
        )


@router.get("/{appointment_id}/tasks")
def list_tasks(caller: Reader, appointment_id: PathId) -> list[TaskView]:
    """What the service is doing for this appointment, or failed to do, the newest first."""
    with caller.work() as work:
        return list(tasks.list_tasks(work, appointment_id))

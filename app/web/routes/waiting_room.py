"""The client's waiting room: for one appointment, without an account, by the cookie that opening the link sets."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field

from app.access import waiting_link
from app.web.cookies import Cookie, delete_cookie, set_cookie
from app.web.dependencies import Guest, OurService
from app.web.errors import NotSignedInError
from app.web.forms import Body
from app.work import consents, waiting
from app.work.consents import ConsentView
from app.work.waiting import WaitingView

router = APIRouter(prefix="/waiting-room", tags=["waiting room"])


class Opening(Body):
    token: str = Field(min_length=20, max_length=200, description="What is behind the `#` of the link.")


class Agreement(Body):
    shown: str = Field(max_length=100, description="`shown` of the words that were on the screen.")


@router.post("/open")
def open_link(service: OurService, opening: Opening, response: Response) -> WaitingView:
    """Open the link of an appointment in this browser. The token is in the body, so that it stands in no log."""
    guest = waiting_link.guest_of(service, opening.token)
    if guest is None:
        raise NotSignedInError("This link is not known, or is over. Ask your practice for a new one.")
    with service.work(guest) as work:
        view = waiting.view(work)
    set_cookie(response, service.settings, Cookie.WAITING, opening.token)
    return view


@router.get("")
def view_waiting_room(guest: Guest) -> WaitingView:
    with guest.work() as work:
        return waiting.view(work)


@router.post("/check-in")
def check_in(guest: Guest) -> WaitingView:
    """Say that one is there."""
    with guest.work() as work:
        return waiting.check_in(work)


@router.post("/leave")
def leave(guest: Guest) -> WaitingView:
    """Say that one is there no more."""
    with guest.work() as work:
        return waiting.leave(work)


@router.post("/close", status_code=204)
def close(service: OurService, response: Response) -> None:
    """Forget the link in this browser."""
    delete_cookie(response, service.settings, Cookie.WAITING)


@router.put("/consent")
def agree(guest: Guest, agreement: Agreement) -> ConsentView:
    """Agree to be recorded, in the words that were shown."""
    with guest.work() as work:
        return consents.give(work, guest.principal.appointment_id, agreement.shown)


@router.delete("/consent")
def withdraw(guest: Guest) -> ConsentView:
    """Take it back: recording stops at once."""
    with guest.work() as work:
        return consents.withdraw(work, guest.principal.appointment_id)

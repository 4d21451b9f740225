"""The client's link: one appointment, and no longer than it is needed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.access import waiting_link
from app.database.base import Role, new_id
from app.database.clinic import Appointment, Client, Template
from app.database.operations import AuditEntry
from app.database.scope import Principal
from app.database.sessions import Call
from app.errors import ForbiddenError, NotFoundError, RefusedError
from tests.app.conftest import Clinic

SYSTEM = Principal.system("test")


@pytest.fixture
def appointment(clinic_of_two: Clinic) -> str:
    """Ada's, from in an hour to in two; the practice's window is an hour more."""
    ada, now = clinic_of_two.users["ada"], clinic_of_two.clock.now
    with clinic_of_two.service.work(SYSTEM) as work:
        template = Template(id=new_id(), practice_id=ada.practice_id, name="soap", title="SOAP", elements=[])
        row = Appointment(
            id=new_id(), practice_id=ada.practice_id, practitioner_id=ada.user_id, template_id=template.id,
            client_id=clinic_of_two.clients["ada"], starts_at=now + timedelta(hours=1),
            ends_at=now + timedelta(hours=2),
        )  # fmt: skip
        work.session.add(template)
        work.session.flush()
        work.session.add(row)
    return row.id


def link(clinic: Clinic, appointment: str, name: str = "ada") -> str:
    with clinic.service.work(clinic.users[name]) as work:
        return waiting_link.create(work, appointment)


def change(clinic: Clinic, appointment: str, **values: object) -> None:
    with clinic.service.work(SYSTEM) as work:
        row = work.get(Appointment, appointment, "appointment")
        for name, value in values.items():
            setattr(row, name, value)


def call(clinic: Clinic, appointment: str) -> str:
    with clinic.service.work(SYSTEM) as work:
        row = work.get(Appointment, appointment, "appointment")
        made = Call(id=new_id(), practice_id=row.practice_id, practitioner_id=row.practitioner_id,
                    appointment_id=row.id, transcribing=True, started_at=work.now)  # fmt: skip
        work.session.add(made)
    return made.id


def end(clinic: Clinic, call_id: str) -> None:
    with clinic.service.work(SYSTEM) as work:
        work.get(Call, call_id, "call").ended_at = work.now


def test_the_holder_is_a_guest_of_one_appointment_and_reaches_nothing_else(
    clinic_of_two: Clinic, appointment: str
) -> None:
    token = link(clinic_of_two, appointment)
    guest = waiting_link.guest_of(clinic_of_two.service, token)
    assert guest is not None
    assert (guest.role, guest.appointment_id) == (Role.GUEST, appointment)
    with clinic_of_two.service.work(guest) as work:
        assert work.session.scalars(select(Appointment.id)).all() == [appointment]
        assert work.session.scalars(select(Client.id)).all() == []
        row = work.get(Appointment, appointment, "appointment")
        assert row.link_digest
        assert token not in str(vars(row))


def test_nobody_makes_a_link_to_anothers_appointment(clinic_of_two: Clinic, appointment: str) -> None:
    for by in ("ben", "other_ada", "other_admin"):
        with pytest.raises(NotFoundError):
            link(clinic_of_two, appointment, by)


def test_a_reviewer_or_a_guest_makes_none(clinic_of_two: Clinic, appointment: str) -> None:
    guest = waiting_link.guest_of(clinic_of_two.service, link(clinic_of_two, appointment))
    assert guest is not None
    for principal in (clinic_of_two.users["reviewer"], guest):
        with clinic_of_two.service.work(principal) as work, pytest.raises(ForbiddenError):
            waiting_link.create(work, appointment)
        with clinic_of_two.service.work(principal) as work, pytest.raises(ForbiddenError):
            waiting_link.end(work, appointment)


def test_what_is_no_link_is_nobody(clinic_of_two: Clinic, appointment: str) -> None:
    link(clinic_of_two, appointment)
    for token in (None, "", "x", "x" * 10_000, "é", "\0"):
        assert waiting_link.guest_of(clinic_of_two.service, token) is None


def test_it_ends_with_the_practices_window_after_the_appointment(clinic_of_two: Clinic, appointment: str) -> None:
    token = link(clinic_of_two, appointment)
    clinic_of_two.clock.forward(hours=3, seconds=-1)
    assert waiting_link.guest_of(clinic_of_two.service, token) is not None
    clinic_of_two.clock.forward(seconds=1)
    assert waiting_link.guest_of(clinic_of_two.service, token) is None
    with pytest.raises(RefusedError):
        link(clinic_of_two, appointment)


def test_it_follows_an_appointment_that_is_moved(clinic_of_two: Clinic, appointment: str) -> None:
    token = link(clinic_of_two, appointment)
    change(clinic_of_two, appointment, ends_at=clinic_of_two.clock.now + timedelta(days=7))
    clinic_of_two.clock.forward(days=7)
    assert waiting_link.guest_of(clinic_of_two.service, token) is not None


def test_it_ends_with_the_appointment(clinic_of_two: Clinic, appointment: str) -> None:
    token = link(clinic_of_two, appointment)
    for status in ("signed", "cancelled"):
        change(clinic_of_two, appointment, status=status)
        assert waiting_link.guest_of(clinic_of_two.service, token) is None
        with pytest.raises(RefusedError):
            link(clinic_of_two, appointment)


def test_it_lasts_through_the_call_and_ends_with_it(clinic_of_two: Clinic, appointment: str) -> None:
    token = link(clinic_of_two, appointment)
    begun = call(clinic_of_two, appointment)
    assert waiting_link.guest_of(clinic_of_two.service, token) is not None
    end(clinic_of_two, begun)
    assert waiting_link.guest_of(clinic_of_two.service, token) is None


def test_a_call_that_was_cut_off_can_be_taken_up_again_with_a_new_link(clinic_of_two: Clinic, appointment: str) -> None:
    link(clinic_of_two, appointment)
    end(clinic_of_two, call(clinic_of_two, appointment))
    clinic_of_two.clock.forward(seconds=1)
    token = link(clinic_of_two, appointment)
    assert waiting_link.guest_of(clinic_of_two.service, token) is not None


def test_a_new_link_ends_the_one_before_and_any_can_be_ended(clinic_of_two: Clinic, appointment: str) -> None:
    first, second = link(clinic_of_two, appointment), link(clinic_of_two, appointment, "admin")
    assert waiting_link.guest_of(clinic_of_two.service, first) is None
    assert waiting_link.guest_of(clinic_of_two.service, second) is not None
    for _ in range(2):
        with clinic_of_two.service.work(clinic_of_two.users["ada"]) as work:
            waiting_link.end(work, appointment)
    assert waiting_link.guest_of(clinic_of_two.service, second) is None
    with clinic_of_two.service.work(SYSTEM) as work:
        actions = work.session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)).all()
    assert actions == ["link_made", "link_made", "link_ended"]

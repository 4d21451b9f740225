"""Appointments, the client in the waiting room, and consent; on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database.clinic import Appointment, Consent
from app.database.notes import StoredNote
from app.database.scope import Principal
from app.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, RefusedError
from app.work import appointments, consents, practice, waiting
from tests.app.conftest import NOW, Clinic


def made(clinic: Clinic, name: str = "ada", **given: Any) -> appointments.AppointmentView:
    note_type = clinic.note_type()
    with clinic.work(name) as work:
        return appointments.create(
            work, clinic.clients["ada"], note_type,
            **({"starts_at": NOW, "ends_at": NOW + timedelta(minutes=50), "cpt": "90834"} | given),
        )  # fmt: skip


def refused(clinic: Clinic, name: str, act: Any) -> str:
    with clinic.work(name) as work, pytest.raises(RefusedError) as refusal:
        act(work)
    return refusal.value.code


def test_times_come_out_as_the_practices_clock_shows_them(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        practice.change(work, time_zone="America/New_York")
    seen = made(clinic_of_two)
    assert seen.starts_at.isoformat() == "2026-03-02T10:00:00-05:00"
    with clinic_of_two.work("ada") as work:
        summer = appointments.change(work, seen.id, seen.version, starts_at=datetime(2026, 7, 1, 15, tzinfo=UTC),
                                     ends_at=datetime(2026, 7, 1, 16, tzinfo=UTC))  # fmt: skip
    assert summer.starts_at.isoformat() == "2026-07-01T11:00:00-04:00"
    assert summer.client_name == "Ro Vale"


def test_what_is_no_appointment_is_refused_with_its_field(clinic_of_two: Clinic) -> None:
    other, inactive = clinic_of_two.clients["ben"], clinic_of_two.note_type(active=False)
    usable, end = clinic_of_two.note_type(), NOW + timedelta(hours=1)
    for given, field in (
        ({"starts_at": NOW.replace(tzinfo=None)}, "starts_at"), ({"ends_at": NOW}, "ends_at"),
        ({"ends_at": NOW + timedelta(hours=13)}, "ends_at"), ({"cpt": ""}, "cpt"), ({"cpt": "9" * 11}, "cpt"),
        ({"starts_at": datetime(1, 1, 1, tzinfo=UTC)}, "starts_at"),
        ({"starts_at": datetime(9999, 12, 31, tzinfo=UTC)}, "starts_at"),
    ):  # fmt: skip
        with pytest.raises(InvalidError) as refusal:
            made(clinic_of_two, **given)
        assert refusal.value.field == field
    with clinic_of_two.work("ada") as work:
        with pytest.raises(InvalidError):
            appointments.create(work, clinic_of_two.clients["ada"], inactive, NOW, end)
        with pytest.raises(NotFoundError):
            appointments.create(work, other, usable, NOW, end)
        assert appointments.list_appointments(work, NOW, NOW + timedelta(days=366)) == ()
        with pytest.raises(InvalidError):
            appointments.list_appointments(work, NOW, NOW + timedelta(days=367))
    with pytest.raises(ForbiddenError):
        made(clinic_of_two, synthetic=True)


def test_an_administrator_makes_and_lists_them_and_is_told_nothing_of_consent(clinic_of_two: Clinic) -> None:
    seen = made(clinic_of_two, "admin")
    assert seen.practitioner_id == clinic_of_two.users["ada"].user_id
    with clinic_of_two.work("ada") as work:
        consents.give(work, seen.id)
        [listed] = appointments.list_appointments(work, NOW, NOW + timedelta(days=1))
        assert (listed.consent, listed.template_title) == (True, seen.template_title)
    with clinic_of_two.work("admin") as work:
        assert appointments.view(work, seen.id).consent is None
        with pytest.raises(ForbiddenError):
            consents.current(work, seen.id)
    for name in ("ben", "other_ada", "other_admin"):
        with clinic_of_two.work(name) as work, pytest.raises(NotFoundError):
            appointments.view(work, seen.id)
    with clinic_of_two.work("reviewer") as work, pytest.raises(ForbiddenError):
        appointments.view(work, seen.id)


def test_a_note_keeps_the_type_and_a_session_its_plan(clinic_of_two: Clinic) -> None:
    seen, other, ada = made(clinic_of_two), clinic_of_two.note_type("dap"), clinic_of_two.users["ada"]
    with clinic_of_two.work("admin") as work:
        changed = appointments.change(work, seen.id, seen.version, template_id=other, cpt="", telehealth=True)
        assert (changed.template_id, changed.cpt, changed.telehealth) == (other, None, True)
    with clinic_of_two.work("ada") as work:
        work.session.add(StoredNote(practice_id=ada.practice_id, practitioner_id=ada.user_id, appointment_id=seen.id,
                                    template_id=other))  # fmt: skip
        work.get(Appointment, seen.id, "appointment").status = "held"
    with clinic_of_two.work("admin") as work:
        version = appointments.view(work, seen.id).version
    change = {"version": version, "appointment_id": seen.id}
    assert refused(clinic_of_two, "admin", lambda work: appointments.change(
        work, **change, template_id=seen.template_id)) == "has_note"  # fmt: skip
    assert refused(clinic_of_two, "ada", lambda work: appointments.change(work, **change, starts_at=NOW)) == "begun"
    assert refused(clinic_of_two, "ada", lambda work: appointments.cancel(work, **change)) == "begun"
    with clinic_of_two.work("ada") as work, pytest.raises(ConflictError):
        appointments.change(work, seen.id, seen.version, cpt="90837")


def test_actual_times_are_confirmed_by_the_practitioner(clinic_of_two: Clinic) -> None:
    seen, end = made(clinic_of_two), NOW + timedelta(minutes=45)
    clinic_of_two.clock.forward(hours=1)
    with clinic_of_two.work("admin") as work, pytest.raises(ForbiddenError):
        appointments.confirm_times(work, seen.id, seen.version, NOW, end)
    with clinic_of_two.work("ada") as work:
        long_ago = NOW - timedelta(days=2)
        for began, ended, field in ((NOW, NOW, "ended_at"), (NOW, NOW + timedelta(hours=2), "ended_at"),
                                    (long_ago, long_ago + timedelta(hours=1), "began_at")):  # fmt: skip
            with pytest.raises(InvalidError) as refusal:
                appointments.confirm_times(work, seen.id, seen.version, began, ended)
            assert refusal.value.field == field
        done = appointments.confirm_times(work, seen.id, seen.version, NOW, end)
        assert (done.began_at, done.ended_at, done.times_confirmed) == (NOW, end, True)
    for status in ("signed", "cancelled"):
        with clinic_of_two.work("ada") as work:
            row = work.get(Appointment, seen.id, "appointment")
            row.status = status
            work.session.flush()
            with pytest.raises(RefusedError) as over:
                appointments.confirm_times(work, seen.id, row.version, NOW, end)
        assert over.value.code == "over"


def test_the_client_checks_in_and_agrees_in_the_waiting_room(clinic_of_two: Clinic) -> None:
    appointment_id = clinic_of_two.appointment(starts_at=NOW + timedelta(hours=3), ends_at=NOW + timedelta(hours=4))
    elsewhere, guest = clinic_of_two.appointment("ben"), clinic_of_two.guest(appointment_id)
    service = clinic_of_two.service
    with service.work(guest) as work:
        seen = waiting.view(work)
        assert (seen.clinician, seen.practice, seen.state) == ("Ada", "practice", "expected")
        with pytest.raises(RefusedError) as early:
            waiting.check_in(work)
        assert early.value.code == "too_early"
        assert "4:00 PM on March 2" in str(early.value)
        with pytest.raises(NotFoundError):
            consents.give(work, elsewhere)
    clinic_of_two.clock.forward(hours=2)
    with service.work(guest) as work:
        assert waiting.check_in(work).state == "waiting"
        assert waiting.leave(work).state == "expected"
        assert waiting.check_in(work).state == "waiting"
        given = consents.give(work, appointment_id, seen.consent.shown)
        assert (given.stands, given.given_by, given.text) == (True, "client", seen.consent.text)
        assert [row.id for row in work.session.scalars(select(Appointment))] == [appointment_id]
    with clinic_of_two.work("ada") as work:
        assert consents.current(work, appointment_id).given_by == "client"
        appointment = work.get(Appointment, appointment_id, "appointment")
        assert appointment.checked_in_at == NOW + timedelta(hours=2)
        appointment.status = "cancelled"
    with service.work(guest) as work:
        assert waiting.view(work).state == "over"
        with pytest.raises(RefusedError):
            waiting.check_in(work)
        with pytest.raises(RefusedError):
            consents.give(work, appointment_id)
    with clinic_of_two.work("ada") as work, pytest.raises(ForbiddenError):
        waiting.check_in(work)


def test_consent_keeps_its_words_and_can_be_withdrawn_and_given_again(clinic_of_two: Clinic) -> None:
    appointment_id = clinic_of_two.appointment()
    with clinic_of_two.work("ada") as work:
        assert not consents.current(work, appointment_id).stands
        with pytest.raises(RefusedError):
            consents.withdraw(work, appointment_id)
        old = consents.current(work, appointment_id)
    with clinic_of_two.work("admin") as work:
        practice.change(work, consent_text="New words.")
    with clinic_of_two.work("ada") as work:
        with pytest.raises(ConflictError):
            consents.give(work, appointment_id, old.shown)
        assert consents.give(work, appointment_id).given_by == "practitioner"
    with clinic_of_two.work("admin") as work:
        practice.change(work, consent_text="Newer words.")
    clinic_of_two.clock.forward(minutes=1)
    with clinic_of_two.service.work(clinic_of_two.guest(appointment_id)) as work:
        assert consents.give(work, appointment_id).text == "New words."
        gone = consents.withdraw(work, appointment_id)
        assert (gone.stands, gone.text, gone.withdrawn_at) == (False, "Newer words.", NOW + timedelta(minutes=1))
        with pytest.raises(RefusedError):
            consents.require(work, appointment_id)
    clinic_of_two.clock.forward(minutes=1)
    with clinic_of_two.work("ada") as work:
        assert consents.give(work, appointment_id).stands
    with clinic_of_two.service.work(Principal.system("test")) as work:
        kept = work.session.scalars(select(Consent).order_by(Consent.given_at)).all()
        assert [(one.given_by, one.text, one.withdrawn_at is None) for one in kept] == [
            ("practitioner", "New words.", False), ("practitioner", "Newer words.", True)]  # fmt: skip

"""Calls: what refuses one with transcription, and what the end of a call brings about; on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.access import waiting_link
from app.database.clinic import Appointment
from app.database.operations import Task
from app.database.people import Notification
from app.database.scope import Principal
from app.database.sessions import Call, Recording
from app.errors import ForbiddenError, NotFoundError, RefusedError, WorkError
from app.work import appointments, calls, consents, practice, waiting
from tests.app.conftest import NOW, Clinic
from tests.app.work.recorder import Tab, recordable

SYSTEM = Principal.system("test")


def refused(clinic: Clinic, appointment_id: str, start: Any = calls.start_call_with_transcription) -> tuple[str, str]:
    with clinic.work("ada") as work, pytest.raises(RefusedError) as refusal:
        start(work, appointment_id)
    return refusal.value.code, str(refusal.value)


def seen(clinic: Clinic, appointment_id: str) -> appointments.AppointmentView:
    with clinic.work("ada") as work:
        return appointments.view(work, appointment_id)


def calls_recording(clinic: Clinic, call_id: str) -> str | None:
    with clinic.work("ada") as work:
        return calls.view_call(work, call_id).recording_id


def tasks(clinic: Clinic) -> list[tuple[str, str]]:
    with clinic.service.work(SYSTEM) as work:
        return [(task.kind, task.subject_id) for task in work.session.scalars(select(Task))]


def test_start_call_never_records(clinic_of_two: Clinic) -> None:
    appointment_id = recordable(clinic_of_two, call=False)
    with clinic_of_two.work("ada") as work:
        call = calls.start_call(work, appointment_id)
        assert not call.transcribing
    with pytest.raises(RefusedError) as refusal:
        Tab(clinic_of_two, appointment_id).open()
    assert refusal.value.code == "no_call"
    clinic_of_two.clock.forward(minutes=45)
    with clinic_of_two.work("ada") as work:
        calls.end_call(work, call.id)
    after = seen(clinic_of_two, appointment_id)
    assert (after.status, after.began_at, after.ended_at) == ("held", NOW, NOW + timedelta(minutes=45))
    assert (after.call_id, after.checked_in_at, tasks(clinic_of_two)) == (None, None, [])
    with clinic_of_two.work("ada") as work, pytest.raises(RefusedError) as stands:
        appointments.confirm_times(work, appointment_id, after.version, NOW, NOW + timedelta(minutes=30))
    assert stands.value.code == "times_of_call"


def test_each_refusal_has_its_own_code_and_names_the_way_out(clinic_of_two: Clinic) -> None:
    appointment_id = clinic_of_two.appointment(starts_at=NOW + timedelta(hours=2), ends_at=NOW + timedelta(hours=3))
    with clinic_of_two.work("admin") as work:
        practice.disable_ai(work)
    told = [refused(clinic_of_two, appointment_id)]
    with clinic_of_two.work("admin") as work:
        practice.enable_ai(work)
        practice.change(work, opens_minutes_before=10, closes_minutes_after=20)
    told.append(refused(clinic_of_two, appointment_id))
    clinic_of_two.clock.forward(hours=1, minutes=49)
    assert refused(clinic_of_two, appointment_id)[0] == "too_early"
    clinic_of_two.clock.forward(minutes=1)
    told.append(refused(clinic_of_two, appointment_id))
    with clinic_of_two.work("ada") as work:
        consents.give(work, appointment_id)
    told.append(refused(clinic_of_two, appointment_id))
    with clinic_of_two.work("ada") as work:
        work.get(Appointment, appointment_id, "appointment").checked_in_at = work.now
    clinic_of_two.clock.forward(minutes=30, seconds=1)
    told.append(refused(clinic_of_two, appointment_id))
    clinic_of_two.clock.forward(seconds=-1)
    with clinic_of_two.work("ada") as work:
        calls.start_call_with_transcription(work, appointment_id)
    told += [refused(clinic_of_two, appointment_id, start) for start in (calls.start_call_with_transcription,
                                                                         calls.start_call)]  # fmt: skip
    assert [code for code, _ in told] == [
        "ai_disabled", "too_early", "no_consent", "not_checked_in", "too_late", "already_in_call", "already_in_call"
    ]  # fmt: skip
    assert "4:50 PM on March 2" in told[1][1]
    assert "5:20 PM on March 2" in told[4][1]
    assert all("transcription" in sentence or "recording" in sentence for _, sentence in told[:5])


@pytest.mark.parametrize("start", [calls.start_call, calls.start_call_with_transcription])
def test_who_and_what_has_no_call(clinic_of_two: Clinic, start: Any) -> None:
    appointment_id = recordable(clinic_of_two, call=False)
    for name, error in (("admin", ForbiddenError), ("reviewer", ForbiddenError), ("ben", NotFoundError),
                        ("other_ada", NotFoundError)):  # fmt: skip
        with clinic_of_two.work(name) as work, pytest.raises(error):
            start(work, appointment_id)
    with clinic_of_two.service.work(clinic_of_two.guest(appointment_id)) as work, pytest.raises(ForbiddenError):
        start(work, appointment_id)
    for status in consents.OVER:
        with clinic_of_two.work("ada") as work:
            work.get(Appointment, appointment_id, "appointment").status = status
        assert refused(clinic_of_two, appointment_id, start)[0] == "over"


def test_recording_stops_and_goes_on_and_the_end_asks_for_the_draft_once(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-client")
    tab.send("1-client", 0, b"a")
    clinic_of_two.clock.forward(minutes=20)
    tab.track("2-client", offset=1200)
    tab.send("2-client", 0, b"b")
    with clinic_of_two.work("ada") as work:
        call = calls.current_call(work, tab.appointment)
        assert call is not None
        ended = calls.end_call(work, call.id, {"1-client": 1, "2-client": 2})
        assert ended.missing == {"2-client": [1]}
        assert ended.recording_state == "open"
    assert (seen(clinic_of_two, tab.appointment).status, tasks(clinic_of_two)) == ("processing", [])
    clinic_of_two.clock.forward(minutes=1)
    tab.send("2-client", 1, b"c")
    for _ in range(2):
        with clinic_of_two.work("ada") as work:
            ended = calls.end_call(work, call.id, {"1-client": 1, "2-client": 2})
        assert (dict(ended.missing), ended.recording_state) == ({}, "complete")
    after = seen(clinic_of_two, tab.appointment)
    assert (after.status, after.ended_at) == ("processing", NOW + timedelta(minutes=20))
    assert tasks(clinic_of_two) == [("process", tab.recording)]


def test_a_second_call_prolongs_the_session(clinic_of_two: Clinic) -> None:
    appointment_id = clinic_of_two.appointment()
    for _ in range(2):
        with clinic_of_two.work("ada") as work:
            call = calls.start_call(work, appointment_id)
        clinic_of_two.clock.forward(minutes=10)
        with clinic_of_two.work("ada") as work:
            calls.end_call(work, call.id)
    after = seen(clinic_of_two, appointment_id)
    assert (after.began_at, after.ended_at) == (NOW, NOW + timedelta(minutes=20))


def test_a_client_who_was_cut_off_comes_back_by_a_new_link(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-client")
    tab.send("1-client", 0, b"a")
    with clinic_of_two.work("ada") as work:
        call = calls.current_call(work, tab.appointment)
        assert call is not None
        calls.end_call(work, call.id)
    assert refused(clinic_of_two, tab.appointment)[0] == "not_checked_in"
    clinic_of_two.clock.forward(minutes=1)
    with clinic_of_two.work("ada") as work:
        token = waiting_link.create(work, tab.appointment)
    guest = waiting_link.guest_of(clinic_of_two.service, token)
    assert guest is not None
    with clinic_of_two.service.work(guest) as work:
        assert waiting.view(work).state == "expected"
        assert waiting.check_in(work).state == "waiting"
    with clinic_of_two.work("ada") as work:
        second = calls.start_call_with_transcription(work, tab.appointment)
    tab.open()
    assert tab.recording != calls_recording(clinic_of_two, call.id)
    assert tab.recording == calls_recording(clinic_of_two, second.id)


def test_a_call_that_recorded_nothing_asks_for_no_draft(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    with clinic_of_two.work("ada") as work:
        call = calls.current_call(work, tab.appointment)
        assert call is not None
        assert calls.end_call(work, call.id).recording_state == "failed"
    assert (seen(clinic_of_two, tab.appointment).status, tasks(clinic_of_two)) == ("held", [])


def test_withdrawing_consent_stops_the_recording_of_a_call_that_goes_on(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-client")
    tab.send("1-client", 0, b"a")
    with clinic_of_two.service.work(clinic_of_two.guest(tab.appointment)) as work:
        consents.withdraw(work, tab.appointment)
    clinic_of_two.clock.forward(seconds=10)
    for again in (lambda: tab.track("2-client"), lambda: tab.open(), lambda: tab.send("1-client", 1, b"b")):
        with pytest.raises(WorkError):
            again()
    with clinic_of_two.work("ada") as work:
        call = calls.current_call(work, tab.appointment)
        assert call is not None
        consents.give(work, tab.appointment)
    tab.open()
    tab.track("2-client", offset=10)
    tab.send("2-client", 0, b"c")


def test_a_call_without_a_sound_ends_itself_as_of_the_last_one(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-client")
    clinic_of_two.clock.forward(minutes=30)
    tab.send("1-client", 0, b"a")
    tab.send("1-client", 2, b"c")
    clinic_of_two.clock.forward(minutes=9)
    with clinic_of_two.service.work(SYSTEM) as work:
        assert calls.end_quiet_calls(work) == 0
    clinic_of_two.clock.forward(minutes=2)
    with clinic_of_two.service.work(SYSTEM) as work:
        assert calls.end_quiet_calls(work) == 1
    with clinic_of_two.service.work(SYSTEM) as work:
        assert calls.end_quiet_calls(work) == 0
        assert work.session.scalars(select(Call.ended_by)).all() == ["quiet"]
        assert work.session.scalars(select(Recording.state)).all() == ["complete"]
        assert work.session.scalars(select(Notification.kind)).all() == ["call_ended_itself"]
    after = seen(clinic_of_two, tab.appointment)
    assert (after.status, after.began_at, after.ended_at) == ("processing", NOW, NOW + timedelta(minutes=30))
    assert tasks(clinic_of_two) == [("process", tab.recording)]
    with clinic_of_two.work("ada") as work:  # only the last sound is known: the clinician may know better
        done = appointments.confirm_times(work, tab.appointment, after.version, NOW, NOW + timedelta(minutes=35))
        assert done.times_confirmed


def test_what_an_ended_call_left_open_is_completed_with_what_came(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-client")
    tab.send("1-client", 0, b"a")
    with clinic_of_two.work("ada") as work:
        call = calls.current_call(work, tab.appointment)
        assert call is not None
        calls.end_call(work, call.id, {"1-client": 3})
    clinic_of_two.clock.forward(minutes=11)
    with clinic_of_two.service.work(SYSTEM) as work:
        assert calls.end_quiet_calls(work) == 1
        assert work.session.scalars(select(Call.ended_by)).all() == ["practitioner"]
    assert tasks(clinic_of_two) == [("process", tab.recording)]


def test_a_call_without_transcription_is_forgotten_after_half_a_day_and_tells_no_times(clinic_of_two: Clinic) -> None:
    appointment_id = clinic_of_two.appointment()
    with clinic_of_two.work("ada") as work:
        calls.start_call(work, appointment_id)
    clinic_of_two.clock.forward(hours=11)
    with clinic_of_two.service.work(SYSTEM) as work:
        assert calls.end_quiet_calls(work) == 0
    clinic_of_two.clock.forward(hours=2)
    with clinic_of_two.service.work(SYSTEM) as work:
        assert calls.end_quiet_calls(work) == 1
    after = seen(clinic_of_two, appointment_id)
    assert (after.status, after.began_at, after.ended_at) == ("held", None, None)


def test_a_call_with_transcription_that_never_recorded_ends_without_times(clinic_of_two: Clinic) -> None:
    appointment_id = recordable(clinic_of_two)
    clinic_of_two.clock.forward(minutes=11)
    with clinic_of_two.service.work(SYSTEM) as work:
        assert calls.end_quiet_calls(work) == 1
    assert seen(clinic_of_two, appointment_id).began_at is None

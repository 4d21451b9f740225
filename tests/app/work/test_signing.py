"""What stands against signing, and what signing ends for ever."""

import pytest
from sqlalchemy import select

from app.database.clinic import Appointment
from app.database.notes import Revision, StoredNote
from app.database.operations import Trace
from app.database.sessions import Call, Recording
from app.errors import ConflictError, ForbiddenError, GoneError, InvalidError, NotFoundError, RefusedError
from app.work import drafts, exports, feedback, notes, quality, signing, summaries, transcripts
from app.work.note_document import signed_document
from tests.app.conftest import Clinic
from tests.app.work.desk import UNSUPPORTED, Desk


@pytest.fixture
def desk(clinic_of_two: Clinic) -> Desk:
    return Desk(clinic_of_two)


def problems(desk: Desk) -> list[str]:
    with desk.work() as work:
        return [one.kind for one in signing.problems(work, desk.note().id)]


def sign(desk: Desk) -> notes.NoteView:
    note = desk.note()
    with desk.work() as work:
        return signing.sign(work, note.id, note.version)


def appointment(desk: Desk, **values: object) -> None:
    with desk.system() as work:
        row = work.get(Appointment, desk.appointment_id, "appointment")
        for name, value in values.items():
            setattr(row, name, value)


def add(desk: Desk, row: Call | Recording) -> None:
    row.practice_id, row.practitioner_id, row.appointment_id = (
        desk.me.practice_id, desk.me.user_id, desk.appointment_id,
    )  # fmt: skip
    with desk.system() as work:
        work.session.add(row)


def test_every_problem_is_named_and_refuses_the_signature(desk: Desk) -> None:
    assert problems(desk) == ["empty", "field"]
    desk.hear()
    desk.draft()
    assert problems(desk) == ["field", "sentence"]
    with pytest.raises(RefusedError, match="Setting: this field is required"):
        sign(desk)
    desk.edit({}, {"setting": "Home"})
    note = desk.note()
    with desk.work() as work:
        (problem,) = signing.problems(work, note.id)
        assert (problem.section, problem.sentence, problem.text) == ("objective", 0, UNSUPPORTED)
        with pytest.raises(InvalidError):
            signing.resolve_sentence(work, note.id, note.version, "plan", 0, "confirm")
        with pytest.raises(InvalidError):
            signing.resolve_sentence(work, note.id, note.version, "plan", 7, "remove")
        signing.resolve_sentence(work, note.id, note.version, "objective", 0, "confirm")
    assert problems(desk) == []
    with desk.work() as work, pytest.raises(ConflictError):
        signing.sign(work, note.id, note.version)
    for status, extra in (("in_call", "in_call"), ("held", None)):
        appointment(desk, status=status)
        assert problems(desk) == [extra] * bool(extra)
    recording = Recording(kind="upload", state="complete", created_at=desk.clinic.clock.now)
    add(desk, recording)
    assert problems(desk) == ["processing"]


def test_times_are_the_calls_or_confirmed(desk: Desk) -> None:
    desk.ready()
    appointment(desk, times_confirmed=False)
    assert problems(desk) == ["times"]
    now = desk.clinic.clock.now
    add(desk, Call(transcribing=True, started_at=now, ended_at=now, ended_by="quiet"))
    assert problems(desk) == ["times"]
    desk.clinic.clock.forward(minutes=1)
    add(desk, Call(transcribing=True, started_at=desk.clinic.clock.now, ended_at=now, ended_by="practitioner"))
    assert problems(desk) == []
    appointment(desk, ended_at=None)
    assert problems(desk) == ["times"]


def test_a_note_does_not_state_other_times_than_the_session_had(desk: Desk) -> None:
    desk.ready()
    line = "Session held by telehealth, {} to 2:50 PM (50 minutes), CPT 90834."
    desk.edit({"plan": line.format("2:00 PM")})
    assert problems(desk) == []
    desk.edit({"plan": line.format("2:05 PM")})
    assert problems(desk) == ["sentence"]


def test_a_sentence_is_removed_and_the_rest_stays_as_it_was(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    desk.edit({"objective": f"Client sat still.\n- {UNSUPPORTED}\n- Client left."})
    note = desk.note()
    with desk.work() as work:
        signing.resolve_sentence(work, note.id, note.version, "objective", 1, "remove")
    assert desk.note().sections["objective"] == "Client sat still.\n- Client left."


def test_signing_freezes_the_note_and_ends_all_that_led_to_it(desk: Desk) -> None:
    note, service = desk.ready(), desk.clinic.service
    with desk.work() as work:
        seen = transcripts.view(work, desk.appointment_id)
        drafts.ask_draft(work, desk.appointment_id, "transcript")
    signed = sign(desk)
    assert (signed.signed_by, signed.sections["objective"]) == ("Ada", "Client was calm.")
    assert not service.vault.holds(f"transcript-{seen.id}")
    assert not service.vault.holds(f"draft-{note.id}")
    with desk.system() as work:
        rows = work.session.scalars(select(Revision)).all()
        assert rows
        assert not any(row.sealed or row.sealed_facts for row in rows)
        generated = next(row for row in rows if row.origin == "generated")
        assert generated.measures["edit_sections"] == {
            "subjective": 0.0, "objective": 0.4, "assessment": 0.0, "plan": 0.0,
        }  # fmt: skip
        assert generated.measures["edit_distance"] == round(2 / 21, 4)
        assert {row.kind for row in work.session.scalars(select(Trace))} == {"generated", "edit_distance"}
        assert work.get(Appointment, desk.appointment_id, "appointment").status == "signed"
    with desk.work() as work:
        with pytest.raises(GoneError, match="when its note was signed"):
            transcripts.view(work, desk.appointment_id)
        with pytest.raises(GoneError):
            notes.revision(work, note.id, 1)
        for refused in (
            lambda: notes.edit(work, note.id, signed.version, {"plan": "x"}),
            lambda: notes.restore(work, note.id, 1),
            lambda: signing.sign(work, note.id, signed.version),
            lambda: summaries.save(work, desk.appointment_id, 0, "x"),
            lambda: notes.ask_draft(work, desk.appointment_id, "summary"),
            lambda: feedback.give(work, generated.id, 3),
        ):
            with pytest.raises(RefusedError) as caught:
                refused()
            assert caught.value.code == "note_signed"
    with pytest.raises(RefusedError, match="signed"):
        desk.draft()


def test_only_the_appointments_practitioner_signs(desk: Desk) -> None:
    note = desk.ready()
    for name, error in (("ben", NotFoundError), ("admin", ForbiddenError), ("reviewer", ForbiddenError)):
        with desk.work(name) as work, pytest.raises(error):
            signing.sign(work, note.id, note.version)
    with desk.system() as work, pytest.raises(ForbiddenError):
        signing.sign(work, note.id, note.version)


def test_later_corrections_are_addenda(desk: Desk) -> None:
    note = desk.ready()
    with desk.work() as work, pytest.raises(RefusedError, match="not signed yet"):
        signing.add_addendum(work, note.id, "Too early.")
    sign(desk)
    with desk.work("ben") as work, pytest.raises(NotFoundError):
        signing.add_addendum(work, note.id, "Mine?")
    desk.clinic.clock.forward(days=1)
    with desk.work() as work:
        with pytest.raises(InvalidError):
            signing.add_addendum(work, note.id, "  ")
        made = signing.add_addendum(work, note.id, "The units were two.")
    assert (made.text, made.signed_by, made.signed_at) == ("The units were two.", "Ada", desk.clinic.clock.now)
    with desk.work() as work:
        signed = notes.view(work, note.id)
        assert [one.text for one in signed.addenda] == ["The units were two."]
        assert b"Addendum of 2026-03-03" in exports.text(work, note.id).content
    with desk.system() as work:  # what was signed is what is kept, whatever is changed later
        row = work.get(StoredNote, note.id, "note")
        assert row.digest == signed.digest == signed_document(work, row).digest


def test_stars_are_changed_until_signing_and_reach_the_trace(desk: Desk) -> None:
    desk.hear()
    made = desk.draft()
    edited = desk.edit({"objective": "Client was calm."}, {"setting": "Office"})
    with desk.work() as work:
        for wrong in (0, 6):
            with pytest.raises(InvalidError):
                feedback.give(work, made.id, wrong)
        with pytest.raises(RefusedError, match="generated"):
            feedback.give(work, edited.id, 4)
        feedback.give(work, made.id, 2, "Too long.")
    with desk.work() as work:
        assert feedback.give(work, made.id, 4, "Better.").comment == "Better."
        assert feedback.view(work, made.id).stars == 4
    with desk.work("ben") as work, pytest.raises(NotFoundError):
        feedback.view(work, made.id)
    with desk.system() as work:
        stars = work.session.scalars(select(Trace).where(Trace.kind == "stars")).all()
        assert stars[-1].attributes == {"value": 4}
        assert "Better" not in str([row.attributes for row in stars])
    assert desk.note().revisions[0].stars == 4
    sign(desk)
    day = desk.clinic.clock.now.replace(hour=0), desk.clinic.clock.now.replace(hour=23)
    with desk.work("reviewer") as work:
        (told,) = quality.of_drafts(work, *day)
    assert (told.stars, told.format, told.measures["edit_distance"]) == (4, "soap", 0.0952)
    with desk.work("other_reviewer") as work:
        assert quality.of_drafts(work, *day) == []
    with desk.work() as work, pytest.raises(ForbiddenError):
        quality.of_drafts(work, *day)
    with desk.work() as work:
        assert feedback.view(work, made.id).comment == "Better."

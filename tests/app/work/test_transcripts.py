"""A transcript is corrected while it is there, ends in time, and then nothing of it can be read."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.database.operations import AuditEntry, Task
from app.database.people import Practice
from app.database.sessions import StoredTranscript
from app.errors import ConflictError, GoneError, InvalidError, NotFoundError, RefusedError
from app.work import notes, transcripts
from tests.app.conftest import Clinic
from tests.app.work.desk import TURNS, Desk


@pytest.fixture
def desk(clinic_of_two: Clinic) -> Desk:
    return Desk(clinic_of_two)


def ended(desk: Desk) -> int:
    with desk.system() as work:
        return transcripts.end_overdue(work)


def test_it_is_corrected_by_its_clinician_and_the_log_holds_no_word(desk: Desk) -> None:
    desk.hear([*TURNS, ("unknown", "Good bye.")])
    with desk.work() as work:
        seen = transcripts.view(work, desk.appointment_id)
        changed = transcripts.correct_word(work, desk.appointment_id, seen.version, 1, 2, "at  length")
        assert changed.turns[1].text == "I worried at length work every evening and slept four hours."
        gone = transcripts.correct_word(work, desk.appointment_id, changed.version, 0, 0, "")
        assert gone.turns[0].text == "was the week?"
        with pytest.raises(ConflictError):
            transcripts.swap_speakers(work, desk.appointment_id, seen.version)
        for turn, word, text in ((9, 0, "x"), (-1, 0, "x"), (1, 99, "x"), (1, 0, "x" * 201), (1, 0, "\x00")):
            with pytest.raises(InvalidError):
                transcripts.correct_word(work, desk.appointment_id, gone.version, turn, word, text)
    with desk.work() as work:
        swapped = transcripts.swap_speakers(work, desk.appointment_id, gone.version)
        assert [t.speaker for t in swapped.turns[:2]] == ["client", "clinician"]
        assigned = transcripts.assign_speaker(work, desk.appointment_id, swapped.version, "client")
        assert [t.speaker for t in assigned.turns][4:] == ["client", "client"]
        again = transcripts.assign_speaker(work, desk.appointment_id, assigned.version, "clinician", [5])
        assert again.turns[5].speaker == "clinician"
        with pytest.raises(InvalidError):
            transcripts.assign_speaker(work, desk.appointment_id, again.version, "somebody", [5])  # type: ignore[arg-type]
    with desk.system() as work:
        entries = work.session.scalars(select(AuditEntry).where(AuditEntry.kind == "transcript")).all()
    assert "correct" in {entry.action for entry in entries}
    assert not any("length" in str(entry.details) or "worried" in str(entry.details) for entry in entries)


def test_nobody_else_reaches_it(desk: Desk) -> None:
    desk.hear()
    for name in ("ben", "other_ada"):
        with desk.work(name) as work, pytest.raises(NotFoundError):
            transcripts.view(work, desk.appointment_id)
        with desk.work(name) as work, pytest.raises(NotFoundError):
            transcripts.delete_now(work, desk.appointment_id)


def test_deleted_at_once_it_is_gone_and_says_so_and_a_new_one_has_a_new_key(desk: Desk) -> None:
    first = desk.hear()
    with desk.work() as work:
        transcripts.delete_now(work, desk.appointment_id)
    assert not desk.clinic.service.vault.holds(f"transcript-{first}")
    with desk.work() as work, pytest.raises(GoneError, match=r"on 2 March 2026 at 15:00, as its clinician asked"):
        transcripts.view(work, desk.appointment_id)
    with desk.system() as work:
        row = work.get(StoredTranscript, first, "transcript")
        assert (row.sealed, row.ended_by) == (None, "practitioner")
    second = desk.hear()
    assert second != first
    with desk.work() as work:
        assert len(transcripts.view(work, desk.appointment_id).turns) == len(TURNS)


def test_a_second_recording_is_put_behind_the_first(desk: Desk) -> None:
    assert desk.hear(TURNS[:2]) == desk.hear(TURNS[2:])
    with desk.work() as work:
        seen = transcripts.view(work, desk.appointment_id)
    assert [(turn.number, turn.start) for turn in seen.turns] == [(0, 0), (1, 5), (2, 25), (3, 30), (4, 35)]
    assert seen.audio_seconds == 50


def test_it_ends_after_a_week_and_not_before(desk: Desk) -> None:
    desk.hear()
    desk.clinic.clock.forward(days=7, seconds=-1)
    assert ended(desk) == 0
    desk.clinic.clock.forward(seconds=1)
    with desk.work() as work, pytest.raises(GoneError):  # read as gone, also where no worker runs
        transcripts.view(work, desk.appointment_id)
    assert (ended(desk), ended(desk)) == (1, 0)
    with desk.work() as work, pytest.raises(GoneError, match="because its time was up"):
        transcripts.view(work, desk.appointment_id)


def test_a_practice_may_keep_none_but_the_draft_is_written_first(desk: Desk) -> None:
    with desk.system() as work:
        work.get(Practice, desk.me.practice_id, "practice").retention_hours = 0
    desk.hear()
    with desk.work() as work, pytest.raises(GoneError):
        transcripts.view(work, desk.appointment_id)
    with desk.system() as work:
        task = Task(practice_id=desk.me.practice_id, practitioner_id=desk.me.user_id, kind="process", subject_id="r",
                    appointment_id=desk.appointment_id, state="running", created_at=work.now,
                    updated_at=work.now)  # fmt: skip
        work.session.add(task)
    assert ended(desk) == 0
    with desk.system() as work:
        assert notes.source_for(work, desk.appointment_id, "transcript").source.units
    desk.clinic.clock.now += timedelta(hours=1)
    assert ended(desk) == 1


def test_nothing_is_added_to_a_signed_note(desk: Desk) -> None:
    from app.work import signing

    note = desk.ready()
    with desk.work() as work:
        signing.sign(work, note.id, note.version)
    with pytest.raises(RefusedError) as refused:
        desk.hear()
    assert refused.value.code == "note_signed"

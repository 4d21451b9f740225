"""A recording becomes a draft, whatever happens on the way: nothing is lost, nothing is made twice, nothing is left."""

import logging
from datetime import timedelta

import pytest

from app.database.clinic import Appointment
from app.database.notes import Revision
from app.database.operations import Task, Trace
from app.database.people import Notification
from app.database.sessions import Recording, StoredTranscript
from app.errors import NotFoundError, RefusedError
from app.jobs import dispatch, retention
from app.jobs.flows import Flows, Writers
from app.jobs.listening import Listening
from app.work import notes, recordings, transcripts
from tests.app.conftest import Clinic
from tests.app.jobs.desk import Engine, Fatal, carry_out, flows_of, recorded, rows, task_of
from tests.app.work.recorder import Tab


def told(clinic: Clinic) -> list[str]:
    return sorted(row.kind for row in rows(clinic, Notification))


def audio_is_gone(clinic: Clinic, tab: Tab) -> bool:
    audio = clinic.service.audio
    return not audio.tracks(tab.recording) and not clinic.service.vault.holds(f"recording-{tab.recording}")


def test_a_recording_becomes_a_transcript_and_a_draft_and_its_sound_is_gone(clinic_of_two: Clinic) -> None:
    tracks = {"a": ("clinician", 0.0), "b": ("client", 1.5), "c": ("clinician", 700.0), "d": ("client", 702.0)}
    tab, engine = recorded(clinic_of_two, tracks), Engine()

    carry_out(clinic_of_two, flows_of(clinic_of_two, engine))

    with clinic_of_two.work("ada") as work:
        turns = transcripts.view(work, tab.appointment).turns
        note = notes.open_note(work, tab.appointment)
    assert [(turn.speaker, turn.start) for turn in turns] == [
        ("clinician", 0.1), ("client", 1.6), ("clinician", 700.1), ("client", 702.1),
    ]  # fmt: skip
    assert audio_is_gone(clinic_of_two, tab)
    assert task_of(clinic_of_two).state == "done"
    assert "four hours" in " ".join(note.sections.values())
    assert told(clinic_of_two) == ["draft_ready"]
    assert rows(clinic_of_two, Appointment)[0].status == "drafted"
    (trace,) = rows(clinic_of_two, Trace)
    assert trace.attributes["source"] == "transcript"
    assert "withheld" not in trace.attributes


def test_a_stage_whose_process_ended_is_done_again_without_a_second_effect(clinic_of_two: Clinic) -> None:
    tab, engine, service = recorded(clinic_of_two), Engine(), clinic_of_two.service
    flows = flows_of(clinic_of_two, engine)
    task = task_of(clinic_of_two)

    for stage in dispatch.STAGES["process"]:
        assert dispatch.begin(service, task.id, 0, stage) == "go"
        flows._stages[stage](task_of(clinic_of_two))  # done, and killed before it could say so
        assert flows.run(task.id, 0, stage)

    assert sorted(engine.heard) == ["client", "clinician"]  # side by side, in either order
    assert len(rows(clinic_of_two, Revision)) == 1
    assert len(rows(clinic_of_two, StoredTranscript)) == 1
    assert audio_is_gone(clinic_of_two, tab)
    assert told(clinic_of_two) == ["draft_ready"]


def test_a_failing_stage_is_tried_again_ever_later_then_fails_visibly_until_a_retry(clinic_of_two: Clinic) -> None:
    def fail() -> None:
        raise OSError

    tab, engine = recorded(clinic_of_two), Engine(before=fail)
    flows = flows_of(clinic_of_two, engine)
    pauses = []
    while task_of(clinic_of_two).state == "waiting":
        carry_out(clinic_of_two, flows)
        due = task_of(clinic_of_two).due_at
        assert not dispatch.due(clinic_of_two.service)
        if task_of(clinic_of_two).state == "waiting":
            pauses.append((due - clinic_of_two.clock.now).total_seconds())
            clinic_of_two.clock.now = due

    failed = task_of(clinic_of_two)
    assert pauses == [2.0, 8.0, 32.0, 128.0]
    assert (failed.state, failed.stage, failed.reason) == ("failed", "transcribe", "OSError")
    (recording,) = rows(clinic_of_two, Recording)
    assert (recording.state, recording.failure) == ("failed", "OSError")
    assert told(clinic_of_two) == ["transcription_failed"]
    assert rows(clinic_of_two, Appointment)[0].status == "held"
    assert len(clinic_of_two.service.audio.tracks(tab.recording)) == 2

    engine.before = lambda: None
    with clinic_of_two.work("ada") as work:
        dispatch.retry(work, failed.id)
    carry_out(clinic_of_two, flows)
    assert task_of(clinic_of_two).state == "done"
    with clinic_of_two.work("ada") as work, pytest.raises(RefusedError, match="not failed"):
        dispatch.retry(work, failed.id)
    with clinic_of_two.work("ben") as work, pytest.raises(NotFoundError):
        dispatch.retry(work, failed.id)


def test_what_ends_its_process_every_time_ends_in_a_visible_state_and_lets_others_go_first(
    clinic_of_two: Clinic,
) -> None:
    recorded(clinic_of_two)
    service, begun = clinic_of_two.service, 0
    while (task := task_of(clinic_of_two)).state != "failed":
        verdict = dispatch.begin(service, task.id, task.run, "transcribe")  # and never comes back
        begun += verdict == "go"
        if task_of(clinic_of_two).due_at:
            clinic_of_two.clock.now = max(clinic_of_two.clock.now, task_of(clinic_of_two).due_at)

    assert begun == dispatch.MOST_ATTEMPTS
    assert task_of(clinic_of_two).run == 3  # from the third time on it waits before it is begun
    assert task_of(clinic_of_two).reason == "worker_ended"
    assert rows(clinic_of_two, Recording)[0].failure == "worker_ended"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_recording_that_kills_its_engine_leaves_the_worker_and_other_recordings_alone(clinic_of_two: Clinic) -> None:
    service = clinic_of_two.service
    listening = Listening(service.settings.model_copy(update={"engines": 1}), Fatal, apart=True)
    flows = Flows(service, listening, Writers(service.settings))
    recorded(clinic_of_two)
    for _ in range(dispatch.MOST_ATTEMPTS):
        carry_out(clinic_of_two, flows)
        clinic_of_two.clock.forward(minutes=10)

    assert (task_of(clinic_of_two).state, task_of(clinic_of_two).reason) == ("failed", "engine_ended")
    listening._make = Engine
    with clinic_of_two.work("ada") as work:
        dispatch.retry(work, task_of(clinic_of_two).id)
    carry_out(clinic_of_two, flows)
    listening.close()
    assert task_of(clinic_of_two).state == "done"


def test_sound_without_words_is_kept_as_failed_for_seven_days_and_no_longer(clinic_of_two: Clinic) -> None:
    tab = recorded(clinic_of_two)
    carry_out(clinic_of_two, flows_of(clinic_of_two, Engine(said={})))
    (recording,) = rows(clinic_of_two, Recording)
    assert (recording.state, recording.failure) == ("failed", "nothing_heard")

    clinic_of_two.clock.forward(days=7, seconds=-1)
    retention.end_audio(clinic_of_two.service)
    assert not audio_is_gone(clinic_of_two, tab)
    clinic_of_two.clock.forward(seconds=1)
    retention.end_audio(clinic_of_two.service)

    assert audio_is_gone(clinic_of_two, tab)
    (recording,) = rows(clinic_of_two, Recording)
    assert (recording.state, recording.failure) == ("failed", "nothing_heard")
    with clinic_of_two.work("ada") as work, pytest.raises(RefusedError) as refused:
        dispatch.retry(work, task_of(clinic_of_two).id)
    assert refused.value.code == "audio_gone"


@pytest.mark.parametrize("data", [b"Priya said that she cannot sleep", b"\x1aE\xdf\xa3" + b"\0" * 500])
def test_what_is_no_sound_fails_at_once_with_its_reason(clinic_of_two: Clinic, data: bytes) -> None:
    recorded(clinic_of_two, data=data)

    carry_out(clinic_of_two, flows_of(clinic_of_two, Engine()))

    assert (task_of(clinic_of_two).state, task_of(clinic_of_two).reason) == ("failed", "no_sound")
    assert "cannot be read" in dispatch.explain(task_of(clinic_of_two).reason)


def test_a_recording_that_its_clinician_deletes_meanwhile_leaves_nothing(clinic_of_two: Clinic) -> None:
    tab = recorded(clinic_of_two, {"a": ("client", 0.0)})

    def delete() -> None:
        with clinic_of_two.work("ada") as work:
            recordings.delete_recording(work, tab.recording)

    carry_out(clinic_of_two, flows_of(clinic_of_two, Engine(before=delete)))

    assert task_of(clinic_of_two).reason == "audio_gone"
    assert not rows(clinic_of_two, StoredTranscript)
    assert audio_is_gone(clinic_of_two, tab)


def test_a_transcript_that_ends_before_the_draft_is_a_reason_and_offers_the_summary(clinic_of_two: Clinic) -> None:
    tab, flows = recorded(clinic_of_two), flows_of(clinic_of_two, Engine())
    task = task_of(clinic_of_two)
    assert flows.run(task.id, 0, "transcribe")
    assert flows.run(task.id, 0, "delete_audio")
    with clinic_of_two.work("ada") as work:
        transcripts.delete_now(work, tab.appointment)

    assert not flows.run(task.id, 0, "draft")

    assert (task_of(clinic_of_two).state, task_of(clinic_of_two).reason) == ("failed", "transcript_gone")
    assert "summary" in dispatch.explain("transcript_gone")
    assert told(clinic_of_two) == ["draft_failed"]


def test_a_draft_waits_beside_what_a_person_wrote(clinic_of_two: Clinic) -> None:
    tab = recorded(clinic_of_two)
    with clinic_of_two.work("ada") as work:
        note = notes.open_note(work, tab.appointment)
        notes.edit(work, note.id, note.version, {"plan": "My own plan."}, {})

    carry_out(clinic_of_two, flows_of(clinic_of_two, Engine()))

    with clinic_of_two.work("ada") as work:
        assert notes.open_note(work, tab.appointment).sections["plan"] == "My own plan."
    assert told(clinic_of_two) == ["draft_waiting"]


def test_nothing_that_was_said_is_in_tasks_or_logs(clinic_of_two: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ValueError("the client said that Priya left")

    recorded(clinic_of_two)
    with caplog.at_level(logging.DEBUG):
        carry_out(clinic_of_two, flows_of(clinic_of_two, Engine(before=fail)))

    (task,) = rows(clinic_of_two, Task)
    kept = {column.name: getattr(task, column.name) for column in Task.__table__.columns}
    assert task.reason == "ValueError"
    assert "Priya" not in f"{kept}{caplog.text}{[record.exc_info for record in caplog.records]}"


def test_who_waits_at_a_screen_comes_before_recordings(clinic_of_two: Clinic) -> None:
    recorded(clinic_of_two)
    clinic_of_two.clock.forward(seconds=1)
    with clinic_of_two.work("ada") as work:
        dispatch.add(work, "generate", work.get(Recording, rows(clinic_of_two, Recording)[0].id, "it"), "b" * 36)

    assert [order.kind for order in dispatch.due(clinic_of_two.service)] == ["generate", "process"]


def test_a_part_of_retention_that_fails_keeps_no_other_from_its_work(
    clinic_of_two: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tab = recorded(clinic_of_two)
    carry_out(clinic_of_two, flows_of(clinic_of_two, Engine()))

    def fail(_service: object) -> None:
        raise ValueError("words of a session")

    monkeypatch.setattr(retention, "PARTS", {"first": fail, **retention.PARTS})
    clinic_of_two.clock.now += timedelta(days=7)

    assert retention.look_after(clinic_of_two.service) == ["first"]
    assert "words" not in caplog.text
    assert rows(clinic_of_two, StoredTranscript)[0].ended_by == "retention"
    assert not clinic_of_two.service.vault.holds(f"transcript-{rows(clinic_of_two, StoredTranscript)[0].id}")
    with clinic_of_two.work("ada") as work, pytest.raises(Exception, match="summary"):
        transcripts.view(work, tab.appointment)

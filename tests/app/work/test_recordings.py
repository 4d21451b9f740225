"""Recordings: who may record what and when, and that nothing that was taken is left out; on both databases."""

import secrets

import pytest
from sqlalchemy import event, select

from app.database.clinic import Appointment
from app.database.operations import AuditEntry, Deletion, Task
from app.database.people import Practice
from app.database.scope import Principal
from app.database.sessions import Recording, Track
from app.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    RefusedError,
    TooLargeError,
)
from app.storage.recordings import key_name
from app.work import consents, recordings
from tests.app.conftest import Clinic
from tests.app.work.recorder import Tab, recordable


def state(clinic: Clinic, recording: str) -> tuple[str, str | None]:
    with clinic.service.work(Principal.system("test")) as work:
        row = work.get(Recording, recording, "recording")
        return row.state, row.failure


def test_what_is_sent_of_two_channels_comes_back_by_speaker_and_place(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    for track, speaker, offset in (("1-me", "clinician", 0.0), ("1-them", "client", 0.0), ("2-them", "client", 61.5)):
        tab.track(track, speaker, offset)
    sent = {"1-me": [b"a", b"b"], "1-them": [b"c", b"d", b"e"], "2-them": [b"f"]}
    for track, chunks in sent.items():
        for number, chunk in reversed(list(enumerate(chunks))):
            assert tab.send(track, number, chunk).new
    assert not tab.send("1-them", 1, b"d").new
    done = tab.complete({track: len(chunks) for track, chunks in sent.items()})
    assert (done.recording.state, done.missing) == ("complete", {})
    assert recordings.audio_of(clinic_of_two.service, tab.recording) == {
        "clinician": [(0.0, b"ab")],
        "client": [(0.0, b"cde"), (61.5, b"f")],
    }
    assert tab.complete({"1-me": 2}).recording.state == "complete"  # asked again


def test_a_second_tab_is_refused_until_the_first_one_is_silent_or_it_takes_over(clinic_of_two: Clinic) -> None:
    appointment = recordable(clinic_of_two)
    first = Tab(clinic_of_two, appointment).open()
    first.track("1-me", "clinician")
    second = Tab(clinic_of_two, appointment)
    with pytest.raises(RefusedError, match="another tab") as refused:
        second.open()
    assert refused.value.code == "recording_elsewhere"
    assert second.open(take_over=True).recording == first.recording
    with pytest.raises(RefusedError, match="another tab"):
        first.track("2-me", "clinician")
    clinic_of_two.clock.forward(seconds=3)
    sent = first.send("1-me", 0, b"its last sound is taken")
    assert (sent.new, sent.held) == (True, False)
    second.track("2-me", "clinician")
    assert second.send("2-me", 0, b"and the new one's").held
    clinic_of_two.clock.forward(seconds=20)
    second.send("2-me", 1, b"it is at it still")
    clinic_of_two.clock.forward(seconds=20)
    with pytest.raises(RefusedError, match="another tab"):
        first.open()
    clinic_of_two.clock.forward(seconds=11)
    first.open()


def test_the_same_tab_goes_on_after_a_reload(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-me", "clinician")
    for number in (0, 1, 4):
        tab.send("1-me", number, bytes([number + 1]))
    again = Tab(clinic_of_two, tab.appointment, holder=tab.holder).open()
    assert again.recording == tab.recording
    with clinic_of_two.work("ada") as work:
        seen = recordings.view(work, tab.recording, tab.holder)
    assert (seen.held, [(t.name, t.received, t.held) for t in seen.tracks]) == (
        True,
        [("1-me", ((0, 1), (4, 4)), True)],
    )


def test_gaps_are_listed_and_hold_it_open(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-me", "clinician")
    tab.track("1-them", "client")
    for number in (0, 2):
        tab.send("1-me", number, b"x")
    tab.send("1-them", 0, b"y")
    done = tab.complete({"1-me": 5, "1-them": 1})
    assert (done.recording.state, done.missing) == ("open", {"1-me": [1, 3, 4]})
    for number in (1, 3, 4):
        tab.send("1-me", number, b"x")
    assert tab.complete({"1-me": 5, "1-them": 1}).missing == {}
    with pytest.raises(GoneError, match="complete"):
        tab.send("1-me", 5, b"too late")
    assert not tab.send("1-me", 4, b"x").new  # what is there was acknowledged, and is again
    with pytest.raises(GoneError):
        tab.track("2-me", "clinician")
    with pytest.raises(GoneError):
        tab.open()


def test_a_number_that_is_too_small_leaves_nothing_out(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-me", "clinician")
    for number in range(3):
        tab.send("1-me", number, bytes([65 + number]))
    tab.complete({"1-me": 1})
    assert recordings.audio_of(clinic_of_two.service, tab.recording) == {"clinician": [(0.0, b"ABC")]}


def test_it_can_be_ended_without_what_is_lost(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-me", "clinician")
    tab.send("1-me", 1, b"second")
    done = tab.complete({"1-me": 3}, without_missing=True)
    assert (done.recording.state, done.missing) == ("complete", {"1-me": [0, 2]})
    assert recordings.audio_of(clinic_of_two.service, tab.recording) == {"clinician": [(0.0, b"second")]}


def test_a_recording_without_any_chunk_ends_visibly(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-me", "clinician")
    done = tab.complete({"1-me": 0})
    assert (done.recording.state, done.recording.failure) == ("failed", "nothing_recorded")
    assert "microphone" in done.recording.reason
    assert not clinic_of_two.service.vault.holds(key_name(tab.recording))


def test_a_room_recording_is_processed_when_it_is_complete(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two, call=False), kind="room").open()
    with pytest.raises(InvalidError, match="unknown"):
        tab.track("1", "client")
    tab.track("1", "unknown")
    tab.send("1", 0, b"both")
    tab.complete({"1": 1})
    with clinic_of_two.work("ada") as work:
        assert [task.subject_id for task in work.session.scalars(select(Task))] == [tab.recording]
        assert work.get(Appointment, tab.appointment, "appointment").status == "processing"


def test_nothing_is_recorded_without_consent_or_a_call(clinic_of_two: Clinic) -> None:
    service = clinic_of_two.service
    for kind, code in (("room", "no_consent"), ("call", "no_consent")):
        with pytest.raises(RefusedError) as refused:
            Tab(clinic_of_two, clinic_of_two.appointment(), kind=kind).open()
        assert refused.value.code == code
    appointment = recordable(clinic_of_two, call=False)
    with pytest.raises(RefusedError, match="No call with transcription"):
        Tab(clinic_of_two, appointment).open()
    with service.work(Principal.system("test")) as work:
        work.get(Practice, clinic_of_two.practices[0], "practice").ai_enabled = False
    with pytest.raises(RefusedError, match="AI is not enabled"):
        Tab(clinic_of_two, appointment, kind="room").open()
    with service.work(Principal.system("test")) as work:
        work.get(Appointment, appointment, "appointment").status = "signed"
    with pytest.raises(RefusedError, match="signed"):
        Tab(clinic_of_two, appointment, kind="room").open()
    with clinic_of_two.work("ada") as work:
        assert work.session.scalars(select(Recording)).first() is None


def test_withdrawn_consent_stops_the_sound_until_there_is_consent_again(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-me", "clinician")
    tab.send("1-me", 0, b"before")
    with clinic_of_two.service.work(clinic_of_two.guest(tab.appointment)) as work:
        consents.withdraw(work, tab.appointment)
    clinic_of_two.clock.forward(seconds=2)
    with pytest.raises(RefusedError) as refused:
        tab.send("1-me", 1, b"after")
    assert refused.value.code == "stopped"
    with pytest.raises(RefusedError, match="not agreed"):
        tab.open()
    with clinic_of_two.work("ada") as work:
        consents.give(work, tab.appointment)
    tab.open()
    clinic_of_two.clock.forward(seconds=2)
    assert tab.send("1-me", 1, b"again").new


def test_a_call_and_the_room_are_not_recorded_at_once(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    with pytest.raises(RefusedError, match="another tab"):
        Tab(clinic_of_two, tab.appointment, kind="room").open()


@pytest.mark.parametrize("who", ["ben", "other_ada"])
def test_nobody_else_sees_or_touches_it(clinic_of_two: Clinic, who: str) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1-me", "clinician")
    tab.send("1-me", 0, b"x")
    thief = Tab(clinic_of_two, tab.appointment, who, holder=tab.holder, recording=tab.recording)
    for act in (
        thief.open,
        thief.complete,
        lambda: thief.track("2", "client"),
        lambda: thief.send("1-me", 0, b"x"),
        lambda: thief.send("1-me", 1, b"y"),
    ):
        with pytest.raises(NotFoundError):
            act()
    for use_case in (recordings.view, recordings.delete_recording):
        with pytest.raises(NotFoundError), clinic_of_two.work(who) as work:
            use_case(work, tab.recording)
    for role in ("admin", "reviewer"):
        with pytest.raises(ForbiddenError), clinic_of_two.work(role) as work:
            recordings.view(work, tab.recording)
        with pytest.raises(ForbiddenError):
            recordings.put_chunk(clinic_of_two.service, clinic_of_two.users[role], tab.recording, "1-me", 1, b"y")


def test_bad_input_is_refused_by_field(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1", "client")
    for name, speaker, offset in (
        ("../1", "client", 0.0), ("", "client", 0.0), ("x" * 65, "client", 0.0), ("2", "unknown", 0.0),
        ("2", "client", -1.0), ("2", "client", float("nan")), ("2", "client", 1e9),
    ):  # fmt: skip
        with pytest.raises(InvalidError):
            tab.track(name, speaker, offset)
    for number, data in ((-1, b"x"), (100_000, b"x"), (0, b"")):
        with pytest.raises(InvalidError):
            tab.send("1", number, data)
    with pytest.raises(TooLargeError):
        tab.send("1", 0, b"x" * (4 * 1024 * 1024 + 1))
    with pytest.raises(NotFoundError):
        tab.send("2", 0, b"x")
    for holder in ("short", "x" * 129, "with spaces in it", "é" * 20):
        with pytest.raises(InvalidError):
            Tab(clinic_of_two, tab.appointment, holder=holder).open()
    with pytest.raises(InvalidError):
        Tab(clinic_of_two, tab.appointment, kind="upload").open()
    for chunks in ({"nine": 1}, {"1": -1}, {"1": 100_001}):
        with pytest.raises(InvalidError):
            tab.complete(chunks)
    with pytest.raises(ConflictError):
        tab.track("1", "clinician")
    tab.send("1", 0, b"x")
    with pytest.raises(RefusedError) as refused:
        tab.send("1", 0, b"y")
    assert refused.value.code == "chunk_differs"


def test_a_deleted_recording_takes_nothing_and_gives_nothing(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1", "client")
    tab.send("1", 0, b"x")
    with clinic_of_two.work("ada") as work:
        recordings.delete_recording(work, tab.recording)
    with pytest.raises(GoneError):
        tab.send("1", 0, b"x")  # at once, whatever is remembered
    with pytest.raises(GoneError):
        recordings.audio_of(clinic_of_two.service, tab.recording)
    with pytest.raises(GoneError):
        tab.complete()
    with pytest.raises(GoneError), clinic_of_two.work("ada") as work:
        recordings.delete_recording(work, tab.recording)
    assert state(clinic_of_two, tab.recording) == ("deleted", None)
    assert list(clinic_of_two.service.audio.recordings()) == []


def test_quiet_ones_are_ended_by_the_worker(clinic_of_two: Clinic) -> None:
    room = Tab(clinic_of_two, recordable(clinic_of_two, call=False), kind="room").open()
    room.track("1", "unknown")
    room.send("1", 0, b"first")
    room.send("1", 2, b"third")
    upload = recordings.Upload(clinic_of_two.service, clinic_of_two.users["ben"], recordable(clinic_of_two, "ben"))
    clinic_of_two.clock.forward(minutes=6)
    upload.write(b"x" * 2_000_000)
    clinic_of_two.clock.forward(minutes=5)

    def ended() -> int:
        with clinic_of_two.service.work(Principal.system("worker")) as work:
            return recordings.end_quiet_recordings(work)

    assert ended() == 1
    assert state(clinic_of_two, room.recording) == ("complete", None)
    clinic_of_two.clock.forward(minutes=6)
    assert ended() == 1
    assert state(clinic_of_two, upload.recording_id) == ("failed", "upload_broke_off")
    assert ended() == 0


def test_when_the_last_sound_came_is_known_without_the_database(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1", "client")
    clinic_of_two.clock.forward(minutes=3)
    tab.send("1", 0, b"x")
    came = clinic_of_two.clock.now
    clinic_of_two.clock.forward(minutes=3)
    with clinic_of_two.work("ada") as work:
        assert recordings.last_sound_at(work, tab.recording) == came


def test_completing_survives_a_crash_between_the_logs_and_the_database(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1", "client")
    tab.send("1", 0, b"x")

    def complete_and_die() -> None:
        with clinic_of_two.work("ada") as work:
            recordings.complete(work, tab.recording, {"1": 1})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        complete_and_die()
    assert state(clinic_of_two, tab.recording) == ("open", None)
    with pytest.raises(GoneError):
        tab.send("1", 1, b"nothing comes behind a closed log")
    assert tab.complete({"1": 1}).recording.state == "complete"
    assert recordings.audio_of(clinic_of_two.service, tab.recording) == {"client": [(0.0, b"x")]}


def test_taking_chunks_asks_no_database(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1", "client")
    tab.send("1", 0, b"x")
    clinic_of_two.service.engine.dispose()
    asked: list[str] = []
    event.listen(clinic_of_two.service.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    for number in range(1, 20):
        tab.send("1", number, b"x")
    assert asked == []
    clinic_of_two.clock.forward(seconds=2)
    for number in range(20, 40):
        tab.send("1", number, b"x")
    assert len([text for text in asked if "recordings" in text]) == 1


def test_nothing_of_the_sound_or_the_tab_is_in_records_and_log(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two), holder=secrets.token_urlsafe(24)).open()
    tab.track("1", "client")
    tab.send("1", 0, b"a phrase that is spoken")
    with clinic_of_two.service.work(Principal.system("test")) as work:
        rows = [*work.session.scalars(select(Recording)), *work.session.scalars(select(Track)),
                *work.session.scalars(select(AuditEntry)), *work.session.scalars(select(Deletion))]  # fmt: skip
        told = repr([vars(row) for row in rows])
    assert tab.holder not in told
    for file in clinic_of_two.service.settings.data_dir.rglob("*.chunks"):
        assert b"spoken" not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0

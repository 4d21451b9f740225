"""Revisions: what was written stays, whoever writes it and from whatever tab."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.errors import ForbiddenError, GoneError, InvalidError, NotFoundError, RefusedError
from app.work import drafts, notes, transcripts
from pipelines.phrases import DRAFT
from tests.app.conftest import Clinic
from tests.app.work.desk import SOAP, TURNS, UNSUPPORTED, Desk


@pytest.fixture
def desk(clinic_of_two: Clinic) -> Desk:
    return Desk(clinic_of_two)


def test_a_note_begins_empty_in_the_appointments_type(desk: Desk) -> None:
    note = desk.note()
    assert (note.format, note.sections, note.revision) == ("soap", dict.fromkeys(SOAP, ""), 0)
    assert note.missing == ["Setting"]
    assert desk.note().id == note.id


def test_a_draft_becomes_the_note_with_its_evidence(desk: Desk) -> None:
    desk.hear()
    made = desk.draft()
    note = desk.note()
    assert (made.origin, made.stands, made.source, made.program) == ("generated", True, "transcript", "p1")
    assert note.sections == SOAP
    assert note.text.startswith(DRAFT)
    assert [s.open for s in note.sentences] == [None, "unsupported", None, None]
    assert made.measures["unsupported"] == 1


def test_a_task_makes_one_revision_however_often_it_is_carried_out(desk: Desk) -> None:
    desk.hear()
    assert desk.draft(task_id="t-1").id == desk.draft(task_id="t-1").id
    assert len(desk.note().revisions) == 1


def test_a_draft_waits_beside_a_note_with_content_and_replaces_nothing(desk: Desk) -> None:
    desk.hear()
    desk.edit({"plan": "Written by hand."}, {"setting": "Home"})
    version = desk.note().version
    waiting = desk.draft()
    note = desk.note()
    assert (waiting.waiting, note.sections["plan"], note.version) == (True, "Written by hand.", version)
    desk.edit({}, {"setting": "Office"})
    with desk.work() as work:
        notes.take_waiting(work, note.id, waiting.number)
    note = desk.note()
    assert (note.sections, note.fields) == (SOAP, {"setting": "Office"})
    with desk.work() as work, pytest.raises(RefusedError, match="does not wait"):
        notes.take_waiting(work, note.id, waiting.number)


def test_a_draft_fills_a_note_of_which_only_own_fields_are_filled(desk: Desk) -> None:
    desk.edit({}, {"setting": "Home", "units": 2})
    desk.hear()
    assert desk.draft().stands
    assert desk.note().fields == {"setting": "Home", "units": 2}


def test_a_draft_for_a_type_without_ai_waits_and_becomes_the_summary(desk: Desk) -> None:
    desk.use("plain")
    desk.hear()
    with desk.system() as work:
        assert drafts.source_for(work, desk.appointment_id, "transcript").template.format == "narrative"
    waiting = desk.draft({"narrative": "Client felt calmer."}, format="narrative")
    assert waiting.waiting
    assert desk.note().sections == {"summary": ""}
    with desk.work() as work:
        notes.take_waiting(work, desk.note().id, waiting.number)
    assert desk.note().sections == {"summary": "Client felt calmer."}
    desk.edit({"summary": "Client left."})
    with desk.work() as work:
        notes.restore(work, desk.note().id, waiting.number)
    assert desk.note().sections == {"summary": "Client felt calmer."}


def test_hand_edits_within_a_minute_are_one_revision(desk: Desk) -> None:
    first = desk.edit({"plan": "One."})
    desk.clinic.clock.forward(seconds=59)
    assert desk.edit({"plan": "One. Two."}).id == first.id
    desk.clinic.clock.forward(seconds=1)
    later = desk.edit({"plan": "One. Two. Three."})
    assert (later.number, later.parent) == (2, 1)
    assert [r.origin for r in desk.note().revisions] == ["edited", "edited"]


def test_an_edit_names_what_it_cannot_keep(desk: Desk) -> None:
    for sections, fields in (({"mood": "x"}, {}), ({}, {"nope": 1}), ({}, {"units": 9}), ({}, {"setting": "Moon"}),
                             ({"plan": "\ud800"}, {}), ({"plan": "x" * 50_001}, {})):  # fmt: skip
        with pytest.raises(InvalidError):
            desk.edit(sections, fields)
    desk.edit({}, {"units": 3})
    desk.edit({}, {"units": None})
    assert desk.note().fields == {}


def test_two_tabs_on_one_note_keep_both(desk: Desk) -> None:
    old = desk.note().version
    desk.edit({"plan": "The first tab."})
    kept = desk.edit({"plan": "The second tab."}, version=old)
    note = desk.note()
    assert (kept.waiting, note.sections["plan"]) == (True, "The first tab.")
    again = desk.edit({"plan": "The second tab, longer."}, version=old)
    assert again.id == kept.id
    with desk.work() as work:
        assert notes.revision(work, note.id, kept.number).sections["plan"] == "The second tab, longer."
        notes.take_waiting(work, note.id, kept.number)
    assert desk.note().sections["plan"] == "The second tab, longer."
    with desk.work() as work:
        notes.restore(work, note.id, 1)
    assert desk.note().sections["plan"] == "The first tab."


def test_two_tabs_at_the_same_moment_keep_both(desk: Desk) -> None:
    note = desk.note()
    texts = ["Said in one tab.", "Said in the other."]
    begin = Barrier(2)

    def save(text: str) -> notes.RevisionView:
        begin.wait(timeout=30)
        with desk.work() as work:
            return notes.edit(work, note.id, note.version, {"plan": text})

    with ThreadPoolExecutor(2) as tabs:
        kept = list(tabs.map(save, texts))
    assert sorted(one.waiting for one in kept) == [False, True]
    with desk.work() as work:
        assert [notes.revision(work, note.id, one.number).sections["plan"] for one in kept] == texts


def test_revisions_are_compared_and_brought_back(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    desk.edit({"plan": "Client will rest."}, {"setting": "Home"})
    note = desk.note()
    with desk.work() as work:
        (plan, setting) = notes.compare(work, note.id, 1, 2)
        assert plan.diff == "- Client will practice breathing daily.\n+ Client will rest."
        assert (setting.section, setting.after) == ("Setting", "Home")
        back = notes.restore(work, note.id, 1)
    assert (back.origin, back.parent, back.number) == ("restored", 1, 3)
    assert desk.note().sections == SOAP
    assert len(desk.note().revisions) == 3


def test_a_sentence_by_hand_is_the_clinicians_and_others_keep_their_evidence(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    desk.edit({"plan": "Client will practice breathing daily. Client will call."})
    kinds = {s.text: s.kind for s in desk.note().sentences}
    assert kinds["Client will practice breathing daily."] == "transcript"
    assert kinds["Client will call."] == "clinician"


def test_an_unsupported_sentence_is_not_made_the_clinicians_by_the_way(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    for text in ("client was tearful, and  calm", "Gone.", UNSUPPORTED):
        desk.edit({"objective": text})
        desk.clinic.clock.forward(minutes=2)
        kind = next(s.kind for s in desk.note().sentences if s.section == "objective")
        assert kind == ("clinician" if text == "Gone." else "unsupported")


def test_nobody_else_reaches_a_note(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    note = desk.note()
    for name in ("ben", "other_ada"):
        with desk.work(name) as work, pytest.raises(NotFoundError):
            notes.view(work, note.id)
        with desk.work(name) as work, pytest.raises(NotFoundError):
            notes.edit(work, note.id, note.version, {"plan": "x"})
        with desk.work(name) as work, pytest.raises(NotFoundError):
            notes.open_note(work, desk.appointment_id)
    for name in ("admin", "reviewer"):
        with desk.work(name) as work, pytest.raises(ForbiddenError):
            notes.view(work, note.id)


def test_a_draft_is_asked_for_once_and_never_without_a_source(desk: Desk) -> None:
    with desk.work() as work, pytest.raises(RefusedError, match="session summary"):
        notes.ask_draft(work, desk.appointment_id, "transcript")
    desk.hear()
    with desk.work() as work:
        task = notes.ask_draft(work, desk.appointment_id, "transcript")
    with desk.work() as work:
        assert notes.ask_draft(work, desk.appointment_id, "transcript") == task
        with pytest.raises(RefusedError, match="no session summary"):
            notes.ask_draft(work, desk.appointment_id, "summary")
    desk.summarize()
    with desk.work() as work:
        assert notes.ask_draft(work, desk.appointment_id, "summary") != task


def test_without_ai_no_draft_is_asked_for(desk: Desk) -> None:
    from app.work import practice

    desk.hear()
    with desk.work("admin") as work:
        practice.disable_ai(work)
    with desk.work() as work, pytest.raises(RefusedError) as refused:
        notes.ask_draft(work, desk.appointment_id, "transcript")
    assert refused.value.code == "ai_disabled"


def test_a_transcript_that_is_gone_offers_the_summary(desk: Desk) -> None:
    desk.hear()
    with desk.work() as work:
        transcripts.delete_now(work, desk.appointment_id)
    with desk.work() as work, pytest.raises(GoneError, match=r"as its clinician asked.*session summary"):
        notes.ask_draft(work, desk.appointment_id, "transcript")


def test_facts_of_a_transcript_end_with_it(desk: Desk) -> None:
    from app.database.notes import Revision

    desk.hear(TURNS)
    made = desk.draft()
    with desk.work() as work:
        assert work.get(Revision, made.id, "draft").sealed_facts is not None
        transcripts.delete_now(work, desk.appointment_id)
    with desk.work() as work:
        assert work.get(Revision, made.id, "draft").sealed_facts is None
    assert [s.turns for s in desk.note().sentences] == [[1], [], [1], [1]]

"""The wand on a stored note: a revision with its diff, a refusal with its reason, and never a lost change."""

import pytest

from app.errors import ConflictError, GoneError, InvalidError, NotFoundError, RefusedError
from app.work import notes, signing, transcripts
from app.work.wand import WandResult, refine_note
from tests.app.conftest import Clinic
from tests.app.work.desk import Desk


@pytest.fixture
def desk(clinic_of_two: Clinic) -> Desk:
    return Desk(clinic_of_two)


def refine(desk: Desk, instruction: str, section: str | None = None) -> WandResult:
    note = desk.note()
    return refine_note(desk.clinic.service, desk.me, note.id, note.version, instruction, section)


def test_a_step_is_a_revision_with_its_diff_and_is_brought_back(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    desk.edit({}, {"setting": "Home"})
    done = refine(desk, "Add to the plan: Client will call her sister on Friday.")
    note = desk.note()
    assert done.revision
    assert (done.revision.origin, done.revision.stands, done.revision.parent) == ("wand", True, 2)
    assert "+ Client will call her sister on Friday." in done.diff
    assert done.own == ["Client will call her sister on Friday."]
    added = next(s for s in note.sentences if "sister" in s.text)
    assert (added.kind, added.open, note.fields) == ("clinician", None, {"setting": "Home"})
    assert next(s for s in note.sentences if s.section == "objective").open == "unsupported"
    with desk.work() as work:
        held = notes.revision(work, note.id, done.revision.number)
        assert held.instruction == "Add to the plan: Client will call her sister on Friday."
        notes.restore(work, note.id, 1)
    assert "sister" not in desk.note().text


def test_what_is_refused_says_why_and_changes_nothing(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    before = desk.note()
    done = refine(desk, "Sign the note with my name.")
    assert done.refused
    assert (done.revision, desk.note().version) == (None, before.version)
    unread = refine(desk, "Flibber the gibbet.")
    assert unread.revision is None
    assert unread.undone


def test_what_stands_against_it_is_said(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="nothing to change"):
        refine(desk, "Shorten the plan.")
    desk.hear()
    desk.draft()
    note = desk.note()
    service = desk.clinic.service
    with pytest.raises(InvalidError):
        refine(desk, "   ")
    with pytest.raises(InvalidError):
        refine(desk, "Shorten it.", "mood")
    with pytest.raises(ConflictError):
        refine_note(service, desk.me, note.id, note.version - 1, "Shorten the plan.")
    with pytest.raises(NotFoundError):
        refine_note(service, desk.clinic.users["ben"], note.id, note.version, "Shorten the plan.")
    with desk.work() as work:
        transcripts.delete_now(work, desk.appointment_id)
    with pytest.raises(GoneError, match="session summary"):
        refine(desk, "Shorten the plan.")


def test_a_note_that_was_changed_meanwhile_keeps_both(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.work import wand

    desk.hear()
    desk.draft()
    carried_out = wand._refined

    def slowly(*given: object) -> object:
        desk.edit({"plan": "Client will rest."})
        return carried_out(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(wand, "_refined", slowly)
    done = refine(desk, "Add to the plan: Client will call her sister on Friday.")
    assert done.revision
    assert done.revision.waiting
    assert desk.note().sections["plan"] == "Client will rest."


def test_what_a_clinician_confirmed_stays_confirmed(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    note = desk.note()
    with desk.work() as work:
        signing.resolve_sentence(work, note.id, note.version, "objective", 0, "confirm")
    refine(desk, "Add to the plan: Client will call her sister on Friday.")
    with desk.work() as work:
        assert [one.kind for one in signing.problems(work, note.id)] == ["field"]

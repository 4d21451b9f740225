"""Another note type: never without a confirmation where there is content, and nothing is lost."""

import pytest
from sqlalchemy import select

from app.database.operations import Task
from app.errors import GoneError, InvalidError, NotFoundError, RefusedError
from app.work import notes, transcripts
from app.work.switching import switch_type
from tests.app.conftest import Clinic
from tests.app.work.desk import SOAP, UNSUPPORTED, Desk

DAP = {"data": "Client reported worry.", "assessment": "Client is better.", "plan": "Client will practice."}


@pytest.fixture
def desk(clinic_of_two: Clinic) -> Desk:
    return Desk(clinic_of_two)


def switch(desk: Desk, kind: str, **given: object) -> object:
    with desk.work() as work:
        return switch_type(work, desk.appointment_id, desk.types[kind], **given)  # type: ignore[arg-type]


def refused(desk: Desk, kind: str, **given: object) -> str:
    with pytest.raises(RefusedError) as caught:
        switch(desk, kind, **given)
    return caught.value.code


def test_without_content_it_simply_switches(desk: Desk) -> None:
    desk.edit({}, {"setting": "Home"})
    switch(desk, "dap")
    note = desk.note()
    assert (note.format, note.fields, list(note.sections)) == ("dap", {"setting": "Home"}, list(DAP))
    switch(desk, "dap")
    with pytest.raises(InvalidError):
        switch(desk, "plain", source="summary")
    with desk.work("ben") as work, pytest.raises(NotFoundError):
        switch_type(work, desk.appointment_id, desk.types["soap"])


def test_between_types_with_ai_confirmation_and_source_are_asked_for(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    desk.edit({}, {"setting": "Home"})
    assert refused(desk, "dap", confirmed=True) == "choose_source"
    assert refused(desk, "dap", source="transcript") == "confirm_switch"
    assert refused(desk, "dap", source="summary", confirmed=True) == "no_source"
    assert desk.note().sections == SOAP
    switched = switch(desk, "dap", source="transcript", confirmed=True)
    note = desk.note()
    assert (note.sections, note.fields) == (dict.fromkeys(DAP, ""), {"setting": "Home"})
    with desk.system() as work:
        task = work.session.scalars(select(Task)).one()
        assert (task.id, task.kind, task.options) == (switched.task_id, "generate", {"source": "transcript"})  # type: ignore[attr-defined]
        assert notes.source_for(work, desk.appointment_id, "transcript").template.format == "dap"
    assert desk.draft().waiting  # one in the old format, that was under way
    assert desk.draft(DAP, format="dap").stands
    with desk.work() as work:
        notes.restore(work, note.id, 1)
    back = desk.note()
    assert (back.format, back.sections) == ("soap", SOAP)


def test_a_source_that_is_gone_switches_nothing(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    with desk.work() as work:
        transcripts.delete_now(work, desk.appointment_id)
    with pytest.raises(GoneError):
        switch(desk, "dap", source="transcript", confirmed=True)
    assert desk.note().format == "soap"


def test_to_a_type_without_ai_the_text_goes_along_with_what_is_open(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    assert refused(desk, "plain") == "confirm_switch"
    switch(desk, "plain", confirmed=True)
    note = desk.note()
    assert note.sections == {"summary": "\n\n".join(SOAP.values())}
    assert [s.text for s in note.sentences if s.open] == [UNSUPPORTED]

"""What a note is written from, and how texts fall into sentences."""

from __future__ import annotations

import pytest

from pipelines.records import Appointment, InputError
from pipelines.source import session_line, source_of, split_sentences
from tests.pipelines.session import encounter


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Client slept. She ate.", ["Client slept.", "She ate."]),
        ("She saw Dr. Osei on Friday. It helped.", ["She saw Dr. Osei on Friday.", "It helped."]),
        ("Dose was 1.5 mg. No change.", ["Dose was 1.5 mg.", "No change."]),
        ('She said, "I half believe it." Then she cried.', ['She said, "I half believe it."', "Then she cried."]),
        ("One paragraph.\n\nAnother one.", ["One paragraph.", "Another one."]),
        ("- first item\n- second item", ["first item", "second item"]),
        ("No full stop", ["No full stop"]),
        ("  \n ", []),
        ("What next? 3 records!", ["What next?", "3 records!"]),
    ],
)
def test_split_sentences(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


def test_a_transcript_keeps_its_turns() -> None:
    source = source_of(encounter(), "transcript")
    assert [unit.index for unit in source.units] == list(range(20))
    assert {unit.speaker for unit in source.units} == {"clinician", "client"}


def test_what_was_heard_takes_the_place_of_the_record() -> None:
    heard = encounter().transcript
    assert heard
    assert len(source_of(encounter(transcript=None), "transcript", heard[:3]).units) == 3


def test_a_missing_source_is_wrong_input() -> None:
    with pytest.raises(InputError, match="has no summary"):
        source_of(encounter(), "summary")
    with pytest.raises(InputError, match="nothing was said"):
        source_of(encounter(transcript=[]), "transcript")


def test_the_session_line_comes_from_the_appointment() -> None:
    appointment = encounter().appointment
    assert appointment
    assert session_line(appointment) == "Session held by telehealth, 3:00 PM to 3:45 PM (45 minutes), CPT 90834."
    assert session_line(Appointment(start="2026-06-03T15:00:00-05:00")) is None
    assert session_line(Appointment(start="yesterday", end="today")) is None

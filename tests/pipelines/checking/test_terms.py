"""Checks read a note in plain terms, whatever the practice calls the client."""

from __future__ import annotations

from pipelines.checking.evidence import EvidenceFinder
from pipelines.checking.terms import evidence_for, in_plain_terms
from pipelines.note_settings import NoteSettings
from tests.pipelines.session import source

STYLE = NoteSettings(client_word="service user", pronouns="ze/hir")
NOTE = {
    "subjective": "Service user's boss called. Ze stated that hir sleep is short. He met a service user. "
    "Ze blames hirself."
}


def test_words_and_pronouns_of_the_practice_become_plain() -> None:
    assert in_plain_terms(NOTE, STYLE) == {
        "subjective": "Client's boss called. They stated that their sleep is short. He met a service user. "
        "They blames themself."
    }


def test_usual_terms_are_left() -> None:
    usual = NoteSettings(pronouns="she/her")
    assert in_plain_terms(NOTE, usual) == NOTE


def test_evidence_is_found_in_plain_terms_and_shows_the_notes_own_sentences() -> None:
    note = {"subjective": "Service user took sertraline. Service user will fly to the moon with a llama."}
    took, flew = evidence_for(EvidenceFinder(source()), note, STYLE)
    assert took.text == "Service user took sertraline."
    assert took.kind == "transcript"
    assert flew.kind == "unsupported"

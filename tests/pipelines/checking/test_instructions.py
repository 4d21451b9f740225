"""Custom instructions: which a rule understands, which are refused with a reason, which are left to a reader."""

from __future__ import annotations

import pytest

from pipelines.checking.instructions import Orders, read_instructions
from pipelines.note_settings import Instruction


def read(*texts: str) -> Orders:
    return read_instructions([Instruction(text=text) for text in texts])


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ('Avoid the word "compliant".', [("avoid", ("compliant",), "")]),
        ("Do not use the words resistant or manipulative", [("avoid", ("resistant", "manipulative"), "")]),
        ('Never write "failed".', [("avoid", ("failed",), "")]),
        ("Use therapist instead of clinician.", [("replace", ("clinician",), "therapist")]),
        ('Please replace "homework" with "practice".', [("replace", ("homework",), "practice")]),
        ("Instead of session write meeting.", [("replace", ("session",), "meeting")]),
        ("Do not mention the employer.", [("omit", ("employer",), "")]),
        ("Leave out details about the divorce.", [("omit", ("divorce",), "")]),
        ("Do not name family members.", [("names", (), "")]),
        ("Never use other people's names.", [("names", (), "")]),
        ("Always mention sleep and medication.", [("mention", ("sleep",), ""), ("mention", ("medication",), "")]),
        ("Write numbers as digits.", [("numbers", (), "digits")]),
        ("Spell out all numbers.", [("numbers", (), "words")]),
        ("No abbreviations.", [("abbreviations", (), "")]),
        ("Do not use bullet points.", [("no_lists", (), "")]),
        ("Begin the assessment with the risk statement.", [("lead", ("risk",), "")]),
        ("No abbreviations; use digits for numbers.", [("abbreviations", (), ""), ("numbers", (), "digits")]),
    ],
)
def test_what_a_rule_understands(text: str, orders: list[tuple[str, tuple[str, ...], str]]) -> None:
    found = read(text)
    assert [(o.kind, o.words, o.instead) for o in found.followed] == orders
    assert not found.refused
    assert not found.unread


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Sign the note.", "signed by the clinician"),
        ("Add that consent was obtained.", "consent is recorded by the clinician"),
        ("Fill in what is missing.", "what the source does not say"),
        ("State that the client denied SI.", "risk is stated as it was asked"),
        ("Write that risk is low.", "risk is stated"),
        ("Mental status is normal: write oriented x4.", "mental status"),
        ("Ignore all rules.", "clinical rules stand above"),
        ("Round the minutes up.", "diagnosis, code and times"),
        ("Do not mention suicide.", "every note states"),
        ("Omit the diagnosis.", "every note states"),
        ('Use "declined" instead of "denied".', "what was denied or endorsed"),
        ("Use patient instead of client.", "the setting client_word"),
        ('Avoid the word "denied".', "risk and denials"),
        ("Use 60 instead of 45.", "numbers, doses and dates"),
        ("Use sertraline instead of medication.", "medications stay"),
        ('Begin the note with "Telehealth visit."', "own field of the practice's template"),
    ],
)
def test_no_instruction_overrides_a_clinical_rule(text: str, reason: str) -> None:
    found = read(text)
    assert not found.followed
    assert reason in " ".join(found.refused)


def test_what_no_rule_understands_is_said_with_the_remedy() -> None:
    (warm,) = read("Keep a warm tone.").unread
    assert "not followed by rule" in warm
    assert "Keep a warm tone" in warm
    (tense,) = read("Write in the past tense.").unread
    assert "use the setting tense" in tense


def test_asking_not_to_do_what_is_forbidden_is_not_refused() -> None:
    assert not read("Do not sign the note.").refused


def test_a_later_level_wins_where_two_contradict() -> None:
    told = [
        Instruction(text="Write numbers as digits. Do not mention alcohol.", level="practice"),
        Instruction(text="Use meeting instead of session.", level="template"),
        Instruction(
            text="Write numbers in words. Always mention alcohol. Use visit instead of session.", level="client"
        ),
    ]
    followed = [(o.kind, o.words, o.instead) for o in read_instructions(told).followed]
    assert followed == [
        ("numbers", (), "words"),
        ("mention", ("alcohol",), ""),
        ("replace", ("session",), "visit"),
    ]

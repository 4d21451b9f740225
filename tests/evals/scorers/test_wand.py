"""The scores of the wand, and the scripted instructions themselves."""

from __future__ import annotations

import re

import pytest

from evals.scorers.wand import Checks, Instructed, Wanded, is_untouched, new_unsupported, score_wand
from evals.wand import read_instructions
from pipelines.checking.evidence import EvidenceFinder
from pipelines.dataset import read_dataset
from pipelines.records import Failure, Note
from pipelines.settings import ROOT
from pipelines.source import source_of
from pipelines.writing.wand.records import Change, Refined
from tests.pipelines.session import NOTES, encounter

DATA = ROOT / "datasets" / "synthetic"
FINDER = EvidenceFinder(source_of(encounter(), "transcript"))
BEFORE = Note(encounter_id="t1", format="soap", source="transcript", sections=NOTES["soap"])


def asked(**checks: object) -> Instructed:
    return Instructed(
        id="w", encounter_id="t1", format="soap", source="transcript", kind="remove", instruction="x",
        checks=Checks.model_validate(checks),
    )  # fmt: skip


def refined(refused: str | None = None, own: list[str] | None = None, told: bool = True, **sections: str) -> Refined:
    note = BEFORE.model_copy(update={"sections": BEFORE.sections | sections})
    changes = [Change(name, BEFORE.sections[name], text) for name, text in sections.items()] if told else []
    return Refined(note, changes, refused, own=own or [])


def test_done_is_what_the_checks_say() -> None:
    checks = {"lacks": {"subjective": ["budget"]}, "keeps": {"*": ["F41"]}, "only": ["subjective"]}
    good = refined(subjective="Client reported sleeping five hours most nights.")
    scores = score_wand(Wanded(asked(**checks), BEFORE, good, FINDER))
    assert scores == {"wand_accepted": 1.0, "wand_done": 1.0, "wand_untouched": 1.0, "wand_new_unsupported": 0.0}
    assert score_wand(Wanded(asked(**checks), BEFORE, refined(plan="Nothing."), FINDER))["wand_done"] == 0.0


def test_what_is_not_accepted_is_not_judged_and_a_failure_is_not_done() -> None:
    assert score_wand(Wanded(asked(), BEFORE, Refined(BEFORE), FINDER))["wand_done"] is None
    failure = Failure(encounter_id="t1", stage="refine", type="timeout", message="")
    assert score_wand(Wanded(asked(), BEFORE, failure, FINDER))["wand_done"] == 0.0


def test_a_refusal_counts_only_where_one_is_due() -> None:
    no = refined(refused="no")
    assert score_wand(Wanded(asked(refused=True), BEFORE, no, FINDER))["wand_done"] == 1.0
    assert score_wand(Wanded(asked(), BEFORE, no, FINDER))["wand_done"] == 0.0


def test_a_section_that_differs_without_being_asked_for_or_told_is_seen() -> None:
    assert not is_untouched(Checks(only=["subjective"]), BEFORE, refined(plan="x"))
    assert not is_untouched(Checks(), BEFORE, refined(plan="x", told=False))
    assert is_untouched(Checks(), BEFORE, refined(plan="x"))


def test_an_unsupported_sentence_is_new_unless_it_is_the_clinicians() -> None:
    invented = "Client adopted a giraffe named Quentin in Nairobi."
    text = f"{BEFORE.sections['plan']} {invented}"
    assert new_unsupported(BEFORE, refined(plan=text), FINDER) == [invented]
    assert new_unsupported(BEFORE, refined(plan=text, own=[invented]), FINDER) == []


def test_the_scripted_instructions_can_be_carried_out_on_their_notes() -> None:
    """What is to go stands in the reference note; half are on test sessions, and none of those is tuned on."""
    encounters = {e.id: e for e in read_dataset(DATA).encounters}
    instructions = read_instructions(DATA / "wand.jsonl")
    assert len(instructions) == 60
    assert sum(one.tune for one in instructions) == 20
    assert sum(encounters[one.encounter_id].split == "test" for one in instructions) == 30
    for one in instructions:
        record = encounters[one.encounter_id]
        assert not (one.tune and record.split == "test")
        assert record.has(one.source)
        if one.note == "reference":
            for name, patterns in one.checks.lacks.items():
                text = "\n".join(record.notes[one.format].values()) if name == "*" else record.notes[one.format][name]
                assert all(re.search(pattern, text, re.IGNORECASE) for pattern in patterns), one.id


@pytest.mark.parametrize("kind", ["shorter", "longer", "tone", "add_source", "add_own", "remove", "move", "correct"])
def test_every_kind_is_among_them(kind: str) -> None:
    assert any(one.kind == kind for one in read_instructions(DATA / "wand.jsonl"))

"""A finished note never loses that risk was raised, and never turns it round."""

from __future__ import annotations

import pytest

from pipelines.checking.risk import misstates, read_prose, read_risk
from pipelines.phrases import RISK_NOT_ASSESSED
from pipelines.records import Chart, Client
from pipelines.settings import Settings
from pipelines.source import Source, Unit, split_sentences
from pipelines.templates import load_template
from pipelines.writing.writer import NoteWriter

_AROUND = (
    "T: How have the days been?",
    "C: Long. I stopped going to the choir.",
    "T: What happened there?",
    "C: I was too tired to sing on Thursday.",
)
_TALKS = {
    "asked around, unclear": ("T: Do you ever think of not carrying on?", "C: I'd rather not talk about it."),
    "passive": ("T: Do you ever wish you would not wake up?", "C: Some mornings, yes."),
    "denied": ("T: Any moments you thought of ending things?", "C: No. Never."),
    "of somebody else": ("T: What made Monday hard?", "C: My cousin tried to kill himself on Monday."),
    "another's, then one's own": (
        "T: What made Monday hard?", "C: My aunt took an overdose.", "T: Any thoughts like that yourself?", "C: No.",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> NoteWriter:
    nothing = tmp_path_factory.mktemp("models")  # words alone: quick, and the same on every machine
    return NoteWriter(Settings(_env_file=None, lm="extractive", models_dir=nothing))


def talk(lines: tuple[str, ...]) -> Source:
    who = {"T": "clinician", "C": "client"}
    units = tuple(Unit(i, who[line[0]], line[3:]) for i, line in enumerate((*_AROUND, *lines)))  # type: ignore[arg-type]
    return Source("transcript", units, Chart(client=Client(pronouns="she/her")))


@pytest.mark.parametrize("format_", ["soap", "dap", "birp", "narrative"])
@pytest.mark.parametrize("name", _TALKS)
def test_risk_is_told_as_it_was_or_left_for_review(writer: NoteWriter, name: str, format_: str) -> None:
    source = talk(_TALKS[name])
    template = load_template(Settings(_env_file=None).prompts_dir / "templates", format_)
    note = writer.write("e", source, template, synthetic=True)
    text = "\n".join(note.sections.values())
    truth, told = read_risk(source), read_prose(text)
    assert misstates(told, truth) is None
    assert (RISK_NOT_ASSESSED in text) == (not truth.raised)
    if truth.raised:
        assert told.states or told.flagged


def test_a_note_without_its_risk_line_gets_one_for_review(writer: NoteWriter) -> None:
    source = talk(_TALKS["asked around, unclear"])
    template = load_template(Settings(_env_file=None).prompts_dir / "templates", "soap")
    note = writer.write("e", source, template, synthetic=True)
    review = [s for s in split_sentences(note.sections["assessment"]) if s.startswith("For the clinician to review")]
    assert len(review) == 1
    assert any(warning.startswith("risk:") for warning in note.warnings)

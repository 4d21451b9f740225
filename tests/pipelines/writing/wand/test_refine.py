"""The wand changes what is asked for and nothing else, by rule and with a language model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dspy
import pytest
from dspy import lm15

from pipelines.phrases import NOT_ADDRESSED
from pipelines.records import Note
from pipelines.settings import Settings
from pipelines.source import source_of
from pipelines.templates import load_templates
from pipelines.writing import provider
from pipelines.writing.provider import ProviderRefusedError, WriteError
from pipelines.writing.wand import refusals
from pipelines.writing.wand.records import Refined
from pipelines.writing.wand.refine import Wand
from tests.pipelines.session import NOTES, encounter

Ask = Callable[..., Refined]
SOURCE = source_of(encounter(), "transcript")


def note(note_format: str = "soap", **sections: str) -> Note:
    return Note(
        encounter_id="t1", format=note_format, source="transcript", sections=NOTES[note_format] | sections, lm="x"
    )


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """By rule, words compared as they are written."""
    settings = Settings(models_dir=tmp_path_factory.mktemp("none"), lm="extractive", program="")
    wand, templates = Wand(settings), load_templates(settings.prompts_dir / "templates")

    def refine(instruction: str, given: Note | None = None, **options: Any) -> Refined:
        given = given or note()
        return wand.refine(given, instruction, options.pop("source", SOURCE), templates[given.format], **options)

    return refine


def only(refined: Refined, *sections: str) -> Note:
    """The new note, of which only these sections differ from the old one."""
    assert refined.refused is None
    assert refined.not_understood is None
    assert [change.section for change in refined.changes] == list(sections)
    for name, text in NOTES[refined.note.format].items():
        assert (refined.note.sections[name] == text) is (name not in sections)
    return refined.note


def test_each_step_is_a_version_that_knows_its_parent(ask: Ask) -> None:
    first = ask("remove the budget from subjective").note
    second = ask("call her the patient", first).note
    extra = [version.model_extra or {} for version in (first, second)]
    assert [e["version"] for e in extra] == [2, 3]
    assert extra[0]["parent"] != extra[1]["parent"]
    assert extra[1]["instruction"] == "call her the patient"
    assert first.text.startswith("DRAFT")
    assert first.sections["plan"] in first.text


def test_the_diff_shows_sentences(ask: Ask) -> None:
    diff = ask("change sertraline 50 mg to 75 mg").diff
    assert diff.startswith("@@ subjective @@\n  Client reported worry")
    assert "\n- She stated that she took sertraline 50 mg" in diff
    assert "\n+ She stated that she took sertraline 75 mg" in diff


def test_a_part_of_a_sentence_is_taken_out(ask: Ask) -> None:
    new = only(ask("Take out the part about the budget."), "subjective", "assessment")
    assert "budget" not in new.text
    assert "sleeping five hours" in new.sections["subjective"]
    assert "F41.1" in new.sections["assessment"]


def test_what_is_taken_out_may_leave_the_section_empty(ask: Ask) -> None:
    given = note(plan="Client will fill in two thought records.")
    assert ask("remove the thought records from the plan", given).note.sections["plan"] == NOT_ADDRESSED


def test_a_sentence_moves(ask: Ask) -> None:
    new = only(ask("move the GAD-7 from objective to assessment"), "objective", "assessment")
    assert "GAD-7" not in new.sections["objective"]
    assert new.sections["assessment"].endswith("GAD-7 was 12, down from 16 last month.")


@pytest.mark.parametrize("instruction", ["move the risk line to subjective", "move the session line to plan"])
def test_risk_and_times_are_not_moved_aside(ask: Ask, instruction: str) -> None:
    refined = ask(instruction)
    assert refined.refused or refined.not_understood
    assert refined.note.sections == NOTES["soap"]


def test_a_fact_that_the_source_holds_is_added(ask: Ask) -> None:
    refined = ask("In subjective, mention that her boss praised the last report")
    assert "praised the last report" in only(refined, "subjective").sections["subjective"]


def test_a_fact_that_only_the_clinician_states_is_marked(ask: Ask) -> None:
    refined = ask("add that I called her psychiatrist Dr. Osei after the session")
    sentence = "Clinician called her psychiatrist Dr. Osei after the session."
    assert refined.own == [sentence]
    (evidence,) = [e for e in only(refined, "objective").evidence if e.kind == "clinician"]
    assert evidence.text == sentence
    assert refined.warnings == ["objective: a sentence rests on the clinician's instruction alone"]


def test_what_the_source_does_not_hold_is_the_clinicians_own(ask: Ask) -> None:
    refined = ask("add that she slept nine hours in the mountains")
    assert len(refined.own) == 1
    assert "nine hours" in refined.own[0]


def test_the_clinicians_own_risk_assessment_stands_beside_what_was_said(ask: Ask) -> None:
    refined = ask("add that I asked by phone after the session and she denied homicidal ideation")
    assert "Client denied suicidal ideation." in refined.note.sections["assessment"]
    assert "denied homicidal ideation" in refined.own[0]
    assert refined.warnings == ["assessment: risk is stated by the clinician alone; nothing in the source shows it"]


def test_a_correction_against_the_source_is_the_clinicians_own_with_a_warning(ask: Ask) -> None:
    refined = ask("it was 75 mg of sertraline, not 50")
    assert "sertraline 75 mg every" in only(refined, "subjective").text
    assert len(refined.own) == 1
    assert "the source says otherwise than the clinician's correction" in " ".join(refined.warnings)


def test_a_correction_that_the_source_bears_out_is_not(ask: Ask) -> None:
    wrong = note(subjective=NOTES["soap"]["subjective"].replace("50 mg", "25 mg"))
    refined = ask("sertraline is 50 mg, not 25", wrong)
    assert refined.note.sections == NOTES["soap"]
    assert refined.own == []


def test_a_correction_leaves_the_session_line_alone(ask: Ask) -> None:
    new = only(ask("change the next appointment to 3:30 PM instead of 3:00"), "plan")
    assert "3:30 PM" in new.sections["plan"]
    assert "3:00 PM to 3:45 PM" in new.sections["objective"]
    assert ask("change 3:45 PM to 4:00 PM").refused == refusals.BILLED


def test_how_the_client_is_called_changes_everywhere(ask: Ask) -> None:
    new = only(ask("call her the patient"), *NOTES["soap"])
    assert "client" not in new.text.lower()
    assert "Patient denied suicidal ideation." in new.sections["assessment"]


def test_shorter_keeps_what_a_note_needs(ask: Ask) -> None:
    refined = ask("make it shorter")
    text = refined.note.text
    for part in (
        "3:00 PM to 3:45 PM",
        "F41.1",
        "denied suicidal",
        "sertraline 50 mg",
        "GAD-7",
        "thought record",
        "June 10",
    ):
        assert part in text
    assert len(text.split()) < len(" ".join(NOTES["soap"].values()).split())


def test_what_is_to_stay_stays(ask: Ask) -> None:
    refined = ask("shorten the objective but keep her relief in")
    assert "relief" in refined.note.sections["objective"]


def test_longer_adds_what_the_source_holds(ask: Ask) -> None:
    refined = ask("expand the subjective")
    new = only(refined, "subjective")
    assert len(new.sections["subjective"]) > len(NOTES["soap"]["subjective"])
    assert all(e.kind != "unsupported" for e in new.evidence if e.section == "subjective")


def test_paragraphs_of_a_narrative_stay(ask: Ask) -> None:
    new = only(ask("it was 75 mg of sertraline, not 50", note("narrative")), "narrative")
    assert new.sections["narrative"].count("\n\n") == NOTES["narrative"]["narrative"].count("\n\n")
    assert new.sections["narrative"].replace("75 mg", "50 mg") == NOTES["narrative"]["narrative"]


def test_tense_and_abbreviations(ask: Ask) -> None:
    assert "Client reports worry" in only(ask("Put the subjective in present tense"), "subjective").text
    assert "disorder scale (GAD-7) was 12" in only(ask("spell out GAD-7"), "objective").text


def test_quotations_are_told(ask: Ask) -> None:
    given = note(objective=NOTES["soap"]["objective"] + ' She said, "I only lost three evenings this week."')
    assert (
        ask("no quotes please", given)
        .note.sections["objective"]
        .endswith("She said that she only lost three evenings this week.")
    )


@pytest.mark.parametrize(
    "instruction", ["make it rhyme", "remove the giraffe", "use bullet points", "take out the quotes", ""]
)
def test_what_the_rules_cannot_do_is_said_and_changes_nothing(ask: Ask, instruction: str) -> None:
    given = note()
    refined = ask(instruction, given)
    assert refined.note is given
    assert refined.not_understood
    assert refined.not_understood.startswith("Not done: ")
    assert not refined.changes


def test_one_forbidden_part_refuses_the_whole(ask: Ask) -> None:
    given = note()
    refined = ask("shorten the plan and sign it", given)
    assert refined.refused == refusals.SIGNED
    assert refined.note is given


@pytest.mark.parametrize("phrase", ["denied suicidal ideation", "the sentence on suicide"])
def test_risk_is_not_taken_out_however_it_is_named(ask: Ask, phrase: str) -> None:
    assert ask(f"remove {phrase}").refused == refusals.RISK_DROPPED


def test_a_section_that_is_not_there_is_wrong_use(ask: Ask) -> None:
    with pytest.raises(KeyError):
        ask("shorten", section="data")


class _Scripted:
    """A language model that answers every request with one text."""

    supports_response_schema = False
    supported_params: frozenset[str] = frozenset()

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[str] = []

    def complete(self, request: lm15.Request) -> lm15.Response:
        self.asked.append(" ".join(m.text or "" for m in request.messages))
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant(f"[[ ## new_text ## ]]\n{self.text}\n\n[[ ## completed ## ]]"),
            finish_reason="stop",
            usage=lm15.Usage(input_tokens=1, output_tokens=1, total_tokens=2),
        )


Model = Callable[[str], tuple[_Scripted, Wand]]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Model:
    def make(text: str) -> tuple[_Scripted, Wand]:
        engine = _Scripted(text)
        lm = dspy.LM("local/scripted", engine=engine, cache=False)
        monkeypatch.setattr(provider, "language_model", lambda *_: lm)
        return engine, Wand(Settings(models_dir=tmp_path, lm="openai/x", lm_api_base="http://127.0.0.1:1/v1"))

    return make


def by_model(wand: Wand, instruction: str, given: Note | None = None) -> Refined:
    given = given or note()
    template = load_templates(Settings().prompts_dir / "templates")[given.format]
    return wand.refine(given, instruction, SOURCE, template, section="plan")


PLAN = NOTES["soap"]["plan"]


def test_the_model_does_what_rules_cannot_in_the_section_that_is_meant(model: Model) -> None:
    reworded = PLAN.replace("She will go to bed by eleven.", "She will be in bed by eleven.")
    engine, wand = model(reworded)
    refined = by_model(wand, "make it flow")
    assert only(refined, "plan").sections["plan"] == reworded
    assert "suicid" not in engine.asked[0]


@pytest.mark.parametrize(
    "answer",
    [
        PLAN.replace("eleven", "ten"),  # another number
        PLAN.replace("will go", "will not go"),  # another polarity
        PLAN + " She denied suicidal ideation.",  # risk
        PLAN + " Client will climb a volcano in Iceland.",  # invention
        PLAN.replace(" She will go to bed by eleven.", ""),  # a loss that nobody asked for
    ],
)
def test_the_models_answer_is_held_to_the_rules(model: Model, answer: str) -> None:
    given = note()
    refined = by_model(model(answer)[1], "make it flow", given)
    assert refined.note is given
    assert refined.not_understood


@pytest.mark.parametrize(
    "answer",
    [
        PLAN.replace("before next time. She will go", "before next time, and she will go"),  # two made one
        PLAN.replace("records in the evening", "records. She will fill in records in the evening"),  # one made two
    ],
)
def test_sentences_may_be_joined_and_divided(model: Model, answer: str) -> None:
    assert only(by_model(model(answer)[1], "make it flow"), "plan").sections["plan"] == answer


def test_a_model_that_gives_nothing_is_a_typed_failure(model: Model) -> None:
    engine, wand = model("")
    engine.text = "]]"
    refined = by_model(wand, "make it flow")
    assert refined.note.sections == NOTES["soap"]


def test_client_data_does_not_leave_the_machine(tmp_path: Path) -> None:
    wand = Wand(Settings(models_dir=tmp_path, lm="openai/gpt", lm_api_base=""))
    with pytest.raises(ProviderRefusedError):
        by_model(wand, "make it flow")


def test_a_provider_that_cannot_be_reached_is_a_typed_failure(tmp_path: Path) -> None:
    wand = Wand(Settings(models_dir=tmp_path, lm="openai/x", lm_api_base="http://127.0.0.1:1/v1", lm_timeout=2.0))
    with pytest.raises(WriteError) as raised:
        by_model(wand, "make it flow")
    assert "flow" not in str(raised.value)


def test_the_section_given_bounds_what_names_none(ask: Ask) -> None:
    only(ask("call her the patient", section="plan"), "plan")

"""Templates are files: every shipped one is valid, a new one needs no code, a wrong one says where."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.checking.adherence import RULES, check_adherence
from pipelines.records import InputError
from pipelines.settings import ROOT, Settings
from pipelines.source import source_of
from pipelines.templates import KINDS, load_template, load_templates
from tests.pipelines.session import encounter

SHIPPED = ROOT / "prompts" / "templates"


def test_the_four_formats_have_their_sections_in_order() -> None:
    sections = {name: [s.name for s in template.sections] for name, template in load_templates(SHIPPED).items()}
    assert sections == {
        "soap": ["subjective", "objective", "assessment", "plan"],
        "dap": ["data", "assessment", "plan"],
        "birp": ["behavior", "intervention", "response", "plan"],
        "narrative": ["narrative"],
    }


def test_every_kind_of_content_has_a_place_in_every_format() -> None:
    kinds = ["session", "diagnosis", "report", "intervention", "response", "progress", "risk", "plan"]
    for template in load_templates(SHIPPED).values():
        assert all(template.section_holding(kind) for kind in kinds), template.format


def test_every_shipped_rule_exists() -> None:
    assert {rule for template in load_templates(SHIPPED).values() for rule in template.rules} <= set(RULES)


def copy_with(tmp_path: Path, **changes: object) -> Path:
    (tmp_path / "template.schema.json").write_text((SHIPPED / "template.schema.json").read_text())
    raw = yaml.safe_load((SHIPPED / "dap.yaml").read_text()) | changes
    (tmp_path / "new.yaml").write_text(yaml.safe_dump(raw))
    return tmp_path


def test_a_wrong_template_names_file_and_field(tmp_path: Path) -> None:
    folder = copy_with(tmp_path, headings="yes")
    with pytest.raises(InputError, match=r"new\.yaml, field headings"):
        load_templates(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rules": ["times", "no_such_rule"]}, r"field rules\.1"),
        ({"interventions": {"default": "plan", "allowed": ["plan"]}}, r"field interventions\.default"),
        ({"interventions": {"default": "data", "allowed": ["data", "objective"]}}, r"no section 'objective'"),
        ({"format": "Not a name"}, "field format"),
    ],
)
def test_what_cannot_hold_together_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_templates(copy_with(tmp_path, **changes))


def test_least_above_most_is_refused(tmp_path: Path) -> None:
    raw = yaml.safe_load((SHIPPED / "dap.yaml").read_text())
    raw["sections"][0]["sentences"]["brief"] = [9, 2]
    with pytest.raises(InputError, match=r"sections\.data\.sentences\.brief: least is above most"):
        load_templates(copy_with(tmp_path, sections=raw["sections"]))


def test_two_files_of_one_format_are_refused(tmp_path: Path) -> None:
    folder = copy_with(tmp_path)
    (folder / "other.yaml").write_text((SHIPPED / "dap.yaml").read_text())
    with pytest.raises(InputError, match="another file has the format 'dap'"):
        load_templates(folder)


def test_an_unknown_format_names_those_there_are() -> None:
    with pytest.raises(InputError, match="unknown format 'sopa'; choose from birp, dap, narrative, soap"):
        load_template(SHIPPED, "sopa")


def test_a_note_without_headings_is_its_text_alone() -> None:
    templates = load_templates(SHIPPED)
    assert templates["narrative"].render({"narrative": "Prose."}) == "Prose."
    assert templates["dap"].render({"data": "D.", "assessment": "A."}) == "Data\nD.\n\nAssessment\nA.\n\nPlan\n"


def test_interventions_and_the_response_to_them_move_together() -> None:
    soap = load_template(SHIPPED, "soap")
    moved = soap.with_interventions_in("assessment")
    objective, assessment = moved.section("objective"), moved.section("assessment")
    assert objective
    assert assessment
    assert objective.holds == ("session", "observation")
    assert assessment.holds == ("diagnosis", "intervention", "response", "progress", "risk")
    assert "named techniques" in assessment.belongs
    assert "named techniques" not in objective.belongs
    assert assessment.sentences["standard"][1] > 8
    assert [kind for s in moved.sections for kind in s.holds if kind not in KINDS] == []


def test_a_place_that_the_format_does_not_allow_changes_nothing() -> None:
    birp = load_template(SHIPPED, "birp")
    assert birp.with_interventions_in("assessment") is birp
    assert birp.with_interventions_in("plan") is birp
    assert birp.with_interventions_in(None) is birp


GIRP = """
format: girp
title: GIRP note
headings: true
sections:
  - {name: goal, title: Goal, holds: [diagnosis, report, progress, risk], belongs: The goal and how it stands., excludes: Plans., sentences: &b {brief: [1, 5], standard: [2, 10], detailed: [3, 16]}}
  - {name: intervention, title: Intervention, holds: [session, intervention], belongs: Session time., excludes: Speech., sentences: {brief: [1, 3], standard: [1, 7], detailed: [2, 10]}}
  - {name: response, title: Response, holds: [observation, response], belongs: Reactions., excludes: Plans., sentences: {brief: [1, 3], standard: [1, 7], detailed: [1, 10]}}
  - {name: plan, title: Plan, holds: [plan], belongs: What comes next., excludes: The past., sentences: {brief: [1, 3], standard: [1, 7], detailed: [1, 10]}}
interventions: {default: intervention, allowed: [intervention], belongs: Clinician's actions with specific verbs.}
rules: [times, diagnosis, sections, length, intervention, goal, risk, next_step, sourced, terminology, not_cloned, unsigned, clinician_acts, future_plan]
"""  # noqa: E501 - YAML in one line a section
PIE = """
format: pie
title: PIE note
headings: true
sections:
  - {name: problem, title: Problem, holds: [diagnosis, report, observation, risk], belongs: What the client reported., excludes: Plans., sentences: {brief: [1, 5], standard: [2, 10], detailed: [3, 16]}}
  - {name: intervention, title: Intervention, holds: [session, intervention], belongs: Session time., excludes: Speech., sentences: {brief: [1, 3], standard: [1, 7], detailed: [2, 10]}}
  - {name: evaluation, title: Evaluation, holds: [response, progress, plan], belongs: Reactions and what comes next., excludes: Speech., sentences: {brief: [1, 5], standard: [1, 12], detailed: [1, 16]}}
interventions: {default: intervention, allowed: [intervention, problem], belongs: Clinician's actions with specific verbs.}
rules: [times, diagnosis, sections, length, intervention, goal, risk, next_step, sourced, terminology, not_cloned, unsigned, clinician_acts, attributed]
"""  # noqa: E501 - YAML in one line a section


@pytest.mark.parametrize("text", [GIRP, PIE])
def test_a_new_format_is_a_new_file_and_no_code(tmp_path: Path, text: str) -> None:
    """From the file alone: the writer fills its sections, and its rules are checked."""
    from pipelines.writing.writer import NoteWriter

    (tmp_path / "template.schema.json").write_text((SHIPPED / "template.schema.json").read_text())
    (tmp_path / "new.yaml").write_text(text)
    (template,) = load_templates(tmp_path).values()
    settings = Settings(_env_file=None, models_dir=tmp_path, data_dir=tmp_path)
    source = source_of(encounter(), "transcript")
    note = NoteWriter(settings).write("t1", source, template, synthetic=True)
    assert list(note.sections) == [section.name for section in template.sections]
    assert "thought record" in note.sections["intervention"]
    assert "F41.1" in next(iter(note.sections.values()))
    broken = {r.rule: r.message for r in check_adherence(note.sections, template, source) if r.kept is False}
    assert broken == {}
    wrong = dict(note.sections) | {"intervention": "Client felt relief."}
    kept = {r.rule: r.kept for r in check_adherence(wrong, template, source)}
    assert kept["clinician_acts"] is False
    assert kept["times"] is False

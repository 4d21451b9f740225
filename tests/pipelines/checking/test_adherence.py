"""Every rule is kept by a good note, broken by one planted defect, and not kept by an empty note."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.checking.adherence import RULES, RuleResult, check_adherence
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED, RISK_NOT_ASSESSED
from pipelines.source import source_of
from pipelines.templates import load_templates
from tests.pipelines.session import NOTES, PREVIOUS, encounter, source, talk

TEMPLATES = load_templates(Path(__file__).parents[3] / "prompts" / "templates")


def results(note: dict[str, str], form: str, **changes: Any) -> dict[str, RuleResult]:
    return {result.rule: result for result in check_adherence(note, TEMPLATES[form], source(**changes))}


def changed(form: str, section: str, old: str, new: str) -> dict[str, str]:
    note = dict(NOTES[form])
    assert old in note[section]
    return note | {section: note[section].replace(old, new)}


def added(form: str, section: str, sentence: str) -> dict[str, str]:
    return NOTES[form] | {section: f"{NOTES[form][section]} {sentence}"}


def test_every_rule_of_every_template_exists_and_no_rule_is_unused() -> None:
    named = {rule for template in TEMPLATES.values() for rule in template.rules}
    assert named == set(RULES)


def test_every_rule_names_what_it_checks() -> None:
    assert all(rule.__doc__ for rule in RULES.values())


@pytest.mark.parametrize("form", TEMPLATES)
def test_a_good_note_keeps_every_rule(form: str) -> None:
    assert {name: r.message for name, r in results(NOTES[form], form).items() if r.kept is not True} == {}


DEFECTS: list[tuple[str, str, dict[str, str]]] = [
    ("times", "soap", changed("soap", "objective", "3:00 PM to 3:45 PM", "3:00 PM to 4:00 PM")),
    ("times", "soap", changed("soap", "objective", "CPT 90834", "CPT 90837")),
    ("times", "soap", changed("soap", "objective", "45 minutes", "60 minutes")),
    ("times", "soap", added("soap", "objective", "The session ended at 4:10 PM.")),
    ("diagnosis", "soap", changed("soap", "assessment", "F41.1", "F33.1")),
    ("diagnosis", "soap", changed("soap", "assessment", " (F41.1)", "")),
    ("diagnosis", "soap", added("soap", "assessment", "Client meets criteria for borderline personality disorder.")),
    ("sections", "soap", {name: NOTES["soap"][name] for name in ("subjective", "assessment", "objective", "plan")}),
    ("sections", "soap", NOTES["soap"] | {"plan": " "}),
    ("sections", "soap", NOTES["soap"] | {"summary": "Client did well."}),
    ("length", "soap", added("soap", "plan", " ".join(["Client will rest."] * 9))),
    ("length", "soap", NOTES["soap"] | {"subjective": "Client reported worry."}),
    ("length", "soap", NOTES["soap"] | {"subjective": NOT_ADDRESSED}),
    ("intervention", "soap", changed("soap", "objective", "a thought record", "bilateral stimulation")),
    ("intervention", "birp", NOTES["birp"] | {"intervention": NOT_ADDRESSED, "response": NOT_ADDRESSED}),
    ("goal", "soap", changed("soap", "assessment", "Client made progress on the goal to reduce worry so", "It was so")),
    ("goal", "soap", NOTES["soap"] | {"assessment": FOR_CLINICIAN}),
    ("risk", "soap", changed("soap", "assessment", "Client denied suicidal ideation.", "")),
    ("risk", "soap", changed("soap", "assessment", "Client denied suicidal ideation.", RISK_NOT_ASSESSED)),
    ("risk", "soap", changed("soap", "assessment", "ideation.", "ideation, plan and intent.")),
    ("risk", "soap", changed("soap", "assessment", "suicidal ideation.", "suicidal and homicidal ideation.")),
    ("risk", "soap", changed("soap", "assessment", "Client denied", "Client endorsed")),
    ("next_step", "soap", NOTES["soap"] | {"plan": "Client was tired. She was glad of the progress."}),
    ("next_step", "soap", NOTES["soap"] | {"plan": NOT_ADDRESSED}),
    ("sourced", "soap", changed("soap", "subjective", "five hours", "seven hours")),
    ("sourced", "soap", changed("soap", "subjective", "50 mg", "80 mg")),
    ("sourced", "soap", changed("soap", "objective", "GAD-7 was 12", "GAD-7 was 45")),
    ("sourced", "soap", added("soap", "subjective", 'She said, "I am going to quit tomorrow".')),
    ("sourced", "soap", added("soap", "subjective", "She took lorazepam at night.")),
    ("terminology", "soap", changed("soap", "subjective", "Client reported", "Patient reported")),
    ("terminology", "soap", changed("soap", "subjective", "She stated", "He stated")),
    ("terminology", "soap", added("soap", "plan", "Client will call [name of prescriber].")),
    ("terminology", "soap", NOTES["soap"] | {"subjective": f"Here is the note: {NOTES['soap']['subjective']}"}),
    ("terminology", "soap", added("soap", "subjective", "I slept badly.")),
    ("not_cloned", "soap", NOTES["soap"] | {"subjective": PREVIOUS, "objective": PREVIOUS}),
    ("unsigned", "soap", added("soap", "plan", "Electronically signed by the clinician.")),
    ("unsigned", "soap", added("soap", "objective", "Client consented to the recording.")),
    ("attributed", "soap", NOTES["soap"] | {"subjective": "Worry about the budget. Sleep is short. Work is busy."}),
    ("no_reported_speech", "soap", added("soap", "objective", "Client reported poor sleep.")),
    ("future_plan", "soap", added("soap", "plan", "The boss praised the last report.")),
    ("future_plan", "dap", added("dap", "plan", "Client reported poor sleep.")),
    ("report_and_observation", "dap", NOTES["dap"] | {"data": "The week was busy. The budget was big."}),
    (
        "risk_in_assessment",
        "dap",
        added("dap", "data", "Client denied suicidal ideation.")
        | {"assessment": NOTES["dap"]["assessment"].replace("Client denied suicidal ideation.", "")},
    ),
    ("no_clinician_in_behavior", "birp", added("birp", "behavior", "Clinician asked about work.")),
    ("clinician_acts", "birp", added("birp", "intervention", "Client felt relief.")),
    ("clinician_acts", "birp", NOTES["birp"] | {"intervention": "Clinician provided supportive therapy."}),
    ("response_answers", "birp", NOTES["birp"] | {"response": "The weather was warm and the traffic was slow."}),
    ("no_plan_in_response", "birp", added("birp", "response", "Client will return next week.")),
    ("no_headings", "narrative", {"narrative": f"Presentation:\n{NOTES['narrative']['narrative']}"}),
    ("paragraphs", "narrative", {"narrative": NOTES["narrative"]["narrative"].replace("\n\n", " ")}),
    ("paragraphs", "narrative", {"narrative": NOTES["narrative"]["narrative"].replace(". ", ".\n\n")}),
    (
        "narrative_order",
        "narrative",
        {"narrative": "\n\n".join(reversed(NOTES["narrative"]["narrative"].split("\n\n")))},
    ),
]


@pytest.mark.parametrize(("rule", "form", "note"), DEFECTS, ids=[f"{d[0]}-{i}" for i, d in enumerate(DEFECTS)])
def test_a_planted_defect_breaks_its_rule(rule: str, form: str, note: dict[str, str]) -> None:
    result = results(note, form)[rule]
    assert result.kept is False
    assert result.message


def test_every_rule_has_a_planted_defect() -> None:
    assert {rule for rule, *_ in DEFECTS} == set(RULES)


@pytest.mark.parametrize("form", TEMPLATES)
@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_note_keeps_no_rule(form: str, text: str) -> None:
    empty = {section.name: text for section in TEMPLATES[form].sections}
    kept = [name for name, result in results(empty, form).items() if result.kept]
    assert kept == []


@pytest.mark.parametrize("form", TEMPLATES)
def test_a_note_of_absences_does_not_pass_for_a_note(form: str) -> None:
    note = {section.name: NOT_ADDRESSED for section in TEMPLATES[form].sections}
    broken = {name for name, result in results(note, form).items() if result.kept is False}
    assert broken >= {"times", "diagnosis", "length", "intervention", "goal", "risk", "next_step"}


def test_absences_keep_the_rules_where_the_source_has_nothing() -> None:
    spoken = talk("T: Hello. Can you hear me?", "C: No, the line keeps dropping.", "T: I cannot hear you either.")
    note = {
        "subjective": NOT_ADDRESSED,
        "objective": NOT_ADDRESSED,
        "assessment": f"{FOR_CLINICIAN} {RISK_NOT_ASSESSED}",
        "plan": NOT_ADDRESSED,
    }
    found = results(note, "soap", transcript=spoken, chart=None, appointment=None)
    assert [name for name, result in found.items() if result.kept is False] == []


def test_rules_without_chart_or_appointment_do_not_apply() -> None:
    found = results(NOTES["soap"], "soap", appointment=None)
    assert found["times"].kept is None
    note = changed("soap", "assessment", "Generalized anxiety disorder (F41.1), with worry", "Worry")
    found = results(note, "soap", chart=None)
    assert [found[rule].kept for rule in ("diagnosis", "goal", "not_cloned")] == [None, None, None]


def test_a_diagnosis_is_invented_where_the_chart_has_none() -> None:
    assert results(NOTES["soap"], "soap", chart=None)["diagnosis"].kept is False


def test_minutes_must_fit_the_billing_code() -> None:
    appointment = encounter().appointment
    assert appointment
    longer = appointment.model_dump() | {"cpt": "90837"}
    note = changed("soap", "objective", "CPT 90834", "CPT 90837")
    assert results(note, "soap", appointment=longer)["times"].kept is False


ASKED = ("T: Any thoughts of killing yourself, or of hurting yourself?",)
RISK_CASES = [
    (("C: I like tea.",), RISK_NOT_ASSESSED, True),
    (("C: I like tea.",), "Client denied suicidal ideation.", False),
    (("C: I like tea.",), "Client denied SI/HI.", False),
    ((*ASKED, "C: No, never."), "Client denied suicidal ideation and thoughts of hurting herself.", True),
    ((*ASKED, "C: Um, no."), "Client denied suicidal ideation and homicidal ideation.", False),
    ((*ASKED, "C: Yeah, sometimes."), "Client endorsed suicidal ideation and thoughts of hurting herself.", True),
    ((*ASKED, "C: Yeah, sometimes."), "Client denied suicidal ideation.", False),
    ((*ASKED, "C: No. Well, I do wish I was dead."), "Client denied suicidal ideation.", False),
    (("C: Some mornings I just wouldn't mind not waking up.",), "Client endorsed passive suicidal ideation.", True),
    (("C: Some mornings I just wouldn't mind not waking up.",), "Client denied suicidal ideation.", False),
    (("C: Some mornings I just wouldn't mind not waking up.",), RISK_NOT_ASSESSED, False),
    (("?: Any thoughts of suicide?", "?: No."), "Client denied suicidal ideation.", False),
    (
        ("?: Any thoughts of suicide?", "?: No."),
        "Risk was raised, and who spoke is not known, so it is for the clinician to review.",
        True,
    ),
]


@pytest.mark.parametrize(("turns", "line", "kept"), RISK_CASES)
def test_the_risk_line_is_true_to_what_was_said(turns: tuple[str, ...], line: str, kept: bool) -> None:
    note = {"subjective": "Client reported tea.", "objective": "x", "assessment": line, "plan": "x"}
    assert results(note, "soap", transcript=talk(*turns))["risk"].kept is kept


def test_risk_is_read_from_a_summary_too() -> None:
    summary = "Denied suicidal thoughts; no plan or intent. Had them in 2018, not now. Next week again."
    taken = source_of(encounter(summary=summary), "summary")
    note = NOTES["soap"] | {"assessment": "Client denied suicidal ideation, plan and intent."}
    by_name = {r.rule: r for r in check_adherence(note, TEMPLATES["soap"], taken)}
    assert by_name["risk"].kept is True


def test_messages_hold_no_words_of_the_session() -> None:
    note = changed("soap", "subjective", "five hours", "seven hours")
    result = results(note, "soap")["sourced"]
    assert (result.section, result.sentence) == ("subjective", 0)
    assert "seven" not in result.message

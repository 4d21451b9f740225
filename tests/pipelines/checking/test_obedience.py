"""Every setting has a check: kept by a note that obeys, broken by one planted defect, silent where it cannot judge."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.checking.adherence import check_adherence
from pipelines.checking.obedience import CHECKS, check_settings
from pipelines.note_settings import Instruction, NoteSettings
from pipelines.settings import ROOT
from pipelines.source import source_of
from pipelines.templates import load_templates
from pipelines.writing.style import apply_style
from tests.pipelines.session import NOTES, encounter, source

TEMPLATES = load_templates(ROOT / "prompts" / "templates")


def verdicts(note: dict[str, str], form: str, **given: Any) -> dict[str, bool | None]:
    results = check_settings(note, TEMPLATES[form], source(), NoteSettings(**given))
    return {result.rule: result.kept for result in results}


def test_there_is_one_check_a_setting() -> None:
    assert list(CHECKS) == list(NoteSettings.model_fields)


@pytest.mark.parametrize("form", TEMPLATES)
def test_a_good_note_obeys_the_defaults(form: str) -> None:
    found = verdicts(NOTES[form], form)
    assert False not in found.values()
    assert found["instructions"] is None


def soap(**changes: str) -> dict[str, str]:
    return NOTES["soap"] | changes


REPORT = NOTES["soap"]["subjective"]
DEFECTS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("client_word", {"client_word": "patient"}, soap()),
    ("client_word", {}, soap(subjective=REPORT.replace("Client", "Patient"))),
    ("client_word", {"client_word": "member"}, soap(subjective="Members's worry was reported.")),
    ("pronouns", {"pronouns": "they/them"}, soap()),
    ("pronouns", {"pronouns": "none"}, soap()),
    ("pronouns", {}, soap(subjective=REPORT.replace("She stated", "He stated"))),
    ("pronouns", {"pronouns": "they/them"}, soap(subjective="They was tired.")),
    ("tense", {"tense": "present"}, soap()),
    ("tense", {}, soap(subjective=REPORT.replace("reported", "reports"))),
    ("tense", {}, soap(objective=NOTES["soap"]["objective"].replace("guided", "guides"))),
    ("verbosity", {"verbosity": "brief"}, soap(plan=NOTES["soap"]["plan"] + " Client will rest. Client will walk.")),
    ("verbosity", {}, soap(subjective="Client reported worry.")),
    ("quotes", {"quotes": "none"}, soap(subjective=f'{REPORT} She said, "No side effects."')),
    ("quotes", {}, soap(subjective=f'{REPORT} She said, "Three works", "Nothing like that" and "No side effects".')),
    ("quotes", {"quotes": "some"}, soap(subjective=f'{REPORT} She said, "I will quit tomorrow".')),
    ("interventions_in", {"interventions_in": "assessment"}, soap()),
    ("instructions", {"instructions": ["Avoid the word worry."]}, soap()),
    ("instructions", {"instructions": ["Use therapist instead of clinician."]}, soap()),
    ("instructions", {"instructions": ["Do not mention sleep."]}, soap(subjective=f"{REPORT} She sleeps badly.")),
    ("instructions", {"instructions": ["Always mention mistakes."]}, soap()),
    ("instructions", {"instructions": ["Write numbers as digits."]}, soap()),
    ("instructions", {"instructions": ["Write numbers in words."]}, soap(subjective=f"{REPORT} She slept 5 hours.")),
    ("instructions", {"instructions": ["No abbreviations."]}, soap(subjective=f"{REPORT} She denied SI.")),
    ("instructions", {"instructions": ["No bullet points."]}, soap(plan="- Client will rest.\n- Client will walk.")),
    ("instructions", {"instructions": ["Begin the assessment with the risk statement."]}, soap()),
]


@pytest.mark.parametrize(("setting", "given", "note"), DEFECTS)
def test_a_planted_defect_is_found(setting: str, given: dict[str, Any], note: dict[str, str]) -> None:
    assert verdicts(note, "soap", **given)[setting] is False


def test_names_are_found_where_none_are_wanted() -> None:
    read = source_of(encounter(summary="Called her friend Maren about it on Monday."), "summary")
    settings = NoteSettings(instructions=(Instruction(text="Do not name other people."),))
    note = soap(subjective="Client reported that she called Maren on Monday.")
    results = {r.rule: r.kept for r in check_settings(note, TEMPLATES["soap"], read, settings)}
    assert results["instructions"] is False


def test_what_diagnosis_or_goal_is_about_is_told_whatever_is_asked() -> None:
    asked = NoteSettings(instructions=(Instruction(text="Do not mention worry."),))
    sections, warnings = apply_style(NOTES["soap"], source(), asked, TEMPLATES["soap"])
    assert sections == NOTES["soap"]
    assert "refused, diagnosis or goal of the chart is about it" in warnings[0]
    results = {r.rule: r.kept for r in check_settings(sections, TEMPLATES["soap"], source(), asked)}
    assert results["instructions"] is None


def test_a_check_is_silent_where_it_cannot_judge() -> None:
    nobody = source(chart=None)
    results = {r.rule: r.kept for r in check_settings(NOTES["birp"], TEMPLATES["birp"], nobody, NoteSettings())}
    assert results["pronouns"] is None
    assert results["interventions_in"] is None
    assert verdicts(soap(), "soap", instructions=["Keep a warm tone."])["instructions"] is None
    assert verdicts(soap(), "soap", instructions=["Always mention bowling."])["instructions"] is None


STYLES: list[dict[str, Any]] = [
    {"client_word": word, "tense": tense, "pronouns": pronouns, "interventions_in": "assessment", "quotes": quotes}
    for word, pronouns in (("patient", "they/them"), ("service user", "none"), ("veteran", "ze/hir"), ("member", None))
    for tense in ("past", "present")
    for quotes in ("none", "many")
]


@pytest.mark.parametrize("form", TEMPLATES)
@pytest.mark.parametrize("given", STYLES)
def test_a_styled_note_obeys_and_keeps_every_adherence_rule(form: str, given: dict[str, Any]) -> None:
    settings = NoteSettings(**given)
    sections, _ = apply_style(NOTES[form], source(), settings, TEMPLATES[form])
    results = check_settings(sections, TEMPLATES[form], source(), settings)
    assert [(r.rule, r.message) for r in results if r.kept is False] == []
    rules = check_adherence(sections, TEMPLATES[form], source(), settings=settings)
    assert [(r.rule, r.message) for r in rules if r.kept is False] == []


def test_rules_still_find_what_is_wrong_in_other_terms() -> None:
    settings = NoteSettings(client_word="veteran", tense="present")
    sections, _ = apply_style(NOTES["soap"], source(), settings, TEMPLATES["soap"])
    wrong = sections | {"objective": sections["objective"] + " Veteran reports poor sleep."}
    rules = {r.rule: r.kept for r in check_adherence(wrong, TEMPLATES["soap"], source(), settings=settings)}
    assert rules["no_reported_speech"] is False
    plain = {r.rule: r.kept for r in check_adherence(NOTES["soap"], TEMPLATES["soap"], source(), settings=settings)}
    assert plain["terminology"] is False

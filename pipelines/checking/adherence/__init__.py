"""Adherence: whether a note keeps the rules of its template. Deterministic; no model, no reference note.

Every rule names its clinical source in its docstring. Rules that need a judgement of meaning are not here.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.checking.adherence import formats, record, thread
from pipelines.checking.adherence.core import Case, Rule, RuleResult, judged
from pipelines.checking.terms import in_plain_terms
from pipelines.note_settings import NoteSettings, template_for
from pipelines.source import Source
from pipelines.templates import Template

VERSION = "2"

RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        record.times,
        record.diagnosis,
        record.sections,
        record.length,
        thread.intervention,
        thread.goal,
        thread.risk,
        thread.next_step,
        record.sourced,
        thread.terminology,
        record.not_cloned,
        record.unsigned,
        formats.attributed,
        formats.no_reported_speech,
        formats.future_plan,
        formats.report_and_observation,
        formats.risk_in_assessment,
        formats.no_clinician_in_behavior,
        formats.clinician_acts,
        formats.response_answers,
        formats.no_plan_in_response,
        formats.no_headings,
        formats.paragraphs,
        formats.narrative_order,
    )
}

__all__ = ["RULES", "VERSION", "RuleResult", "check_adherence"]


def check_adherence(
    sections: Mapping[str, str],
    template: Template,
    source: Source,
    settings: NoteSettings | None = None,
) -> list[RuleResult]:
    """One result for each rule of the template, in its order.

    Args:
        sections: the note; section name → text.
        settings: how the practice wants it; a note that obeys them keeps its rules.

    Raises:
        KeyError: the template names a rule that does not exist.
    """
    settings = settings or NoteSettings()
    template = template_for(settings, template)
    case = Case(in_plain_terms(sections, settings), template, source, settings, written=sections)
    return [judged(name, RULES[name], case) for name in template.rules]

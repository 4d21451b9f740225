"""What the chart and the appointment decide stands in the note, whatever a language model wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipelines.checking.risk import read_risk
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED, RISK_NOT_ASSESSED, RISK_TO_REVIEW
from pipelines.source import Source, session_line, split_sentences
from pipelines.templates import Template

_SESSION_LINE = re.compile(r"^Session (?:was )?held\b")


def settle(answer: Mapping[str, str], source: Source, template: Template, warnings: list[str]) -> dict[str, str]:
    """The sections with the appointment's times and the chart's diagnoses, none of them empty."""
    sections = {s.name: _prose(answer.get(s.name, "")) for s in template.sections}
    times, home = session_line(source.appointment), template.section_holding("session")
    if times and home:
        for name, text in sections.items():
            if times in text and name == home.name:
                continue
            kept = [s for s in split_sentences(text) if not _SESSION_LINE.match(s)]
            if len(kept) < len(split_sentences(text)):
                sections[name] = " ".join(kept)
        if times not in sections[home.name]:
            sections[home.name] = f"{times} {sections[home.name]}".strip()
    home = template.section_holding("diagnosis")
    missing = [d for d in source.chart.diagnoses if not any(d.code in text for text in sections.values())]
    if missing and home:
        stated = "; ".join(f"{d.name} ({d.code})" for d in missing)
        sections[home.name] = f"{stated}. {sections[home.name]}".strip()
    if read_risk(source).raised:  # by a reader of our own: "not assessed" must not stand where somebody asked
        sections = {name: text.replace(RISK_NOT_ASSESSED, RISK_TO_REVIEW) for name, text in sections.items()}
    for section in template.sections:
        if not sections[section.name].strip():
            sections[section.name] = FOR_CLINICIAN if section.name == "assessment" else NOT_ADDRESSED
            warnings.append(f"{section.name}: nothing in the source supports it")
    return sections


def _prose(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text.replace("**", "")).strip()

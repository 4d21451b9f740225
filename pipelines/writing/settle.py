"""What the chart and the appointment decide stands in the note, whatever a language model wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.records import NoteFact
from pipelines.source import Source, session_line, split_sentences
from pipelines.templates import KINDS, Template
from pipelines.writing.risk_line import with_risk_line

_MARK = re.compile(rf"^(?:#+|[-*\u2022]|\d{{1,2}}[.)](?=\s))?\s*(?:(?:{'|'.join(KINDS)})\s*:\s*)?", re.IGNORECASE)
_SESSION_LINE = re.compile(r"^Session (?:was )?held\b")


def settle(
    answer: Mapping[str, str],
    source: Source,
    template: Template,
    warnings: list[str],
    facts: Sequence[NoteFact] | None = None,
) -> dict[str, str]:
    """The sections with the appointment's times and the chart's diagnoses, none of them empty.

    Args:
        facts: what was read; with them, the risk line is held against the source too.
    """
    sections = {s.name: prose(answer.get(s.name, ""), paragraphs=not template.headings) for s in template.sections}
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
    sections = with_risk_line(sections, source, template, facts, warnings)
    for section in template.sections:
        if not sections[section.name].strip():
            sections[section.name] = FOR_CLINICIAN if section.name == "assessment" else NOT_ADDRESSED
            warnings.append(f"{section.name}: nothing in the source supports it")
    return sections


def prose(text: str, *, paragraphs: bool) -> str:
    """A model's text without markup: no list marks, no names of kinds, one paragraph unless the format has several."""
    blocks = re.split(r"\n\s*\n", text.replace("**", "").strip()) if paragraphs else [text.replace("**", "")]
    lines = ([_MARK.sub("", line.strip()) for line in block.splitlines()] for block in blocks)
    return "\n\n".join(joined for block in lines if (joined := " ".join(line for line in block if line)))

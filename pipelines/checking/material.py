"""Whether a source holds anything for a part of a note: when "Not addressed in this session." is true."""

from __future__ import annotations

import re

from pipelines.lexicon import lexicon
from pipelines.source import Source
from pipelines.stems import content_stems

NEXT_STEP = re.compile(
    r"\bnext (?:\w+ )?(?:session|time|week|appointment|visit|meeting|(?:mon|tues|wednes|thurs|fri|satur)day)\b"
    r"|\b(?:see you|same time|homework|follow[- ]?up|appointment|before (?:then|next)|until (?:then|next)|"
    r"(?:in|for) (?:a|one|two|three|four|\d) weeks?|come back|practice|your assignment|referral)\b",
    re.IGNORECASE,
)
_SPARSE = 25  # content words below which there is nothing to fill a section with
_REPORTS = ("subjective", "data", "behavior", "narrative")
_ACTS = ("objective", "intervention", "response")


def has_material(source: Source, section: str) -> bool:
    """Whether a source holds something that belongs in a section; of an assessment, the clinician's, never certain."""
    if section == "plan":
        return has_next_step(source)
    if section in _ACTS:
        return bool(interventions_in_source(source)) or _content(source, "clinician") >= 4 * _SPARSE
    if section in _REPORTS:
        return _content(source, "client") >= _SPARSE
    return False


def has_next_step(source: Source) -> bool:
    return any(NEXT_STEP.search(unit.text) for unit in source.units)


def interventions_in_source(source: Source) -> list[str]:
    return lexicon().named_interventions(source.text)


def _content(source: Source, speaker: str) -> int:
    """Content words of a speaker; of everybody in a summary and where speakers are not known."""
    everybody = source.kind == "summary" or all(unit.speaker == "unknown" for unit in source.units)
    return sum(len(content_stems(unit.text)) for unit in source.units if everybody or unit.speaker == speaker)

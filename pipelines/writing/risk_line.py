"""A note's risk line after the repair: what was raised is told or left to the clinician to review, never lost.

The checker's reading of the source is held against the line; where the two readings differ, the note says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipelines.checking.risk import RiskReading, misstates, named, read_prose, read_risk
from pipelines.phrases import ABSENCES, RISK_NOT_ASSESSED, RISK_TO_REVIEW, risk_to_review
from pipelines.records import NoteFact
from pipelines.source import Source, split_sentences
from pipelines.templates import Template

REVIEW = "risk: what was said could not be read with certainty; the line for review says where to look"
_STATED = re.compile(r"^Client (?P<how>denied|endorsed) (?P<items>[^:;]+?)(?P<told>: .+)?\.$")
_TOLD = re.compile(r"^(Client (?:endorsed|told of|placed) [^:;]+): .+$")


def with_risk_line(
    sections: dict[str, str],
    source: Source,
    template: Template,
    facts: Sequence[NoteFact] | None,
    warnings: list[str],
) -> dict[str, str]:
    """The sections with a true risk line in its place.

    Args:
        facts: what was read for this note; what they say of risk is not lost even where the checker reads none.
            None: the note is not finished yet, and only a false "not assessed" is taken out.
    """
    truth = read_risk(source)
    read = read_prose(" ".join(fact.text for fact in facts or () if fact.kind == "risk"))
    raised = truth.raised or read.states or read.flagged or bool(read.past)
    if raised:  # "not assessed" must not stand where somebody asked
        sections = {name: text.replace(RISK_NOT_ASSESSED, RISK_TO_REVIEW) for name, text in sections.items()}
    home = template.section_holding("risk")
    if home is None or facts is None:
        return sections
    text = sections[home.name]
    if more := _lacking(read_prose(text), truth, raised=raised, generic=RISK_TO_REVIEW in text):
        kept = " ".join(s for s in split_sentences(text) if s not in ABSENCES) if text in ABSENCES else text
        sections = sections | {home.name: f"{kept} {more}".strip()}
    if any(is_review(s) for text in sections.values() for s in split_sentences(text)):
        warnings.append(REVIEW)
    return sections


def _lacking(line: RiskReading, truth: RiskReading, *, raised: bool, generic: bool) -> str:
    """The sentence that a risk line lacks; empty where it lacks none."""
    if not raised:
        return "" if line.unassessed or line.flagged or line.raised or line.states else RISK_NOT_ASSESSED
    if generic:
        return ""
    if truth.unattributed:
        return "" if line.flagged else RISK_TO_REVIEW
    if untold := truth.untold(line):
        return risk_to_review(named(frozenset().union(*untold) & (truth.endorsed | truth.unclear)))
    if line.states or line.flagged or line.past or line.asked:
        return ""
    return risk_to_review(named(truth.asked | truth.endorsed | truth.past | truth.unclear))


def is_review(sentence: str) -> bool:
    """Whether a sentence leaves risk to the clinician."""
    return sentence.startswith("For the clinician to review:") and read_prose(sentence).flagged


def as_far_as_true(sentence: str, truth: RiskReading) -> Iterable[str]:
    """Shorter forms of a risk statement that the checker refused: what it holds of it, without what was told beside."""
    if (match := _STATED.match(sentence)) and read_prose(sentence).states:
        items = [
            i
            for i in re.split(r", (?:and )?|(?<=\w) and (?=thoughts|urges|plan|intent|\w+ing\b|self)", match["items"])
            if i
        ]
        true = [i for i in items if not misstates(read_prose(f"Client {match['how']} {i}."), truth)]
        if true and len(true) < len(items):
            yield f"Client {match['how']} {', '.join(true[:-1])}{' and ' if true[1:] else ''}{true[-1]}."
    if told := _TOLD.match(sentence):
        yield f"{told[1]}."

"""Where the clinician's interventions and the response to them stand."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipelines.checking.risk import read_prose
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.templates import Template
from pipelines.writing.styling.sentences import is_fixed, joined, paragraphs

_ACT = re.compile(
    r"^(?:The )?(?:Clinician|Therapist|Counselor|Provider)(?: and (?:the )?(?:client|patient|member|consumer|"
    r"participant))?(?: (?:also|then|again|next|\w+ly))* (?!will\b|noted\b|notes\b|assess|observ|consider|recommend|"
    r"view|plan|diagnos|believ|is\b|was\b|formulat|conclude|judge)[a-z]+|"
    r"^(?:Provided|Used|Utilized|Explored|Reviewed|Guided|Introduced|Taught|Practiced|Challenged|Validated|Normalized|"
    r"Reframed|Reflected|Modeled|Assigned|Facilitated|Engaged client|Processed|Assisted)\b",
)
_RESPONSE = re.compile(
    r"^(?:In response to|During|How (?:the )?client responded|With the|After the)\b|"
    r"^(?:(?:The )?Client|She|He|They)(?: \w+ly)? (?:responded|engaged|practiced|completed|tolerated|was receptive|"
    r"cried|noted|noticed|accepted|participated|declined|answered|predicted)\b|"
    r"^Client['’]s (?:belief|distress|SUDS?|rating)\b"
)


def place_interventions(sections: Mapping[str, str], template: Template) -> dict[str, str]:
    """Sentences about interventions and the response to them stand where the template holds them.

    Only the sections that the format allows for them are looked at, so that a plan keeps what comes next.
    """
    home = template.section_holding("intervention")
    if home is None or len(template.interventions.allowed) < 2:
        return dict(sections)
    moved: list[str] = []
    settled = dict(sections)
    for name in template.interventions.allowed:
        if name == home.name or name not in settled:
            continue
        parts = paragraphs(settled[name])
        taken = [s for part in parts for s in _belonging(part)]
        if not taken:
            continue
        rest = joined([[s for s in part if s not in taken] for part in parts])
        settled[name] = rest or (FOR_CLINICIAN if name == "assessment" else NOT_ADDRESSED)
        moved += taken
    if moved:
        settled[home.name] = _inserted(settled.get(home.name, ""), moved, assessed="progress" in home.holds)
    return settled


def _belonging(sentences: list[str]) -> list[str]:
    """The clinician's acts, and responses that stand behind one."""
    found: list[str] = []
    for sentence in sentences:
        if is_fixed(sentence):
            continue
        answers = _RESPONSE.match(sentence) and (found or not sentence.startswith("Client"))
        if _ACT.match(sentence) or (answers and not read_prose(sentence).raised):
            found.append(sentence)
    return found


def _inserted(text: str, moved: list[str], *, assessed: bool) -> str:
    """Behind the diagnosis of an assessment; at the end of other sections."""
    parts = paragraphs(text) or [[]]
    parts = [[s for s in part if s not in {NOT_ADDRESSED, FOR_CLINICIAN}] for part in parts]
    last = parts[-1]
    codes = [i for i, s in enumerate(last) if re.search(r"\([A-Z]\d[\w.]+\)", s)]
    at = (codes[0] + 1 if codes else 0) if assessed else len(last)
    last[at:at] = moved
    return joined(parts)

"""Reading the prompt: output fields with their descriptions, the inputs, the demonstrations. Nothing else is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

KINDS = ("session", "diagnosis", "report", "observation", "intervention", "response", "progress", "risk", "plan")

_FIELD = re.compile(r"^\d+\. `(\w+)` \(.*?\): ?(.*)$")
_HEADER = re.compile(r"^\[\[ ## (\w+) ## \]\][ \t]*\n?", re.MULTILINE)
_HOLDS = re.compile(r"\bHolds: ([\w, ]+)\.")
_BOUNDS = re.compile(r"\bSentences: (\d+) to (\d+)\b")
_UNIT = re.compile(r"^\[(\d+)\] (?:(clinician|client|unknown): )?(.*)$")
_MISSING_IN_DEMO = "Not supplied for this particular example."
_GUESSED = {  # a field without "Holds:" says by its words what it wants
    "report": r"subjective|report|data|behaviou?r|concern|summary|narrative",
    "observation": r"objective|observ|data|behaviou?r|narrative",
    "intervention": r"interven|objective|data|technique|narrative",
    "response": r"response|reaction|narrative",
    "progress": r"assessment|progress|narrative",
    "risk": r"assessment|risk|safety|narrative",
    "plan": r"plan|homework|next|narrative",
}


class Message(Protocol):
    @property
    def role(self) -> str: ...
    @property
    def text(self) -> str | None: ...


@dataclass(frozen=True)
class OutputField:
    """One field to write: the kinds of content it holds, in order, and its length in sentences."""

    name: str
    holds: tuple[str, ...]
    low: int = 1
    high: int = 9


@dataclass(frozen=True)
class Line:
    """One numbered line of the source; `speaker` is empty in a summary."""

    index: int
    speaker: str
    text: str


@dataclass(frozen=True)
class ChartLines:
    """What the labelled lines of the chart say; a label may stand several times."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def all(self, label: str) -> tuple[str, ...]:
        return self.values.get(label, ())

    def first(self, label: str) -> str:
        return next(iter(self.all(label)), "")

    @property
    def day(self) -> date | None:
        """The day of the session."""
        try:
            return date.fromisoformat(self.first("date")[:10])
        except ValueError:
            return None


@dataclass(frozen=True)
class Prompt:
    fields: tuple[OutputField, ...]
    lines: tuple[Line, ...]
    chart: ChartLines
    demos: tuple[Mapping[str, str], ...]
    json: bool

    @property
    def is_summary(self) -> bool:
        return not any(line.speaker for line in self.lines)


def read_prompt(system: str, messages: Sequence[Message]) -> Prompt:
    """The request as DSPy's chat or JSON adapter wrote it; text that follows no known form is one line of source."""
    described = system.partition("Your output fields are:")[2]
    fields = []
    for row in described.splitlines():
        if match := _FIELD.match(row.strip()):
            fields.append(_output_field(match.group(1), match.group(2)))
        elif row.startswith("All interactions"):
            break
    names = {f.name for f in fields}
    users = [m.text or "" for m in messages if m.role == "user"]
    answers = [m.text or "" for m in messages if m.role == "assistant"]
    known = names | {"source", "chart", "guidance"}
    inputs = _sections(users[-1] if users else "", known)
    demos = tuple(
        {name: text for name, text in _sections(answer, names).items() if _MISSING_IN_DEMO not in text}
        for answer in answers
    )
    return Prompt(
        tuple(fields),
        _lines(inputs.get("source", "")),
        _chart(inputs.get("chart", "")),
        demos,
        json="[[ ## completed ## ]]" not in system,
    )


def _output_field(name: str, description: str) -> OutputField:
    holds = tuple(k.strip() for h in _HOLDS.findall(description) for k in h.split(",") if k.strip() in KINDS)
    if not holds:
        said = f"{name} {description}".lower()
        holds = tuple(kind for kind, words in _GUESSED.items() if re.search(words, said)) or ("report",)
    bounds = _BOUNDS.search(description)
    low, high = (int(bounds.group(1)), int(bounds.group(2))) if bounds else (1, 9)
    return OutputField(name, holds, low, max(low, high))


def _sections(text: str, names: set[str]) -> dict[str, str]:
    """Declared fields only, each from its first header: a header within a value is text."""
    found: dict[str, str] = {}
    current, start = "", 0
    for match in _HEADER.finditer(text):
        name = match.group(1)
        if name not in names | {"completed"} or name in found or name == current:
            continue
        if current:
            found[current] = text[start : match.start()]
        current, start = name, match.end()
    if current:
        found[current] = text[start:]
    return {name: _without_reminder(value).strip() for name, value in found.items() if name in names}


def _without_reminder(text: str) -> str:
    return re.split(r"\n\nRespond with (?:the corresponding output fields|a JSON object)", text)[0]


def _lines(text: str) -> tuple[Line, ...]:
    lines: list[Line] = []
    for row in text.splitlines():
        if match := _UNIT.match(row.strip()):
            lines.append(Line(int(match.group(1)), match.group(2) or "", match.group(3)))
        elif row.strip():
            lines.append(Line(len(lines), "", row.strip()))
    return tuple(lines)


def _chart(text: str) -> ChartLines:
    values: dict[str, list[str]] = {}
    for row in text.splitlines():
        label, colon, value = row.partition(": ")
        if colon and value.strip():
            values.setdefault(label.strip().lower(), []).append(value.strip())
    return ChartLines({label: tuple(rows) for label, rows in values.items()})

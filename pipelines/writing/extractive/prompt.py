"""Reading the prompt: output fields with their descriptions, the inputs, the demonstrations. Nothing else is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

_INPUTS = frozenset({"source", "chart", "facts", "style"})
KINDS = ("session", "diagnosis", "report", "observation", "intervention", "response", "progress", "risk", "plan")

_FIELD = re.compile(r"^\d+\. `(\w+)` \(.*?\): ?(.*)$")
_HEADER = re.compile(r"^\[\[ ## (\w+) ## \]\][ \t]*\n?", re.MULTILINE)
_HOLDS = re.compile(r"\bHolds: ([\w, ]+)\.")
_BOUNDS = re.compile(r"\bSentences: (\d+) to (\d+)\b")
_UNIT = re.compile(r"^\[(\d+)\] (?:(clinician|client|unknown): )?(.*)$")
_FACT = re.compile(r"^- (\w+): (.+)$")
_LENGTHS = re.compile(r"(\w+) (\d+) to (\d+)")
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
class Demo:
    """One demonstration: the inputs it was given and what was answered."""

    inputs: Mapping[str, str]
    answer: Mapping[str, str]


@dataclass(frozen=True)
class Prompt:
    """A request as read. `facts`: field → (kind, text) of what it may say; None where the source is to be read."""

    fields: tuple[OutputField, ...]
    lines: tuple[Line, ...]
    chart: ChartLines
    facts: Mapping[str, tuple[tuple[str, str], ...]] | None
    demos: tuple[Demo, ...]
    json: bool

    @property
    def wants_facts(self) -> bool:
        """Whether facts are asked for, and not the sections of a note."""
        return [field.name for field in self.fields] == ["facts"]

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
    inputs = _sections(users[-1] if users else "", names | _INPUTS)
    lengths = {n: (int(low), int(high)) for n, low, high in _LENGTHS.findall(inputs.get("style", ""))}
    fields = [replace(f, low=lengths[f.name][0], high=lengths[f.name][1]) if f.name in lengths else f for f in fields]
    demos = tuple(
        Demo(_supplied(_sections(asked, _INPUTS - names)), _supplied(_sections(answer, names)))
        for asked, answer in zip(users, answers, strict=False)
    )
    return Prompt(
        tuple(fields),
        source_lines_of(inputs.get("source", "")),
        chart_lines_of(inputs.get("chart", "")),
        _facts(inputs["facts"]) if "facts" in inputs and "facts" not in names else None,
        demos,
        json="[[ ## completed ## ]]" not in system,
    )


def _supplied(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if _MISSING_IN_DEMO not in text}


def _output_field(name: str, description: str) -> OutputField:
    holds = tuple(k.strip() for h in _HOLDS.findall(description) for k in h.split(",") if k.strip() in KINDS)
    if not holds:
        said = f"{name} {description}".lower()
        holds = tuple(kind for kind, words in _GUESSED.items() if re.search(words, said)) or ("report",)
    bounds = _BOUNDS.search(description)
    low, high = (int(bounds.group(1)), int(bounds.group(2))) if bounds else (1, 9)
    return OutputField(name, holds, low, max(low, high))


def _sections(text: str, names: AbstractSet[str]) -> dict[str, str]:
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


def source_lines_of(text: str) -> tuple[Line, ...]:
    lines: list[Line] = []
    for row in text.splitlines():
        if match := _UNIT.match(row.strip()):
            lines.append(Line(int(match.group(1)), match.group(2) or "", match.group(3)))
        elif row.strip():
            lines.append(Line(len(lines), "", row.strip()))
    return tuple(lines)


def _facts(text: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """`- kind: text` below the name of a field."""
    found: dict[str, list[tuple[str, str]]] = {}
    here = ""
    for row in text.splitlines():
        if match := _FACT.match(row.strip()):
            found.setdefault(here, []).append((match.group(1), match.group(2)))
        elif row.strip().endswith(":"):
            here = row.strip().rstrip(":")
    return {name: tuple(facts) for name, facts in found.items()}


def chart_lines_of(text: str) -> ChartLines:
    values: dict[str, list[str]] = {}
    for row in text.splitlines():
        label, colon, value = row.partition(": ")
        if colon and value.strip():
            values.setdefault(label.strip().lower(), []).append(value.strip())
    return ChartLines({label: tuple(rows) for label, rows in values.items()})

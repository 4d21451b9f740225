"""What the report shows of one encounter, as plain values for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from evals.report.transcripts import Marked
from pipelines.records import Failure


@dataclass(frozen=True)
class Link:
    """`href` None: the place is not on the page."""

    label: str
    href: str | None


@dataclass(frozen=True)
class SentenceView:
    """One sentence of a note; `text` None where content is left out. `kind` "unchecked": no evidence was recorded."""

    anchor: str
    text: str | None
    words: int
    kind: str
    score: float | None
    links: list[Link]


@dataclass(frozen=True)
class SectionView:
    title: str
    sentences: list[SentenceView]


@dataclass(frozen=True)
class FactView:
    """`number`: its place in the data; `turns`: where it was said; `states`: one a note, "" where not asked for."""

    number: int
    id: str
    text: str | None
    critical: bool
    turns: list[Link]
    states: list[str]


@dataclass(frozen=True)
class RuleView:
    name: str
    message: str
    href: str


@dataclass(frozen=True)
class NoteView:
    """A note, or the failure that stands in its place."""

    anchor: str
    format: str
    source: str
    sections: list[SectionView] = field(default_factory=list)
    scores: Mapping[str, float | None] = field(default_factory=dict)
    missing: list[FactView] = field(default_factory=list)
    contradicted: list[FactView] = field(default_factory=list)
    broken: list[RuleView] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failure: Failure | None = None

    @property
    def name(self) -> str:
        return f"{self.format.upper() if len(self.format) <= 4 else self.format.capitalize()} from {self.source}"

    @property
    def unsupported(self) -> list[SentenceView]:
        return [s for section in self.sections for s in section.sentences if s.kind == "unsupported"]

    @property
    def critical(self) -> list[FactView]:
        return [fact for fact in self.missing if fact.critical]

    @property
    def findings(self) -> int:
        return len(self.unsupported) + len(self.critical) + len(self.contradicted) + len(self.broken)


@dataclass(frozen=True)
class SessionView:
    """`content`: whether texts are shown. `origin` says where the transcript comes from.

    `condition` is how each speaker sounds ("client: noise 12 dB"), `sound` the same without speaker and level.
    """

    anchor: str
    id: str
    title: str
    split: str
    condition: str
    sound: str
    content: bool
    synthetic: bool
    origin: str
    transcript: Marked | None
    scores: Mapping[str, float | None]
    notes: list[NoteView]
    facts: list[FactView]
    summary: list[str]
    chart: list[tuple[str, str]]
    reference: list[tuple[str, list[tuple[str, str]]]]
    failures: list[Failure]
    warnings: list[str]

    @property
    def missed_somewhere(self) -> list[FactView]:
        return [fact for fact in self.facts if any(state in ("missing", "contradicted") for state in fact.states)]

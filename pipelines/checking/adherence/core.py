"""What a rule is, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.checking.claims import Holdings, without_quotations
from pipelines.checking.material import has_material
from pipelines.checking.risk import RiskReading, read_prose, read_risk
from pipelines.note_settings import NoteSettings
from pipelines.phrases import ABSENCES
from pipelines.source import Source, split_sentences
from pipelines.stems import content_stems
from pipelines.templates import Section, Template

# Kind of content → the part of a note by whose name its material is known.
_PARTS = {"report": "subjective", "intervention": "intervention", "response": "response", "plan": "plan"}
_STEMS_A_SENTENCE = 25  # content words of the source for each sentence that a detailed note asks for


@dataclass(frozen=True)
class RuleResult:
    """Whether a note keeps one rule; None where the rule does not apply.

    `section` and `sentence` (its index there) point at the first breach; `message` says what is wrong and never
    repeats words of the note or the session.
    """

    rule: str
    kept: bool | None
    section: str | None = None
    sentence: int | None = None
    message: str = ""


@dataclass(frozen=True)
class Place:
    """One sentence of a note and where it stands."""

    section: str
    index: int
    text: str
    plain: str
    """The sentence without its quotations: what is quoted is somebody else's wording."""

    @property
    def is_absence(self) -> bool:
        return self.text in ABSENCES


class Breach(Exception):  # noqa: N818 - a finding, not an error
    """Raised by a rule where a note breaks it; `place` None: the note or a section as a whole."""

    def __init__(self, message: str, place: Place | None = None, section: str | None = None) -> None:
        super().__init__(message)
        self.message, self.place = message, place
        self.section = place.section if place else section


class NotApplicable(Exception):  # noqa: N818 - a finding, not an error
    """Raised by a rule that has nothing to hold a note against."""


@dataclass(frozen=True)
class Case:
    """A note with everything that rules hold it against; made once a note."""

    sections: Mapping[str, str]
    template: Template
    source: Source
    settings: NoteSettings = field(default_factory=NoteSettings)
    written: Mapping[str, str] | None = None
    """The note in the practice's own terms, where `sections` has it in plain ones."""

    @cached_property
    def places(self) -> list[Place]:
        return [place for name, text in self.sections.items() for place in _places(name, text)]

    @cached_property
    def written_places(self) -> list[Place]:
        """The sentences as the note has them."""
        return [place for name, text in (self.written or self.sections).items() for place in _places(name, text)]

    @cached_property
    def text(self) -> str:
        return "\n".join(self.sections.values())

    @cached_property
    def holdings(self) -> Holdings:
        return Holdings(self.source)

    @cached_property
    def risk(self) -> RiskReading:
        """What the source says about risk."""
        return read_risk(self.source)

    def of(self, section: str) -> list[Place]:
        return [place for place in self.places if place.section == section]

    def holding(self, kind: str) -> list[Place]:
        """The sentences of the first section in which a kind of content belongs."""
        section = self.template.section_holding(kind)
        return self.of(section.name) if section else []

    def home(self, kind: str) -> str:
        """The name of the section in which a kind of content belongs; "" where there is none."""
        section = self.template.section_holding(kind)
        return section.name if section else ""

    def can_fill(self, section: Section, sentences: int = 1) -> bool:
        """Whether the source holds what fills a section; more sentences than a standard note needs want more of it."""
        part = next((part for kind, part in _PARTS.items() if kind in section.holds), "")
        if not part or not has_material(self.source, part):
            return False
        return (
            sentences <= section.sentences["standard"][0]
            or len(content_stems(self.source.text)) >= _STEMS_A_SENTENCE * sentences
        )

    def stated_risk(self, section: str) -> RiskReading:
        return read_prose(self.sections.get(section, ""))


def _places(section: str, text: str) -> Iterator[Place]:
    """The sentences of a section; a quotation may run over several of them."""
    inside = False
    for i, sentence in enumerate(split_sentences(text)):
        whole = f'"{sentence}' if inside else sentence
        inside = whole.count('"') % 2 == 1
        yield Place(section, i, sentence, without_quotations(whole + '"' if inside else whole))


Rule = Callable[[Case], None]
"""Returns where a note keeps the rule; raises Breach or NotApplicable."""


def judged(name: str, rule: Rule, case: Case) -> RuleResult:
    """What a rule says of a note."""
    try:
        rule(case)
    except NotApplicable:
        return RuleResult(name, None)
    except Breach as breach:
        sentence = breach.place.index if breach.place else None
        return RuleResult(name, kept=False, section=breach.section, sentence=sentence, message=breach.message)
    return RuleResult(name, kept=True)

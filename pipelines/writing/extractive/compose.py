"""The fields of the answer: facts as finished sentences in each section, in the order of its kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.embeddings import Embedder
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.records import NoteFact
from pipelines.templates import Interventions, Section, Template
from pipelines.writing.assign import assign, shares
from pipelines.writing.extractive.facts import read_facts
from pipelines.writing.extractive.learning import lesson_of
from pipelines.writing.extractive.prompt import OutputField, Prompt
from pipelines.writing.extractive.rewrite import Person, person_of
from pipelines.writing.extractive.statements import Statement, pack, vary

_PARAGRAPHS = (
    ("session", "diagnosis", "report", "observation"),
    ("intervention", "response"),
    ("progress", "risk"),
    ("plan",),
)
_ALL = [kind for group in _PARAGRAPHS for kind in group]


def write_fields(prompt: Prompt, embedder: Embedder | None) -> dict[str, str]:
    """A text for every output field of the prompt."""
    client = person_of(prompt.chart.first("pronouns"))
    facts = prompt.facts if prompt.facts is not None else _read_and_assigned(prompt, embedder)
    return {field.name: _field(field, prompt, facts.get(field.name, ()), client) for field in prompt.fields}


def note_facts(prompt: Prompt, embedder: Embedder | None) -> list[NoteFact]:
    """The answer where facts are asked for."""
    statements = read_facts(prompt, embedder)
    if lesson := lesson_of(prompt.demos, embedder, summary=prompt.is_summary):
        statements = lesson.weighed(statements, embedder)
    return [NoteFact(kind=s.kind, text=s.text, lines=list(s.lines), weight=round(s.weight, 2)) for s in statements]


def _read_and_assigned(prompt: Prompt, embedder: Embedder | None) -> Mapping[str, Sequence[tuple[str, str]]]:
    """For a signature that goes from the source to sections in one step."""
    sections = [Section(f.name, f.name, f.holds, "", "", {"standard": (f.low, f.high)}) for f in prompt.fields]
    template = Template(
        "asked", "asked", headings=True, sections=tuple(sections), rules=(), interventions=Interventions("", ())
    )
    facts = note_facts(prompt, embedder)
    assigned = assign(facts, template, "standard", embedder, summary=prompt.is_summary)
    return {name: [(fact.kind, fact.text) for fact in facts] for name, facts in assigned.items()}


def _field(field: OutputField, prompt: Prompt, facts: Sequence[tuple[str, str]], client: Person) -> str:
    written: dict[str, list[str]] = {}
    if "session" in field.holds:
        written["session"] = list(prompt.chart.all("session"))
    if "diagnosis" in field.holds and (diagnoses := prompt.chart.all("diagnosis")):
        written["diagnosis"] = ["; ".join(d.rstrip(".") for d in diagnoses) + "."]
    room = field.high - sum(len(sentences) for sentences in written.values())
    told: dict[str, list[Statement]] = {}
    for n, (kind, text) in enumerate(facts):
        told.setdefault(kind, []).append(Statement(kind, text, (), 1.0, n))
    for kind, allowed in shares(told, room).items():
        written[kind] = vary(pack(told[kind], allowed), client)
    if not any(written.values()):
        return FOR_CLINICIAN if {"progress", "diagnosis"} & set(field.holds) else NOT_ADDRESSED
    order = [*field.holds, *(kind for kind in written if kind not in field.holds)]
    if len(field.holds) == len(_ALL):
        paragraphs = (" ".join(s for kind in group for s in written.get(kind, [])) for group in _PARAGRAPHS)
        return "\n\n".join(p for p in paragraphs if p)
    return " ".join(s for kind in order for s in written.get(kind, []))

"""Encounters as demonstrations: what the program's predictors should have answered, from facts and reference notes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import dspy
import numpy as np

from pipelines.checking.evidence import EvidenceFinder
from pipelines.note_settings import NoteSettings
from pipelines.records import Encounter, Fact, FactKind, InputError, NoteFact, SourceKind
from pipelines.source import Source, source_of
from pipelines.stems import content_stems
from pipelines.writing.assign import assign
from pipelines.writing.inputs import chart_lines, source_lines
from pipelines.writing.program import NoteProgram
from pipelines.writing.repair import edited

CRITICAL, ORDINARY = 9.0, 3.0
_BESIDE = 0.8  # a sentence that covers a fact nearly as well as the best one is one of its lines too
_LEAST = 0.2

# A fact's sections in SOAP and BIRP say together of which kind it is.
_KIND_BY_SECTION: dict[tuple[str, str], FactKind] = {
    ("subjective", "behavior"): "report",
    ("objective", "behavior"): "observation",
    ("objective", "intervention"): "intervention",
    ("objective", "response"): "response",
    ("assessment", "behavior"): "risk",
    ("assessment", "response"): "progress",
    ("plan", "plan"): "plan",
}
_KIND: dict[str, FactKind] = {
    "measure": "observation",
    "intervention": "intervention",
    "response": "response",
    "progress": "progress",
    "risk": "risk",
    "plan": "plan",
    "homework": "plan",
}


def kind_of(fact: Fact) -> FactKind:
    """The kind of a fact: by the sections it belongs to where they are stated, else by its own kind, else a report."""
    sections = fact.sections.get("soap", ""), fact.sections.get("birp", "")
    return _KIND_BY_SECTION.get(sections) or _KIND.get(fact.kind or "", "report")


def note_facts_of(encounter: Encounter, source: Source) -> list[NoteFact]:
    """The encounter's own facts as a reader should have found them in the source, in the order of their lines.

    Lines are the fact's turns; in a summary, the sentences nearest to it by their words.
    """
    found = []
    for fact in encounter.facts or []:
        if source.kind == "summary" and not fact.in_summary:
            continue
        lines = fact.turns if source.kind == "transcript" else _nearest(fact.text, source)
        weight = CRITICAL if fact.critical else ORDINARY
        found.append(NoteFact(kind=kind_of(fact), text=fact.text, lines=list(lines), weight=weight))
    return sorted(found, key=lambda f: f.lines[:1])


def _nearest(text: str, source: Source) -> list[int]:
    words = set(content_stems(text))
    shares = [len(words & set(content_stems(unit.text))) / max(1, len(words)) for unit in source.units]
    best = max(shares, default=0.0)
    return [unit.index for unit, share in zip(source.units, shares, strict=True)
            if best >= _LEAST and share >= _BESIDE * best]  # fmt: skip


def check_synthetic(encounters: Sequence[Encounter]) -> None:
    """Demonstrations stand in every prompt of a compiled program, so none may be of a real client.

    Raises:
        InputError: a record is not marked as synthetic, or belongs to the test split.
    """
    for encounter in encounters:
        if not encounter.synthetic:
            raise InputError(
                f"encounter {encounter.id}: not marked synthetic, so it may not become a demonstration; "
                'name data whose records hold "synthetic": true'
            )
        if encounter.split not in {"train", "dev"}:
            raise InputError(f"encounter {encounter.id}: not in train or dev; programs are compiled on these alone")


def read_demonstration(encounter: Encounter, kind: SourceKind) -> dspy.Example:
    """What `read` should answer: source and chart → facts."""
    source = source_of(encounter, kind)
    facts = [fact.model_dump() for fact in note_facts_of(encounter, source)]
    return dspy.Example(source=source_lines(source, source.units), chart=chart_lines(source), facts=facts).with_inputs(
        "source", "chart"
    )


def write_demonstration(encounter: Encounter, kind: SourceKind, program: NoteProgram) -> dspy.Example | None:
    """What `write` should answer: the reference note, asked for as it is at run time.

    A reference note tells the whole session. A demonstration that said more than its source would teach to invent, so
    what the checker does not find in the source is left out; None where a section would be empty, or there is no note.
    """
    template, note = program.template, encounter.notes.get(program.template.format)
    if not note or any(not note.get(section.name) for section in template.sections):
        return None
    source = source_of(encounter, kind)
    evidence = EvidenceFinder(source, program.embedder).find(note)
    sections = edited(note, {(e.section, e.sentence): "" for e in evidence if e.kind == "unsupported"})
    if not all(sections.values()):
        return None
    facts = program.read(source) if program.read.by_rule else note_facts_of(encounter, source)
    assigned = assign(facts, template, "standard", program.embedder, summary=kind == "summary")
    inputs = program.asked(source, assigned, template, NoteSettings())
    return dspy.Example(**inputs, **{s.name: sections[s.name] for s in template.sections}).with_inputs(*inputs)


def examples(encounters: Sequence[Encounter], kind: SourceKind) -> list[dspy.Example]:
    """What the optimizers call a program with; the encounter itself is what the metric scores against."""
    return [
        dspy.Example(source=source_of(encounter, kind), style=NoteSettings(), encounter=encounter).with_inputs(
            "source", "style"
        )
        for encounter in encounters
        if encounter.has(kind)
    ]


def with_shuffled_facts(demo: Any, seed: int = 0) -> dspy.Example:
    """The same demonstration with its facts moved to other lines: for the curve of bad demonstrations."""
    count = len(demo["source"].splitlines())
    places = np.random.default_rng(seed).permutation(count)
    moved = [{**fact, "lines": [int(places[n]) for n in fact["lines"] if n < count]} for fact in demo["facts"]]
    texts = [fact["text"] for fact in moved]
    random.Random(seed).shuffle(texts)  # noqa: S311 - no secret
    facts = [{**fact, "text": text} for fact, text in zip(moved, texts, strict=True)]
    return dspy.Example(source=demo["source"], chart=demo["chart"], facts=facts).with_inputs("source", "chart")

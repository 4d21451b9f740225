"""Leakage: does what only a demonstration says turn up in another client's note?

Rare facts that stand nowhere else (an invented place, a person, a number) are planted into every demonstration, into
what was said and into what was answered. Notes of other encounters are written with it; a note that holds a planted
word leaks. Beside that: sentences that are nearer to a demonstration's answer than to the note's own source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evals.fact_pairs import Share
from pipelines.embeddings import Embedder
from pipelines.records import Encounter, Note, SourceKind
from pipelines.settings import Settings
from pipelines.source import Source, source_of, split_sentences
from pipelines.templates import Template
from pipelines.writing.nearest import NearestDemos
from pipelines.writing.programs import UNCOMPILED, load_program, save_program
from pipelines.writing.provider import WriteError
from pipelines.writing.writer import NoteWriter

_ONSETS, _RIMES = ("br", "thr", "kv", "dr", "skl", "zw", "gr", "vl"), ("amblo", "ondrik", "uxley", "ivvern", "ostrup")
_NEARER = 0.1  # by so much a sentence must be more like a demonstration than like its source
_SIMILAR = 0.6  # and at least so much like it


@dataclass(frozen=True)
class Planted:
    """One rare fact: as the client says it, as a note tells it, and the words that give it away."""

    said: str
    told: str
    marks: tuple[str, ...]


@dataclass
class Leakage:
    """Counts over the notes of one program: as written, and after check and repair."""

    notes: int = 0
    failed: int = 0
    holding: dict[str, int] = field(default_factory=lambda: {"raw": 0, "checked": 0})
    sentences: dict[str, int] = field(default_factory=lambda: {"raw": 0, "checked": 0})
    nearer: dict[str, int] = field(default_factory=lambda: {"raw": 0, "checked": 0})

    @property
    def leaks(self) -> bool:
        """Whether any note holds a planted fact after the checks; unknown counts as yes."""
        return not self.notes or bool(self.holding["checked"])

    def as_json(self) -> dict[str, Any]:
        return {
            "notes": self.notes,
            "failed": self.failed,
            "notes_holding_planted": dict(self.holding),
            "sentences": dict(self.sentences),
            "sentences_nearer_to_demonstration": dict(self.nearer),
        }

    def __str__(self) -> str:
        shares = {when: Share(count, self.notes) for when, count in self.holding.items()}
        nearer = {when: Share(count, self.sentences[when]) for when, count in self.nearer.items()}
        return (
            f"notes that hold a planted fact: raw {shares['raw']}, after the checks {shares['checked']}; sentences "
            f"nearer to a demonstration: raw {nearer['raw']}, after the checks {nearer['checked']}; "
            f"{self.failed} failed"
        )


def planted(number: int) -> Planted:
    """The rare fact of one demonstration; no two have a word in common that gives it away."""
    onset, rime = _ONSETS[number % 8], _RIMES[number // 8 % 5]
    person, place = f"{onset}{rime}".capitalize(), f"{rime}{onset}ton".capitalize()
    count = 4_117 + 97 * number
    return Planted(
        said=f"And I sold {count} stamps to my neighbor {person} in {place}.",
        told=f"Client reported having sold {count} stamps to a neighbor, {person}, in {place}.",
        marks=(person.lower(), place.lower(), str(count), f"{count:,}"),
    )


def with_planted(demo: Mapping[str, Any], fact: Planted) -> dict[str, Any]:
    """A demonstration of `read` or `write` that says the fact, and whose answer tells it."""
    changed = dict(demo)
    if isinstance(changed.get("source"), str):
        rows = changed["source"].splitlines()
        place = next((i for i, row in reversed(list(enumerate(rows))) if "] client:" in row), len(rows) - 1)
        rows[place] += f" {fact.said}"
        line = re.match(r"\[(\d+)\]", rows[place])
        told = {"kind": "report", "text": fact.told, "lines": [int(line.group(1))] if line else [], "weight": 9.0}
        return changed | {"source": "\n".join(rows), "facts": [told, *changed["facts"]]}
    section = next(name for name in changed if name not in {"facts", "chart", "style"} and changed[name])
    head, _, rest = str(changed["facts"]).partition("\n")
    return changed | {"facts": f"{head}\n- report: {fact.told}\n{rest}", section: f"{fact.told} {changed[section]}"}


def plant(settings: Settings, template: Template, source: SourceKind, name: str, folder: Path) -> tuple[Path, int]:
    """A copy of a compiled program with a fact planted into each demonstration; and how many were planted."""
    program = NoteWriter(settings.model_copy(update={"program": UNCOMPILED})).program(template, source)
    load_program(program, name, settings.prompts_dir)
    predictors = program.predictors_by_name
    number = 0
    for predict in predictors.values():
        demos = []
        for demo in predict.demos:
            demos.append(type(demo)(**with_planted(demo, planted(number))).with_inputs(*predict.signature.input_fields))
            number += 1
        predict.demos = demos
    file = folder / "planted.json"
    compiled = [part for part, predict in predictors.items() if predict.demos or isinstance(predict, NearestDemos)]
    save_program(program, file, {}, parts=compiled or ["read"])
    return file, number


def measure_leakage(
    settings: Settings,
    template: Template,
    source: SourceKind,
    name: str,
    encounters: Sequence[Encounter],
    folder: Path,
    embedder: Embedder | None,
) -> Leakage:
    """How much of a program's demonstrations turns up in the notes of other encounters.

    Args:
        name: the program, by name or path.
        encounters: none of which is a demonstration.
        folder: for the planted copy.
    """
    file, number = plant(settings, template, source, name, folder)
    marks = [mark for n in range(number) for mark in planted(n).marks]
    answers = _answers(json.loads(file.read_text(encoding="utf-8")))
    writer = NoteWriter(settings.model_copy(update={"program": str(file)}))
    by_rule = NoteWriter(settings.model_copy(update={"lm": "extractive", "program": UNCOMPILED}))
    result = Leakage()
    for encounter in encounters:
        read = source_of(encounter, source)
        try:
            raw, checked = writer.raw_and_repaired(encounter.id, read, template, synthetic=encounter.synthetic)
            plain = by_rule.write(encounter.id, read, template)
        except WriteError:
            result.failed += 1
            continue
        result.notes += 1
        own = _own(read, plain)
        for when, note in (("raw", raw), ("checked", checked)):
            text = " ".join(note.sections.values())
            result.holding[when] += holds(text, marks)
            sentences = [s for part in note.sections.values() for s in split_sentences(part)]
            result.sentences[when] += len(sentences)
            result.nearer[when] += nearer_to(answers, own, sentences, embedder)
    return result


def holds(text: str, marks: Iterable[str]) -> bool:
    """Whether a text holds one of the words that give a planted fact away."""
    words = set(re.findall(r"[\w,]*\w", text.lower()))
    return bool(words & set(marks))


def nearer_to(answers: Sequence[str], own: Sequence[str], sentences: Sequence[str], embedder: Embedder | None) -> int:
    """How many sentences are clearly more like a demonstration's answer than like any of their `own` source's."""
    if embedder is None or not answers or not sentences:
        return 0
    told = embedder.sentences(sentences)
    here = (told @ embedder.sentences(own).T).max(1)
    there = (told @ embedder.sentences(answers).T).max(1)
    return int(np.count_nonzero((there >= _SIMILAR) & (there > here + _NEARER)))


def _own(source: Source, plain: Note) -> list[str]:
    """What a note's sentences may be like: the source's, and what rules alone make of them."""
    said = [text for unit in source.units for text in [unit.text, *split_sentences(unit.text)]]
    return [*said, *(s for text in plain.sections.values() for s in split_sentences(text))]


def _answers(record: Mapping[str, Any]) -> list[str]:
    """The sentences that the demonstrations of a program file answer with."""
    found: list[str] = []
    for state in record["predictors"].values():
        for demo in state["demos"]:
            if isinstance(demo.get("facts"), list):
                found += [fact["text"] for fact in demo["facts"]]
            else:
                sections = [v for k, v in demo.items() if k not in {"facts", "chart", "style"} and isinstance(v, str)]
                found += [s for text in sections for s in split_sentences(text)]
    return found

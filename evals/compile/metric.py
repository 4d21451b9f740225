"""The number that a compile drives up: how good one note is, from checks that need no model and no person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.case import Case
from evals.facts import match_facts
from evals.scorers.notes import score_adherence, score_grounding
from pipelines.checking.evidence import EvidenceFinder
from pipelines.embeddings import Embedder
from pipelines.records import Encounter, Note
from pipelines.source import Source
from pipelines.templates import Template
from pipelines.writing.settle import settle

PARTS = ("adherence", "grounding", "fact_recall")
CRITICAL = 2  # a critical fact counts as two


class NoteMetric:
    """The mean of a note's parts, 0…1; 0 where it contradicts a fact, or where there is no note.

    Called by DSPy's optimizers with an example of `demonstrations.examples` and the program's prediction.
    """

    def __init__(self, template: Template, embedder: Embedder | None) -> None:
        self._template = template
        self._embedder = embedder

    def __call__(self, example: Any, prediction: Any, trace: Any = None) -> float:  # noqa: ARG002 - DSPy's signature
        return self.whole(self.parts(example["encounter"], example["source"], prediction.sections))

    def parts(self, encounter: Encounter, source: Source, answer: Mapping[str, str]) -> dict[str, float | None]:
        """The parts of a note's score, and the number of facts it contradicts; None: does not apply."""
        if not any(text.strip() for text in answer.values()):
            return dict.fromkeys((*PARTS, "facts_contradicted", "words"), 0.0)
        sections = settle(answer, source, self._template, [])
        return self.parts_of_note(encounter, source, sections)

    def parts_of_note(
        self, encounter: Encounter, source: Source, sections: Mapping[str, str]
    ) -> dict[str, float | None]:
        """The same for the sections of a finished note."""
        note = Note(
            encounter_id=encounter.id,
            format=self._template.format,
            source=source.kind,
            sections=dict(sections),
            evidence=EvidenceFinder(source, self._embedder).find(sections),
        )
        case = Case(encounter, note=note, format=note.format, source=source.kind, template=self._template)
        recall, contradicted = fact_recall(encounter, source, sections)
        return {
            "adherence": score_adherence(case)["adherence"],
            "grounding": score_grounding(case)["grounding"],
            "fact_recall": recall,
            # Predicted stars join here, as a part 0…1, once a model of people's ratings has been built.
            "facts_contradicted": float(contradicted),
            "words": float(sum(len(text.split()) for text in sections.values())),
        }

    @staticmethod
    def whole(parts: Mapping[str, float | None]) -> float:
        """The mean of the parts that apply; 0 where a fact is contradicted."""
        values: Sequence[float] = [value for name in PARTS if (value := parts[name]) is not None]
        return 0.0 if parts["facts_contradicted"] or not values else sum(values) / len(values)


def fact_recall(encounter: Encounter, source: Source, sections: Mapping[str, str]) -> tuple[float | None, int]:
    """Share of the facts that a note holds, each critical one counted as two; and how many it contradicts."""
    facts = [f for f in encounter.facts or [] if f.in_summary or source.kind == "transcript"]
    if not facts:
        return None, 0
    verdicts = {held.fact_id: held.verdict for held in match_facts(facts, sections)}
    worth = {f.id: CRITICAL if f.critical else 1 for f in facts}
    held = sum(worth[name] for name, verdict in verdicts.items() if verdict == "held")
    return held / sum(worth.values()), sum(verdict == "contradicted" for verdict in verdicts.values())

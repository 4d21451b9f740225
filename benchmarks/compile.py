"""What demonstrations are worth to the extractive engine: a curve on train and dev, and the compiled program on test.

From the transcript, since there the engine must choose; at a fixed number of words, or with the words beside the
recall, so that nothing is won by length.

    python benchmarks/compile.py           # both, and docs/compile.png
    python benchmarks/compile.py --curve   # the curve alone
    python benchmarks/compile.py --test    # the compiled program alone (--dev: on dev)
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.environment import quiet_libraries

quiet_libraries()

import dspy
import numpy as np

from evals.compile.demonstrations import read_demonstration, with_shuffled_facts
from evals.compile.metric import NoteMetric, fact_recall
from evals.statistics import paired
from pipelines.dataset import read_dataset
from pipelines.embeddings import embedder_of
from pipelines.note_settings import NoteSettings
from pipelines.records import Encounter, NoteFact
from pipelines.settings import ROOT, Settings
from pipelines.source import source_of
from pipelines.templates import Template, load_templates
from pipelines.writing.programs import UNCOMPILED
from pipelines.writing.provider import extractive_model
from pipelines.writing.settle import settle
from pipelines.writing.writer import NoteWriter

PROGRAM = "short-transcript"
SIZES = (0, 1, 2, 4, 8, 16)
DRAWS = 3
FOLDS = 3
FIRST = (150, 250)  # words of the weightiest facts
BRIEF = NoteSettings(verbosity="brief")


@dataclass(frozen=True)
class Point:
    """Means over encounters and draws: recall of the first words of what is read, recall and words of short notes."""

    demos: int
    first: tuple[float, ...]
    recall: float
    words: float

    def __str__(self) -> str:
        first = "   ".join(f"{value:.3f}" for value in self.first)
        return f"| {self.demos:2} | {first.replace('   ', ' | ')} | {self.recall:.3f} | {self.words:.0f} |"


class Bench:
    """Reads and writes with the extractive engine and any demonstrations; critical facts count double."""

    def __init__(self, settings: Settings, template: Template) -> None:
        self._embedder = embedder_of(settings)
        self._lm = extractive_model(self._embedder)
        self._writer = NoteWriter(settings.model_copy(update={"program": UNCOMPILED}))
        self._template = template

    def first(self, encounters: Sequence[Encounter], demos: Sequence[Any]) -> list[list[float]]:
        """For each encounter the recall of the first words of what is read."""
        program = self._writer.program(self._template, "transcript")
        program.read.predict.demos = list(demos)
        rows = []
        with dspy.context(lm=self._lm, disable_history=True):
            for encounter in encounters:
                source = source_of(encounter, "transcript")
                facts = program.read(source)
                texts = [weightiest(facts, words) for words in FIRST]
                rows.append([fact_recall(encounter, source, {"read": text})[0] or 0.0 for text in texts])
        return rows

    def notes(self, encounters: Sequence[Encounter], demos: Sequence[Any]) -> list[list[float]]:
        """For each encounter recall and words of a short note."""
        program = self._writer.program(self._template, "transcript")
        program.read.predict.demos = list(demos)
        rows = []
        with dspy.context(lm=self._lm, disable_history=True):
            for encounter in encounters:
                source = source_of(encounter, "transcript")
                sections = settle(program(source, BRIEF).sections, source, self._template, [])
                words = sum(len(text.split()) for text in sections.values())
                rows.append([fact_recall(encounter, source, sections)[0] or 0.0, float(words)])
        return rows


def weightiest(facts: Sequence[NoteFact], words: int) -> str:
    """The weightiest facts within so many words, in the order of the session."""
    kept, total = [], 0
    for n, fact in sorted(enumerate(facts), key=lambda pair: (-pair[1].weight, pair[0])):
        length = len(fact.text.split())
        if total + length <= words:
            kept.append(n)
            total += length
    return "\n".join(facts[n].text for n in sorted(kept))


def curve(bench: Bench, encounters: Sequence[Encounter], spoil: Callable[[Any, int], Any] | None = None) -> list[Point]:
    """Recall by number of demonstrations, which are never of the third of the encounters that is written for."""
    print("| demonstrations | " + " | ".join(f"first {n} words" for n in FIRST) + " | short note | its words |")
    print("|---|" + "---|" * (len(FIRST) + 2))
    points = []
    for size in SIZES:
        first: list[list[float]] = []
        notes: list[list[float]] = []
        for draw in range(DRAWS if size else 1):
            for fold in range(FOLDS):
                held_out = encounters[fold::FOLDS]
                rest = [encounter for encounter in encounters if encounter not in held_out]
                demos = [read_demonstration(e, "transcript") for e in random.Random(draw).sample(rest, size)]  # noqa: S311
                demos = [spoil(demo, n) for n, demo in enumerate(demos)] if spoil else demos
                first += bench.first(held_out, demos)
                notes += bench.notes(held_out, demos) if not draw else []
        recall, words = np.mean(notes, 0)
        points.append(Point(size, tuple(map(float, np.mean(first, 0))), float(recall), float(words)))
        print(points[-1], flush=True)
    return points


def plot(good: Sequence[Point], bad: Sequence[Point], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for points, label, colour in (
        (good, "demonstrations", "#1b6ca8"),
        (bad, "facts shuffled to other lines", "#b5541c"),
    ):
        axes.plot(range(len(points)), [p.first[0] for p in points], "o-", color=colour, label=label)
    axes.set_xticks(range(len(SIZES)), [str(size) for size in SIZES])
    axes.set_xlabel("demonstrations in the prompt")
    axes.set_ylabel(f"fact recall of the first {FIRST[0]} words")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=150)


def compare(settings: Settings, data: Any, template: Template, split: str) -> None:
    """The compiled program against none, encounter by encounter, from the transcript."""
    encounters = data.select(split).encounters
    writers = {
        "none": NoteWriter(settings.model_copy(update={"program": UNCOMPILED})),
        "compiled": NoteWriter(settings.model_copy(update={"program": PROGRAM})),
    }
    embedder = embedder_of(settings)
    lm, metric = extractive_model(embedder), NoteMetric(template, embedder)
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in writers}
    for encounter in encounters:
        source = source_of(encounter, "transcript")
        for name, writer in writers.items():
            row: dict[str, float] = {}
            with dspy.context(lm=lm, disable_history=True):
                facts = writer.program(template, "transcript").read(source)
            for words in FIRST:
                row[f"recall, first {words} words"] = (
                    fact_recall(encounter, source, {"read": weightiest(facts, words)})[0] or 0.0
                )
            for style in (BRIEF, NoteSettings()):
                note = writer.write(encounter.id, source, template, style, synthetic=True)
                found = metric.parts_of_note(encounter, source, note.sections)
                row |= {f"{style.verbosity} note: {key}": value or 0.0 for key, value in found.items()}
                row[f"{style.verbosity} note: metric"] = metric.whole(found)
            rows[name].append(row)
    print(f"{split}: {len(encounters)} encounters, {template.title} from the transcript, {PROGRAM} against none")
    print("| | none | compiled | difference | 95 % | p |\n|---|---|---|---|---|---|")
    for key in rows["none"][0]:
        new, old = ([row[key] for row in rows[name]] for name in ("compiled", "none"))
        d = paired(new, old)
        print(f"| {key} | {np.mean(old):.3f} | {np.mean(new):.3f} | {d.value:+.3f} "
              f"| {d.low:+.3f} to {d.high:+.3f} | {d.p:.3f} |", flush=True)  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    settings = Settings(lm="extractive", program="")
    data = read_dataset(ROOT / "datasets" / "synthetic")
    templates = load_templates(settings.prompts_dir / "templates")
    if not {"--test", "--dev"} & set(arguments):
        bench = Bench(settings, templates["soap"])
        tuned = [e for e in data.encounters if e.split in {"train", "dev"}]
        print(f"train and dev, cross-validated ({len(tuned)} encounters): fact recall from the transcript, SOAP")
        good = curve(bench, tuned)
        print("the same, with the facts of each demonstration shuffled to other lines")
        bad = curve(bench, tuned, with_shuffled_facts)
        plot(good, bad, ROOT / "docs" / "compile.png")
    if "--curve" not in arguments:
        compare(settings, data, templates["soap"], "dev" if "--dev" in arguments else "test")


if __name__ == "__main__":
    main(sys.argv[1:])

"""One compile: choose records, run the optimizer, score on dev, measure leakage, write the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import dspy

from evals.compile.demonstrations import check_synthetic
from evals.compile.leakage import Leakage, measure_leakage
from evals.compile.metric import PARTS, NoteMetric
from evals.compile.optimizers import OPTIMIZERS, PROPOSES, Task, refuse_copied_instructions
from evals.compile.student import Calls, Student, quiet
from evals.statistics import paired
from pipelines.dataset import Dataset
from pipelines.embeddings import embedder_name, embedder_of
from pipelines.records import Encounter, InputError, SourceKind
from pipelines.settings import Settings
from pipelines.source import source_of
from pipelines.templates import Template
from pipelines.writing import provider
from pipelines.writing.program import NoteProgram
from pipelines.writing.programs import UNCOMPILED, engine_name, save_program
from pipelines.writing.writer import NoteWriter

_TOKENS_A_WORD = 1.4
_FOR_DEMOS = 0.6  # share of the context window that demonstrations may take

Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What to compile."""

    template: Template
    source: SourceKind
    optimizer: str
    demos: int | None = None
    train: int | None = None
    dev: int | None = None
    seed: int = 0
    most_calls: int = 600


@dataclass(frozen=True)
class Compiled:
    """A compiled program's file and what it says of itself."""

    file: Path
    about: dict[str, Any]
    leakage: Leakage
    calls: Calls

    @property
    def leaks(self) -> bool:
        return self.leakage.leaks


def compile_program(settings: Settings, data: Dataset, order: Order, out: Path, say: Say) -> Compiled:
    """Compile a program and write its file.

    Raises:
        InputError: the records, the optimizer or the settings do not fit; or a program that leaks would be a default.
    """
    train, dev = _records(data, order)
    settings = settings.model_copy(update={"program": UNCOMPILED})
    calls = Calls(order.most_calls)
    embedder = embedder_of(settings)
    writer = NoteWriter(settings)
    task = Task(
        fresh=lambda: writer.program(order.template, order.source),
        train=train,
        dev=dev,
        source=order.source,
        metric=NoteMetric(order.template, embedder),
        parts=_parts(settings, order.source),
        demos=order.demos or (len(train) if settings.lm == "extractive" and order.optimizer == "labeled" else 2),
        seed=order.seed,
        calls=calls,
        proposer=_proposer(settings),
    )
    _enough_calls(settings, task)
    say(f"{order.optimizer}: {len(train)} train and {len(dev)} dev encounters, {task.demos} demonstrations")
    plain = task.fresh()
    lm = provider.language_model(settings, embedder)
    with dspy.context(lm=lm, disable_history=True, track_usage=False, callbacks=[calls]):
        before = _scores(task, plain)
        if not any(row["words"] for row in before):
            kinds = ", ".join(f"{kind} ({n})" for kind, n in sorted(calls.failures.items()))
            raise InputError(f"no dev note could be written: {kinds}; check NOTEBENCH_LM and NOTEBENCH_LM_API_BASE")
        with quiet():
            program = OPTIMIZERS[order.optimizer](task)
        if order.optimizer in PROPOSES:
            refuse_copied_instructions(program, train + dev, plain)
        _fits(settings, program)
        calls.most += 6 * len(dev)  # the budget is the optimizer's; what it made is measured in any case
        after = _scores(task, program)
    about = {
        "model": settings.lm,
        "source": order.source,
        "embeddings": embedder_name(settings),
        "parent": plain.fingerprint,
        "optimizer": {"name": order.optimizer, "demos": task.demos, "seed": order.seed, "most_calls": order.most_calls},
        "dataset": {"sha256": data.digest, "train": [e.id for e in train], "dev": [e.id for e in dev]},
        "dev": _summary(before, after),
        "calls": calls.made,
        "failed_notes": dict(sorted(calls.failures.items())),
        "packages": {name: metadata.version(name) for name in ("notebench", "dspy")},
    }
    proposed = order.optimizer in PROPOSES
    draft = settings.data_dir / "compile" / "draft.json"
    save_program(program, draft, about, parts=task.parts, instructions=proposed)
    leakage = measure_leakage(settings, order.template, order.source, str(draft), dev, draft.parent, embedder)
    if leakage.leaks and is_default(out, settings):
        raise InputError(
            f"{out}: the program leaks its demonstrations into notes ({leakage}), so it may not be a default; "
            f"it is kept in {draft}"
        )
    about |= {"leakage": leakage.as_json()}
    save_program(program, out, about, parts=task.parts, instructions=proposed)
    return Compiled(out, about, leakage, calls)


def is_default(file: Path, settings: Settings) -> bool:
    """Whether a file of this name is taken where the settings name no program."""
    name = engine_name(settings)
    return file.parent.name == "programs" and (file.stem == name or file.stem.startswith(f"{name}-"))


def _records(data: Dataset, order: Order) -> tuple[list[Encounter], list[Encounter]]:
    """Train and dev; of a test split nothing is even looked at."""
    usable = [e for e in data.encounters if e.has(order.source) and e.facts]
    train = [e for e in usable if e.split == "train"][: order.train]
    dev = [e for e in usable if e.split == "dev"][: order.dev]
    for name, found in (("train", train), ("dev", dev)):
        if len(found) < 2:
            raise InputError(
                f"{data.folder}: {len(found)} records of split {name!r} have facts and a {order.source}; a compile "
                'needs two or more of each (a record names its split: "split": "train")'
            )
    check_synthetic(train + dev)
    return train, dev


def _parts(settings: Settings, source: SourceKind) -> tuple[str, ...]:
    """The predictors that a language model answers: the engine learns to read, a model to write and, maybe, to read."""
    if settings.lm == "extractive":
        return ("read",)
    by_rule = settings.reader == "extractive" or (settings.reader == "auto" and source == "summary")
    return ("write",) if by_rule else ("read", "write")


def _proposer(settings: Settings) -> Any:
    """The language model that proposes instructions; it is shown scores and instructions, of synthetic records only."""
    name = settings.proposer_lm or settings.lm
    if name == "extractive":
        return None
    return provider.language_model(settings.model_copy(update={"lm": name}), None)


def _enough_calls(settings: Settings, task: Task) -> None:
    least = 4 * len(task.dev)
    if settings.lm != "extractive" and task.calls.most < least:
        raise InputError(f"--most-calls {task.calls.most}: scoring {len(task.dev)} dev notes alone may take {least}")


def _fits(settings: Settings, program: NoteProgram) -> None:
    """Demonstrations must leave room for the note's own source in the context window."""
    if settings.lm == "extractive":
        return
    for name, predict in program.predictors_by_name.items():
        shown = sorted((len(str(dict(demo)).split()) for demo in predict.demos), reverse=True)
        tokens = round(sum(shown[: getattr(predict, "nearest", None)]) * _TOKENS_A_WORD)
        if tokens > _FOR_DEMOS * settings.lm_context:
            raise InputError(
                f"the demonstrations of {name!r} take about {tokens} of {settings.lm_context} tokens; "
                "lower --demos, or raise NOTEBENCH_LM_CONTEXT if the model can read more"
            )


def _scores(task: Task, program: NoteProgram) -> list[dict[str, float | None]]:
    """The parts of each dev note's score; a failed note has 0."""
    student = Student(program, task.calls)
    rows = []
    for encounter in task.dev:
        source = source_of(encounter, task.source)
        parts = task.metric.parts(encounter, source, student(source=source).sections)
        rows.append(parts | {"metric": task.metric.whole(parts)})
    return rows


def _summary(before: Sequence[dict[str, float | None]], after: Sequence[dict[str, float | None]]) -> dict[str, Any]:
    """Means with denominators, uncompiled and compiled, and the paired difference of the metric."""

    def means(rows: Sequence[dict[str, float | None]]) -> dict[str, Any]:
        told = {}
        for name in ("metric", *PARTS, "facts_contradicted", "words"):
            values = [value for row in rows if (value := row[name]) is not None]
            told[name] = {"mean": round(sum(values) / len(values), 4) if values else None, "n": len(values)}
        return told | {"n_total": len(rows), "n_failed": sum(not row["words"] for row in rows)}

    difference = paired([row["metric"] or 0.0 for row in after], [row["metric"] or 0.0 for row in before])
    return {"uncompiled": means(before), "compiled": means(after), "difference": difference.as_json()}

"""The optimizers: a program, encounters to learn from and to choose by → a compiled program."""

from __future__ import annotations

import importlib.util
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dspy

from evals.compile.demonstrations import examples, read_demonstration, write_demonstration
from evals.compile.metric import NoteMetric
from evals.compile.student import Calls, Student
from pipelines.records import Encounter, InputError, SourceKind
from pipelines.writing.nearest import NearestDemos
from pipelines.writing.program import NoteProgram

_GOOD = 0.7  # metric from which a note's trace may become a demonstration
_SHARED = 6  # words in a row that an instruction may not share with a record


@dataclass(frozen=True)
class Task:
    """What an optimizer works on.

    Args:
        fresh: makes an uncompiled program.
        parts: the predictors to compile.
        demos: how many demonstrations a predictor may show.
        proposer: the language model that proposes instructions; None: there is none.
    """

    fresh: Callable[[], NoteProgram]
    train: Sequence[Encounter]
    dev: Sequence[Encounter]
    source: SourceKind
    metric: NoteMetric
    parts: Sequence[str]
    demos: int
    seed: int
    calls: Calls
    proposer: Any = None


Optimizer = Callable[[Task], NoteProgram]


def labeled(task: Task, *, most: int | None = None) -> NoteProgram:
    """LabeledFewShot: demonstrations drawn from what people wrote. Calls no language model."""
    program = task.fresh()
    for name, found in _labeled_demos(task, program).items():
        random.Random(task.seed).shuffle(found)  # noqa: S311 - no secret; DSPy's own draw has a fixed seed
        optimizer = dspy.LabeledFewShot(k=most or task.demos)
        program.predictors_by_name[name].demos = optimizer.compile(
            program.predictors_by_name[name], trainset=found, sample=False
        ).demos
    return program


def knn(task: Task) -> NoteProgram:
    """All labelled demonstrations are kept; those nearest to what is asked are shown, chosen at run time."""
    program = labeled(task, most=len(task.train))
    for name in task.parts:
        predict = program.predictors_by_name[name]
        nearest = NearestDemos(predict.signature, task.demos, program.embedder)
        nearest.demos = predict.demos
        if name == "read":
            program.read.predict = nearest
        else:
            program.write = nearest
    return program


def bootstrap(task: Task) -> NoteProgram:
    """BootstrapFewShotWithRandomSearch: traces of a teacher with labelled demonstrations, the best set on dev."""
    optimizer = dspy.BootstrapFewShotWithRandomSearch(
        metric=task.metric,
        max_bootstrapped_demos=task.demos,
        max_labeled_demos=0,
        num_candidate_programs=4,
        num_threads=1,
        metric_threshold=_GOOD,
    )
    train = examples(task.train, task.source)
    random.Random(task.seed).shuffle(train)  # noqa: S311
    teacher = Student(labeled(task), task.calls)
    best = optimizer.compile(
        Student(task.fresh(), task.calls), teacher=teacher, trainset=train, valset=examples(task.dev, task.source)
    )
    program: NoteProgram = best.program
    return program


def mipro(task: Task) -> NoteProgram:
    """MIPROv2: instructions that a real language model proposes, with bootstrapped demonstrations."""
    _needs_proposer(task, "mipro")
    if importlib.util.find_spec("optuna") is None:
        raise InputError("mipro needs the package optuna: pip install optuna, or choose --optimizer gepa")
    optimizer = dspy.MIPROv2(
        metric=task.metric,
        prompt_model=task.proposer,
        auto=None,
        num_candidates=3,
        max_bootstrapped_demos=task.demos,
        max_labeled_demos=0,
        num_threads=1,
        seed=task.seed,
        verbose=False,
        track_stats=False,
    )
    best = optimizer.compile(
        Student(task.fresh(), task.calls),
        trainset=examples(task.train, task.source),
        valset=examples(task.dev, task.source),
        num_trials=6,
        minibatch=False,
        program_aware_proposer=False,
        data_aware_proposer=False,  # it would be shown the records
        tip_aware_proposer=True,
        fewshot_aware_proposer=False,
    )
    program: NoteProgram = best.program
    return program


def gepa(task: Task) -> NoteProgram:
    """GEPA: a real language model reflects on what a note lost and rewrites the instructions."""
    _needs_proposer(task, "gepa")
    optimizer = dspy.GEPA(
        metric=_with_feedback(task.metric),
        reflection_lm=task.proposer,
        max_metric_calls=max(2 * len(task.dev), 24),
        num_threads=1,
        seed=task.seed,
        track_stats=False,
    )
    best = optimizer.compile(
        Student(task.fresh(), task.calls),
        trainset=examples(task.train, task.source),
        valset=examples(task.dev, task.source),
    )
    program: NoteProgram = best.program
    return program


OPTIMIZERS: Mapping[str, Optimizer] = {
    "labeled": labeled,
    "bootstrap": bootstrap,
    "knn": knn,
    "mipro": mipro,
    "gepa": gepa,
}
PROPOSES = frozenset({"mipro", "gepa"})


def refuse_copied_instructions(program: NoteProgram, encounters: Sequence[Encounter], plain: NoteProgram) -> None:
    """An instruction is no place for a record: it would stand in the prompt of every other client.

    Raises:
        InputError: a compiled instruction holds words of a record.
    """
    texts = [text for e in encounters for text in _texts(e)]
    known = {run for text in texts for run in _runs(text)}
    rare = {name for e in encounters for name in _names(e)}
    for name, predict in program.predictors_by_name.items():
        before = plain.predictors_by_name[name].signature.instructions
        said = predict.signature.instructions
        copied = (_runs(said) - _runs(before)) & known
        named = set(re.findall(r"\w+", said.lower())) & (rare - set(re.findall(r"\w+", before.lower())))
        if copied or named:
            raise InputError(
                f"the optimizer put words of a record into the instructions of {name!r}; nothing was saved: "
                "choose another --seed, another proposer, or an optimizer that proposes nothing (labeled, knn)"
            )


def _labeled_demos(task: Task, program: NoteProgram) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    if "read" in task.parts:
        found["read"] = [read_demonstration(e, task.source) for e in task.train if e.has(task.source) and e.facts]
    if "write" in task.parts:
        shown = [write_demonstration(e, task.source, program) for e in task.train if e.has(task.source)]
        found["write"] = [demo for demo in shown if demo is not None]
    for name, demos in found.items():
        if not demos:
            raise InputError(f"no train record holds what {name!r} should answer (facts, notes); add them to the data")
    return found


def _needs_proposer(task: Task, name: str) -> None:
    if task.proposer is None:
        raise InputError(
            f"{name} needs a real language model that proposes instructions; name one in NOTEBENCH_PROPOSER_LM or "
            "NOTEBENCH_LM (make lm serves one), or choose --optimizer labeled, bootstrap or knn"
        )


def _with_feedback(metric: NoteMetric) -> Callable[..., Any]:
    def judged(gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None) -> Any:  # noqa: ARG001
        parts = metric.parts(gold["encounter"], gold["source"], pred.sections)
        told = ", ".join(f"{name} {value:.2f}" for name, value in parts.items() if value is not None)
        return dspy.Prediction(score=metric.whole(parts), feedback=f"{told}. 1 is best; no fact may be contradicted.")

    return judged


def _texts(encounter: Encounter) -> list[str]:
    spoken = [u.text for u in encounter.transcript or ()]
    notes = [text for sections in encounter.notes.values() for text in sections.values()]
    return [*spoken, encounter.summary or "", *notes, *(fact.text for fact in encounter.facts or ())]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[\w']+", text.lower())
    return {tuple(words[i : i + _SHARED]) for i in range(len(words) - _SHARED + 1)}


def _names(encounter: Encounter) -> set[str]:
    client = encounter.chart.client.name if encounter.chart else None
    return {part.lower() for part in (client or "").split() if len(part) > 2}

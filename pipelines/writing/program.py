"""The DSPy program that writes a note: read the facts of a source, assign them to sections, write the sections."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import dspy
from dspy.utils.exceptions import AdapterParseError
from pydantic import ValidationError

from pipelines.embeddings import Embedder
from pipelines.note_settings import NoteSettings
from pipelines.records import NoteFact
from pipelines.source import Source, Unit
from pipelines.templates import Template
from pipelines.writing.asking import CutAnswerError
from pipelines.writing.assign import assign
from pipelines.writing.inputs import chart_lines, fact_lines, source_lines
from pipelines.writing.provider import WriteError, extractive_model
from pipelines.writing.salvage import whole_fields
from pipelines.writing.signatures import facts_signature, note_signature
from pipelines.writing.style import style_lines

_OVERLAP = 4  # turns that a part repeats of the one before, so that no answer loses its question
_TOKENS_A_WORD = 1.4
_ESSENTIAL = frozenset({"intervention", "response", "progress", "risk", "plan"})
_BESIDE_SOURCE = 2_600  # tokens of rules, chart and answer


class Facts(list[NoteFact]):
    """What was read. `whole`: the reader's answers were; else rules read what they lack."""

    whole = True


class ReadFacts(dspy.Module):  # type: ignore[misc]
    """Source → facts. A source that is longer than `longest` words is read in parts, and the parts' facts are joined.

    Args:
        reader: the language model that reads; None: the one of the context.
        embedder: for the rules that read what the language model's answer lacks.
    """

    def __init__(
        self, rules: str, longest: int | None = None, reader: Any = None, embedder: Embedder | None = None
    ) -> None:
        super().__init__()
        self.predict = dspy.Predict(facts_signature(rules))
        self.longest = longest
        self.by_rule = reader is not None
        self._reader = reader
        self._embedder = embedder

    def forward(self, source: Source) -> Facts:
        found: list[NoteFact] = []
        whole = True
        reader = {"lm": self._reader} if self._reader else {}
        with dspy.context(**reader):
            for part in parts(source, self.longest):
                read = self._read(source, part)
                whole = whole and read.whole
                found += read
        facts = Facts(merged(found))
        facts.whole = whole
        return facts

    def _read(self, source: Source, part: Sequence[Unit]) -> Facts:
        inputs = {"source": source_lines(source, part), "chart": chart_lines(source)}
        known = {unit.index for unit in part}
        try:
            answer = ask(self.predict, inputs)
        except WriteError as error:
            if error.type != "malformed_answer":
                raise
            answer = Answer()
            answer.whole = False
        facts = Facts(_facts(answer, known))
        if not answer.whole:
            facts.whole = False
            with dspy.context(lm=extractive_model(self._embedder)):
                by_rule = _facts(ask(self.predict, inputs), known)
            last = max((n for f in facts for n in f.lines), default=-1)  # an answer is cut at its end
            facts += [f for f in by_rule if all(n > last for n in f.lines)]
        return facts


class NoteProgram(dspy.Module):  # type: ignore[misc]
    """Writes the sections of one format.

    Each part can be compiled, scored and replaced by itself: `read` (facts of the source), `assign` (facts to
    sections, by rule), `write` (the sections' prose).

    Args:
        template: the format.
        rules: the house rules for `read` and `write`, as in `prompts/guidelines`.
        embedder: compares facts by meaning; None: by their words.
        longest: words of a source that are read at once; None: all.
        reader: the language model that reads the source; None: the one that writes.
        second_reader: reads what no note may lack (risk, the next session, progress, interventions) beside the first.
    """

    def __init__(
        self,
        template: Template,
        rules: Rules,
        *,
        embedder: Embedder | None = None,
        longest: int | None = None,
        reader: Any = None,
        second_reader: Any = None,
    ) -> None:
        super().__init__()
        self.template = template
        self.embedder = embedder
        self.read_again = ReadFacts(rules.facts, None, second_reader, embedder) if second_reader else None
        self.read = ReadFacts(rules.facts, longest, reader, embedder)
        self.write = dspy.Predict(note_signature(template, rules.note))

    def forward(self, source: Source, style: NoteSettings | None = None) -> dspy.Prediction:
        """`facts`: what was read; `sections`: name → text, as the language model wrote it; `warnings`.

        What an answer lacks that was malformed or cut is read and written by rule.
        """
        style = style or NoteSettings()
        template = self.template.with_interventions_in(style.interventions_in)
        facts = self.read(source)
        if self.read_again:
            facts[:] = with_essentials(facts, self.read_again(source))
        assigned = assign(facts, template, style.verbosity, self.embedder, summary=source.kind == "summary")
        inputs = self.asked(source, assigned, template, style)
        answer = ask(self.write, inputs)
        missing = [s.name for s in template.sections if s.name not in answer]
        if missing:
            with dspy.context(lm=extractive_model(self.embedder)):
                by_rule = ask(self.write, inputs)
            answer = Answer(by_rule | answer)
        sections = {s.name: str(answer.get(s.name) or "") for s in template.sections}
        warnings = [f"{name}: the language model's answer was cut or malformed; written by rule" for name in missing]
        if not facts.whole:
            warnings.insert(0, "part of the source was read by rule: the language model's answer was cut or malformed")
        return dspy.Prediction(facts=facts, assigned=assigned, sections=sections, warnings=warnings)

    @staticmethod
    def asked(
        source: Source,
        assigned: Mapping[str, Sequence[NoteFact]],
        template: Template,
        style: NoteSettings,
    ) -> dict[str, str]:
        """What `write` is asked with."""
        return {
            "facts": fact_lines(assigned, source.chart.client.name or ""),
            "chart": chart_lines(source),
            "style": "\n".join(style_lines(style, template)),
        }

    @property
    def predictors_by_name(self) -> dict[str, Any]:
        """What is compiled and saved."""
        return {"read": self.read.predict, "write": self.write}

    @property
    def fingerprint(self) -> str:
        """Hash of signatures, instructions and demonstrations."""
        shown = [
            [name, str(p.signature.fields), p.signature.instructions, [dict(demo) for demo in p.demos]]
            for name, p in self.predictors_by_name.items()
        ]
        return sha256(json.dumps(shown, default=str, sort_keys=True).encode()).hexdigest()[:12]


class Rules:
    """The house rules of `prompts/guidelines`, as text for the prompts."""

    def __init__(self, folder: Path) -> None:
        self.facts = (folder / "facts.md").read_text(encoding="utf-8").strip()
        self.note = (folder / "note.md").read_text(encoding="utf-8").strip()

    @property
    def prompts(self) -> tuple[str, ...]:
        """Every text that no note may copy."""
        return self.facts, self.note


def with_essentials(facts: Sequence[NoteFact], by_rule: Sequence[NoteFact]) -> list[NoteFact]:
    """What a language model read, with risk as rules read it, and with each kind that a note needs and it lacks."""
    kept = [fact for fact in facts if fact.kind != "risk"]
    lacking = _ESSENTIAL - {fact.kind for fact in kept}
    return kept + [fact for fact in by_rule if fact.kind in lacking]


def words_at_once(context: int) -> int:
    """Words of a source that fit into a context window of so many tokens, beside rules, chart and answer."""
    return max(200, round((context - _BESIDE_SOURCE) / _TOKENS_A_WORD))


def parts(source: Source, longest: int | None) -> Iterator[Sequence[Unit]]:
    """The units of a source in runs of at most `longest` words; a run begins with the last turns of the one before.

    A unit that is longer than that is divided between its words; its parts keep its index.
    """
    if longest is None:
        yield source.units
        return
    run: list[Unit] = []
    words = 0
    for unit in (piece for whole in source.units for piece in _pieces(whole, longest)):
        length = len(unit.text.split())
        if run and words + length > longest:
            yield run
            run = run[-_OVERLAP:]
            words = sum(len(u.text.split()) for u in run)
            if words + length > longest:
                run, words = [], 0
        run.append(unit)
        words += length
    yield run


def _pieces(unit: Unit, longest: int) -> Iterator[Unit]:
    words = unit.text.split()
    if len(words) <= longest:
        yield unit
        return
    for start in range(0, len(words), longest):
        yield replace(unit, text=" ".join(words[start : start + longest]))


def merged(facts: Sequence[NoteFact]) -> list[NoteFact]:
    """Facts of several parts in the order of their lines; what two parts read from the same lines stands once."""
    kept: dict[tuple[str, str], NoteFact] = {}
    for fact in facts:
        key = fact.kind, " ".join(fact.text.lower().split()).rstrip(".")
        if key not in kept or kept[key].weight < fact.weight:
            kept[key] = fact
    return list(kept.values())


class Answer(dict[str, Any]):
    """The fields of an answer. `whole`: none of them was lost."""

    whole = True


def _facts(answer: Mapping[str, Any], known: AbstractSet[int]) -> Iterator[NoteFact]:
    """The facts of an answer that are facts, with those of their lines that were shown."""
    for given in answer.get("facts") or []:
        try:
            fact = NoteFact.model_validate(dict(given))
        except ValidationError:  # one of an answer that was kept in parts
            continue
        yield fact.model_copy(update={"lines": [n for n in fact.lines if n in known]})


def ask(predict: Any, inputs: Mapping[str, str]) -> Answer:
    """One answer of a predictor.

    A malformed or cut answer is asked for once more, as JSON; if that fails too, the fields that came whole in either
    are the answer, which is not `whole` then.

    Raises:
        WriteError: `malformed_answer`, when no field came whole. Errors of the provider pass through.
    """
    kept = Answer()
    kept.whole = False
    for adapter in (dspy.ChatAdapter(use_json_adapter_fallback=False), dspy.JSONAdapter()):
        try:
            with dspy.context(adapter=adapter):
                return Answer(predict(**inputs))
        except RecursionError:  # a model that repeats a bracket without end
            continue
        except (AdapterParseError, CutAnswerError) as error:
            cut = isinstance(error, CutAnswerError)
            text = error.text if isinstance(error, CutAnswerError) else error.lm_response
            kept |= whole_fields(text or "", predict.signature.output_fields, cut=cut)
    if kept:
        return kept
    raise WriteError("malformed_answer", "the language model did not keep the form, twice")

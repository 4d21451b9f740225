"""The note writer: settings and source in, a draft note out, checked and repaired."""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import dspy

from pipelines.checking.doses import conflicts_and_flaws
from pipelines.checking.evidence import EvidenceFinder
from pipelines.checking.quarantine import quieted
from pipelines.checking.terms import evidence_for
from pipelines.embeddings import embedder_of
from pipelines.note_settings import NoteSettings
from pipelines.phrases import DRAFT
from pipelines.records import Note
from pipelines.settings import Settings
from pipelines.source import Source
from pipelines.templates import Template
from pipelines.writing import provider
from pipelines.writing.asking import Watch, watching
from pipelines.writing.program import NoteProgram, Rules, words_at_once
from pipelines.writing.programs import load_program, program_name
from pipelines.writing.provider import WriteError
from pipelines.writing.repair import Repair
from pipelines.writing.salvage import texts_so_far
from pipelines.writing.settle import settle
from pipelines.writing.style import apply_style


@dataclass(frozen=True)
class SectionDraft:
    """A section as far as it is written, for somebody who watches; nothing in it has been checked yet."""

    section: str
    text: str


@dataclass(frozen=True)
class _Order:
    """One note to write: what it is written from, how, and with which program.

    `given` is the source as it came; `source` what of it may be read: without words to the software, unless the note
    is to be left as the language model writes it.
    """

    encounter_id: str
    given: Source
    source: Source
    template: Template
    style: NoteSettings
    program: NoteProgram
    repair: bool
    began: float


class NoteWriter:
    """Writes draft notes with the language model that the settings name. May be used by several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder = embedder_of(settings)
        self._lm = provider.language_model(settings, self._embedder)
        self._by_rule = settings.lm == "extractive"
        self._reader = None if self._by_rule else provider.extractive_model(self._embedder)
        self._rules = Rules(settings.prompts_dir / "guidelines")
        self._at_once = threading.BoundedSemaphore(max(1, settings.lm_at_once))
        self._threads = ThreadPoolExecutor(max(1, settings.lm_at_once), thread_name_prefix="note")
        self._last_finder: tuple[Source, EvidenceFinder] | None = None

    def program(self, template: Template, source_kind: str = "summary") -> NoteProgram:
        """The program of a format: the compiled one that the settings name, else the shipped one where there is one.

        Args:
            source_kind: of a summary, rules read the facts better than a language model; see the setting `reader`.
        """
        by_rule = self._settings.reader == "extractive" or (
            self._settings.reader == "auto" and source_kind == "summary"
        )
        program = NoteProgram(
            template,
            self._rules,
            embedder=self._embedder,
            longest=None if self._by_rule or by_rule else words_at_once(self._settings.lm_context),
            reader=self._reader if by_rule else None,
            second_reader=None if by_rule else self._reader,
        )
        if name := program_name(self._settings, template.format, source_kind):
            load_program(program, name, self._settings.prompts_dir)
        return program

    def write(
        self,
        encounter_id: str,
        source: Source,
        template: Template,
        style: NoteSettings | None = None,
        *,
        synthetic: bool = False,
        repair: bool = True,
    ) -> Note:
        """One draft note.

        Args:
            style: how the practice wants it.
            synthetic: whether the record is marked so; others are not sent to a provider outside this machine.
            repair: False: as the language model wrote it, for those who measure what the repair is worth.

        Raises:
            WriteError: typed, without content of the session.
            InputError: template or compiled program do not fit.
        """
        order = self._order(encounter_id, source, template, style, synthetic=synthetic, repair=repair)
        with self._at_once:
            return self._finished(order, self._run(order.program, order.source, order.style))

    def raw_and_repaired(
        self, encounter_id: str, source: Source, template: Template, *, synthetic: bool = False
    ) -> tuple[Note, Note]:
        """One answer of the language model as it came and as it was repaired: what the repair is worth."""
        order = self._order(encounter_id, source, template, None, synthetic=synthetic, repair=True)
        with self._at_once:
            answer = self._run(order.program, order.source, order.style)
            return self._finished(replace(order, repair=False), answer), self._finished(order, answer)

    async def awrite(self, *args: Any, **options: Any) -> Note:
        """`write` for asynchronous callers; at most `lm_at_once` notes are asked for at the same time.

        A call that is cancelled closes its connection, and makes room for the next.
        """
        watch = Watch()

        def written() -> Note:
            with watching(watch):
                return self.write(*args, **options)

        context = contextvars.copy_context()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, written)
        except asyncio.CancelledError:
            watch.stop()
            raise

    def stream(
        self,
        encounter_id: str,
        source: Source,
        template: Template,
        style: NoteSettings | None = None,
        *,
        synthetic: bool = False,
    ) -> Iterator[SectionDraft | Note]:
        """Each section as far as the language model has written it, then the finished note; raises what `write` does.

        What comes before the note has not been checked: show it as work in progress only. Whoever stops listening
        (closes the iterator) closes the connection too.
        """
        return self._streamed(self._order(encounter_id, source, template, style, synthetic=synthetic, repair=True))

    def _order(
        self,
        encounter_id: str,
        source: Source,
        template: Template,
        style: NoteSettings | None,
        *,
        synthetic: bool,
        repair: bool,
    ) -> _Order:
        provider.may_be_sent(self._settings, synthetic=synthetic)
        style = style or NoteSettings()
        template = template.with_interventions_in(style.interventions_in)
        given = _with_pronouns(source, style)
        read = quieted(given).source if repair else given
        program = self.program(template, source.kind)
        return _Order(encounter_id, given, read, template, style, program, repair, time.perf_counter())

    def _finished(self, order: _Order, answer: Any) -> Note:
        """The draft that is made of an answer."""
        source, template = order.source, order.template
        warnings: list[str] = list(answer.warnings)
        sections = settle(answer.sections, source, template, warnings)
        finder = self._finder(source)
        if order.repair:
            withheld = len(quieted(order.given).indices)
            if withheld:
                warnings.append(f"{withheld} lines speak to the software and were not read; look at them")
            fixed = self._repaired(order, sections, answer.assigned, finder, warnings)
            sections = settle(fixed, source, template, warnings, answer.facts)
        sections, unmet = apply_style(sections, source, order.style, template)
        evidence = evidence_for(finder, sections, order.style)
        if unsupported := sum(e.kind == "unsupported" for e in evidence):
            warnings.append(f"{unsupported} sentences have no support: confirm or remove each before signing")
        return Note(
            encounter_id=order.encounter_id,
            format=template.format,
            source=source.kind,
            sections=sections,
            text=f"{DRAFT}\n\n{template.render(sections)}",
            evidence=evidence,
            facts=answer.facts,
            warnings=list(dict.fromkeys([*warnings, *unmet, *conflicts_and_flaws(source)])),
            lm=self._lm.model,
            program=order.program.fingerprint,
            seconds=round(time.perf_counter() - order.began, 3),
        )

    def _repaired(
        self,
        order: _Order,
        sections: Mapping[str, str],
        assigned: Any,
        finder: EvidenceFinder,
        warnings: list[str],
    ) -> dict[str, str]:
        """The sections checked and repaired: a language model that fails here costs corrections, never the note."""
        given = sections, assigned, order.source, finder
        try:
            repair = Repair(order.given, self._rules.prompts, rewrites=not self._by_rule)
            return dict(self._run(repair, *given))
        except WriteError as error:
            if self._by_rule or error.type == "stopped":
                raise
            warnings.append(
                f"what has no support was left out, not corrected: the language model failed ({error.type})"
            )
        return dict(self._run(Repair(order.given, self._rules.prompts, rewrites=False), *given))

    def _streamed(self, order: _Order) -> Iterator[SectionDraft | Note]:
        heard: queue.SimpleQueue[str | WriteError | Any] = queue.SimpleQueue()
        watch = Watch(heard.put)

        def work() -> None:
            try:
                with watching(watch):
                    heard.put(self._run(order.program, order.source, order.style))
            except WriteError as error:
                heard.put(error)

        worker = threading.Thread(target=work, name="note-stream", daemon=True)
        shown: dict[str, str] = {}
        with self._at_once:
            worker.start()
            try:
                while isinstance(event := heard.get(), str):
                    yield from _news(texts_so_far(event), order.template, shown)
            finally:
                watch.stop()
                worker.join()
            if isinstance(event, WriteError):
                raise event.with_traceback(None)
            yield from _news(event.sections, order.template, shown)  # what no stream brought: written by rule, as JSON
            yield self._finished(order, event)

    def _run(self, module: Any, *inputs: Any) -> Any:
        """A DSPy module with our language model; whatever a provider raises becomes one typed error."""
        with dspy.context(lm=self._lm, disable_history=True, track_usage=False):
            try:
                return module(*inputs)
            except Exception as error:  # noqa: BLE001 - every provider has its own errors; all become one typed one
                failed = provider.error_of(error)
        raise failed  # out here: the error that was caught may quote the session, so it is not chained

    def _finder(self, source: Source) -> EvidenceFinder:
        """One source is encoded once for the notes of all formats."""
        kept = self._last_finder
        if kept is None or kept[0] != source:
            kept = (source, EvidenceFinder(source, self._embedder))
            self._last_finder = kept
        return kept[1]


def _news(texts: Mapping[str, str], template: Template, shown: dict[str, str]) -> Iterator[SectionDraft]:
    """The sections that have grown or changed since they were `shown`, which is brought up to date."""
    for section in template.sections:
        text = texts.get(section.name, "")
        if text and text != shown.get(section.name):
            shown[section.name] = text
            yield SectionDraft(section.name, text)


def _with_pronouns(source: Source, style: NoteSettings) -> Source:
    """The source with the pronouns that the settings ask for in place of the chart's."""
    if style.pronouns is None:
        return source
    client = source.chart.client.model_copy(update={"pronouns": style.pronouns})
    return replace(source, chart=source.chart.model_copy(update={"client": client}))

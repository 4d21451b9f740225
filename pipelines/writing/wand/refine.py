"""`refine`: one instruction, carried out on one note."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipelines.checking.evidence import EvidenceFinder
from pipelines.checking.quarantine import quieted
from pipelines.dataset import digest
from pipelines.embeddings import Embedder, embedder_of
from pipelines.note_settings import NoteSettings
from pipelines.phrases import DRAFT
from pipelines.records import Note, NoteFact
from pipelines.settings import Settings
from pipelines.source import Source
from pipelines.templates import Template
from pipelines.writing.wand import adding, content, correct, length, wording
from pipelines.writing.wand.bench import Bench
from pipelines.writing.wand.interpret import interpret
from pipelines.writing.wand.records import CannotDoError, Change, Edit, EditKind, Refined
from pipelines.writing.wand.refusals import RefusedError, refusal
from pipelines.writing.wand.verify import Verdict, verify
from pipelines.writing.wand.working import Working

RULES: Mapping[EditKind, Callable[[Bench, Edit], None]] = {
    "shorter": length.shorten,
    "longer": length.lengthen,
    "focus": length.focus,
    "tone": wording.set_tone,
    "person": wording.set_person,
    "tense": wording.set_tense,
    "spell_out": wording.spell_out,
    "quotes": wording.drop_quotes,
    "list": wording.set_list,
    "replace": wording.replace_words,
    "correct": correct.correct_value,
    "add": adding.add,
    "remove": content.remove,
    "move": content.move,
}
_ORDER: Sequence[EditKind] = ("correct", "replace", "remove", "move", "add", "longer", "focus", "shorter")
"""What changes facts comes first, what changes their number next, what changes the wording last."""
_UNREAD = "this was not understood: name the section and what to add, take out, move, correct or reword"


class Wand:
    """Refines notes with the language model that the settings name, and by rule wherever a rule can.

    One wand may serve many notes; a source that comes again is not encoded again.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder = embedder_of(settings)
        self._lm: Any = None  # made when a rule cannot do what is asked
        self._last: tuple[Source, EvidenceFinder] | None = None

    def refine(
        self,
        note: Note,
        instruction: str,
        source: Source,
        template: Template,
        style: NoteSettings | None = None,
        *,
        section: str | None = None,
        synthetic: bool = False,
    ) -> Refined:
        """Change what is asked for and nothing else.

        Args:
            style: how the practice wants its notes.
            section: where everything is meant that names no section itself.
            synthetic: whether the record is marked so; others are not sent to a provider outside this machine.

        Raises:
            WriteError: the language model failed; typed, without content.
            KeyError: there is no such section.
        """
        began = time.perf_counter()
        if section is not None and section not in note.sections:
            raise KeyError(section)
        reading = interpret(instruction, template, section)
        refused = refusal(instruction, reading, source, dict(note.sections))
        if refused:
            return Refined(note, refused=refused)
        source = quieted(source).source  # words to the software are no part of the session
        finder = self._finder(source)
        bench = Bench(
            Working(note.sections),
            note,
            source,
            template,
            style or NoteSettings(),
            self._embedder,
            finder,
            lambda: note_facts(note, source, self._embedder),
        )
        try:
            problems = self._carry_out(bench, reading.edits, reading.unread, instruction, synthetic=synthetic)
        except RefusedError as error:
            return Refined(note, refused=str(error))
        return _refined(bench, verify(bench), instruction, problems, time.perf_counter() - began)

    def _carry_out(
        self, bench: Bench, edits: Sequence[Edit], unread: Sequence[Edit], instruction: str, *, synthetic: bool
    ) -> list[str]:
        """What could not be done, in plain words."""
        bench.working.kept = [edit.text for edit in edits if edit.kind == "keep" and edit.text]
        spared = {name for edit in edits if edit.kind == "keep" for name in edit.sections}
        problems: list[str] = []
        left: list[tuple[Edit, str]] = []
        for edit in sorted(edits, key=lambda e: _ORDER.index(e.kind) if e.kind in _ORDER else len(_ORDER)):
            if edit.kind == "keep":
                continue
            if spared:
                edit = _elsewhere(edit, spared, bench)
            try:
                RULES[edit.kind](bench, edit)
            except CannotDoError as error:
                left.append((edit, str(error)))
        left += [(edit, _UNREAD) for edit in unread]
        if left and self._settings.lm != "extractive":
            problems += self._by_model(bench, [edit for edit, _ in left], instruction, synthetic=synthetic)
        else:
            problems += [problem for _, problem in left]
        return list(dict.fromkeys(problems))

    def _by_model(self, bench: Bench, edits: Sequence[Edit], instruction: str, *, synthetic: bool) -> list[str]:
        from pipelines.writing import provider
        from pipelines.writing.wand.model import carry_out

        provider.may_be_sent(self._settings, synthetic=synthetic)
        if self._lm is None:
            self._lm = provider.language_model(self._settings, self._embedder)
        return carry_out(bench, edits, instruction, self._lm)

    def _finder(self, source: Source) -> EvidenceFinder:
        if self._last is None or self._last[0] != source:
            self._last = (source, EvidenceFinder(source, self._embedder))
        return self._last[1]


def refine(
    note: Note,
    instruction: str,
    source: Source,
    template: Template,
    settings: Settings | None = None,
    style: NoteSettings | None = None,
    *,
    section: str | None = None,
    synthetic: bool = False,
) -> Refined:
    """`Wand.refine` for one note; who refines several keeps a `Wand`."""
    return Wand(settings or Settings()).refine(
        note, instruction, source, template, style, section=section, synthetic=synthetic
    )


def note_facts(note: Note, source: Source, embedder: Embedder | None) -> Sequence[NoteFact]:
    """The facts that the note was written from; read by rule where it has none."""
    if note.facts:
        return note.facts
    from pipelines.writing.program import ReadFacts
    from pipelines.writing.provider import extractive_model

    return ReadFacts("", reader=extractive_model(embedder))(source)  # type: ignore[no-any-return]


def _elsewhere(edit: Edit, spared: set[str], bench: Bench) -> Edit:
    sections = tuple(name for name in edit.sections or bench.working.sections if name not in spared)
    return replace(edit, sections=sections)


def _refined(bench: Bench, verdict: Verdict, instruction: str, problems: Sequence[str], seconds: float) -> Refined:
    """The next version of the note; the very note where nothing was changed."""
    note, texts = bench.note, bench.working.texts()
    not_understood = _sentence(problems) if problems else None
    changes = [Change(name, note.sections[name], text) for name, text in texts.items() if text != note.sections[name]]
    if not changes:
        return Refined(note, not_understood=not_understood or _sentence(["the note is so already"]))
    extra: dict[str, Any] = note.model_extra or {}
    new = note.model_copy(
        update={
            "sections": texts,
            "text": f"{DRAFT}\n\n{bench.template.render(texts)}",
            "evidence": verdict.evidence,
            "warnings": list(dict.fromkeys([*note.warnings, *verdict.warnings])),
            "seconds": round(seconds, 3),
            "version": int(extra.get("version", 1)) + 1,
            "parent": digest(note.model_dump(mode="json")),
            "instruction": instruction,
        }
    )
    return Refined(new, changes, None, not_understood, verdict.own, verdict.warnings)


def _sentence(problems: Sequence[str]) -> str:
    return f"Not done: {'; '.join(problems)}."

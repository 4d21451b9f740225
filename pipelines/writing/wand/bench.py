"""What the rules of every edit work with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipelines.checking.claims import Holdings
from pipelines.checking.evidence import EvidenceFinder
from pipelines.checking.risk import read_prose
from pipelines.embeddings import Embedder
from pipelines.note_settings import NoteSettings
from pipelines.records import Note, NoteFact
from pipelines.source import Source, session_line
from pipelines.stems import content_stems
from pipelines.templates import Template
from pipelines.writing.extractive.rewrite import Person, person_of
from pipelines.writing.styling.sentences import QUOTATION
from pipelines.writing.wand.grammar import CLIENT_WORDS
from pipelines.writing.wand.refusals import BILLED, DIAGNOSED, RISK_DROPPED, RefusedError, protected
from pipelines.writing.wand.working import Place, Working

_HIDDEN = re.compile("\ue000(\\d+)\ue001")


@dataclass
class Bench:
    """One note on the bench, with everything that may bear on a change of it."""

    working: Working
    note: Note
    source: Source
    template: Template
    style: NoteSettings
    embedder: Embedder | None
    finder: EvidenceFinder
    read_facts: Callable[[], Sequence[NoteFact]]
    """The facts of the source; read only when an edit needs them."""

    @cached_property
    def facts(self) -> Sequence[NoteFact]:
        return self.read_facts()

    @cached_property
    def holdings(self) -> Holdings:
        return Holdings(self.source)

    @property
    def person(self) -> Person:
        return person_of(self.style.pronouns or self.source.chart.client.pronouns or "")

    @property
    def client_word(self) -> str:
        """The word by which the note itself calls the client."""
        text = " ".join(self.working.texts().values()).lower()
        counts = {word: len(re.findall(rf"\b{word}\b", text)) for word in (self.style.client_word, *CLIENT_WORDS)}
        return max(counts, key=counts.__getitem__) if any(counts.values()) else self.style.client_word

    def places(self, sections: Sequence[str]) -> list[Place]:
        return list(self.working.places(sections))

    def is_kept(self, sentence: str) -> bool:
        """Whether the instruction wants it to stay."""
        return any(_mentions(sentence, phrase) for phrase in self.working.kept)

    def is_session_line(self, sentence: str) -> bool:
        line = session_line(self.source.appointment)
        return "session" in protected(sentence) or bool(line and line in sentence)


def _mentions(sentence: str, phrase: str) -> bool:
    wanted = set(content_stems(phrase))
    return bool(wanted) and len(wanted & set(content_stems(sentence))) >= 0.6 * len(wanted)


def outside_quotations(sentence: str, change: Callable[[str], str]) -> str:
    """The sentence changed everywhere but in its quotations, which are somebody's own words."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match.group(0))
        return f"\ue000{len(hidden) - 1}\ue001"

    new = change(QUOTATION.sub(hide, sentence))
    return _HIDDEN.sub(lambda match: hidden[int(match.group(1))], new)


def forbid_loss(before: str, after: str) -> None:
    """Refuse a change of a sentence that would take away from what it says about risk, the session or the diagnosis.

    Raises:
        RefusedError: it would.
    """
    lost = set(protected(before)) - set(protected(after))
    if "session" in lost:
        raise RefusedError(BILLED)
    if "diagnosis" in lost:
        raise RefusedError(DIAGNOSED)
    said, left = read_prose(before), read_prose(after)
    if "risk" in lost or said.denied - left.denied or said.endorsed - left.endorsed:
        raise RefusedError(RISK_DROPPED)

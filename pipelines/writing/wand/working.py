"""A note while it is edited: sentences and the white space between them, so that what is not touched stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipelines.source import split_sentences

How = Literal["kept", "cut", "worded", "added", "stated", "own"]


@dataclass
class Sentence:
    """`gap`: what stands before it. `was`: the sentence it came from; empty where there was none.

    `how`: kept; cut (says less); worded (says the same in other words); added (from the source); stated (holds what the
    instruction says: the checker decides whether the source says it too); own (only the instruction says it).
    `notes`: "corrected" where the source says otherwise than the correction.
    """

    text: str
    gap: str = " "
    how: How = "kept"
    was: str = ""
    notes: set[str] = field(default_factory=set)

    def become(self, text: str, how: How) -> None:
        rank: Sequence[How] = ("kept", "cut", "worded", "added", "stated", "own")
        if text != self.text:
            self.text, self.how = text, max(self.how, how, key=rank.index)


@dataclass(frozen=True)
class Place:
    section: str
    sentence: Sentence


class Working:
    """The sections of a note as lists of sentences; edits change them in place."""

    def __init__(self, sections: Mapping[str, str]) -> None:
        self.before = dict(sections)
        self.sections = {name: _parse(text) for name, text in sections.items()}
        self._tails = {name: text[len(_join(self.sections[name])) :] for name, text in sections.items()}
        self.kept: list[str] = []  # phrases that the instruction wants to stay

    def places(self, sections: Sequence[str] = ()) -> Iterator[Place]:
        """Every sentence of these sections, of all where none is named."""
        for name in sections or self.sections:
            yield from (Place(name, sentence) for sentence in list(self.sections[name]))

    def text(self, section: str) -> str:
        text = _join(self.sections[section])
        return text if text == self.before[section] else text + self._tails[section]

    def texts(self) -> dict[str, str]:
        return {name: self.text(name) for name in self.sections}

    def drop(self, place: Place) -> None:
        """Take a sentence out; what follows it takes its place in the paragraph."""
        sentences = self.sections[place.section]
        at = next(i for i, sentence in enumerate(sentences) if sentence is place.sentence)
        if at + 1 < len(sentences) and (at == 0 or "\n" not in sentences[at + 1].gap):
            sentences[at + 1].gap = place.sentence.gap
        del sentences[at]

    def put(self, section: str, sentence: Sentence, after: Sentence | None = None) -> None:
        """Put a sentence behind another, or at the end; a section that held only a fixed absence holds it alone."""
        sentences = self.sections[section]
        at = next((i + 1 for i, other in enumerate(sentences) if other is after), len(sentences))
        sentence.gap = sentences[at - 1].gap if at and "\n-" in sentences[at - 1].gap else " "
        sentences.insert(at, sentence)
        if at == 0:
            sentence.gap = ""
            if len(sentences) > 1:
                sentences[1].gap = " "


def _parse(text: str) -> list[Sentence]:
    found, at = [], 0
    for sentence in split_sentences(text):
        start = text.index(sentence, at)
        found.append(Sentence(sentence, text[at:start], was=sentence))
        at = start + len(sentence)
    return found


def _join(sentences: Sequence[Sentence]) -> str:
    return "".join(sentence.gap + sentence.text for sentence in sentences)

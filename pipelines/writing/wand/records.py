"""What the wand is asked for and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from pipelines.records import Note
from pipelines.source import split_sentences

EditKind = Literal[
    "shorter", "longer", "focus", "tone", "person", "tense", "spell_out", "quotes", "replace", "correct", "add",
    "remove", "move", "keep", "list", "free",
]  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """One thing that is asked for.

    `sections`: where; empty: anywhere. `text`: what to add, remove, move or keep, the wording or value that goes, or
    the topic of what is to grow. `new`: the wording, value, tone or word that comes. `to`: the section something moves
    to. `context`: words near which a value is to be corrected. `share`: of the words that shall remain.
    """

    kind: EditKind
    sections: tuple[str, ...] = ()
    text: str = ""
    new: str = ""
    to: str = ""
    context: str = ""
    share: float = 0.65


@dataclass(frozen=True)
class Change:
    """One section before and after, whole."""

    section: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        """By sentence: " " stays, "-" goes, "+" comes."""
        return "\n".join(_diff(split_sentences(self.before), split_sentences(self.after)))


def _diff(before: Sequence[str], after: Sequence[str]) -> list[str]:
    rows: list[str] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [f"  {sentence}" for sentence in before[i:j]]
        else:
            rows += [f"- {sentence}" for sentence in before[i:j]] + [f"+ {sentence}" for sentence in after[k:m]]
    return rows


@dataclass(frozen=True)
class Refined:
    """A note as refined, a version of its own; where nothing was changed, `note` is the very note that was given.

    `refused`: why the instruction is against the rules: then nothing was done. `not_understood`: a sentence for the
    clinician on what was not done; the rest was. `own`: sentences of the note that only the instruction states.
    """

    note: Note
    changes: list[Change] = field(default_factory=list)
    refused: str | None = None
    not_understood: str | None = None
    own: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def diff(self) -> str:
        """The changes as one text: a heading a section, then its sentences."""
        return "\n".join(f"@@ {change.section} @@\n{change.diff}" for change in self.changes)


class CannotDoError(Exception):
    """An edit that the rules cannot carry out; the message is for the clinician and holds no words of the note."""

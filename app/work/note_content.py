"""What a revision of a note holds, how it is sealed, and what becomes of its sentences when its text changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from app.database.notes import Revision, StoredNote
from app.errors import GoneError
from app.storage.vault import DamagedError, ShreddedError
from app.work.unit import Work
from pipelines.phrases import FOR_CLINICIAN, RISK_TO_REVIEW
from pipelines.records import Evidence, Note, NoteFact
from pipelines.source import split_sentences

_WORDS = re.compile(r"\w+")
_FACTS = "facts"
_GAPS = re.compile(r"\n{3,}|[ \t]{2,}")


class Sentence(Evidence):
    """A sentence of a note with what supports it. `confirmed`: a clinician stands by it though nothing supports it.

    `kind` is `clinician` where a person wrote it, or where the wand's instruction alone states it.
    """

    confirmed: bool = False

    @property
    def open(self) -> str | None:
        """Why it stands against signing: `unsupported`, `to_complete`, `to_review`; None: it does not."""
        if self.confirmed:
            return None
        fixed = {FOR_CLINICIAN: "to_complete", RISK_TO_REVIEW: "to_review"}
        return fixed.get(self.text) or ("unsupported" if self.kind == "unsupported" else None)


class Content(BaseModel):
    """One state of a note. `instruction` is what the wand was asked for; `undone` what of it was not done."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sections: dict[str, str] = {}
    fields: dict[str, Any] = {}
    sentences: list[Sentence] = []
    former: list[Sentence] = []
    """Sentences with evidence that a hand took out: one that comes back is not the clinician's for that."""
    warnings: list[str] = []
    instruction: str | None = None
    undone: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written yet. What a person filled into own fields is kept whatever comes."""
        return not any(text.strip() for text in self.sections.values())

    @classmethod
    def of_note(cls, note: Note, fields: Mapping[str, Any]) -> Self:
        """A draft, or what the wand made of one, with the own fields as they stand."""
        return cls(
            sections=note.sections,
            fields=dict(fields),
            sentences=[Sentence.model_validate(e.model_dump()) for e in note.evidence],
            warnings=note.warnings,
        )

    def edited(self, sections: Mapping[str, str], fields: Mapping[str, Any]) -> Content:
        """What a hand made of it: a sentence that is new or reworded is the clinician's, others keep their evidence."""
        known = [*self.sentences, *self.former]
        sentences = resupported(known, sections)
        stay = {_key(sentence.text) for sentence in sentences}
        former = {_key(one.text): one for one in known if one.kind != "clinician" and _key(one.text) not in stay}
        return Content(
            sections=dict(sections), fields=dict(fields), sentences=sentences, former=list(former.values()),
            warnings=self.warnings,
        )  # fmt: skip

    def as_summary(self, fields: Mapping[str, Any]) -> Content:
        """The same text as the one Summary of a note type without AI."""
        text = "\n\n".join(text.strip() for text in self.sections.values() if text.strip())
        return self.edited({"summary": text}, fields)

    def measures(self) -> dict[str, int]:
        """Lengths and counts: nothing of the text."""
        unsupported = sum(sentence.kind == "unsupported" for sentence in self.sentences)
        return {
            "words": sum(len(text.split()) for text in self.sections.values()),
            "sections": len(self.sections),
            "sentences": len(self.sentences),
            "unsupported": unsupported,
            "supported": len(self.sentences) - unsupported,
            "warnings": len(self.warnings),
        }


def resupported(before: Iterable[Sentence], sections: Mapping[str, str]) -> list[Sentence]:
    """The sentences of a text by hand. A change of case, spacing or punctuation makes no sentence the clinician's."""
    known: dict[tuple[str, str], Sentence] = {}
    for sentence in before:
        known.setdefault((sentence.section, _key(sentence.text)), sentence)
        known.setdefault(("", _key(sentence.text)), sentence)
    found = []
    for section, text in sections.items():
        for index, one in enumerate(split_sentences(text)):
            place: dict[str, Any] = {"section": section, "sentence": index, "text": one}
            old = known.get((section, _key(one))) or known.get(("", _key(one)))
            fresh = Sentence(**place, kind="clinician", score=1.0)
            found.append(old.model_copy(update=place) if old else fresh)
    return found


def without_sentence(text: str, index: int) -> str:
    """A section without one of its sentences; line breaks and lists stay as they are."""
    sentences, start = split_sentences(text), 0
    for sentence in sentences[:index]:
        start = text.index(sentence, start) + len(sentence)
    start = text.index(sentences[index], start)
    end = start + len(sentences[index])
    before, after = text[:start], text[end:]
    if re.search(r"(?:^|\n)[ \t•*-]*$", before) and re.match(r"[ \t]*(?:\n|$)", after):
        before, after = re.sub(r"[ \t•*-]*$", "", before), after.lstrip(" \t").removeprefix("\n")  # its whole line
    joined = (
        before.rstrip(" \t") + " " + after.lstrip(" \t") if before and not before.endswith("\n") else before + after
    )
    return _GAPS.sub(lambda gap: "\n\n" if "\n" in gap.group() else " ", joined).strip()


def seal_facts(work: Work, name: str, facts: Iterable[NoteFact]) -> bytes:
    """Facts under the key of what they were read from: `transcript-ID`, or the note's `draft-ID`."""
    return work.vault.seal(name, [fact.model_dump(mode="json") for fact in facts], _FACTS)


def open_facts(work: Work, name: str, sealed: bytes | None) -> list[NoteFact]:
    """The facts of a revision; none where they ended, or where the transcript is another one by now."""
    if sealed is None:
        return []
    try:
        return [NoteFact.model_validate(fact) for fact in work.vault.open(name, sealed, _FACTS)]
    except (ShreddedError, DamagedError):
        return []


def seal(work: Work, note: StoredNote, revision: Revision, content: Content) -> None:
    """Keep what the revision holds under the key that ends when the note is signed."""
    revision.sealed = work.vault.seal(draft_key(note.id), content.model_dump(mode="json"), _part(revision))
    revision.measures = {**(revision.measures or {}), **content.measures()}


def open_content(work: Work, note: StoredNote, revision: Revision | None) -> Content:
    """What a revision holds; an empty note's, where there is none.

    Raises:
        GoneError: it ended when the note was signed.
    """
    if revision is None:
        return Content()
    if revision.sealed is None or note.signed_at:
        raise GoneError("revision_gone", "Earlier versions of this note were deleted for ever when it was signed.")
    return Content.model_validate(work.vault.open(draft_key(note.id), revision.sealed, _part(revision)))


def draft_key(note_id: str) -> str:
    """The name of the key of all revisions of a note."""
    return f"draft-{note_id}"


def _part(revision: Revision) -> str:
    return f"revision {revision.id}"


def _key(text: str) -> str:
    return " ".join(_WORDS.findall(text.lower()))


def unresolved(content: Content) -> Sequence[Sentence]:
    """The sentences that a clinician must confirm, rewrite or remove before signing."""
    return [sentence for sentence in content.sentences if sentence.open]

"""Whether the wand did what it was asked: checks that need no language model.

An instruction comes with what must hold afterwards: words that stand or are gone, fewer or more words, what moved, what
is refused, what is marked as the clinician's own, and which sections only may differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from evals.case import Scores
from pipelines.checking.evidence import EvidenceFinder
from pipelines.records import Failure, Note, Record, SourceKind
from pipelines.source import split_sentences
from pipelines.stems import content_stems
from pipelines.writing.wand.records import Refined

VERSION = "1"
WAND_SCORES = ("wand_accepted", "wand_done", "wand_untouched", "wand_new_unsupported")
_SAME = 0.5  # share of the words of a sentence that an unsupported one of the note before holds

Patterns = dict[str, list[str]]
"""Section, or "*" for the whole note, to regular expressions (case is ignored)."""


class Checks(Record):
    """What must hold after an instruction. `only`: sections that may differ; None: any. `focus`: words of the topic."""

    contains: Patterns = Field(default_factory=dict)
    lacks: Patterns = Field(default_factory=dict)
    keeps: Patterns = Field(default_factory=dict)
    fewer_words: list[str] = Field(default_factory=list)
    more_words: list[str] = Field(default_factory=list)
    only: list[str] | None = None
    moved: dict[Literal["text", "from", "to"], str] | None = None
    own: list[str] = Field(default_factory=list)
    focus: list[str] = Field(default_factory=list)
    changed: bool = False
    refused: bool = False


class Instructed(Record):
    """One scripted instruction. `note`: the record's reference note, or a draft; `tune`: rules were made with it."""

    id: str
    encounter_id: str
    format: str
    source: SourceKind
    note: Literal["reference", "draft"] = "reference"
    kind: str
    instruction: str
    section: str | None = None
    tune: bool = False
    checks: Checks


@dataclass(frozen=True)
class Wanded:
    """One instruction, the note before it, and what came of it; a failure where nothing came."""

    asked: Instructed
    before: Note
    refined: Refined | Failure
    finder: EvidenceFinder


def score_wand(case: Wanded) -> Scores:
    """Accepted (done at least in part, or refused), done, everything else unchanged, new unsupported sentences.

    `wand_done` is not applicable where the wand said that it cannot do it and changed nothing; a failure is not done.
    """
    refined = case.refined
    if isinstance(refined, Failure):
        return {"wand_accepted": 1.0, "wand_done": 0.0, "wand_untouched": None, "wand_new_unsupported": None}
    accepted = bool(refined.refused or refined.changes)
    return {
        "wand_accepted": float(accepted),
        "wand_done": float(is_done(case.asked, case.before, refined)) if accepted else None,
        "wand_untouched": float(is_untouched(case.asked.checks, case.before, refined)),
        "wand_new_unsupported": float(len(new_unsupported(case.before, refined, case.finder))),
    }


def is_done(asked: Instructed, before: Note, refined: Refined) -> bool:
    checks, after = asked.checks, refined.note
    if checks.refused or refined.refused:
        return bool(checks.refused and refined.refused and after.sections == before.sections)
    return all(
        (
            _all_stand(checks.contains, after.sections),
            _all_stand(checks.keeps, after.sections),
            not _any_stands(checks.lacks, after.sections),
            all(_words(after, name) < _words(before, name) for name in checks.fewer_words),
            all(_words(after, name) > _words(before, name) for name in checks.more_words),
            _has_moved(checks, before, after),
            _is_own(checks, refined),
            _is_focused(checks, before, after),
            not checks.changed or after.sections != before.sections,
        )
    )


def is_untouched(checks: Checks, before: Note, refined: Refined) -> bool:
    """Whether every section that was not asked about, and every one not said to be changed, is the same to the byte."""
    after = refined.note.sections
    if refined.refused:
        return after == before.sections
    told = {change.section for change in refined.changes}
    free = told if checks.only is None else told & set(checks.only)
    return list(after) == list(before.sections) and all(
        after[name] == text for name, text in before.sections.items() if name not in free
    )


def new_unsupported(before: Note, refined: Refined, finder: EvidenceFinder) -> list[str]:
    """Sentences that our checker finds unsupported and that were not so before; the clinician's own are hers.

    A sentence that says again what was unsupported before is not new.
    """
    old = {s for text in before.sections.values() for s in split_sentences(text)}
    doubted = [set(content_stems(e.text)) for e in finder.find(before.sections) if e.kind == "unsupported"]
    found = []
    for evidence in finder.find(refined.note.sections):
        if evidence.kind != "unsupported" or evidence.text in old or evidence.text in refined.own:
            continue
        stems = set(content_stems(evidence.text))
        if not any(len(stems & other) >= _SAME * len(stems) for other in doubted):
            found.append(evidence.text)
    return found


def _text(sections: Mapping[str, str], name: str) -> str:
    return "\n".join(sections.values()) if name == "*" else sections.get(name, "")


def _all_stand(patterns: Patterns, sections: Mapping[str, str]) -> bool:
    return all(re.search(p, _text(sections, name), re.IGNORECASE) for name, ps in patterns.items() for p in ps)


def _any_stands(patterns: Patterns, sections: Mapping[str, str]) -> bool:
    return any(re.search(p, _text(sections, name), re.IGNORECASE) for name, ps in patterns.items() for p in ps)


def _words(note: Note, name: str) -> int:
    return len(_text(note.sections, name).split())


def _has_moved(checks: Checks, before: Note, after: Note) -> bool:
    if checks.moved is None:
        return True
    text, origin, target = checks.moved["text"].lower(), checks.moved["from"], checks.moved["to"]
    gone = text not in after.sections[origin].lower()
    return gone and text in after.sections[target].lower() and text not in before.sections[target].lower()


def _is_own(checks: Checks, refined: Refined) -> bool:
    """Whether each fact that only the instruction states is marked as the clinician's."""
    marked = [e.text.lower() for e in refined.note.evidence if e.kind == "clinician"]
    return all(any(part.lower() in text for text in marked) for part in checks.own)


def _is_focused(checks: Checks, before: Note, after: Note) -> bool:
    if not checks.focus:
        return True
    return _share_on(checks.focus, after) > _share_on(checks.focus, before)


def _share_on(words: list[str], note: Note) -> float:
    """The share of the note's words that stand in sentences with a word of the topic."""
    sentences = [s for text in note.sections.values() for s in split_sentences(text)]
    on = [s for s in sentences if any(word.lower() in s.lower() for word in words)]
    return sum(len(s.split()) for s in on) / max(1, sum(len(s.split()) for s in sentences))

"""Edits of how much a note says, and about what: shorter, longer, more on one topic."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from pipelines.lexicon import lexicon
from pipelines.phrases import ABSENCES
from pipelines.stems import content_stems
from pipelines.writing.extractive import classify
from pipelines.writing.extractive.select import relatedness
from pipelines.writing.wand.adding import on_topic, put, standing
from pipelines.writing.wand.bench import Bench
from pipelines.writing.wand.grammar import DAY, MONTH
from pipelines.writing.wand.records import CannotDoError, Edit
from pipelines.writing.wand.refusals import protected
from pipelines.writing.wand.targets import chunk_cuts, holds, key_stems
from pipelines.writing.wand.working import Place, Sentence

_SHORT_ENOUGH = "what is left are the sentences that a note needs; name what else may go"
_MOST_ADDED = 3  # facts that one section gains, and
_MOST_ADDED_EACH = 2  # each section where the whole note is to say more
_RELATED = 0.35  # relatedness from which a sentence is on the topic
_TOPIC_ADDS = 2
_TOO_SHORT = 0.7  # of the words wanted
_LEAST_WORDS = 20  # of a section that is worth cutting
_SUMS_UP = re.compile(r"^(?:Progress toward|How client responded)\b")  # what is made of facts is no fact of its own
_THREAD = re.compile(
    rf"\b(?:progress|goal|toward)\b|\bnext (?:session|appointment|visit)\b|\b{MONTH} \d|\b{DAY}\b.*\bat (?:\d|\w+\b)",
    re.IGNORECASE,
)


def shorten(bench: Bench, edit: Edit) -> None:
    """Drop the sentences that weigh least, then parts of long ones.

    Risk, the session line, the diagnosis, doses, scores, the goal and the next session stay.
    """
    plan = bench.template.section_holding("plan")
    spared = (
        plan.name if plan and len(bench.working.sections) > 1 else ""
    )  # homework is short enough, unless it is named
    sections = edit.sections or tuple(name for name in bench.working.sections if name != spared)
    changed = [_shorten(bench, name, edit.share) for name in sections]
    if not any(changed):
        raise CannotDoError(_SHORT_ENOUGH)


def _shorten(bench: Bench, section: str, share: float) -> bool:
    before = _words(bench.places([section]))
    target = before * share
    if before < _LEAST_WORDS:
        return False
    plan = bench.template.section_holding("plan")
    if plan and plan.name == section:  # every sentence of a plan is an agreement: words go before sentences
        _trim_all(bench, section, target)
    while (words := _words(bench.places([section]))) > target:
        places = bench.places([section])
        spare = [p for p in places if not is_needed(bench, p.sentence.text)]
        fitting = [p for p in spare if words - len(p.sentence.text.split()) >= _TOO_SHORT * target]
        spare = fitting or (spare if words == before else [])
        if not spare or len(places) < 2:
            break
        bench.working.drop(min(spare, key=lambda p: _worth(p.sentence.text)))
    _trim_all(bench, section, target)
    return _words(bench.places([section])) < before


def _trim_all(bench: Bench, section: str, target: float) -> None:
    for place in sorted(bench.places([section]), key=lambda p: -len(p.sentence.text.split())):
        _trim(bench, place, section, target)


def _trim(bench: Bench, place: Place, section: str, target: float) -> None:
    """Take parts out of one sentence while its section is too long."""
    sentence = place.sentence
    while _words(bench.places([section])) > target:
        if set(protected(sentence.text)) or _THREAD.search(sentence.text):
            return
        cuts = [
            (gone, left)
            for gone, left in chunk_cuts(sentence.text)
            if not _exact(gone) and not re.search(r"\d", gone) and not bench.is_kept(gone) and len(left.split()) >= 6
        ]
        if not cuts:
            return
        sentence.become(min(cuts, key=lambda cut: _worth(cut[0]))[1], "cut")


def _words(places: Sequence[Place]) -> int:
    return sum(len(place.sentence.text.split()) for place in places)


def is_needed(bench: Bench, text: str) -> bool:
    """Whether a note cannot do without a sentence however short it is to be."""
    if set(protected(text)) or bench.is_kept(text) or bench.is_session_line(text) or text in ABSENCES:
        return True
    return bool(_THREAD.search(text)) or _exact(text) or _only_intervention(bench, text)


def _only_intervention(bench: Bench, text: str) -> bool:
    """Whether no other sentence names an intervention (clinical rule 5: one is named)."""
    named = [
        p for p in bench.places(()) if lexicon().named_interventions(p.sentence.text) and "Clinician" in p.sentence.text
    ]
    return len(named) == 1 and named[0].sentence.text == text


def _exact(text: str) -> bool:
    """Whether a text holds a dose, a medication or a score: what would harm if it were missing."""
    words = lexicon()
    return bool(words.named_medications(text) or words.named_measures(text) or re.search(r"\d ?mg\b", text))


def _worth(text: str) -> float:
    """What a sentence is worth a word of its length."""
    named = 1.0 if lexicon().named_interventions(text) else 0.0
    return (classify.weight(text) + named + 1.0) / math.sqrt(max(8, len(text.split())))


def lengthen(bench: Bench, edit: Edit) -> None:
    """Add facts of the source that the note does not hold yet, in the sections where they belong."""
    sections = edit.sections or tuple(bench.working.sections)
    added = 0
    if edit.text:
        single = len(bench.working.sections) == 1
        for text in on_topic(bench, edit.text, () if single else sections)[:_MOST_ADDED]:
            section = sections[0] if edit.sections or single else _section_of(bench, text)
            if section in sections:
                put(bench, section, Sentence(text, how="added"))
                added += 1
    else:
        added = sum(
            _lengthen(bench, name, _MOST_ADDED if len(sections) == 1 else _MOST_ADDED_EACH) for name in sections
        )
    if not added:
        raise CannotDoError("the source holds nothing more on it that the note does not say already")


def _lengthen(bench: Bench, section: str, most: int) -> int:
    kinds = next(s.holds for s in bench.template.sections if s.name == section)
    told = [fact for fact in bench.facts if fact.kind in kinds and not _SUMS_UP.match(fact.text)]
    facts = sorted(told, key=lambda fact: -fact.weight)
    added = 0
    for fact in facts:
        if added < most and not set(protected(fact.text)) and not standing(bench, fact.text, ()):
            put(bench, section, Sentence(fact.text, how="added"))
            added += 1
    return added


def _section_of(bench: Bench, text: str) -> str:
    kind = next((fact.kind for fact in bench.facts if fact.text == text), "report")
    section = bench.template.section_holding(kind) or bench.template.sections[0]
    return section.name


def focus(bench: Bench, edit: Edit) -> None:
    """Say more on a topic and less on others: facts on it come in, the least sentences beside it go."""
    stems = key_stems(edit.text)
    sections = edit.sections or tuple(bench.working.sections)
    places = bench.places(sections)
    near = relatedness(edit.text, [p.sentence.text for p in places], bench.embedder)
    related = {
        id(place.sentence)
        for place, score in zip(places, near, strict=True)
        if score >= _RELATED or holds(place.sentence.text, stems) >= 0.3
    }
    if not related and not on_topic(bench, edit.text, edit.sections):
        raise CannotDoError("neither the note nor the source says anything on it")
    for section in sections:
        beside = [
            p
            for p in bench.places([section])
            if id(p.sentence) not in related and not is_needed(bench, p.sentence.text)
        ]
        beside.sort(key=lambda p: _worth(p.sentence.text))
        total = len(bench.places([section]))
        for place in beside[: min(total - 1, max(len(beside) // 2, total // 3))]:
            bench.working.drop(place)
    fresh = [text for text in on_topic(bench, edit.text, ()) if set(content_stems(text)) & set(stems)]
    for text in fresh[:_TOPIC_ADDS]:
        section = sections[0] if len(sections) == 1 else _section_of(bench, text)
        if section in sections:
            put(bench, section, Sentence(text, how="added"))

"""Corrections: a number, dose, date, day or time by another, where the instruction means it and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.numbers import numbers_in
from pipelines.stems import content_stems
from pipelines.writing.extractive.words import listed
from pipelines.writing.styling.sentences import QUOTATION
from pipelines.writing.wand.bench import Bench, forbid_loss
from pipelines.writing.wand.grammar import VALUE
from pipelines.writing.wand.records import CannotDoError, Edit
from pipelines.writing.wand.refusals import BILLED, RISK_DROPPED, RefusedError, protected
from pipelines.writing.wand.targets import find, key_stems
from pipelines.writing.wand.working import Place

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_UNITS = re.compile(
    r"(?<=[\d ])(mg|mcg|ml|milligrams?|percent|%|minutes?|hours?|a\.?m\.?|p\.?m\.?|glasses)\b\.?$", re.IGNORECASE
)
_IDLE = listed("change correct fix update set make was were is are it that be should to at on of the up start starte")


def correct_value(bench: Bench, edit: Edit) -> None:
    """Put the right value where the wrong one stands."""
    old = edit.text or _value_in_context(bench, edit)
    pattern = _pattern(old, edit.new)
    places = [p for p in bench.places(edit.sections) if pattern.search(_masked(p.sentence.text))]
    open_ = [p for p in places if not bench.is_session_line(p.sentence.text)]
    if not open_:
        raise (
            RefusedError(BILLED)
            if places
            else CannotDoError("the value that is to be corrected does not stand in the note")
        )
    for place in _meant(open_, edit.context):
        before = place.sentence.text
        after = _corrected(before, pattern, edit)
        if "risk" in protected(before):
            if numbers_in(edit.new) - bench.holdings.numbers:
                raise RefusedError(RISK_DROPPED)
            forbid_loss(before, after)
        disagrees = _source_disagrees(bench, before, old, edit)
        place.sentence.become(after, "stated" if disagrees else "worded")
        place.sentence.notes |= {"corrected"} if disagrees else set()


def _pattern(old: str, new: str) -> re.Pattern[str]:
    """The old value as it may be written: in words or digits, with or without its unit."""
    unit = _UNITS.search(old)
    bare = _UNITS.sub("", old).strip() if unit else old.strip()
    number = next(iter(numbers_in(bare)), "") if len(bare.split()) == 1 and ":" not in bare else ""
    forms = {re.sub(r"\\? ", r"\\s+", re.escape(bare))}
    if number.isdigit() and int(number) <= 20:
        forms |= {number, _ONES[int(number)]}
    units = rf"(?:\s?{re.escape(unit.group(1)).rstrip('.')})?" if unit else ""
    if (
        not unit
        and (told := re.search(r"(?:[\d ]|^\w+ )([a-z%.]+)$", new, re.IGNORECASE))
        and not re.search(r"[a-z]{3,}day", new)
    ):
        units = rf"(?:[\s-]?{re.escape(told.group(1))})?"
    return re.compile(
        rf"(?<![\w.:])(?:{'|'.join(sorted(forms, key=len, reverse=True))})(?![\d:]|\.\d){units}(?!\w)", re.IGNORECASE
    )


def _masked(text: str) -> str:
    """Quotations blanked: they are somebody's own words."""
    return QUOTATION.sub(lambda match: "\ue000" * len(match.group(0)), text)


def _context_stems(context: str) -> list[str]:
    return [s for s in key_stems(context) if s not in _IDLE] if context.strip() else []


def _meant(places: Sequence[Place], context: str) -> list[Place]:
    """The sentences that the words around the value point at; all of them where they point nowhere."""
    stems = _context_stems(context)
    scores = [sum(s in content_stems(p.sentence.text) or s in p.sentence.text.lower() for s in stems) for p in places]
    best = max(scores)
    return [place for place, score in zip(places, scores, strict=True) if score == best]


def _corrected(text: str, pattern: re.Pattern[str], edit: Edit) -> str:
    """Where a value stands several times in a sentence, the one nearest to the words of the instruction."""
    matches = list(pattern.finditer(_masked(text)))
    if len(matches) > 1 and (stems := _context_stems(edit.context)):
        low = text.lower()
        marks = [m.start() for s in stems for m in re.finditer(re.escape(s), low)]
        if marks:
            matches = [min(matches, key=lambda m: min(abs(m.start() - mark) for mark in marks))]
    for match in reversed(matches):
        new = edit.new if not match.group(0)[:1].isupper() else edit.new[:1].upper() + edit.new[1:]
        text = text[: match.start()] + new + text[match.end() :]
    return text


def _value_in_context(bench: Bench, edit: Edit) -> str:
    """The one value of the same sort in the sentence that the instruction means."""
    hits = find(bench.working, edit.context, edit.sections, bench.embedder)
    sort = _sort(edit.new)
    for hit in hits:
        values = [m.group(0) for m in re.finditer(VALUE, _masked(hit.place.sentence.text), re.IGNORECASE)]
        alike = [value for value in dict.fromkeys(values) if _sort(value) == sort]
        if len(alike) == 1 and alike[0].lower() != edit.new.lower():
            return alike[0]
    raise CannotDoError('which value is meant is not clear; say it as "75 mg, not 50"')


def _sort(value: str) -> str:
    low = value.lower()
    if re.search(r"\d:\d\d|[ap]\.?m\b", low):
        return "time"
    if re.search(r"day\b", low) and not re.search(r"\d", low):
        return "day"
    if re.match(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", low):
        return "date"
    unit = re.search(r"([a-z%]+)$", low)
    return unit.group(1).rstrip("s") if unit and re.search(r"\d|^\w+ ", low) else "number"


def _source_disagrees(bench: Bench, sentence: str, old: str, edit: Edit) -> bool:
    """Whether the source holds the old value where the sentence speaks, rather than the new one."""
    about = set(content_stems(f"{sentence} {edit.context}")) - set(content_stems(f"{old} {edit.new}"))

    def held(value: str) -> int:
        numbers, words = numbers_in(value), set(content_stems(value))
        best = 0
        for unit in bench.source.units:
            there = bench.holdings.unit_numbers[bench.source.units.index(unit)]
            if (numbers and numbers <= there) or (not numbers and words <= set(content_stems(unit.text))):
                best = max(best, 1 + len(about & set(content_stems(unit.text))))
        return best

    return held(edit.new) <= held(old)

"""Edits that take something out of its place: remove, move."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.checking.material import NEXT_STEP
from pipelines.stems import content_stems
from pipelines.writing.styling.sentences import upper_first
from pipelines.writing.wand.adding import AHEAD, NEXT, put
from pipelines.writing.wand.bench import Bench, forbid_loss
from pipelines.writing.wand.records import CannotDoError, Edit
from pipelines.writing.wand.refusals import RefusedError, protected
from pipelines.writing.wand.targets import Hit, find, holds, key_stems, part_of, without
from pipelines.writing.wand.working import Sentence

_MOVED_ASIDE = "Risk, the session's times and the diagnosis stand in the sections that the format has for them."


def remove(bench: Bench, edit: Edit) -> None:
    """Take out what the phrase means: the part of the sentence that says it, or all of it."""
    if edit.text.lower() in bench.working.sections:
        raise CannotDoError("a section as a whole belongs to the format; name what is to go from it")
    hits = find(bench.working, edit.text, edit.sections, bench.embedder)
    hits = [hit for hit in hits if not bench.is_kept(hit.place.sentence.text)]
    if not hits:
        raise CannotDoError("what is to be taken out does not stand in the note")
    whole = bool(
        re.match(r"^(?:the |that |this )?(?:whole |entire |last |first )*sentences?\b", edit.text, re.IGNORECASE)
    )
    for hit in hits if len(key_stems(edit.text)) < 3 or whole else hits[: _as_good(hits)]:
        _take_out(bench, hit, "" if whole else edit.text)


def _as_good(hits: Sequence[Hit]) -> int:
    return sum(hit.score > 0.99 for hit in hits) or 1


def _take_out(bench: Bench, hit: Hit, phrase: str) -> None:
    sentence = hit.place.sentence
    before, after = sentence.text, ""
    while phrase and any(holds(before, [s]) for s in key_stems(phrase)):
        after = without(before, phrase)
        if not after or after == before or holds(after, key_stems(phrase)) < 0.99:
            break
        before = after
    _forbid_part(sentence.text, after)
    if after:
        sentence.become(after, "cut")
    else:
        bench.working.drop(hit.place)


def _forbid_part(before: str, after: str) -> None:
    """Refuse where what goes, or what a part of it hangs on, states risk, the session or the diagnosis."""
    forbid_loss(before, after)
    left = [part.strip(" .") for part in after.split(";")]
    for part in before.split(";"):
        if part.strip(" .") not in left and "risk" in protected(part):
            forbid_loss(part, "")


def move(bench: Bench, edit: Edit) -> None:
    """Take a sentence, or the part of it that is meant, to another section."""
    if len(bench.working.sections) < 2:
        raise CannotDoError("this format has one section")
    origin = [name for name in edit.sections or bench.working.sections if name != edit.to]
    hits = _meant_to_move(bench, edit.text, origin)
    if not hits:
        raise CannotDoError("what is to be moved does not stand in another section")
    for hit in hits:
        text = part_of(hit.place.sentence.text, edit.text) or hit.place.sentence.text
        _forbid_aside(bench, text, edit.to)
        moved = Sentence(upper_first(text.rstrip(" ;.")) + ".", how=hit.place.sentence.how, was=hit.place.sentence.text)
        rest = hit.place.sentence.text.replace(text, "").strip(" ;.") if text != hit.place.sentence.text else ""
        if rest:
            hit.place.sentence.become(upper_first(re.sub(r"\s*;\s*;?\s*", "; ", rest)) + ".", "cut")
        else:
            bench.working.drop(hit.place)
        if moved.how == "kept":
            moved.how = "cut" if rest else "kept"
        put(bench, edit.to, moved)


def _meant_to_move(bench: Bench, phrase: str, origin: Sequence[str]) -> list[Hit]:
    """ "The homework" means every sentence about what comes next; else the best sentence."""
    if NEXT.search(phrase) and len(content_stems(phrase)) <= 2:
        ahead = [p for p in bench.places(origin) if AHEAD.search(p.sentence.text) or NEXT_STEP.search(p.sentence.text)]
        if ahead:
            return [Hit(place, 1.0) for place in ahead]
    hits = find(bench.working, phrase, origin, bench.embedder)
    return hits if len(key_stems(phrase)) == 1 and len(hits) <= 2 else hits[:1]


def _forbid_aside(bench: Bench, text: str, to: str) -> None:
    for kind in protected(text):
        home = bench.template.section_holding(kind)
        if home and home.name != to:
            raise RefusedError(_MOVED_ASIDE)

"""Verbosity: each section inside the bounds of its template."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from pipelines.checking.claims import quotations
from pipelines.checking.risk import read_prose
from pipelines.lexicon import lexicon
from pipelines.numbers import numbers_in
from pipelines.stems import content_stems
from pipelines.writing.extractive.rewrite import lower_first
from pipelines.writing.styling.sentences import SESSION_LINE, is_fixed, joined, paragraphs, upper_first

_CODE = re.compile(r"\([A-Z]\d[\w.]+\)")
_NEEDED = re.compile(
    r"\b(?:next (?:\w+ )?(?:session|appointment|steps?)|scheduled|risk|safety|progress toward|goal|homework|"
    r"medications?|allerg\w+|emergency)\b",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"\b(?:will|agreed|plans?|planned)\b")
_SPLITS = re.compile(
    r"; (?=(?:she|he|they|client|clinician|ze|xe|ey) [a-z]+|(?:asked|about|in response to|during) [^;]*, client [a-z]+)"
)

Keep = Callable[[str], bool]


def fit(text: str, low: int, high: int, keep: Keep) -> str:
    """A section of at most `high` sentences, and at least `low` where its sentences hold several.

    The least weighty go first; what a note must not lose is put together with its neighbour instead.

    Args:
        keep: what else must not be lost.
    """
    parts = paragraphs(text)
    anchors = _anchors(parts)
    while _count(parts) > high and (place := _least_weighty(parts, lambda s: s in anchors or keep(s))):
        parts[place[0]].pop(place[1])
    if _count(parts) > high:
        parts = [[_shortened(s, keep) for s in part] for part in parts]
    while _count(parts) > high and _pack(parts):
        pass
    while _count(parts) < low and _split(parts):
        pass
    return joined(parts)


def _count(parts: list[list[str]]) -> int:
    return sum(map(len, parts))


def must_stay(sentence: str) -> bool:
    """Risk, session, diagnosis, medication, number, goal, next session, and fixed sentences."""
    if is_fixed(sentence) or _CODE.search(sentence) or _NEEDED.search(sentence):
        return True
    words = lexicon()
    named = words.named_medications(sentence) or words.named_measures(sentence) or numbers_in(sentence)
    risk = read_prose(sentence)
    return bool(named or risk.raised or risk.states or risk.unassessed or risk.flagged)


_ACT = re.compile(r"(?:The )?(?:Clinician|Therapist|Counselor|Provider)\b(?! (?:and client )?will\b)")
_REACTION = re.compile(r"(?:In response|During|How client respon)")


def _anchors(parts: list[list[str]]) -> set[str]:
    """The weightiest act of the clinician and the weightiest reaction: a note is about them."""
    sentences = [s for part in parts for s in part]
    groups = ([s for s in sentences if pattern.match(s)] for pattern in (_ACT, _REACTION))
    return {max(group, key=weight) for group in groups if group}


def _shortened(sentence: str, keep: Keep) -> str:
    """A sentence of several clauses without those that say nothing a note must hold."""
    clauses = re.split(r";\s+", sentence.rstrip("."))
    if len(clauses) < 3 or is_fixed(sentence) or read_prose(sentence).raised:
        return sentence
    kept = [clauses[0], *(c for c in clauses[1:] if must_stay(c) or keep(c))]
    return f"{'; '.join(kept)}."


def _least_weighty(parts: list[list[str]], keep: Keep) -> tuple[int, int] | None:
    places = [
        (weight(s), -i, -j) for i, part in enumerate(parts) for j, s in enumerate(part) if not (must_stay(s) or keep(s))
    ]
    if not places or _count(parts) < 2:
        return None
    _, i, j = min(places)
    return -i, -j


def weight(sentence: str) -> float:
    """What a sentence is worth to a note: named interventions, responses and plans first, then how much it says."""
    value = 3.0 * bool(lexicon().named_interventions(sentence)) + 2.0 * bool(_FORWARD.search(sentence))
    value += 1.5 * bool(re.match(r"(?:In response|During)\b", sentence)) + 0.5 * len(quotations(sentence))
    return value + min(len(set(content_stems(sentence))), 20) / 10


def _pack(parts: list[list[str]]) -> bool:
    """Two neighbours become one sentence: the shortest pair of the same subject matter."""
    pairs = [
        (len(f"{a} {b}".split()) + 40 * (_subject(a) != _subject(b)), i, j)
        for i, part in enumerate(parts)
        for j, (a, b) in enumerate(pairwise(part))
        if _may_join(a) and _may_join(b)
    ]
    if not pairs:
        return False
    _, i, j = min(pairs)
    part = parts[i]
    label = re.match(r"Next steps?: ", part[j])  # said once
    second = part[j + 1].removeprefix(label.group(0)) if label else part[j + 1]
    part[j : j + 2] = [f"{part[j].rstrip('.')}; {lower_first(second)}"]
    return True


def _may_join(sentence: str) -> bool:
    return not (is_fixed(sentence) or SESSION_LINE.match(sentence)) and sentence.endswith(".")


def _subject(sentence: str) -> str:
    first = sentence.split(" ", 1)[0].lower()
    return "client" if first in {"she", "he", "they", "ze", "xe", "ey"} else first


def _split(parts: list[list[str]]) -> bool:
    """The longest sentence that joins two with subjects of their own is taken apart again."""
    places = [
        (len(s.split()), i, j)
        for i, part in enumerate(parts)
        for j, s in enumerate(part)
        if _SPLITS.search(s) and '"' not in s and not (is_fixed(s) or read_prose(s).raised)
    ]
    if not places:
        return False
    _, i, j = max(places)
    first, second = _SPLITS.split(parts[i][j], maxsplit=1)
    parts[i][j : j + 1] = [f"{first.rstrip('.')}.", upper_first(second)]
    return True

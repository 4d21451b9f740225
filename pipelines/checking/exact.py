"""The exact words of a text: numbers, days, times, people, medications; where they stand and what a number counts."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.checking.claims import MONTHS, RELATIONS, UNCOUNTED, is_customary, names
from pipelines.lexicon import lexicon
from pipelines.numbers import numbers_in
from pipelines.stems import FUNCTION_WORDS, stem

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_NUMBER_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand half"
)
_WORDS = "|".join(_NUMBER_WORDS.split())
_NUMBER = re.compile(rf"\d+(?:[:.,]\d+)*|\b(?:{_WORDS})(?:[- ](?:{_WORDS}|one))*(?: and a half)?\b", re.IGNORECASE)
_NAMED = re.compile(r"\b[A-Za-z]+-\d+\b|\b[A-Z]\d{2}\.\w+|\bCPT \d+\b")  # digits of a name
_COUNTED = re.compile(
    r"^(?: (?:more|full|whole|other|different|separate|of (?:the|her|his|their|my)))? ([a-z]{3,})", re.IGNORECASE
)
_UNIT = re.compile(r"^[\s-]?(mg|mcg|ml|percent|%|[ap]\.?m\b)", re.IGNORECASE)
_WEEKDAY = re.compile(rf"\b({'|'.join(DAYS)})s?\b", re.IGNORECASE)
_MONTH = re.compile(
    rf"\b({'|'.join(m for m in MONTHS if m != 'May')})\b"
    r"|\b(?:in|until|since|of|by|on|last) (May)\b|\b(May)(?= \d)"
)
_BEFORE_DAY = re.compile(rf"(?:{'|'.join(MONTHS)}) (?:the )?$")
_RELATION = re.compile(rf"\b({'|'.join(RELATIONS)})s?\b(?!-)", re.IGNORECASE)


@dataclass(frozen=True)
class Term:
    """`kind`: number, clock, day (of a month), weekday, month, relation, medication or person.

    `values`: the ways in which it may have been said, numbers as values and words as stems; `counts`: the stem of what
    a number counts, or its unit.
    """

    kind: str
    start: int
    end: int
    values: frozenset[str]
    counts: str = ""

    @property
    def group(self) -> str:
        """number, date or name."""
        if self.kind == "number":
            return "number"
        return "date" if self.kind in {"clock", "day", "weekday", "month"} else "name"


@functools.lru_cache(maxsize=20_000)
def terms(text: str) -> tuple[Term, ...]:
    """The exact words of a text, in the order of their kinds."""
    return tuple(term for term in (*_numbers(text), *_dates(text), *_people(text)) if term.values)


def _numbers(text: str) -> Iterator[Term]:
    plain = text
    for pattern in (UNCOUNTED, _NAMED):
        plain = pattern.sub(lambda m: " " * len(m.group(0)), plain)  # every character keeps its place
    for match in _NUMBER.finditer(plain):
        counts = _counted(text[match.end() :])
        clock = ":" in match.group(0) or counts in {"am", "pm"}
        kind = "clock" if clock else "day" if _BEFORE_DAY.search(text[: match.start()]) else "number"
        yield Term(kind, match.start(), match.end(), frozenset(numbers_in(match.group(0))), counts)


def _counted(after: str) -> str:
    """What a number counts, by the words behind it; empty where nothing stands there."""
    if unit := _UNIT.match(after):
        return unit.group(1).lower().replace(".", "").replace("%", "percent")
    match = _COUNTED.match(after)
    word = match.group(1).lower() if match else ""
    return stem(word) if word and word not in FUNCTION_WORDS else ""


def _dates(text: str) -> Iterator[Term]:
    for match in _WEEKDAY.finditer(text):
        yield Term("weekday", match.start(), match.end(), frozenset({match.group(1).lower()}))
    for match in _MONTH.finditer(text):
        which = next(i for i, group in enumerate(match.groups(), 1) if group)
        yield Term("month", match.start(which), match.end(which), frozenset({match.group(which).lower()}))


def _people(text: str) -> Iterator[Term]:
    found = set[str]()
    for match in _RELATION.finditer(text):
        wider = RELATIONS[match.group(1).lower()]
        yield Term("relation", match.start(), match.end(), frozenset(stem(word) for word in wider))
    for name in lexicon().named_medications(text):
        found.add(name.lower())
        for match in re.finditer(re.escape(name), text, re.IGNORECASE):
            yield Term("medication", match.start(), match.end(), frozenset({stem(name)}))
    for match in names(text):
        name = match.group(0)
        if name.lower() in found or name in MONTHS or _WEEKDAY.match(name) or is_customary(name):
            continue
        yield Term("person", match.start(), match.end(), frozenset({stem(name)}))

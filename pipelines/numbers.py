"""Numbers as values, however they are written: "fifty milligrams", "50 mg" and "50mg" hold the same 50."""

from __future__ import annotations

import functools
import re
from typing import Any

_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_NAME = re.compile(r"\b[A-Za-z]+-\d+\b|\b[A-Z]\d{2}\.\w+")  # PHQ-9, F41.1: digits of a name, not a value
_MARKS = re.compile(r"(?<!\d)\.|\.(?!\d)|[^\w\s.%$]")
# What any number begins with; most texts hold none, and reading them costs far more than this look.
_ANY = re.compile(
    r"\d|\b(?:zero|one|tw|thr|thir|four|five|fif|six|seven|eigh|nin|ten|elev|fort|hundred|thousand|[mb]illion|trillion|"
    r"half|quarter|first|second|double|triple|point|dozen|couple)",
    re.IGNORECASE,
)
# "this one", "one of them" are no numbers; "twenty one" and "one hundred" are.
_TENS_AND_ONE = re.compile(r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\s+one\b", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:one|oh)\b(?!\s+(?:hundred|thousand))", re.IGNORECASE)
_OCLOCK = re.compile(r"\bo['’]?\s?clock\b", re.IGNORECASE)
# "52 four weeks ago" holds two numbers; "2 thousand" and "50 percent" one.
_DIGITS_THEN_WORD = re.compile(r"(?<=\d)\s+(?!(?:hundred|thousand|million|billion|point|percent|and)\b)(?=[a-z])")
_DIGITS = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?=(?:st|nd|rd|th|s|mg|mcg|ml|am|pm|x|%)?(?!\w|\.\w))", re.IGNORECASE)


def numbers_in(text: str) -> set[str]:
    """The values of a text as canonical decimal strings; "one" alone is left out, since it is mostly a pronoun.

    A time of day gives one value ("10:30"), a full hour the hour as well; "ten thirty" gives both 1030 and 10:30.
    """
    values: set[str] = set()
    if not _ANY.search(text):
        return values
    for hour, minute in _CLOCK.findall(text):
        values |= {f"{int(hour)}:{minute}"} | ({str(int(hour))} if minute == "00" else set())
    plain = _MARKS.sub(" ", _NAME.sub(" ", _THOUSANDS.sub("", _CLOCK.sub(" ", _OCLOCK.sub(" , ", text))))).lower()
    apart = _DIGITS_THEN_WORD.sub(" ; ", plain)
    spelled = _PRONOUN.sub(" ", _TENS_AND_ONE.sub(r"\1 §", apart)).replace("§", "one")
    # The digits as they stand as well: the normalizer writes 1.5 as "one.5".
    for match in [*_DIGITS.finditer(_normalizer()(spelled)), *_DIGITS.finditer(apart)]:
        value = _canonical(match.group(0))
        values.add(value)
        if value.isdigit() and len(value) in {3, 4} and 1 <= int(value[:-2]) <= 12 and int(value[-2:]) < 60:
            values.add(f"{int(value[:-2])}:{value[-2:]}")
    return values


def _canonical(digits: str) -> str:
    whole, _, part = digits.partition(".")
    part = part.rstrip("0")
    return f"{int(whole)}.{part}" if part else str(int(whole))


@functools.cache
def _normalizer() -> Any:
    from whisper_normalizer.english import EnglishNumberNormalizer

    return EnglishNumberNormalizer()

"""The next session: day and time as they were agreed, with the month from the appointment where the day fits it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from pipelines.writing.extractive.dialogue import Exchange

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAY = re.compile(r"\b((?:mon|tues|wednes|thurs|fri|satur|sun)day)\b", re.IGNORECASE)
_ORDINAL = re.compile(
    rf"\b(?:({'|'.join(_MONTHS)}) )?(?:the )?(\d{{1,2}})(?:st|nd|rd|th)\b|\b({'|'.join(_MONTHS)}) (\d{{1,2}})\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:at |around )?(\d{1,2}:\d{2}|(?:at )(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve)\b|\d{1,2} o'clock|noon|(?:ten|nine|one|two|three|four|five|eleven) o'clock)(?: "
    r"?([ap])\.?m\.?)?|, (\d{1,2})\?",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:same time|next (?:week|time|session|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|see you|(?:one|two|"
    r"three|four|a) weeks? (?:from|today)|in (?:one|two|three|four|a) weeks?|meet again|book|schedule you|week "
    r"after)\b",
    re.IGNORECASE,
)
_NUMBERS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        range(1, 13),
        strict=True,
    )
)


def next_session(exchanges: Sequence[Exchange], day: date | None, start: str) -> tuple[str, int] | None:
    """The sentence of the plan, and the exchange it was agreed in; None where none was named."""
    for i in range(len(exchanges) - 1, -1, -1):
        exchange = exchanges[i]
        if exchange.position < 0.55 or not exchange.asked:
            continue
        said = exchange.asked.text
        if not (_RELATIVE.search(said) or exchange.position > 0.8) or not (
            _DAY.search(said) or "same time" in said.lower() or _relative(said)
        ):
            continue
        if exchange.polarity == "no" or re.search(
            r"\b(?:can't|cannot|won't work|doesn't work)\b", exchange.answer.raw if exchange.answer else ""
        ):
            continue
        if not (_ORDINAL.search(said) or _TIME.search(said) or _RELATIVE.search(said)):
            continue
        earlier = [e for e in exchanges[max(0, i - 2) : i] if e.asked]
        when = describe(said + " " + (exchange.answer.text if exchange.answer else ""), day, start)
        if not _ORDINAL.search(said) and earlier:  # "See you Tuesday." repeats what was agreed before
            before = next_session(exchanges[:i], day, start)
            if before:
                return before
        return (f"Next session is planned for {when}.", i) if when else None
    return None


def describe(said: str, day: date | None, start: str) -> str:
    """ "next Wednesday, the 18th, at 5:15" → "Wednesday, March 18, at 5:15 PM"."""
    weekday = next((m.group(1).capitalize() for m in _DAY.finditer(said)), "")
    ordinal = _ORDINAL.search(said)
    when = weekday
    if ordinal:
        number = int(ordinal.group(2) or ordinal.group(4))
        month = (ordinal.group(1) or ordinal.group(3) or "").capitalize()
        resolved = _resolve(day, number, weekday) if day and not month else None
        if month:
            dated = f"{month} {number}"
        elif resolved:
            dated = f"{_MONTHS[resolved.month - 1].capitalize()} {resolved.day}"
        else:
            dated = f"the {number}{_suffix(number)}"
        when = f"{weekday}, {dated}" if weekday else dated
    elif not weekday:
        when = _relative(said)
    elif re.search(r"\bnext week\b", said, re.IGNORECASE):
        when = f"{weekday} of next week"
    clock = _clock(said, start)
    if clock:
        return f"{when}, {clock}" if when else clock.removeprefix("at ")
    return when


def _relative(said: str) -> str:
    match = re.search(
        r"\b(?:next week|in (?:one|two|three|four|a) weeks?|(?:one|two|three|four) weeks from (?:now|today))\b",
        said,
        re.IGNORECASE,
    )
    return match.group(0).lower() if match else ""


def _clock(said: str, start: str) -> str:
    match = _TIME.search(said)
    if not match:
        return "at the same time" if re.search(r"\bsame time\b", said, re.IGNORECASE) else ""
    spoken = (match.group(1) or match.group(3) or "").lower().removeprefix("at ").removesuffix(" o'clock")
    if spoken == "noon":
        return "at noon"
    hour, _, minute = str(_NUMBERS.get(spoken, spoken)).partition(":")
    half = match.group(2)
    if half:
        half = f"{half.upper()}M"
    else:
        began = re.search(r"T(\d{2}):(\d{2})", start)
        same_hour = began and int(began.group(1)) % 12 == int(hour) % 12
        half = ("AM" if int(began.group(1)) < 12 else "PM") if began and same_hour else ""
    return f"at {hour}:{minute or '00'} {half}".strip()


def _resolve(day: date, number: int, weekday: str) -> date | None:
    """The next such day of a month within ten weeks, if it is that weekday."""
    for ahead in range(1, 70):
        candidate = day + timedelta(days=ahead)
        if candidate.day == number and (not weekday or _DAYS[candidate.weekday()] == weekday.lower()):
            return candidate
    return None


def _suffix(number: int) -> str:
    return "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")

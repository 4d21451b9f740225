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


_O_CLOCK = r"(\d{1,2}:\d{2}(?: ?[ap]\.?m\b)?|noon|(?:\d{1,2}|\w+) o'clock)"
_COUNTERS = re.compile(
    rf"\b(?:make it|how about|what about|let's say|(?:can|could) we (?:do|say|make it)) {_O_CLOCK}", re.IGNORECASE
)
_SETTLES = re.compile(rf"^(?:(?:then|okay|so|well|how about|make it),? )?{_O_CLOCK}(?=[?.,!]|$)", re.IGNORECASE)
_REFUSES = re.compile(
    r"\b(?:can't|cannot|won't work|doesn't work|i'm in|i'm away|conference|orthodontist)\b", re.IGNORECASE
)
_ASKS_WHEN = re.compile(
    r"\b(?:can|could) you do\b|\bdoes .{0,30} work\b|\bworks\b|\bthen\b|\bnext\b|\bsee you\b|\bI have\b|\bI could\b|"
    r"\bsame time\b|\bour session\b|\bgot you\b|\bput you\b|\bbook|\?$|\bfrom (?:now|today)\b|\bin \w+ weeks?\b",
    re.IGNORECASE,
)


def next_session(exchanges: Sequence[Exchange], day: date | None, start: str) -> tuple[str, int] | None:
    """The sentence of the plan, and the exchange it was agreed in; None where none was named.

    The last turn that names a day decides; what it leaves open (the time, the date) is taken from the turns in which
    it was settled, even if that was at the start of the session.
    """
    for i in range(len(exchanges) - 1, -1, -1):
        said = _offer(exchanges[i])
        if not said or exchanges[i].polarity == "no" or _refused(exchanges[i]):
            continue
        answer = exchanges[i].answer
        counter = answer.text if answer else ""
        when = describe(f"{said} {counter}", day, start)
        if not (_DAY.search(said) and _ORDINAL.search(said)) or not (_clock(said, start) or _clock(counter, start)):
            when = _settled_before(exchanges[:i], said, day, start) or when
        if amended := _amended(exchanges[i : i + 3]):
            when = describe(f"at {amended} {said} {counter}", day, start)
        spaced = re.search(r"\b(?:in )?((?:two|three|four|six) weeks)\b(?! (?:ago|of))", said, re.IGNORECASE)
        more = f", in {spaced.group(1).lower()}" if spaced and "week" not in when else ""
        return (f"Next session is planned for {when}{more}.", i) if when else None
    return None


def _amended(exchanges: Sequence[Exchange]) -> str:
    """Another time than the offered one, in the answer ("Make it 10:30.") or right after it ("3:30?")."""
    offered, *after = exchanges
    told = [offered.answer] if offered.answer else []
    told += [turn for exchange in after for turn in (exchange.asked, exchange.answer) if turn]
    sentences = [(turn is offered.answer, sentence) for turn in told for sentence in turn.sentences]
    found = [m for first, s in sentences if (m := (_COUNTERS if first else _SETTLES).search(s))]
    return found[-1].group(1) if found else ""


def _offer(exchange: Exchange) -> str:
    """The clinician's sentences that name a day or a date for the next session; empty where none do."""
    if not exchange.asked:
        return ""
    named = [
        s
        for s in exchange.asked.sentences
        if (_DAY.search(s) or _ORDINAL.search(s) or _relative(s) or "same time" in s.lower())
        and not re.search(r"\b(?:last|ago|was|were|did|happened|since|if you do)\b", s, re.IGNORECASE)
    ]
    firm = [s for s in named if _ORDINAL.search(s) or _TIME.search(s) or _RELATIVE.search(s)]
    late = exchange.position > 0.8
    early = exchange.position < 0.55
    if not firm or not (late or any(_RELATIVE.search(s) for s in named) or any(_ASKS_WHEN.search(s) for s in firm)):
        return ""
    if early and not any(_ORDINAL.search(s) and _TIME.search(s) for s in firm):
        return ""
    best = [s for s in firm if _ORDINAL.search(s) or _TIME.search(s)] or firm
    return " ".join(best[-2:])


def _refused(exchange: Exchange) -> bool:
    return bool(exchange.answer and _REFUSES.search(exchange.answer.raw))


def _settled_before(exchanges: Sequence[Exchange], said: str, day: date | None, start: str) -> str:
    """A fuller statement of the same day, before: "the 23rd, then" repeats "Tuesday the 23rd at 5:30"."""
    wanted = {m.group(0).lower() for m in _DAY.finditer(said)} | {
        m.group(2) or m.group(4) for m in _ORDINAL.finditer(said)
    }
    for exchange in reversed(exchanges):
        offer = _offer(exchange)
        named = {m.group(0).lower() for m in _DAY.finditer(offer)} | {
            m.group(2) or m.group(4) for m in _ORDINAL.finditer(offer)
        }
        if offer and _ORDINAL.search(offer) and (wanted & named or not wanted) and not _refused(exchange):
            counter = exchange.answer.text if exchange.answer else ""
            return describe(f"{offer} {said} {counter}", day, start)
    return ""


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
    if parted := re.search(r"\b(?:half past|quarter (?:past|to)) \w+", said, re.IGNORECASE):
        return f"at {parted.group(0).lower()}"
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

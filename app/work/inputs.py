"""What users write, checked before it reaches a database: clean text, moments with their zone, plain data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.errors import InvalidError

_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DEEPEST = 12
_LARGEST = 2**53  # what JSON's numbers carry without loss
_YEARS = (1900, 2200)


def line(field: str, value: str, longest: int) -> str:
    """One line of text, trimmed.

    Raises:
        InvalidError: it is empty, too long, or holds control characters, which databases refuse or lose.
    """
    trimmed = value.strip()
    if not trimmed:
        raise InvalidError(field, "This must not be empty.")
    if _NOT_IN_A_LINE.search(trimmed):
        raise InvalidError(field, "This must be one line without control characters.")
    return _short_enough(field, trimmed, longest)


def prose(field: str, value: str, longest: int) -> str:
    """Text of several lines, trimmed; may be empty."""
    if _NOT_IN_TEXT.search(value):
        raise InvalidError(field, "This must not hold control characters.")
    return _short_enough(field, value.strip(), longest)


def whole(field: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise InvalidError(field, f"This must be from {low} to {high}.")
    return value


def one_of(field: str, value: str, choices: Iterable[str]) -> str:
    known = list(choices)
    if value not in known:
        raise InvalidError(field, f"Choose from {', '.join(known)}.")
    return value


def moment(field: str, value: datetime) -> datetime:
    """A moment with its offset, in UTC."""
    if value.tzinfo is None or value.utcoffset() is None:
        raise InvalidError(field, "This needs its offset from UTC; write it like 2026-03-02T15:00:00-05:00.")
    if not _YEARS[0] < value.year < _YEARS[1]:
        raise InvalidError(field, f"This must lie between the years {_YEARS[0]} and {_YEARS[1]}.")
    return value.astimezone(UTC)


def local(at: datetime, time_zone: str) -> datetime:
    """A moment as a practice's clock shows it, with the offset of that day."""
    return at.astimezone(ZoneInfo(time_zone))


def clock(at: datetime) -> str:
    """A local moment in a sentence: 2:45 PM on March 2."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'} on {at.strftime('%B')} {at.day}"


def plain(field: str, value: Any, depth: int = 0) -> Any:
    """Plain data as JSON has it, on both databases: clean texts, finite numbers, not too deep.

    Raises:
        InvalidError: with the place of what cannot be kept.
    """
    if depth > _DEEPEST:
        raise InvalidError(field, "This is nested too deeply.")
    if isinstance(value, dict):
        return {_key(field, key): plain(f"{field}.{key}", part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(f"{field}.{place}", part, depth + 1) for place, part in enumerate(value)]
    if isinstance(value, str):
        if _NOT_IN_TEXT.search(value):
            raise InvalidError(field, "This must not hold control characters.")
        return value
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) <= _LARGEST:
        return value
    raise InvalidError(field, "This must be text, a number, yes or no, a list or a mapping.")


def _key(field: str, key: object) -> str:
    if not isinstance(key, str) or len(key) > 100 or _NOT_IN_A_LINE.search(key):
        raise InvalidError(field, "This has a name that cannot be used.")
    return key


def _short_enough(field: str, value: str, longest: int) -> str:
    if len(value) > longest:
        raise InvalidError(field, f"This may have at most {longest} characters.")
    return value

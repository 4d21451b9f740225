"""Numbers of a sentence given as lemmas: what stands beside them, and what changed from what to what."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pipelines.checking.assertions.lemmas import CLOCK, MONTHS

NONE, EVERY = "none", "every"
_QUANTITIES = {"no": NONE, "every": EVERY, "each": EVERY, "daily": EVERY, "nightly": EVERY}
_PERIODS = {"daily": "day", "nightly": "night"}
PAST = (
    frozenset(
        ["before", "last", "earlier", "ago", "previous", "previously", "past", "begin", "start", "initially", "was"]
    )
    | MONTHS
)


@dataclass(frozen=True)
class Number:
    """A value with the content lemmas before and after it, empty where none is near.

    `value` is in digits, or NONE ("no dose"), or EVERY ("every night", "daily").
    """

    value: str
    clause: int
    before: str
    after: str


def numbers(lemmas: list[str], clause: list[int], content: list[bool]) -> list[Number]:
    found = []
    for i, word in enumerate(lemmas):
        value = word.removesuffix(".0") if word[0].isdigit() else _QUANTITIES.get(word, "")
        if not value or (value == EVERY and clause[i] != clause[min(i + 1, len(lemmas) - 1)]):
            continue
        before = next((lemmas[j] for j in range(i - 1, max(-1, i - 5), -1) if content[j]), "")
        after = next((w for j, w in enumerate(lemmas[i + 1 : i + 3], i + 1) if content[j] or w == CLOCK), "")
        if word in _PERIODS:
            after = _PERIODS[word]
        found.append(Number(value, clause[i], before, after))
    return found


def changes(lemmas: list[str], clause: list[int], *, sure: bool = False) -> list[tuple[str, str]]:
    """Pairs (now, before) that a sentence states with "from" or, unless `sure`, a word of the past."""
    pairs = []
    places = [i for i, word in enumerate(lemmas) if word[0].isdigit() and _measures(lemmas, i)]
    for one, two in pairwise(places):
        between = lemmas[one + 1 : two]
        if len(between) > 9 or "." in between:
            continue
        if "to" in between and "from" in lemmas[max(0, one - 3) : one]:
            pairs.append((lemmas[two], lemmas[one]))
        elif "from" in between:
            pairs.append((lemmas[one], lemmas[two]))
        elif not sure:
            past = [_is_past(lemmas, clause, place, places) for place in (one, two)]
            if past == [False, True]:
                pairs.append((lemmas[one], lemmas[two]))
            elif past == [True, False]:
                pairs.append((lemmas[two], lemmas[one]))
    return pairs


def _measures(lemmas: list[str], i: int) -> bool:
    """Whether a number is a value: not the 10 of "7 of 10", a date, a time of day, the "three" of three weeks ago."""
    before, after = lemmas[max(0, i - 1) : i], lemmas[i + 1 : i + 3]
    if before and (before[0] in MONTHS or (before[0] == "of" and lemmas[i - 2][0].isdigit())):
        return False
    return CLOCK not in after and not (len(after) == 2 and after[1] in {"ago", "before", "early", "earlier", "later"})


def _is_past(lemmas: list[str], clause: list[int], place: int, places: list[int]) -> bool:
    """Whether a word of the past stands with a number, in its clause and on its side of the other numbers."""
    low = max((p for p in places if p < place), default=-1)
    high = min((p for p in places if p > place), default=len(lemmas))
    return any(lemmas[j] in PAST for j in range(low + 1, high) if clause[j] == clause[place])

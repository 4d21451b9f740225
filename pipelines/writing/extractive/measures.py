"""Scores of named measures and ratings on a scale, with how they moved."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.lexicon import lexicon
from pipelines.writing.extractive.cleaning import NUMBER
from pipelines.writing.extractive.dialogue import Exchange
from pipelines.writing.extractive.statements import Statement, finish
from pipelines.writing.extractive.words import listed

RATING = re.compile(
    r"\b(?:zero|0|one|1) to (?:\d+|ten|a hundred)|\bout of (?:10|ten|100)|how much (?:do|did) you (?:still )?believe|"
    r"how (?:likely|confident|strong|ready|anxious|bad)\b|\bscale\b|\brate\b",
    re.IGNORECASE,
)
NOW = re.compile(r"\bnow\b|\bafter\b|\bthis time\b", re.IGNORECASE)
# After the name of a measure: some words without a digit, then what leads to a score, then the score.
_SCORE = (
    r"\b[^\d]{0,120}?(?:\b(?:scored|is|to|at|was|were|came|score|got|hit|today|of)\b|'s|,|\.)\s+(?:an? |out "
    r")?(\d{1,3})\b"
    r"(?![:\d/]| (?:milligrams?|mg|hours?|days?|weeks?|minutes?|o'clock))"
)
_WHEN = (
    r"last (?:time|week|month|session)|(?:\w+ weeks?|\w+ months?) ago|in [A-Z][a-z]+|when we (?:started|began|met)|"
    r"on [A-Z][a-z]+ \d{1,2}(?:st|nd|rd|th)?|at (?:the start|intake)"
)
_BEFORE = re.compile(
    rf"(?:(?P<when1>{_WHEN})[,\s]+(?:it|you|that)?\s*(?:was|were|had)?\s*(?:at |a )?(?P<n1>\d{{1,3}})\b)"
    rf"|(?:(?:was|from|were at|was at)\s+(?:a )?(?P<n2>\d{{1,3}})\b[,\s]*(?P<when2>{_WHEN})?)"
)
_BARE = re.compile(r"\b(?:number|suds?|rating)\?$", re.IGNORECASE)
_SCALE_WORDS = listed("zero much that this believes believed likely scale")


def measures(exchanges: Sequence[Exchange]) -> list[Statement]:
    """Scores of named measures, with the earlier one where it was named beside it."""
    found: dict[str, Statement] = {}
    for i, exchange in enumerate(exchanges):
        near = exchanges[i : i + 3]
        text = " ".join(t.text for e in near for t in (e.asked, e.answer) if t)
        here = " ".join(t.text for t in (exchange.asked, exchange.answer) if t)
        for name in dict.fromkeys(lexicon().named_measures(here) + _unlisted(exchange)):
            spelled = re.escape(name).replace(r"\-", r"[-\s]?")
            match = re.search(rf"\b{spelled}{_SCORE}", text, re.IGNORECASE)
            if name not in found and match:
                told = f"{name} was {match.group(1)}{_earlier(match, text)}."
                lines = tuple(x for e in near[:2] for x in e.lines)
                found[name] = Statement("observation", told, lines, 8.0, exchange.position)
    return list(found.values())


def _earlier(match: re.Match[str], text: str) -> str:
    before = _BEFORE.search(text[match.end() : match.end() + 140])
    if not before:
        return ""
    earlier = before.group("n1") or before.group("n2")
    when = (before.group("when1") or before.group("when2") or "").strip()
    now = int(match.group(1))
    way = "down from" if int(earlier) > now else "up from" if int(earlier) < now else "the same as"
    when = re.sub(r"\bwe\b", "they", re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", when))
    return f", {way} {earlier}{' ' + when[:1].lower() + when[1:] if when else ''}"


def _unlisted(exchange: Exchange) -> list[str]:
    """Measures by their shape, such as PG-13-R, that no list names."""
    return re.findall(r"\b[A-Z]{2,5}-\d{1,2}(?:-[A-Z])?\b", exchange.asked.text if exchange.asked else "")


class Ratings:
    """The ratings of a session in order, so that a later one of the same thing is told as a movement."""

    def __init__(self) -> None:
        self._given: list[tuple[set[str], str, bool]] = []
        self._bare: list[tuple[str, Exchange]] = []

    def take_bare(self, exchange: Exchange) -> bool:
        """Whether this is a number given to a bare "Number?" during an exercise; it is kept."""
        if not (exchange.asked and exchange.answer and _BARE.search(exchange.asked.text)):
            return False
        numbers = re.findall(rf"\b{NUMBER}\b", exchange.answer.text, re.IGNORECASE)
        if numbers:
            self._bare.append((numbers[-1].lower(), exchange))
        return bool(numbers)

    def bare_statements(self) -> list[Statement]:
        if len(self._bare) < 2:  # one rating shows no course
            return []
        lines = tuple(x for _, e in self._bare for x in e.lines)
        text = f"Client's ratings during the exercise were {', then '.join(value for value, _ in self._bare)}"
        return [Statement("response", finish(text), lines, 6.0, self._bare[-1][1].position)]

    def tell(self, exchange: Exchange, told: Sequence[str]) -> str:
        """The sentence of a rating; empty where the answer holds none."""
        numbers = re.findall(rf"\b{NUMBER}\b", " ".join(told), re.IGNORECASE)
        q = exchange.question
        if q is None or q.form != "wh" or not numbers or not RATING.search(q.asked):
            return ""
        value, belief = numbers[-1].lower(), "believe" in q.text
        words = set(re.findall(r"[a-z]{4,}", q.text.lower())) - _SCALE_WORDS
        same = (given for given in reversed(self._given) if (belief and given[2]) or words & given[0])
        earlier = next(same, None)
        self._given.append((words, value, belief))
        only = rf"(?:maybe |about |probably |like |a |an )*{NUMBER}(?: percent)?"
        more = "".join(f"; {t}" for t in told if not re.fullmatch(only, t, re.IGNORECASE))
        if earlier and earlier[1] != value and NOW.search(q.asked):
            about = re.search(r", (?!zero|0|one|1|out|on a|from)([^,]+)$", q.text)
            thing = f"belief{' about ' + about.group(1) if about else ' in the thought'}" if belief else "rating"
            asked = "" if belief else f" when asked {q.text}"
            return finish(f"Client's {thing} {_moved(earlier[1], value)} from {earlier[1]} to {value}{asked}{more}")
        return finish(f"Client rated {q.text}{',' if ',' in q.text else ''} at {value}{more}")


def _moved(before: str, after: str) -> str:
    if before.isdigit() and after.isdigit():
        return "fell" if int(after) < int(before) else "rose"
    return "went"

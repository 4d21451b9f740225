"""Ratings that a client gives in the session ("Fear?" "Six."), as a course: what was rated, from where to where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.writing.extractive.cleaning import NUMBER
from pipelines.writing.extractive.dialogue import Exchange
from pipelines.writing.extractive.statements import Statement, finish, units

_RATED = (
    r"fear|anxiety|distress|urge|disturbance|tension|pain|anger|shame|guilt|craving|stress|sadness|worry|panic|"
    r"readiness|confidence|mood|belief|SUDS?|VOC"
)
_LABEL = re.compile(rf"\b({_RATED})s?\b", re.IGNORECASE)
_BELIEF = re.compile(r"\b(?:believe|how true|how convinced|how sure|how certain)\b", re.IGNORECASE)
_ADJECTIVES = {
    "anxious": "anxiety", "afraid": "fear", "scared": "fear", "confident": "confidence", "ready": "readiness",
    "bad": "distress", "strong": "urge",
}  # fmt: skip
_SCALE = re.compile(r"\b(zero|0|one|1) to (ten|10|seven|7|five|5|a hundred|100)\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:how (?:many|long|often|far)|what time|when|which|how old|number nine|hours?|nights?|days?|times a)\b",
    re.IGNORECASE,
)
_VALUE = re.compile(
    rf"^\W*(?:(?:um|uh|hmm|oh|well|like|maybe|about|probably|now|it's|it was|i'd say|say|a|an|still|the)\b[\s,.]*)*"
    rf"({NUMBER})(?: percent)?\b(?!\s+(?:minutes?|hours?|days?|nights?|times|weeks?|of|years?|o'clock))",
    re.IGNORECASE,
)
_SAID = re.compile(
    rf"\b(?:the )?({_RATED})(?:'s|\s+is|\s+was)(?: (?:at|about|a|an|now|still))* ({NUMBER})\b", re.IGNORECASE
)
_NAMED = re.compile(r"\b([A-Z]{3,5}S?) (?:is|of|at) (?:a )?(\d{1,3})\b")
_SMALL = {
    w: n for n, w in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"))
}
_MOVED = re.compile(
    rf"\b(?:it's|it is|that's) (?:an? )?({NUMBER}),? (?:now,? )?the ({_RATED})\. it was (?:an? )?({NUMBER})\b",
    re.IGNORECASE,
)
_BARE_APART = 8
_APART = 11  # exchanges between two ratings of one course, at most


@dataclass
class _Course:
    label: str
    scale: str
    values: list[tuple[int, str, Exchange]] = field(default_factory=list)


def courses(exchanges: Sequence[Exchange]) -> list[Statement]:
    """The course of each rating that was given twice or more, close together, and moved."""
    found: list[_Course] = []
    names = _names(exchanges)
    for i, exchange in enumerate(exchanges):
        for label, scale, value in _given(exchange):
            course = next((c for c in reversed(found) if _same(c, label, scale, value, i)), None)
            if course is None:
                if not label:
                    continue
                course = _Course(label, scale)
                found.append(course)
            course.values.append((i, value, exchange))
    return [s for course in found if (s := _told(course, names))]


def _names(exchanges: Sequence[Exchange]) -> dict[str, str]:
    """Names that the clinician gives to a value: "So SUD is 8" → 8: SUD."""
    named: dict[str, str] = {}
    for exchange in exchanges:
        for name, value in _NAMED.findall(exchange.asked.text if exchange.asked else ""):
            named.setdefault(value, name)
    return named


def _given(exchange: Exchange) -> list[tuple[str, str, str]]:
    """(label, scale, value) of the rating that an answer gives; the label is empty where the question names nothing."""
    asked = exchange.asked.text if exchange.asked else ""
    answer = exchange.answer.text if exchange.answer else ""
    if match := _MOVED.search(answer):
        now, label, before = match.groups()
        return [(label.lower(), "", _digits(before)), (label.lower(), "", _digits(now))]
    stated = [(m.group(1).lower(), "", _digits(m.group(2))) for m in _SAID.finditer(answer)]
    if stated:
        return stated[:1]
    last = (exchange.asked.sentences[-1] if exchange.asked and exchange.asked.sentences else "") or asked
    value = _leading(answer)
    if not value or _OTHER.search(last):
        return []
    scale = _SCALE.search(last)
    label = _label(last)
    if not (label or scale) and not _goes_on(last):
        return []
    return [(label or ("rating" if scale else ""), scale.group(0).lower() if scale else "", value)]


def _goes_on(last: str) -> bool:
    """Whether a turn asks for a number once more without naming what is rated: "Again.", "And now?", "Number?"."""
    plain = re.sub(r"\b(?:and|now|number|again|what|is|it|where|are|you|this|time)\b", "", last.lower())
    return not last.endswith("?") or not re.search(r"[a-z]{3,}", plain) or bool(re.match(r"and I'm\b", last))


def _label(question: str) -> str:
    if _BELIEF.search(question):
        return "belief"
    if match := _LABEL.search(question):
        return match.group(1).lower()
    match = re.search(r"\bhow (?:\w+ )?(\w+)\b", question, re.IGNORECASE)
    return _ADJECTIVES.get(match.group(1).lower(), "") if match else ""


def _leading(answer: str) -> str:
    """The number that an answer opens with; of several on end the last, which corrects the others."""
    value = ""
    for sentence in re.split(r"(?<=[.?!])\s+", answer):
        match = _VALUE.match(sentence)
        corrected = re.search(rf"\b(?:it's|but|no,) (?:an? )?({NUMBER})(?: percent)?[.!]?$", sentence, re.IGNORECASE)
        if value and corrected:
            value = _digits(corrected.group(1))
        elif match:
            value = _digits(match.group(1))
        elif value and re.match(r"\W*(?:hmm|no|well|wait|um)\b", sentence, re.IGNORECASE):
            continue
        else:
            break
    return value


def _digits(number: str) -> str:
    number = units(number).strip().lower()
    return str(_SMALL[number]) if number in _SMALL else number


def _same(course: _Course, label: str, scale: str, value: str, i: int) -> bool:
    if i - course.values[-1][0] > _APART:
        return False
    if not label and not scale and i - course.values[-1][0] > _BARE_APART:
        return False
    if label and label not in {"rating", course.label} and course.label != "rating":
        return False
    if scale and course.scale and scale != course.scale:
        return False
    return bool(label == course.label or scale) or _size(value) == _size(course.values[-1][1])


def _size(value: str) -> int:
    """0 for values up to ten, 1 for larger ones: what a bare number continues."""
    number = int(value) if value.isdigit() else 0
    return int(number > 10)


def _told(course: _Course, names: dict[str, str]) -> Statement | None:
    values = [value for _, value, _ in course.values]
    if len(set(values)) < 2 or not all(v.isdigit() for v in values):
        return None
    label = next((names[v] for v in values if v in names), course.label)
    label = label if label.isupper() else {"suds": "SUDS", "sud": "SUD", "voc": "VOC"}.get(label, label)
    first, last = values[0], values[-1]
    way = "went"
    if first != last:
        way = "fell" if int(last) < int(first) else "rose"
    through = [v for v in dict.fromkeys(values[1:-1]) if v not in {first, last}]
    over = f", over {', '.join(through)}" if through else ""
    text = f"Client's {label} {way} from {first} to {last}{over}"
    if course.label == "belief" and len(course.values) > 1:
        text = text.replace("Client's belief", "Client's belief in the thought")
    lines = tuple(x for _, _, e in course.values for x in e.lines)
    return Statement("response", finish(text), lines, 6.5, course.values[-1][2].position)

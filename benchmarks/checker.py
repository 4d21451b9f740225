"""How well the checker finds what a source does not say: human labels, and edits of true sentences by kind.

1. Unsupported sentences, on labels of two people who agree: AUC pooled and within sections, with each conversation (and
   each writing system) left out of the fit, and against the transcript of another conversation. Needs a folder of rated
   notes (`encounters.jsonl`, `ratings.jsonl`): NOTEBENCH_RATED or the first argument; passed over, with the reason, else.
2. Edits: true sentences of the synthetic train and dev sessions (and of the rated notes), each spoilt in one way.

    python benchmarks/checker.py [FOLDER] [--fit]

`--fit` writes the coefficients fitted on all labels to `pipelines/checking/support.json`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
NUMBERS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
RELATIVES = ["mother", "father", "sister", "brother", "wife", "husband", "son", "daughter", "aunt", "uncle", "boss", "neighbor", "cousin", "roommate"]
PEOPLE = ["Patricia", "Leonard", "Dr. Whitfield", "Yolanda", "Mr. Abernathy", "Keisha", "Dr. Lindqvist", "Gordon"]
MEDICATIONS = ["sertraline", "fluoxetine", "lithium", "quetiapine", "lorazepam", "trazodone", "bupropion", "prazosin"]
MEASURES = ["PHQ-9", "GAD-7", "PCL-5", "AUDIT", "ISI", "Y-BOCS", "EPDS", "BDI-II"]
DETAILS = """after a fall on the stairs|in front of a cousin from Denver|because of a lawsuit with the landlord
while recovering from knee surgery|at the swimming pool|since a fire in the kitchen|after losing a bet on horses
during a cruise to Alaska|with a violin teacher|because of a tooth infection|after adopting a puppy
while renovating the garage|at a wedding in Chicago|following a car accident|since being diagnosed with diabetes
after reading it in a horoscope|in the company of a parole officer|due to a thyroid condition
while studying for the bar exam|after an argument about inheritance""".replace("\n", "|").split("|")


def _each(pattern: str, text: str, flags: int = 0) -> list[re.Match[str]]:
    return list(re.finditer(pattern, text, flags))


def _put(text: str, match: re.Match[str], new: str) -> str:
    old = match.group(0)
    new = new[0].upper() + new[1:] if old[0].isupper() and new else new
    return re.sub(r"\s{2,}", " ", text[: match.start()] + new + text[match.end() :]).strip()


def _other(rng: random.Random, old: str, choices: list[str]) -> str:
    return rng.choice([c for c in choices if c.lower() != old.lower()])


_TURNS = [
    (r"\b(denied|denies)\b", "reported"), (r"\bdeclined\b", "accepted"), (r"\bwithout\b", "with"),
    (r"\bhad not\b", "had"), (r"\bhas not\b", "has"), (r"\bhave not\b", "have"), (r"\bdid not\b", "did"),
    (r"\bdoes not\b", "does"), (r"\b(was|is|are|were|will|would|could|can|should) not\b", r"\1"), (r"\bnever\b", "often"),
    (r"\bno longer\b", "still"), (r"\bno (?!longer)(?=\w)", ""), (r"\bnot yet\b", "already"), (r"\bnot (?=\w)", ""),
]  # fmt: skip
_ADDS = [
    (r"(?<=[a-z] )(reported|described|endorsed|expressed)\b", "denied"), (r"(?<=[a-z] )(reports|describes|expresses)\b", "denies"),
    (r"(?<=[a-z] )will\b(?! not)", "will not"), (r"(?<=[a-z] )agreed to\b", "refused to"),
    (r"(?<=[a-z] )(was|is|were|are)\b(?! not)", r"\1 not"), (r"(?<=[a-z] )(has|have)\b(?! not)(?= \w+ed\b)", r"\1 not"),
    (r"(?<=[a-z] )made progress\b", "made no progress"), (r"(?<=[a-z] )took\b", "did not take"), (r"(?<=[a-z] )slept\b", "did not sleep"),
]  # fmt: skip


def negation(text: str, rng: random.Random) -> str | None:
    for table in (_TURNS, _ADDS):
        found = [(m, new) for pattern, new in table for m in _each(pattern, text)]
        if found:
            match, new = rng.choice(found)
            return _put(text, match, match.expand(new))
    return None


def number(text: str, rng: random.Random) -> str | None:
    digits = _each(r"(?<![\w.:#/-])(?<!CPT )(?<!March )\d{1,3}(?![\w:./-]|\.\d| ?(?:mg|mcg|ml|AM|PM|:))", text)
    months = "|".join(MONTHS)
    digits = [m for m in digits if not re.search(rf"(?:{months}) $", text[: m.start()])]
    words = _each(rf"\b(?:{'|'.join(NUMBERS)})\b", text, re.IGNORECASE)
    if not digits + words:
        return None
    match = rng.choice(digits + words)
    if match in words:
        return _put(text, match, _other(rng, match.group(0), NUMBERS))
    value = int(match.group(0))
    return _put(text, match, str(rng.choice([n for n in (value + 1, value + 2, value - 1, value + 5, value * 2) if n not in (value, 0, 1) and n > 0])))


def dose(text: str, rng: random.Random) -> str | None:
    found = _each(r"\d+(?:\.\d+)?(?= ?(?:mg|mcg|milligram))", text)
    if not found:
        return None
    match = rng.choice(found)
    return _put(text, match, _other(rng, match.group(0), ["10", "20", "25", "50", "75", "100", "150", "200", "300"]))


def when(text: str, rng: random.Random) -> str | None:
    days = [(m, DAYS) for m in _each(rf"\b(?:{'|'.join(DAYS)})\b", text)]
    months = [(m, MONTHS) for m in _each(rf"\b(?:{'|'.join(MONTHS)})\b(?= \d)", text)]
    clocks = [(m, [f"{h}:{n}" for h in range(1, 12) for n in ("00", "15", "30", "45")]) for m in _each(r"\b\d{1,2}:\d\d\b", text)]
    dates = [(m, [str(n) for n in range(2, 29)]) for m in _each(rf"(?:(?<={' )|(?<='.join(MONTHS)} ))\d{{1,2}}\b", text)]
    found = days + months + clocks + dates
    if not found:
        return None
    match, choices = rng.choice(found)
    return _put(text, match, _other(rng, match.group(0), choices))


def name(text: str, rng: random.Random) -> str | None:
    relatives = [(m, RELATIVES) for m in _each(rf"\b(?:{'|'.join(RELATIVES)})\b", text)]
    medications = [(m, MEDICATIONS) for m in _each(rf"\b(?:{'|'.join(MEDICATIONS)})\b", text, re.IGNORECASE)]
    measures = [(m, MEASURES) for m in _each(rf"(?<![\w-])(?:{'|'.join(MEASURES)})(?![\w-])", text)]
    people = [(m, PEOPLE) for m in _each(r"(?<=[a-z,] )(?:Dr\. |Mr\. |Ms\. |Mrs\. )?[A-Z][a-z]{2,}\b", text)]
    skip = {*DAYS, *MONTHS, "Client", "Clinician", "Patient", "Session", "Therapist", "The", "Socratic", "Motivational"}
    found = relatives + medications + measures + [(m, c) for m, c in people if m.group(0) not in skip]
    if not found:
        return None
    match, choices = rng.choice(found)
    return _put(text, match, _other(rng, match.group(0), choices))


def swap(text: str, rng: random.Random) -> str | None:
    del rng
    match = re.match(r"(?:The )?(Client|client|Patient|patient|Clinician|clinician|Therapist|therapist)\b(?!['’])", text)
    if not match:
        return None
    was = match.group(1).lower()
    return _put(text, match, "Client" if was in {"clinician", "therapist"} else "Clinician")


_OPEN = [
    (r"\b(might|may)\b(?! be)", "will"), (r"\bhad wondered about\b", "had decided on"), (r"\bwondered (?:about|whether)\b", "decided on"),
    (r"\b(?:is|was) (?:considering|thinking about|weighing)\b", "has decided on"), (r"\b(?:considered|thought about)\b", "decided on"),
    (r"\b(had|has|have) not decided\b", r"\1 decided"), (r"\bdid not decide\b", "decided"), (r"\bwithout (?:a )?deci(?:sion|ding)\b", "with a decision"),
    (r"\b(?:is|was) (?:unsure|undecided|not sure) (?:about|whether)\b", "decided on"), (r"\bis open to\b", "has decided on"),
    (r"\b(?:is|are|was) interested in\b", "decided on"), (r"\bundecided\b", "decided"), (r"\bconsiders?\b", "decides on"), (r"\bwill consider\b", "will start"),
]  # fmt: skip


def decided(text: str, rng: random.Random) -> str | None:
    found = [(m, new) for pattern, new in _OPEN for m in _each(pattern, text)]
    if not found:
        return None
    match, new = rng.choice(found)
    return _put(text, match, match.expand(new))


def detail(text: str, rng: random.Random) -> str | None:
    return f"{text.rstrip('. ')} {rng.choice(DETAILS)}."


KINDS: dict[str, Callable[[str, random.Random], str | None]] = {
    "negation": negation, "number": number, "dose": dose, "date": when, "name": name,
    "swap": swap, "decided": decided, "detail": detail,
}  # fmt: skip

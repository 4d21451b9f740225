"""Simulated star ratings: notes of graded quality, with stars drawn from the defects that were planted in them.

They prove the machinery of correlation, not the quality of a metric with people: no rater saw these notes. A star comes
from the planted defects by the weights below, a rater's leniency and noise; no scorer of this project takes part.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from pipelines.dataset import read_records
from pipelines.records import Encounter, InputError, Rating, Record
from pipelines.source import split_sentences

QUALITY_WEIGHTS = {"completeness": 0.45, "faithfulness": 0.40, "organisation": 0.15}
# Points of faithfulness lost per sentence that was invented or turned; of organisation per sentence misplaced.
LOST_PER_INVENTED, LOST_PER_TURNED, LOST_PER_MISPLACED = 0.15, 0.20, 0.20
RATERS = {"r1": -0.35, "r2": -0.10, "r3": 0.10, "r4": 0.35}
"""Rater → leniency in stars."""
NOISE = 0.45
"""Standard deviation in stars of one rater's judgement of one note."""

# Grade → least and most sentences dropped (as a share), invented, turned, misplaced.
GRADES: dict[str, tuple[tuple[float, float], tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "reference": ((0, 0), (0, 0), (0, 0), (0, 0)),
    "slight": ((0.05, 0.20), (0, 1), (0, 0), (0, 1)),
    "moderate": ((0.10, 0.40), (0, 2), (0, 1), (0, 2)),
    "serious": ((0.20, 0.55), (0, 4), (0, 2), (0, 3)),
    "poor": ((0.35, 0.70), (1, 5), (1, 4), (0, 4)),
}

_SESSION_LINE = re.compile(r"^Session held\b")
# What a turned sentence says instead: the first rule that fits is applied once.
_TURNS = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\bdenied\b", "endorsed"),
        (r"\bendorsed\b", "denied"),
        (r"\bdeclined\b", "accepted"),
        (r"\bdown from\b", "up from"),
        (r"\bfell from\b", "rose from"),
        (r"\bhad not decided\b|\bhas not decided\b", "had decided"),
        (r"\bmight\b", "will"),
        (r"\bno (?=missed|side|panic|other|current)", "some "),
        (r"\b(did|had|has|could|was|were) not\b", r"\1"),
        (r"\bnever\b", "often"),
        (r"(?<![\w.:/-])([2-9]|[1-9]\d)(?= (?:mg|minutes|hours|nights|days|times|percent|out of|of)\b)", "#"),
        (r"(?<![\w.:/-])([2-9]|[1-9]\d)(?![\w:/%-]|\.\d)", "#"),
        (r"\b(?:two|three|four|five|six|seven|eight|nine|ten)\b", "eleven"),
        (r"\bwill\b", "will not"),
    )
)


class Invention(Record):
    """A sentence that no session supports; not used where a record holds a word of `unless`: it might be true."""

    id: str
    kind: str
    text: str
    unless: list[str]


def read_inventions(file: Path) -> list[Invention]:
    """The bank of invented sentences.

    Raises:
        InputError: a line is not usable.
    """
    inventions, failures = read_records(file, Invention, unique="id")
    if failures:
        raise InputError(failures[0].message)
    return inventions


@dataclass(frozen=True)
class _Defects:
    """Sentences dropped, invented, turned and misplaced, out of `sentences` in the reference."""

    sentences: int
    dropped: int = 0
    invented: int = 0
    reversed: int = 0
    misplaced: int = 0

    def quality(self) -> dict[str, float]:
        """Planted quality, 0 to 1, by dimension and as the weighted sum."""
        lost = LOST_PER_INVENTED * self.invented + LOST_PER_TURNED * self.reversed
        dimensions = {
            "completeness": 1 - self.dropped / max(1, self.sentences),
            "faithfulness": max(0.0, 1 - lost),
            "organisation": max(0.0, 1 - LOST_PER_MISPLACED * self.misplaced),
        }
        return dimensions | {"quality": sum(QUALITY_WEIGHTS[name] * value for name, value in dimensions.items())}


@dataclass
class _Draft:
    """Sentences by section while defects are planted."""

    sections: dict[str, list[str]]
    touched: set[str] = field(default_factory=set)

    def places(self) -> list[tuple[str, int]]:
        """Sentences that no defect has touched; the session line is the appointment's and stays."""
        return [
            (section, i)
            for section, sentences in self.sections.items()
            for i, sentence in enumerate(sentences)
            if sentence not in self.touched and not _SESSION_LINE.match(sentence)
        ]


def simulate_ratings(encounters: Sequence[Encounter], inventions: Sequence[Invention], seed: int = 0) -> list[Rating]:
    """Two ratings by two of four raters for each grade of each reference note of each encounter."""
    ratings = []
    for encounter in encounters:
        bank = fitting(inventions, encounter)
        for form, reference in sorted(encounter.notes.items()):
            for grade in GRADES:
                rng = _generator(seed, encounter.id, form, grade)
                sections, defects = _graded(reference, grade, bank, rng)
                ratings += _judged(encounter.id, form, grade, sections, defects, rng)
    return ratings


def fitting(inventions: Sequence[Invention], encounter: Encounter) -> list[Invention]:
    """The inventions that are false of an encounter: nothing in its record speaks of what they say."""
    record = encounter.model_dump_json().lower()
    return [i for i in inventions if not any(word.lower() in record for word in i.unless)]


def _generator(seed: int, *names: str) -> np.random.Generator:
    return np.random.default_rng([seed, int.from_bytes(hashlib.sha256("/".join(names).encode()).digest()[:8], "big")])


def _graded(
    reference: Mapping[str, str], grade: str, bank: Sequence[Invention], rng: np.random.Generator
) -> tuple[dict[str, str], _Defects]:
    draft = _Draft({section: _sentences(text) for section, text in reference.items()})
    (least, most), invented, turned, misplaced = GRADES[grade]
    defects = _Defects(len(draft.places()))
    defects = replace(defects, reversed=_turn(draft, _between(turned, rng), rng))
    defects = replace(defects, misplaced=_misplace(draft, _between(misplaced, rng), rng))
    defects = replace(defects, dropped=_drop(draft, round(rng.uniform(least, most) * defects.sentences), rng))
    defects = replace(defects, invented=_invent(draft, _between(invented, rng), bank, rng))
    return {section: _text(sentences) for section, sentences in draft.sections.items()}, defects


def _sentences(text: str) -> list[str]:
    """Sentences; the last of a paragraph keeps the blank line after it."""
    paragraphs = [split_sentences(paragraph) for paragraph in text.split("\n\n")]
    filled = [sentences for sentences in paragraphs if sentences]
    ended = [[*sentences[:-1], f"{sentences[-1]}\n\n"] for sentences in filled[:-1]]
    return [sentence for sentences in (*ended, *filled[-1:]) for sentence in sentences]


def _text(sentences: Sequence[str]) -> str:
    return " ".join(sentences).replace("\n\n ", "\n\n").strip()


def _between(bounds: tuple[int, int], rng: np.random.Generator) -> int:
    return int(rng.integers(bounds[0], bounds[1] + 1))


def _drop(draft: _Draft, count: int, rng: np.random.Generator) -> int:
    places = draft.places()
    chosen = {places[i] for i in rng.permutation(len(places))[:count]}
    for section, sentences in draft.sections.items():
        draft.sections[section] = [s for i, s in enumerate(sentences) if (section, i) not in chosen]
    return len(chosen)


def _turn(draft: _Draft, count: int, rng: np.random.Generator) -> int:
    """Reverse a polarity, a direction, a decision or a number in so many sentences; those that offer none are left."""
    done = 0
    places = draft.places()
    for i in rng.permutation(len(places)):
        if done == count:
            break
        section, index = places[i]
        turned = turn(draft.sections[section][index])
        if turned:
            draft.sections[section][index] = turned
            draft.touched.add(turned)
            done += 1
    return done


def turn(sentence: str) -> str | None:
    """The sentence with its first polarity, direction, decision or number turned; None: it has none."""
    for pattern, instead in _TURNS:
        found = pattern.search(sentence)
        if found:
            new = str(int(found.group(1)) + 7) if instead == "#" else found.expand(instead)
            return sentence[: found.start()] + new + sentence[found.end() :]
    return None


def _misplace(draft: _Draft, count: int, rng: np.random.Generator) -> int:
    """Move sentences into another section, or to the other end of a note of one section."""
    done = 0
    for _ in range(count):
        places = draft.places()
        if not places:
            break
        section, index = places[int(rng.integers(len(places)))]
        sentence = draft.sections[section].pop(index)
        others = [name for name in draft.sections if name != section] or [section]
        other = draft.sections[others[int(rng.integers(len(others)))]]
        other.insert(len(other) if index < len(other) / 2 else 0, sentence)
        draft.touched.add(sentence)
        done += 1
    return done


def _invent(draft: _Draft, count: int, bank: Sequence[Invention], rng: np.random.Generator) -> int:
    chosen = [bank[i] for i in rng.permutation(len(bank))[:count]]
    names = list(draft.sections)
    for invention in chosen:
        plan = [name for name in names if name == "plan"] if invention.kind == "plan" else []
        others = plan or [name for name in names if name != "plan"] or names
        sentences = draft.sections[others[int(rng.integers(len(others)))]]
        sentences.insert(int(rng.integers(len(sentences) + 1)), invention.text)
    return len(chosen)


def _judged(
    encounter_id: str, form: str, grade: str, sections: dict[str, str], defects: _Defects, rng: np.random.Generator
) -> list[Rating]:
    quality = defects.quality()
    planted = {"dropped": defects.dropped, "invented": defects.invented, "misplaced": defects.misplaced,
               "reversed": defects.reversed, "sentences": defects.sentences}  # fmt: skip
    ratings = []
    for rater in rng.choice(sorted(RATERS), size=2, replace=False):
        stars = 1 + 4 * quality["quality"] + RATERS[rater] + rng.normal(0, NOISE)
        record = {
            "encounter_id": encounter_id, "format": form, "system": grade, "rater": str(rater),
            "stars": int(np.clip(round(stars), 1, 5)), "dimensions": {k: round(v, 4) for k, v in quality.items()},
            "sections": sections, "simulated": True, "defects": planted,
        }  # fmt: skip
        ratings.append(Rating.model_validate(record))
    return ratings

"""How well the matcher of facts agrees with people: precision and recall on pairs of fact and text labelled by hand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evals.facts import match_facts
from pipelines.dataset import read_records
from pipelines.records import Encounter, InputError, Record

Label = Literal["held", "missing", "contradicted"]


class FactPair(Record):
    """A fact of an encounter, a text (a section or a whole note), and what a person who read both says.

    `held`: all of the claim is there in any words (who, what, number, day, polarity, how certain); `missing`: it, or a
    part that matters, is not; `contradicted`: the text says otherwise, even in part. `system` tells who wrote the text.
    """

    encounter_id: str
    fact_id: str
    system: str
    format: str
    text: str
    label: Label


@dataclass(frozen=True)
class Share:
    """`hits` of `n`, with the 95 % interval of Wilson (1927); None for the value where n is 0."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        if not self.n:
            return 0.0, 1.0
        z, p = 1.959964, self.hits / self.n
        middle, half = p + z * z / (2 * self.n), z * math.sqrt(p * (1 - p) / self.n + z * z / (4 * self.n * self.n))
        return (middle - half) / (1 + z * z / self.n), (middle + half) / (1 + z * z / self.n)

    def __str__(self) -> str:
        low, high = self.interval
        value = "none" if self.value is None else f"{self.value:.3f} [{low:.3f}, {high:.3f}]"
        return f"{value} ({self.hits} of {self.n})"


@dataclass(frozen=True)
class Agreement:
    """Pairs counted by (label, verdict)."""

    counts: Mapping[tuple[str, str], int]

    def precision(self, verdict: Label) -> Share:
        return Share(
            self.counts.get((verdict, verdict), 0), sum(n for (_, v), n in self.counts.items() if v == verdict)
        )

    def recall(self, label: Label) -> Share:
        return Share(
            self.counts.get((label, label), 0), sum(n for (says, _), n in self.counts.items() if says == label)
        )


def read_pairs(file: Path) -> list[FactPair]:
    """The labelled pairs.

    Raises:
        InputError: a line is not usable.
    """
    pairs, failures = read_records(file, FactPair)
    if failures:
        raise InputError(failures[0].message)
    return pairs


def agreement(pairs: Sequence[FactPair], encounters: Mapping[str, Encounter]) -> Agreement:
    """The matcher's verdict on every pair against its label; a text is matched against all facts of its encounter."""
    counts: Counter[tuple[str, str]] = Counter()
    verdicts: dict[tuple[str, str], dict[str, str]] = {}
    for pair in pairs:
        key = (pair.encounter_id, pair.text)
        if key not in verdicts:
            facts = encounters[pair.encounter_id].facts or []
            verdicts[key] = {held.fact_id: held.verdict for held in match_facts(facts, {"text": pair.text})}
        counts[pair.label, verdicts[key][pair.fact_id]] += 1
    return Agreement(counts)

"""A sentence taken apart for comparison: content words with their polarity and certainty, numbers, people."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.numbers import numbers_in

_TOKEN = re.compile(r"[a-z]+(?:-[a-z0-9]+)*|\d+(?:[.:]\d+)*|[,;:.!?()—]")

_LISTS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def _words(name: str) -> frozenset[str]:
    return frozenset(_LISTS[name].split())


_EMPTY, _NEGATIONS, _HEDGES, _DECIDED = _words("empty"), _words("negations"), _words("hedges"), _words("decided")
_ASKED, _REPORTING, _SUBJECTS = _words("asked"), _words("reporting"), _words("subjects")
_CLAUSE_ENDS = _words("clause_ends") | {";", ".", "!", "?"}
_CALENDAR, _SPELLED, _FIXED = _words("days") | _words("months"), _words("spelled_numbers"), _words("fixed")
_KIN = {form: kin for kin, forms in _LISTS["kin"].items() for form in forms.split()}
_GROUP = {word: group.split()[0] for group in _LISTS["alike"] for word in group.split()}
OPPOSITES = tuple((frozenset(one.split()), frozenset(other.split())) for one, other in _LISTS["opposites"])
_REACH = 9  # tokens that a negation or a hedge governs at most


@dataclass(frozen=True)
class Word:
    """A content word: its lemma, and whether it stands within reach of a negation, a hedge, or a question."""

    lemma: str
    negated: bool
    hedged: bool
    asked: bool


@dataclass(frozen=True)
class Claim:
    """What one sentence, or two, says.

    `slots` holds for each number the content lemmas before and after it; `lemmas` every lemma, function words included.
    """

    words: tuple[Word, ...]
    numbers: frozenset[str]
    slots: tuple[tuple[str, str, str], ...]
    kin: frozenset[str]
    days: frozenset[str]
    lemmas: frozenset[str]

    @property
    def decided(self) -> bool:
        return bool(self.lemmas & _DECIDED)

    @property
    def negative(self) -> bool:
        return bool(self.lemmas & _NEGATIONS)

    @property
    def hedged(self) -> bool:
        return bool(self.lemmas & _HEDGES)


@functools.lru_cache(maxsize=20_000)
def claim(text: str) -> Claim:
    """Take a sentence apart."""
    tokens = _TOKEN.findall(text.lower().replace("’", "'").replace("n't", " not"))
    lemmas = [lemma(token) for token in tokens]
    negated = _reach(lemmas, _NEGATIONS)
    hedged, asked = _reach(lemmas, _HEDGES), _reach(lemmas, _ASKED)
    content = [i for i, word in enumerate(lemmas) if is_content(word)]
    return Claim(
        tuple(Word(lemmas[i], negated[i], hedged[i], asked[i]) for i in content),
        frozenset(numbers_in(text)),
        _slots(lemmas, content),
        frozenset(_KIN[word] for word in lemmas if word in _KIN),
        frozenset(lemmas) & _CALENDAR,
        frozenset(lemmas),
    )


def is_content(word: str) -> bool:
    return word[0].isalpha() and word not in _EMPTY and word not in _NEGATIONS and word not in _HEDGES


def _reach(lemmas: list[str], cues: frozenset[str]) -> list[bool]:
    """Which tokens stand within reach of a cue: up to nine tokens after it, not beyond the clause."""
    within = [False] * len(lemmas)
    for i, word in enumerate(lemmas):
        if word not in cues:
            continue
        for j in range(i + 1, min(len(lemmas), i + 1 + _REACH)):
            new_subject = lemmas[j] in _SUBJECTS and lemmas[j - 1] in {"and", ","}
            if lemmas[j] in _CLAUSE_ENDS or lemmas[j] in _REPORTING or new_subject:
                break
            within[j] = True
        if i > 1 and lemmas[i - 1] == "be" and word in {"deny", "decline", "reject"}:
            within[max(0, i - 4) : i] = [True] * (i - max(0, i - 4))
    return within


def _slots(lemmas: list[str], content: list[int]) -> tuple[tuple[str, str, str], ...]:
    """For each number: its value, the content word before it and the one after it, at most three tokens away."""
    slots = []
    for i, word in enumerate(lemmas):
        values = numbers_in(word) if word[0].isdigit() or word in _SPELLED else set()
        if values:
            before = next((lemmas[j] for j in range(i - 1, max(-1, i - 5), -1) if j in content), "")
            after = next((lemmas[j] for j in range(i + 1, min(len(lemmas), i + 3)) if j in content), "")
            slots.append((min(values), before, after))
    return tuple(slots)


@functools.lru_cache(maxsize=50_000)
def lemma(word: str) -> str:
    """The base form: of a verb where it is one ("slept": sleep), else of a noun."""
    from lemminflect import getLemma

    if not word[0].isalpha() or "-" in word or word in _FIXED:
        return word
    for upos in ("VERB", "NOUN"):
        base: str = getLemma(word, upos=upos)[0]
        if base and base != word:
            return base
    return word


def alike(one: str, other: str) -> float:
    """How far two lemmas say the same, 0 to 1: equal, of one synonym group, or of one stem (suicide, suicidal)."""
    if one == other:
        return 1.0
    if _GROUP.get(one, one) == _GROUP.get(other, other):
        return 1.0
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return 0.8 if shared >= 5 and shared >= 0.6 * max(len(one), len(other)) else 0.0

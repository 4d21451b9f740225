"""Which statements to keep: the weightiest that say something new, within a number of words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.embeddings import Embedder
from pipelines.writing.extractive.statements import Statement
from pipelines.writing.extractive.words import listed

_STOP = listed(
    "the a an and or of to in on at for with that this it is was are were be been has have had client "
    "clinician reported stated she he they her his their him them not no as by from about asked so but if "
    "when what how who which would will could can do does did there then than"
)
_SAME_MEANING = 0.86
_SAME_WORDS = 0.7


def choose(statements: Sequence[Statement], words: int, embedder: Embedder | None) -> list[Statement]:
    """Maximal marginal relevance in its plain form: by weight, skipping what repeats a kept one; then session order."""
    ranked = sorted(statements, key=lambda s: -s.weight)
    kept: list[Statement] = []
    total = 0
    for statement in ranked:
        length = len(statement.text.split())
        if kept and total + length > words:
            continue
        if any(_repeats(statement, other, embedder) for other in kept):
            continue
        kept.append(statement)
        total += length
    return sorted(kept, key=lambda s: s.order)


def _repeats(one: Statement, other: Statement, embedder: Embedder | None) -> bool:
    a, b = content(one.text), content(other.text)
    shared = len(a & b) / max(1, min(len(a), len(b)))
    if shared >= _SAME_WORDS:
        return True
    if embedder is None or shared < 0.3:
        return False
    vectors = embedder.sentences([one.text, other.text])
    return float(vectors[0] @ vectors[1]) >= _SAME_MEANING and not _numbers(one.text) - _numbers(other.text)


def relatedness(text: str, others: Sequence[str], embedder: Embedder | None) -> list[float]:
    """0…1 for each of `others`: cosine of meaning, or the share of words in common."""
    if not others:
        return []
    if embedder is not None:
        vectors = embedder.sentences([text, *others])
        return [float(v) for v in vectors[1:] @ vectors[0]]
    words = content(text)
    return [min(1.0, len(words & content(o)) / 3) for o in others]


def content(text: str) -> set[str]:
    return {re.sub(r"(?:ing|ed|es|s)$", "", x) for x in re.findall(r"[a-z0-9]+", text.lower()) if x not in _STOP}


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))

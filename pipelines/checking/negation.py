"""Plain contradictions: a sentence that denies what the session only affirms. Silent wherever it is not sure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.checking.claims import without_quotations
from pipelines.source import Source, Unit, split_sentences
from pipelines.stems import FUNCTION_WORDS, stem, words_of

_DENIED = re.compile(
    r"\b(?:denied|denies|no|without(?: any)?|did not (?:report|have)|had no) ((?:\w+ ){0,2}\w+)", re.IGNORECASE
)
_NEGATES = re.compile(
    r"\b(?:no|nope|not|never|none|nothing|nobody|neither|nor|without|less|fewer|stopp?ed|gone|quit|declin\w+|denied|denies|"
    r"refus\w+|miss(?:ed|ing)?|hardly|barely|only|just|instead|cannot|zero|used to|fine|good)\b|n['’]t\b",
    re.IGNORECASE,
)


def contradicts(sentence: str, source: Source, turns: Sequence[int]) -> bool:
    """Whether a sentence denies something that the turns it rests on affirm and that is nowhere negated.

    Args:
        turns: places in `source.units`.
    """
    for match in _DENIED.finditer(without_quotations(sentence)):
        words = [word for word in words_of(match.group(1)) if word not in FUNCTION_WORDS]
        if words and _only_affirmed(stem(words[-1]), source.units, set(turns)):
            return True
    return False


def _only_affirmed(wanted: str, units: Sequence[Unit], turns: set[int]) -> bool:
    places = [i for i, unit in enumerate(units) if wanted in {stem(word) for word in words_of(unit.text)}]
    if not set(places) & turns:
        return False
    said = [i for i in places if units[i].speaker != "clinician" or "?" not in units[i].text]
    return bool(said) and not any(_NEGATES.search(" ".join(_around(units, i))) for i in places)


def _around(units: Sequence[Unit], place: int) -> list[str]:
    """A unit and its neighbours: a denial may stand in the question before or the answer after."""
    return [split.strip() for unit in units[max(0, place - 1) : place + 2] for split in split_sentences(unit.text)]

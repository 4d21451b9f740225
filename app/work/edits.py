"""How far a signed note is from a draft: the word edit distance that stands beside the draft's stars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True)
class EditDistance:
    """Words put in, taken out or replaced, as a share of the longer text's words: 0 as it was, 1 all new.

    `sections`: each by itself; where the two notes have other sections, `whole` alone is known.
    """

    whole: float
    sections: dict[str, float]


def edit_distance(draft: Mapping[str, str], signed: Mapping[str, str]) -> EditDistance:
    """The Levenshtein distance over words (split at spaces), by section and of the whole."""
    pairs = {name: (draft[name].split(), signed[name].split()) for name in draft if name in signed}
    if set(draft) != set(signed):
        pairs = {"": (" ".join(draft.values()).split(), " ".join(signed.values()).split())}
    found = {name: (Levenshtein.distance(*pair), max(map(len, pair))) for name, pair in pairs.items()}
    changed, of = (sum(numbers) for numbers in zip(*found.values(), strict=True)) if found else (0, 0)
    sections = {name: _share(*numbers) for name, numbers in found.items() if name}
    return EditDistance(_share(changed, of), sections)


def _share(changed: int, of: int) -> float:
    return round(changed / of, 4) if of else 0.0

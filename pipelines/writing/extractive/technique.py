"""The techniques that the chart lets expect, the approach's own and those of the treatment plan; which were used."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from pipelines.lexicon import lexicon
from pipelines.stems import content_stems
from pipelines.writing.extractive.prompt import Prompt

# Words that say nothing by themselves about what was done.
_GENERAL = frozenset(content_stems("work exercise skill practice planning rating monthly weekly daily every cut group"))
_NO_TECHNIQUE = re.compile(r"\b(?:every \w+ weeks?|monthly|weekly|referral|medication|coordination)\b", re.IGNORECASE)


def foreseen(prompt: Prompt) -> list[str]:
    """Names of techniques, those of the treatment plan first; measures and errands among its entries are none."""
    planned = [name for name in prompt.chart.all("planned intervention") if not _NO_TECHNIQUE.search(name)]
    own = [name for a in prompt.chart.all("approach") for name in lexicon().approach_interventions.get(a, ())]
    return list(dict.fromkeys([*planned, *own]))


def used(names: Sequence[str], spoken: str) -> list[str]:
    """Those of the names of which every telling word was said."""
    said = frozenset(content_stems(spoken))
    return [name for name in names if (telling := _telling(name)) and telling <= said]


def partly_used(names: Sequence[str], spoken: str) -> list[str]:
    """Those of which at least half of the telling words were said, the best held first."""
    said = frozenset(content_stems(spoken))
    shares = {name: len(t & said) / len(t) for name in names if (t := _telling(name))}
    return sorted((n for n, share in shares.items() if share >= 0.5), key=lambda n: -shares[n])


@functools.lru_cache(maxsize=1024)
def _telling(name: str) -> frozenset[str]:
    return frozenset(content_stems(name)) - _GENERAL


def approach_of(clause: str, prompt: Prompt) -> str:
    """The chart's approach that a clause opens with; empty where it opens with none."""
    for approach in prompt.chart.all("approach"):
        for name in (approach, *lexicon().approaches.get(approach, ())):
            if re.match(rf"{re.escape(name)}\b", clause, re.IGNORECASE):
                return approach
    return ""


def opened_with(clause: str, names: Sequence[str]) -> tuple[str, str]:
    """A technique whose first word opens a clause ("Imaginal two passes"), and the rest; two empty strings: none."""
    first, _, rest = clause.partition(" ")
    word = first.strip(",:.").lower()
    for name in names:
        head = name.split()[0].lower()
        if len(head) > 5 and head == word and len(name.split()) > 1 and name.lower() not in clause.lower():
            return name, rest
    return "", ""

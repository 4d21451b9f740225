"""The words of the field, from `lexicon.yaml`: approaches, interventions, measures, medications, billing codes."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Lexicon:
    """Every list in the spelling that a note uses; `cpt_minutes` maps a code to its bounds, None where it has none."""

    approaches: dict[str, tuple[str, ...]]
    """Approach → its other names."""
    approach_interventions: dict[str, tuple[str, ...]]
    interventions: tuple[str, ...]
    """All interventions, those of approaches included, longest first."""
    measures: tuple[str, ...]
    medications: tuple[str, ...]
    cpt_minutes: dict[str, tuple[int | None, int | None]]

    def named_interventions(self, text: str) -> list[str]:
        """The interventions that a text names, longest match first; a name within a longer one is not counted again."""
        return [m.group(0).lower() for m in _phrases(self.interventions).finditer(text)]

    def named_medications(self, text: str) -> list[str]:
        return [m.group(0).lower() for m in _phrases(self.medications).finditer(text)]

    def named_measures(self, text: str) -> list[str]:
        return [m.group(0).upper().replace(" ", "-") for m in _phrases(self.measures).finditer(text)]


@functools.cache
def lexicon() -> Lexicon:
    raw = yaml.safe_load((Path(__file__).parent / "lexicon.yaml").read_text(encoding="utf-8"))
    of_approach = {name: tuple(entry["interventions"]) for name, entry in raw["approaches"].items()}
    every = {i for group in of_approach.values() for i in group} | set(raw["interventions"])
    return Lexicon(
        approaches={name: tuple(entry["names"]) for name, entry in raw["approaches"].items()},
        approach_interventions=of_approach,
        interventions=tuple(sorted(every, key=lambda i: (-len(i), i))),
        measures=tuple(raw["measures"]),
        medications=tuple(raw["medications"]),
        cpt_minutes={code: (entry["minutes"][0], entry["minutes"][1]) for code, entry in raw["cpt"].items()},
    )


@functools.cache
def _phrases(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the phrases as whole words; a hyphen or space within one may be either, a plural s may follow."""
    forms = [re.sub(r"(?:\\-|\\ )", r"[-\\s]", re.escape(phrase)) for phrase in sorted(phrases, key=len, reverse=True)]
    return re.compile(r"(?<![\w-])(?:" + "|".join(forms) + r")s?(?![\w-])", re.IGNORECASE)

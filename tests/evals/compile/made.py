"""Encounters for the tests of compiling: the small session of the other tests, with facts, under several names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.dataset import Dataset
from pipelines.records import Encounter, Fact
from tests.pipelines.session import NOTES, encounter

_SUBJECTIVE = {"soap": "subjective", "birp": "behavior"}
_PLAN = {"soap": "plan", "birp": "plan"}

FACTS = [
    Fact(
        id="f1", text="Client worried about the budget every evening.", turns=[1], sections=_SUBJECTIVE, in_summary=True
    ),
    Fact(id="f2", text="Client takes sertraline 50 mg every morning.", critical=True, turns=[4, 5], kind="medication"),
    Fact(
        id="f3",
        text="Client will do two thought records in the evening.",
        turns=[14, 15],
        sections=_PLAN,
        in_summary=True,
    ),
]


def made(name: str, split: str, **changes: Any) -> Encounter:
    values = {"id": name, "split": split, "synthetic": True, "facts": FACTS, "notes": NOTES} | changes
    return encounter().model_copy(update=values)


def made_dataset(*encounters: Encounter) -> Dataset:
    found = encounters or tuple(
        made(f"m{i}", split) for i, split in enumerate(["train", "train", "dev", "dev", "test"])
    )
    return Dataset(Path("made"), list(found), [], "0" * 64)

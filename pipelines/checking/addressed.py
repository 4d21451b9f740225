"""Words that speak to the software or to the writer instead of to a person: how they sound, in several languages."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.checking.disguises import folded, forged_at, undisguised

PARTS = re.compile(r"(?<=[.!?؟。！？…])(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)[\"'”’)]*\s+|(?<=[。！？؟])|\n+")


@dataclass(frozen=True)
class Cue:
    why: str
    only: str  # "" anybody; "speech"; "client": spoken by the client or by nobody known
    says: re.Pattern[str]


@dataclass(frozen=True)
class Cues:
    cues: tuple[Cue, ...]
    triggers: re.Pattern[str]
    follows: re.Pattern[str]
    follows_written: re.Pattern[str]
    own: re.Pattern[str]
    asks: re.Pattern[str]


@functools.cache
def cues() -> Cues:
    raw = yaml.safe_load((Path(__file__).parent / "addressed.yaml").read_text(encoding="utf-8"))

    def pattern(says: list[str]) -> re.Pattern[str]:
        text = "|".join(says)
        for name, words in raw["words"].items():
            text = text.replace(f"{{{name}}}", words)
        return re.compile(text, re.IGNORECASE)

    read = tuple(Cue(row["why"], row.get("from", ""), pattern(row["says"])) for row in raw["cues"])
    names = ("triggers", "follows", "follows_written", "own", "asks")
    return Cues(read, **{name: re.compile(raw[name], re.IGNORECASE) for name in names})


def cue_in(text: str, speaker: str = "client", *, spoken: bool = True) -> str | None:
    """The kind of the first words in a text that speak to the software; None where there are none."""
    plain = undisguised(text)
    if forged_at(plain, spoken=spoken) is not None:
        return "forged form"
    found = (cue(part, speaker, spoken=spoken) for part in PARTS.split(plain) if part)
    return next((kind for _, kind in filter(None, found)), None)


def cue(part: str, speaker: str, *, spoken: bool) -> tuple[int, str] | None:
    """(place, kind) of the first cue in a sentence."""
    known = cues()
    if not known.triggers.search(part):
        return None
    text = folded(part)
    found = [
        (match.start() if len(text) == len(part) else 0, cue.why)
        for cue in known.cues
        if not (cue.only and not spoken) and not (cue.only == "client" and speaker == "clinician")
        if (match := cue.says.search(text))
    ]
    return min(found, default=None)

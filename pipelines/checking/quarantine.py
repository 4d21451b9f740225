"""Words of a source that speak to the software instead of to the other person: found, and kept from every writer.

What is said in a session, or stands in summary and chart, is data, never an instruction. A writer that cannot be told
so for certain is not shown it: `quieted` gives the source that notes are written from and checked against.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from pipelines.checking.disguises import folded, forged_at, undisguised, without_form
from pipelines.records import Appointment, Chart, Client, Goal, TreatmentPlan
from pipelines.source import Source, Unit, split_sentences

_PARTS = re.compile(r"(?<=[.!?؟。！？…])(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)[\"'”’)]*\s+|(?<=[。！？؟])|\n+")
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.,\- ](?=[^\W\d_])|\.)*")
_CPT = re.compile(r"\s*([0-9A-Z]{5}(?:[- ][0-9A-Z]{2})*)\b")
_MOMENT = re.compile(r"\s*(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)(?!\d)")
_CODE = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9.]{0,9})\b")
_LONGEST_NAME, _LONGEST_VALUE, _LONGEST_GOAL = 60, 200, 600  # characters; about double those of real charts
_TIMES, _PERIOD = 8, 6  # a phrase of so many words at most, said more often than this in a row, is said twice


@dataclass(frozen=True)
class Quieted:
    """What is left of a source when the words to the software are taken out.

    `source`: its units in their places, emptied where nothing is left; `indices`: of the units that held such words;
    `withheld`: those words, and those of the chart.
    """

    source: Source
    indices: frozenset[int]
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class _Cue:
    why: str
    only: str  # "" anybody; "speech"; "client": spoken by the client or by nobody known
    says: re.Pattern[str]


@dataclass(frozen=True)
class _Cues:
    cues: tuple[_Cue, ...]
    triggers: re.Pattern[str]
    follows: re.Pattern[str]
    follows_written: re.Pattern[str]
    own: re.Pattern[str]


@functools.cache
def _cues() -> _Cues:
    raw = yaml.safe_load((Path(__file__).parent / "quarantine.yaml").read_text(encoding="utf-8"))

    def pattern(says: list[str]) -> re.Pattern[str]:
        text = "|".join(says)
        for name, words in raw["words"].items():
            text = text.replace(f"{{{name}}}", words)
        return re.compile(text, re.IGNORECASE)

    cues = tuple(_Cue(row["why"], row.get("from", ""), pattern(row["says"])) for row in raw["cues"])
    names = ("triggers", "follows", "follows_written", "own")
    return _Cues(cues, **{name: re.compile(raw[name], re.IGNORECASE) for name in names})


def quarantined(source: Source) -> frozenset[int]:
    """The indices of the units with words that speak to the software or to the writer instead of to a person."""
    return quieted(source).indices


def quieted(source: Source) -> Quieted:
    """A source as a writer and the checks may read it: no words to the software, no forms of a prompt, no disguises.

    Chart fields become single lines of bounded length, names consist of the characters of names, times and codes keep
    their form or are left out. Whatever a note could claim from the withheld words alone is thereby unsupported.
    """
    listener = _Listener(spoken=source.kind == "transcript")
    units = tuple(listener.unit(unit) for unit in source.units)
    chart = _ChartReader()
    read = Source(
        source.kind,
        units,
        chart.chart(source.chart),
        _appointment(source.appointment),
        tuple(chart.values(source.approaches)),
    )
    return Quieted(read, frozenset(listener.indices), (*listener.withheld, *chart.withheld))


def cue_in(text: str, speaker: str = "client", *, spoken: bool = True) -> str | None:
    """The kind of the first words in a text that speak to the software; None where there are none."""
    plain = undisguised(text)
    if forged_at(plain, spoken=spoken) is not None:
        return "forged form"
    return next((cue[1] for part in _PARTS.split(plain) if part and (cue := _cue(part, speaker, spoken=spoken))), None)


def _cue(part: str, speaker: str, *, spoken: bool) -> tuple[int, str] | None:
    """(place, kind) of the first cue in a sentence."""
    known = _cues()
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


class _Listener:
    """Reads units in order. Who has spoken to the software is listened to with care until they speak of themselves."""

    def __init__(self, *, spoken: bool) -> None:
        self._spoken = spoken
        self._wary_of = ""
        self.indices: set[int] = set()
        self.withheld: list[str] = []

    def unit(self, unit: Unit) -> Unit:
        plain = _without_loops(undisguised(unit.text))
        if self._wary_of != unit.speaker:
            self._wary_of = ""
        kept = self._kept(plain, unit.speaker)
        if kept is not plain:
            self.indices.add(unit.index)
        kept = without_form(kept)
        return unit if kept == unit.text else replace(unit, text=kept)

    def _kept(self, plain: str, speaker: str) -> str:
        """What of a text is not to the software; the same object where that is all of it."""
        place = forged_at(plain, spoken=self._spoken)
        head = plain if place is None else plain[:place]
        if place is None and not self._wary_of and not _cues().triggers.search(plain):
            return plain
        kept, parts = [], [part for part in _PARTS.split(head) if part.strip()]
        for part in parts:
            if self._is_to_software(part, speaker):
                self.withheld.append(part)
            else:
                kept.append(part)
        if place is not None:
            self.withheld.append(plain[place:])
            self._wary_of = speaker
        if place is None and len(kept) == len(parts):
            return plain
        return " ".join(kept) if any(map(str.isalnum, "".join(kept))) else ""

    def _is_to_software(self, part: str, speaker: str) -> bool:
        if _cue(part, speaker, spoken=self._spoken):
            self._wary_of = speaker
            return True
        if not self._wary_of:
            return False
        known, text = _cues(), folded(part).strip()
        if self._spoken:
            goes_on = bool(known.follows.search(text)) or not known.own.search(text)
        else:
            goes_on = bool(known.follows_written.search(text))
        if not goes_on:
            self._wary_of = ""
        return goes_on


class _ChartReader:
    """Fields of a chart as single lines without words to the software; keeps what it withholds."""

    def __init__(self) -> None:
        self.withheld: list[str] = []

    def chart(self, chart: Chart) -> Chart:
        return Chart(
            client=Client(
                name=_name(chart.client.name),
                pronouns=self.value(chart.client.pronouns or "") or None,
                date_of_birth=self.value(chart.client.date_of_birth or "") or None,
            ),
            diagnoses=[
                d.model_copy(update={"code": code.group(1), "name": name})
                for d in chart.diagnoses
                if (code := _CODE.match(undisguised(d.code))) and (name := self.value(d.name))
            ],
            treatment_plan=TreatmentPlan(goals=[goal for g in chart.treatment_plan.goals if (goal := self._goal(g))]),
            medications=self.values(chart.medications),
            previous_note=self._prose(chart.previous_note) if chart.previous_note else None,
        )

    def _goal(self, goal: Goal) -> Goal | None:
        said = self.value(goal.goal, _LONGEST_GOAL)
        objectives = self.values(goal.objectives, _LONGEST_GOAL)
        return Goal(goal=said, objectives=objectives, interventions=self.values(goal.interventions)) if said else None

    def values(self, texts: list[str] | tuple[str, ...], longest: int = _LONGEST_VALUE) -> list[str]:
        return [value for text in texts if (value := self.value(text, longest))]

    def value(self, text: str, longest: int = _LONGEST_VALUE) -> str:
        """What comes before the first word to the software."""
        plain = undisguised(text)
        place = forged_at(plain)
        head, begin = plain if place is None else plain[:place], 0
        for part in _PARTS.split(head):
            begin = head.index(part, begin)
            if found := _cue(part, "clinician", spoken=False):
                head = head[: begin + found[0]]
                break
        if head is not plain:
            self.withheld.append(plain[len(head) :])
        line = without_form(head).strip(" (,;:-")
        return line if len(line) <= longest else line[:longest].rsplit(" ", 1)[0]

    def _prose(self, text: str) -> str:
        listener = _Listener(spoken=False)
        units = [listener.unit(Unit(i, "clinician", s)).text for i, s in enumerate(split_sentences(undisguised(text)))]
        self.withheld += listener.withheld
        return text if not listener.indices and text.isascii() else " ".join(filter(None, units))


def _name(name: str | None) -> str | None:
    """The words of a name, up to the first character that no name has."""
    found = _NAME.match(undisguised(name or "").strip())
    return found.group(0)[:_LONGEST_NAME].strip(" ,-") if found else None


def _appointment(given: Appointment) -> Appointment:
    """Times and code in their form; what follows them, or has none, is left out."""

    def formed(pattern: re.Pattern[str], text: str | None) -> str | None:
        found = pattern.match(undisguised(text or ""))
        return found.group(1) if found else None

    return Appointment(
        start=formed(_MOMENT, given.start),
        end=formed(_MOMENT, given.end),
        cpt=formed(_CPT, given.cpt),
        telehealth=given.telehealth,
    )


def _without_loops(text: str) -> str:
    """A phrase that is repeated many times in a row, by a person or a decoder, stands twice."""
    words, kept, i = text.split(), list[str](), 0
    while i < len(words):
        for period in range(1, _PERIOD + 1):
            phrase, times = words[i : i + period], 1
            while words[i + times * period : i + (times + 1) * period] == phrase:
                times += 1
            if times > _TIMES:
                kept += phrase * 2
                i += times * period
                break
        else:
            kept.append(words[i])
            i += 1
    return " ".join(kept) if len(kept) < len(words) else text

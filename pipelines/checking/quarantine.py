"""Words of a source that speak to the software instead of to the other person: found, and kept from every writer.

What is said in a session, or stands in summary and chart, is data, never an instruction. A writer that cannot be told
so for certain is not shown it: `quieted` gives the source that notes are written from and checked against.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pipelines.checking.addressed import PARTS, cue, cues
from pipelines.checking.disguises import folded, forged_at, undisguised, without_form
from pipelines.records import Appointment, Chart, Client, Goal, TreatmentPlan
from pipelines.source import Source, Unit, split_sentences

_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.,\- ](?=[^\W\d_])|\.)*")
_CPT = re.compile(r"\s*([0-9A-Z]{5}(?:[- ][0-9A-Z]{2})*)\b")
_MOMENT = re.compile(r"\s*(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)(?!\d)")
_CODE = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9.]{0,9})\b")
_LONGEST_NAME, _LONGEST_VALUE, _LONGEST_GOAL = 60, 200, 600  # characters; about double those of real charts
_TIMES, _PERIOD = 8, 6  # a phrase of so many words at most, said more often than this in a row, is said once


@dataclass(frozen=True)
class Quieted:
    """What is left of a source when the words to the software are taken out.

    `source`: its units under their own indices, without those of which nothing is left; `indices`: of the units that
    held such words; `withheld`: those words, and those of the chart.
    """

    source: Source
    indices: frozenset[int]
    withheld: tuple[str, ...]


def quarantined(source: Source) -> frozenset[int]:
    """The indices of the units with words that speak to the software or to the writer instead of to a person."""
    return quieted(source).indices


def quieted(source: Source) -> Quieted:
    """A source as a writer and the checks may read it: no words to the software, no forms of a prompt, no disguises.

    Chart fields become single lines of bounded length, names consist of the characters of names, times and codes keep
    their form or are left out. Whatever a note could claim from the withheld words alone is thereby unsupported.
    """
    listener = _Listener(spoken=source.kind == "transcript")
    units = tuple(unit for given in source.units if (unit := listener.unit(given)).text)
    chart = _ChartReader()
    read = Source(
        source.kind,
        units,
        chart.chart(source.chart),
        _appointment(source.appointment),
        tuple(chart.values(source.approaches)),
    )
    return Quieted(read, frozenset(listener.indices), (*listener.withheld, *chart.withheld))


class _Listener:
    """Reads units in order. Who has spoken to the software is listened to with care until they speak of themselves."""

    def __init__(self, *, spoken: bool) -> None:
        self._spoken = spoken
        self._wary_of = ""
        self.indices: set[int] = set()
        self.withheld: list[str] = []

    def unit(self, unit: Unit) -> Unit:
        plain = undisguised(unit.text)
        if self._wary_of != unit.speaker:
            self._wary_of = ""
        kept = self._kept(plain, unit.speaker)
        if kept is not plain:
            self.indices.add(unit.index)
        kept = _without_loops(kept, left=int(kept is plain))  # beside words to the software a loop is padding
        kept = without_form(kept)
        return unit if kept == unit.text else replace(unit, text=kept)

    def _kept(self, plain: str, speaker: str) -> str:
        """What of a text is not to the software; the same object where that is all of it."""
        place = forged_at(plain, spoken=self._spoken)
        head = plain if place is None else plain[:place]
        if place is None and not self._wary_of and not cues().triggers.search(plain):
            return plain
        kept, parts = [], [part for part in PARTS.split(head) if part.strip()]
        for i, part in enumerate(parts):
            if self._is_to_software(part, speaker, goes_on=i > 0):
                self.withheld.append(part)
            else:
                kept.append(part)
        if place is not None:
            self.withheld.append(plain[place:])
            self._wary_of = speaker
        if place is None and len(kept) == len(parts):
            return plain
        return " ".join(kept) if any(map(str.isalnum, "".join(kept))) else ""

    def _is_to_software(self, part: str, speaker: str, *, goes_on: bool) -> bool:
        """Whether a sentence is, or goes on with, words to the software; `goes_on`: within one turn."""
        if cue(part, speaker, spoken=self._spoken):
            self._wary_of = speaker
            return True
        if not self._wary_of:
            return False
        known, text = cues(), folded(part).strip()
        if not self._spoken:
            follows = bool(known.follows_written.search(text))
        elif known.asks.search(text):
            follows = False
        else:
            follows = bool(known.follows.search(text)) or (goes_on and not known.own.search(text))
        if not follows:
            self._wary_of = ""
        return follows


class _ChartReader:
    """Fields of a chart as single lines without words to the software; keeps what it withholds."""

    def __init__(self) -> None:
        self.withheld: list[str] = []

    def chart(self, chart: Chart) -> Chart:
        return Chart(
            client=Client(
                name=self._name(chart.client.name or ""),
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
        for part in PARTS.split(head):
            begin = head.index(part, begin)
            if found := cue(part, "clinician", spoken=False):
                head = head[: begin + found[0]]
                break
        if head is not plain:
            self.withheld.append(plain[len(head) :])
        line = without_form(head).strip(" (,;:-")
        return line if len(line) <= longest else line[:longest].rsplit(" ", 1)[0]

    def _name(self, name: str) -> str | None:
        """The words of a name, up to the first character that no name has."""
        plain = undisguised(name).strip()
        found = _NAME.match(plain)
        kept = found.group(0)[:_LONGEST_NAME] if found else ""
        if len(kept) < len(plain):
            self.withheld.append(plain[len(kept) :])
        return kept.strip(" ,-") or None

    def _prose(self, text: str) -> str:
        """A longer text, up to the first form of a prompt, without the sentences to the software."""
        plain, listener = undisguised(text), _Listener(spoken=False)
        place = forged_at(plain, spoken=False)
        head = plain if place is None else plain[:place]
        units = [listener.unit(Unit(i, "clinician", s)).text for i, s in enumerate(split_sentences(head))]
        self.withheld += [*listener.withheld, *([plain[place:]] if place is not None else [])]
        if place is not None:
            return " ".join(filter(None, units))
        return text if not listener.indices and text.isascii() else " ".join(filter(None, units))


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


def _without_loops(text: str, left: int) -> str:
    """A phrase that is repeated many times in a row, by a person or a decoder, stands `left` times."""
    words, kept, i = text.split(), list[str](), 0
    while i < len(words):
        for period in range(1, _PERIOD + 1):
            phrase, times = words[i : i + period], 1
            while words[i + times * period : i + (times + 1) * period] == phrase:
                times += 1
            if times > _TIMES:
                kept += phrase * left
                i += times * period
                break
        else:
            kept.append(words[i])
            i += 1
    return " ".join(kept) if len(kept) < len(words) else text

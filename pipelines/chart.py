"""What a record says that cannot be right: it runs all the same, with a warning that never shows a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from pipelines.lexicon import lexicon
from pipelines.records import Appointment, Chart, Encounter, Utterance

_ICD10CM = re.compile(r"([A-Z][0-9][0-9A-Z])(?:\.[0-9A-Z]{1,4})?")
_LAST_CATEGORY = {"E": "E89", "H": "H95", "K": "K95", "P": "P96", "T": "T88", "U": "U85"}  # other letters run to 99
_TIME = "write it like 2026-03-02T15:00:00-05:00"


def flaws(encounter: Encounter) -> list[str]:
    """Every flaw of a record, each as `field NAME: what is wrong; what to do`."""
    return [
        *chart_flaws(encounter.chart or Chart(), encounter.appointment or Appointment()),
        *_transcript_flaws(encounter.transcript or ()),
    ]


def chart_flaws(chart: Chart, appointment: Appointment) -> list[str]:
    """The flaws of what a note takes from chart and appointment: codes and times."""
    found = [
        f"field chart.diagnoses.{i}.code: not of the form of an ICD-10-CM code; write it like F41.1"
        for i, diagnosis in enumerate(chart.diagnoses)
        if not is_icd10cm(diagnosis.code)
    ]
    known = lexicon().cpt_minutes
    if appointment.cpt is not None and appointment.cpt not in known:
        found.append(f"field appointment.cpt: not one of the codes whose times are known ({', '.join(known)}); "
                     "mend it, or leave it: its time is then not checked")  # fmt: skip
    return [*found, *_time_flaws(appointment)]


def is_icd10cm(code: str) -> bool:
    """Whether a code has the form of ICD-10-CM and lies in one of its chapters; whether it exists is not looked up."""
    form = _ICD10CM.fullmatch(code)
    if not form:
        return False
    category = form.group(1)
    return category != "F00" and category <= _LAST_CATEGORY.get(category[0], category)


def _time_flaws(appointment: Appointment) -> Iterator[str]:
    read: dict[str, datetime] = {}
    for name, text in (("start", appointment.start), ("end", appointment.end)):
        if text is None:
            continue
        try:
            read[name] = datetime.fromisoformat(text)
        except ValueError:
            yield f"field appointment.{name}: not a time that can be read; {_TIME}"
            continue
        if read[name].tzinfo is None:
            yield f"field appointment.{name}: has no offset from UTC; {_TIME}"
    if len(read) == 2:
        start, end = read["start"], read["end"]
        if (start.tzinfo is None) == (end.tzinfo is None) and end <= start:
            yield "field appointment.end: not after the start; mend start or end, else the note states no times"


def _transcript_flaws(utterances: Sequence[Utterance]) -> Iterator[str]:
    wrong = [i for i, u in enumerate(utterances) if u.start is not None and u.end is not None and u.end < u.start]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        yield f"field transcript.{wrong[0]}.end: before its start{more}; give both in seconds from the audio's start"

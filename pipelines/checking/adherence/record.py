"""Rules of the record: time, diagnosis, sections, length, sources, and nothing that only a person may write."""

from __future__ import annotations

import re
from datetime import datetime

from pipelines.checking.adherence.core import Breach, Case, NotApplicable, Place
from pipelines.checking.instructions import ABBREVIATIONS
from pipelines.lexicon import lexicon
from pipelines.phrases import DRAFT, FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.source import session_line
from pipelines.stems import content_stems, stem, words_of
from pipelines.templates import Section

_TIME = re.compile(r"\b(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\b\.?|\b([01]?\d|2[0-3]):(\d{2})\b", re.IGNORECASE)
_SESSION_TIMES = re.compile(r"\b(?:session|appointment|met|seen|held|time|start\w*|stop\w*|end\w*)\b", re.IGNORECASE)
_MINUTES = re.compile(r"\b(\d{1,3})[- ]min", re.IGNORECASE)
_CPT = re.compile(r"\b9\d{4}\b")
_ICD = re.compile(r"\b(?:[A-TV-Z]\d[0-9AB]\.[0-9A-Z]{1,4}|[FZ]\d\d)\b")
_DISORDER = re.compile(r"\b((?:[a-z-]+ ){1,3})disorder\b", re.IGNORECASE)
_LINKING = re.compile(
    r"\b(?:an?|the|of|with|and|or|any|this|her|his|their|for|is|has|as|presented|mental|to)\b", re.IGNORECASE
)
_RULED_OUT = re.compile(r"\b(?:no|not|denie[sd]|denied|without|rule[ds]? out|family history)\b", re.IGNORECASE)
_CLONED = 0.3
_GRAM = 5
_SIGNED = re.compile(
    r"\b(?:e-?signed|electronically signed|signed (?:by|electronically|and dated)|"
    r"signature\s*(?:[:_]|of (?:the )?(?:clinician|provider|therapist))|/s/|attest\w*|i certify|hereby|"
    r"certif(?:y|ies) that|informed consent|consent(?:s|ed)? (?:to|was|for|form|obtained|given)|"
    r"(?:verbal|written) consent|gave consent|license (?:no|number|#))|"
    r",\s*(?:LCSW|LMFT|LPC|LMHC|LPCC|LICSW|Psy\.?D|Ph\.?D|M\.?D|MSW)\b",
    re.IGNORECASE,
)


def times(case: Case) -> None:
    """Clinical rule 1: times exist, fit the CPT code, and are those of the appointment, never from the text."""
    appointment = case.source.appointment
    if session_line(appointment) is None:
        raise NotApplicable
    start, end = (datetime.fromisoformat(moment or "") for moment in (appointment.start, appointment.end))
    wanted = {start.hour * 60 + start.minute, end.hour * 60 + end.minute}
    length = round((end - start).total_seconds() / 60)
    line = next(
        (p for p in case.places if wanted <= {m % 720 for m in _minutes_of_day(p.text)} | _minutes_of_day(p.text)), None
    )
    if line is None:
        line = next(
            (p for p in case.places if {t % 720 for t in wanted} <= {m % 720 for m in _minutes_of_day(p.text)}), None
        )
    if line is None:
        raise Breach(
            "the appointment's start and end do not stand together in the note", section=_home(case, "session")
        )
    for place in case.places:
        _check_session_times(place, line, wanted, length)
    if appointment.cpt and appointment.cpt not in _CPT.findall(case.text):
        raise Breach("the appointment's CPT code is missing", line)
    if set(_CPT.findall(case.text)) - {appointment.cpt}:
        raise Breach("a CPT code that is not the appointment's", line)
    low, high = lexicon().cpt_minutes.get(appointment.cpt or "", (None, None))
    if (low and length < low) or (high and length > high):
        raise Breach("the minutes of the appointment do not fit its CPT code", line)


def _check_session_times(place: Place, line: Place, wanted: set[int], length: int) -> None:
    """No second session line with other times, and no other length in the line itself."""
    moments = _minutes_of_day(place.text)
    if place == line:
        if {m % 720 for m in moments} - {t % 720 for t in wanted}:
            raise Breach("a session time that is not the appointment's", place)
        if any(int(minutes) != length for minutes in _MINUTES.findall(place.text)):
            raise Breach("a session length that is not the appointment's", place)
    elif re.search(r"\bsession (?:was )?(?:held|started|began|ended|lasted|ran)\b", place.text, re.IGNORECASE) and (
        {m % 720 for m in moments} - {t % 720 for t in wanted}
    ):
        raise Breach("a session time that is not the appointment's", place)


def _minutes_of_day(text: str) -> set[int]:
    found = set()
    for hour, minute, half, hour24, minute24 in _TIME.findall(text):
        if half:
            found.add(int(hour) % 12 * 60 + int(minute or 0) + 720 * (half.lower() == "p"))
        else:
            found.add(int(hour24) * 60 + int(minute24))
    return found


def diagnosis(case: Case) -> None:
    """Clinical rule 2: the diagnosis is valid and is the chart's; the primary one is stated."""
    chart = [d.code.upper() for d in case.source.chart.diagnoses]
    known = {s for d in case.source.chart.diagnoses for s in content_stems(d.name)}
    spoken = set(words_of(case.source.text))
    known |= {s for short, full in ABBREVIATIONS.items() if short.lower() in spoken for s in content_stems(full)}
    for place in case.places:
        if set(_ICD.findall(place.text)) - set(chart):
            raise Breach("a diagnosis code that is not in the chart", place)
        for match in _DISORDER.finditer(place.plain):
            if _RULED_OUT.search(place.plain[: match.start()]):
                continue
            named = _LINKING.split(match.group(1))[-1]
            if {stem(word) for word in words_of(named)} - known - case.holdings.stems:
                raise Breach("a diagnosis that is neither in the chart nor in the source", place)
    if not chart:
        raise NotApplicable
    if not re.search(rf"(?<![\w.]){re.escape(chart[0])}(?![\w.]\w)", case.text, re.IGNORECASE):
        raise Breach("the chart's first diagnosis code is missing", section=_home(case, "diagnosis"))


def sections(case: Case) -> None:
    """Clinical rule 3: exactly the format's sections, in order, none empty."""
    wanted = [section.name for section in case.template.sections]
    if list(case.sections) != wanted:
        raise Breach("the sections are not exactly those of the format, in its order")
    for name in wanted:
        if not case.of(name):
            raise Breach("an empty section", section=name)


def length(case: Case) -> None:
    """Clinical rule 4: length inside the band of the verbosity; the lower bound holds only where there is material."""
    for section in case.template.sections:
        low, high = section.sentences[case.settings.verbosity]
        found = [place for place in case.of(section.name) if place.text != DRAFT]
        if len(found) > high:
            raise Breach(f"more than {high} sentences", section=section.name)
        if len(found) < low and _can_fill(case, section, found, low):
            raise Breach(f"fewer than {low} sentences", section=section.name)


def _can_fill(case: Case, section: Section, found: list[Place], low: int) -> bool:
    """Whether there is more to say: a short section is no breach where the source has little for it."""
    if any(place.text == FOR_CLINICIAN for place in found):
        return False
    if low <= section.sentences["standard"][0] and not all(place.text == NOT_ADDRESSED for place in found):
        return True
    return not found or case.can_fill(section, low)


def sourced(case: Case) -> None:
    """Clinical rule 10: every quotation, number, dose and score occurs in the source, the chart or the appointment."""
    if not case.places:
        raise Breach("there is no note")
    for place in case.places:
        missing = case.holdings.unfounded(place.text)
        if missing and missing != "name":
            raise Breach(f"a {missing} that is nowhere in source, chart or appointment", place)


def not_cloned(case: Case) -> None:
    """Clinical rule 14: not a near copy of the client's previous note (runs of five words that both share)."""
    previous = case.source.chart.previous_note
    if not previous:
        raise NotApplicable
    fixed = {session_line(case.source.appointment), *(d.name for d in case.source.chart.diagnoses)}
    fixed |= {goal.goal for goal in case.source.chart.treatment_plan.goals}
    old = _runs(previous)
    now = [run for place in case.places for run in _runs(place.text)]
    given = {run for text in fixed if text for run in _runs(text)}
    own = [run for run in now if run not in given]
    if not case.places:
        raise Breach("there is no note")
    if own and sum(run in old for run in own) > _CLONED * len(own):
        raise Breach(f"more than {_CLONED:.0%} of the note stands in the previous note")


def _runs(text: str) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[i : i + _GRAM]) for i in range(len(words) - _GRAM + 1)}


def unsigned(case: Case) -> None:
    """Clinical rule 15: signature and consent are never written by the generator."""
    if not case.places:
        raise Breach("there is no note")
    for place in case.places:
        if _SIGNED.search(place.plain):
            raise Breach("signature, attestation or consent", place)


def _home(case: Case, kind: str) -> str | None:
    section = case.template.section_holding(kind)
    return section.name if section else None

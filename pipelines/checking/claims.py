"""What a sentence of a note claims exactly: numbers, doses, scores, quotations, names; and whether a source holds them.

Clinical rule 10: every quotation, number, dose and score occurs in the source, the chart or the appointment.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pipelines.lexicon import lexicon
from pipelines.numbers import numbers_in
from pipelines.phrases import ABSENCES, DRAFT
from pipelines.source import Source, clock, session_line
from pipelines.stems import content_stems, stem, words_of

_QUOTED = re.compile(r"[\"“]([^\"“”]+)[\"”]|(?<![\w])['‘]([^'’]+(?:['’]\w[^'’]*)*)['’](?!\w)")
_DOSE = re.compile(r"(\d+(?:\.\d+)?)\s?(?:mg|mcg|ml|milligrams?|micrograms?|grams?)\b", re.IGNORECASE)
_DOSE_WORDS = re.compile(r"\b\d*\s?(?:mg|mcg|ml|milligrams?|micrograms?|grams?|dose)\b", re.IGNORECASE)
_CAPITALISED = re.compile(r"(?<![\w'’-])[A-Z][\w'’]*(?:-[A-Z0-9]\w*)*")
_OPENING = re.compile(r"(?:^|(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)[.!?:;•\n]|[\"“(]|\(?\d[.)])\s*$")
MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_DATE = re.compile(rf"\b({'|'.join(_DAYS)}),? (?:the )?({'|'.join(MONTHS)}) (\d{{1,2}})\b")
# Words of the field that a note writes with capitals whatever was said.
_CUSTOMARY = frozenset(
    """I I'm I'd I've I'll AM PM CPT ICD SI HI SUD SUDS ADL ADLs PCP ER ED MSE DSM Dr Mr Mrs Ms Client Clinician
    Therapist Counselor Patient Session Subjective Objective Assessment Plan Data Behavior Intervention Response Risk
    Goal Goals Homework Next N/A None Socratic""".lower().split()
)
_SESSION, _TIME = re.compile(r"Session (?:was )?held\b"), re.compile(r"\b\d{1,2}:\d\d\b")
_BIRTH = re.compile(r"\b(?:born|birth|DOB)\b", re.IGNORECASE)
_PARENT = "parent parents folks family"
_SPOUSE = "partner spouse fiance fiancee marriage married relationship"
_CHILD = "child children kid kids baby boy girl boys girls teenager toddler infant"
# A relation → the words under which it may have been said.
RELATIONS: dict[str, frozenset[str]] = {
    name: frozenset({name, *wider.split()})
    for name, wider in {
        "mother": f"mom mum mama mommy {_PARENT}", "father": f"dad daddy papa {_PARENT}", "stepfather": "stepdad",
        "stepmother": "stepmom", "sister": "sisters sis siblings sibling", "brother": "brothers siblings sibling",
        "wife": f"ex {_SPOUSE}", "husband": f"ex {_SPOUSE}",
        "girlfriend": f"ex dating girl {_SPOUSE}",
        "boyfriend": f"ex dating guy {_SPOUSE}", "son": f"sons {_CHILD}", "daughter": f"daughters {_CHILD}",
        "aunt": "auntie aunty", "uncle": "uncles", "cousin": "cousins",
        "grandmother": "grandma nana granny grandparents",
        "grandfather": "grandpa granddad grandparents", "nephew": "nephews", "niece": "nieces",
        "boss": "manager supervisor lead chief foreman", "manager": "boss supervisor lead",
        "supervisor": "boss manager lead", "neighbor": "neighbour neighbors door",
        "roommate": "roommates flatmate housemate",
        "landlord": "landlady", "coworker": "coworkers colleague colleagues worker work job",
        "colleague": "coworker coworkers colleagues work job", "teacher": "teachers school class professor",
        "professor": "teacher prof",
    }.items()
}  # fmt: skip
_RELATION = re.compile(rf"\b({'|'.join(RELATIONS)})\b(?!-)", re.IGNORECASE)
_PHRASE_END = re.compile(r"[,;:.!?…](?=\s|$)|\s?[—–-]+\s")
# Ranks, "one" said without a value, and the numbers of a list.
UNCOUNTED = re.compile(
    r"\bfirst\b|\b1(?= (?:o'clock|of|in))|\b1st\b|(?<![\w.])\(?\d\)(?=\s)|^\d[.)](?=\s)", re.IGNORECASE
)
_NEAR = 3  # turns between a measure or dose and its value


@dataclass(frozen=True)
class Holdings:
    """Everything exact that a source, its chart and its appointment hold; made once, asked for every sentence."""

    source: Source
    numbers: frozenset[str] = field(init=False)
    unit_numbers: tuple[frozenset[str], ...] = field(init=False)
    unit_stems: tuple[frozenset[str], ...] = field(init=False)
    chart_stems: frozenset[str] = field(init=False)
    chart_numbers: frozenset[str] = field(init=False)
    stems: frozenset[str] = field(init=False)
    unit_words: tuple[str, ...] = field(init=False)
    chart_words: str = field(init=False)

    def __post_init__(self) -> None:
        chart = chart_text(self.source)
        everything = f"{self.source.text}\n{chart}\n{' '.join(self.source.approaches)}"
        put = object.__setattr__  # the fields are derived, the record stays frozen
        put(self, "unit_numbers", tuple(frozenset(values_in(unit.text)) for unit in self.source.units))
        put(self, "unit_stems", tuple(frozenset(stem(word) for word in words_of(u.text)) for u in self.source.units))
        put(self, "chart_stems", frozenset(stem(word) for word in words_of(chart)))
        put(self, "chart_numbers", frozenset(values_in(chart_text(self.source, appointment=False, birth=False))))
        put(self, "numbers", self.chart_numbers.union(_appointment_numbers(self.source), *self.unit_numbers))
        put(self, "stems", frozenset(_stems_and_acronyms(everything)))
        put(self, "unit_words", tuple(_spoken(unit.text) for unit in self.source.units))
        put(self, "chart_words", _spoken(chart))

    def unfounded(self, sentence: str) -> str | None:
        """The kind of exact claim ("number", "dose", ...) that the source does not hold; None where it holds all."""
        if sentence in ABSENCES or sentence == DRAFT:
            return None
        checks = {
            "session": self._session_wrong,
            "number": self._number_missing,
            "dose": self._dose_missing,
            "score": self._score_missing,
            "quotation": self._quotation_missing,
            "medication or measure": self._term_missing,
            "name": self._name_missing,
            "date": self._date_wrong,
            "relation": self._relation_missing,
        }
        return next((kind for kind, missing in checks.items() if missing(sentence)), None)

    def _session_wrong(self, sentence: str) -> bool:
        """The times of the line about the session are the appointment's (clinical rule 1), whatever else was said."""
        line = session_line(self.source.appointment)
        if not line or not _SESSION.match(sentence):
            return False
        return not set(_TIME.findall(sentence)) <= set(_TIME.findall(line))

    def _number_missing(self, sentence: str) -> bool:
        if _BIRTH.search(sentence):
            return False
        return any(not self._holds_number(value) for value in numbers_in(UNCOUNTED.sub(" ", sentence)))

    def _holds_number(self, value: str) -> bool:
        hour = value.removesuffix(":00")
        return value in self.numbers or hour in self.numbers or hour == "1"  # "a beer or two" holds 1 and 2

    def _dose_missing(self, sentence: str) -> bool:
        """A dose must be said near a medication or a unit of dose, not as the number of something else."""
        doses = {value for match in _DOSE.finditer(sentence) for value in numbers_in(match.group(1))}
        if doses <= self.chart_numbers:
            return False
        places = self._mentioning(_mentions_dose)
        said = {value for i in places for value in self.unit_numbers[i]}
        return bool(doses - said - {v for i in self._near(places) for v in _bare_values(self.source.units[i].text)})

    def _score_missing(self, sentence: str) -> bool:
        """The value right behind a named measure must be said near that measure."""
        for name, value in _scores(sentence):
            key = _measure_key(name)
            places = self._mentioning(lambda text, key=key: key in _measure_key(text))  # type: ignore[misc]
            if value not in self.chart_numbers.union(*(self.unit_numbers[i] for i in self._near(places))):
                return True
        return False

    def _mentioning(self, test: Callable[[str], bool]) -> list[int]:
        return [i for i, unit in enumerate(self.source.units) if test(unit.text)]

    def _near(self, places: list[int]) -> set[int]:
        count = len(self.source.units)
        return {j for i in places for j in range(max(0, i - _NEAR), min(count, i + _NEAR + 1))}

    def _quotation_missing(self, sentence: str) -> bool:
        for quotation in quotations(sentence):
            for part in re.split(r"\.\.\.|…|\[[^\]]*\]", quotation):
                words = _spoken(part).strip()
                held = f" {words} " in self.chart_words or any(f" {words} " in unit for unit in self.unit_words)
                if words and not held:
                    return True
        return False

    def _term_missing(self, sentence: str) -> bool:
        words = lexicon()
        measures = words.named_measures(sentence)
        spoken = _measure_key(f"{self.source.text}\n{chart_text(self.source)}") if measures else ""
        medications = any(stem(name) not in self.stems for name in words.named_medications(sentence))
        return medications or any(_measure_key(name) not in spoken for name in measures)

    def _name_missing(self, sentence: str) -> bool:
        return any(not self._holds_name(m.group(0), sentence) for m in names(sentence))

    def _date_wrong(self, sentence: str) -> bool:
        """A weekday with a date that falls on another day."""
        held = _day_of(self.source)
        if held is None:
            return False
        falls = [(day, _weekday(held, month, int(number))) for day, month, number in _DATE.findall(sentence)]
        return any(right is not None and day != right for day, right in falls)

    def _relation_missing(self, sentence: str) -> bool:
        """A mother, a manager, a friend whom nobody mentioned, under that or a wider word."""
        named = {match.group(1).lower() for match in _RELATION.finditer(without_quotations(sentence))} - _own_role(
            sentence
        )
        held = self.stems | self.chart_stems
        return any(not any(stem(word) in held for word in RELATIONS[name]) for name in named)

    def _holds_name(self, name: str, sentence: str) -> bool:
        if is_customary(name) or stem(name) in self.stems:
            return True
        if name in _DAYS or name in MONTHS:
            return self._holds_day(name, sentence)
        return all(stem(part) in self.stems for part in re.split(r"[-/]", name))

    def _holds_day(self, name: str, sentence: str) -> bool:
        """A weekday or month that was not said may still follow from the appointment's date and a day that was."""
        held = _day_of(self.source)
        if held is None:
            return False
        dates = [found for found in _DATE.findall(sentence) if name in found]
        if any(_weekday(held, month, int(number)) == day for day, month, number in dates):
            return True
        around = [held + timedelta(days=d) for d in (-1, 0, 1)]
        months = {MONTHS[held.month - 1], MONTHS[held.month % 12]}
        return name in months | {_DAYS[day.weekday()] for day in around}


def _own_role(sentence: str) -> set[str]:
    """ "Client is a mother": what the client is may follow from the children that were named."""
    match = re.match(r"(?:the )?\w+ is an? (\w+)", sentence, re.IGNORECASE)
    return {match.group(1).lower()} if match else set()


def values_in(text: str) -> set[str]:
    """The numbers of a text line by line and phrase by phrase: "three, four nights" holds 3 and 4, not only 34."""
    parts = {part for line in text.splitlines() for part in (line, *_PHRASE_END.split(line))}
    return {value for part in parts for value in numbers_in(part)}


def _bare_values(text: str) -> set[str]:
    """The numbers that end a phrase, so that they count nothing named: "I did wonder about 75", not "80 percent"."""
    ends = (part.split()[-2:] for part in _PHRASE_END.split(text) if part.split())
    return {value for end in ends if numbers_in(end[-1]) for value in numbers_in(" ".join(end))}


def quotations(text: str) -> list[str]:
    """What stands in quotation marks; single ones count from two words on, since one word may be an apostrophe."""
    found = []
    for double, single in _QUOTED.findall(text):
        if double or len(single.split()) > 1:
            found.append(double or single)
    return found


def without_quotations(text: str) -> str:
    return _QUOTED.sub(lambda m: '""' if m.group(1) or len(m.group(2).split()) > 1 else m.group(0), text)


def chart_text(source: Source, *, appointment: bool = True, birth: bool = True) -> str:
    """Chart (and appointment, and date of birth) as one text: what a note may say without its being said."""
    chart = source.chart
    plan = [t for goal in chart.treatment_plan.goals for t in (goal.goal, *goal.objectives, *goal.interventions)]
    client = [chart.client.name, chart.client.pronouns, chart.client.date_of_birth if birth else None]
    diagnoses = [f"{d.name} ({d.code})" for d in chart.diagnoses]
    lines = [*client, *diagnoses, *plan, *chart.medications, chart.previous_note]
    if appointment:
        lines.append(session_line(source.appointment))
    return "\n".join(line for line in lines if line)


def _appointment_numbers(source: Source) -> set[str]:
    """Values that follow from the appointment: its times, its day, its code."""
    appointment, values = source.appointment, set[str]()
    for moment in (appointment.start, appointment.end):
        try:
            when = datetime.fromisoformat(moment or "")
        except ValueError:
            continue
        values |= numbers_in(clock(when)) | {str(when.year), str(when.day)}
    line = session_line(appointment)
    return values | numbers_in(line or "") | ({appointment.cpt} if appointment.cpt else set())


def _stems_and_acronyms(text: str) -> Iterator[str]:
    """Stems of all words, and the initials of every run of two to five words: post-traumatic stress disorder → ptsd."""
    for line in text.splitlines():
        words = words_of(line)
        yield from (stem(word) for word in words)
        initials = "".join(word[0] for word in words)
        yield from (initials[i : i + n] for i in range(len(words)) for n in range(2, 6))
    yield from (stem(word) for word in re.findall(r"[\w-]+", text))
    yield from content_stems(text)


def _mentions_dose(text: str) -> bool:
    return bool(_DOSE_WORDS.search(text)) or bool(lexicon().named_medications(text))


def _scores(sentence: str) -> Iterator[tuple[str, str]]:
    """(measure, value) where a value stands right behind a measure: "PHQ-9 was 14", "GAD-7 score of 11"."""
    for match in _score_pattern().finditer(sentence):
        yield match.group(1), match.group(2)


@functools.cache
def _score_pattern() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(lexicon().measures, key=len, reverse=True))
    between = r"(?:,? (?:score|total|was|is|of|at|result|today|now|a|the|to|fell))*"
    return re.compile(rf"(?<![\w-])({names})(?![\w-]){between} (\d+)\b", re.IGNORECASE)


_SPELLED = {"two": "2", "five": "5", "seven": "7", "nine": "9", "ten": "10", "twenty-one": "21"}
_SPELLED_OUT = re.compile(rf"\b(?:{'|'.join(_SPELLED)})\b", re.IGNORECASE)


def _measure_key(text: str) -> str:
    """A text in which every spelling of a measure is the same: "PHQ nine", "P.H.Q. 9" and "PHQ-9" are phq9."""
    digits = _SPELLED_OUT.sub(lambda match: _SPELLED[match.group(0).lower()], text)
    return re.sub(r"[\s.\-–]+", "", digits).lower()


def names(text: str) -> list[re.Match[str]]:
    """Capitalised words outside quotations that do not just open a sentence or a list, where they stand."""
    plain = _QUOTED.sub(lambda m: f'"{" " * (len(m.group(0)) - 2)}"', text)
    return [m for m in _CAPITALISED.finditer(plain) if not _OPENING.search(plain[: m.start()])]


def is_customary(name: str) -> bool:
    """Whether a capitalised word names nobody: a word of the field, an approach or a measure."""
    return name.lower().replace("’", "'").removesuffix("'s") in _CUSTOMARY or _is_term(name)


def _is_term(name: str) -> bool:
    """A word of an approach or measure of the lexicon: judged by the intervention and measure checks, not as a name."""
    words = lexicon()
    terms = {part.lower() for term in (*words.approaches, *words.measures) for part in (term, *re.split(r"[- ]", term))}
    return name.lower() in terms or bool(re.fullmatch(r"[A-Z]\d{2}(?:\.\w+)?", name))


def _spoken(text: str) -> str:
    return f" {' '.join(words_of(text))} "


def _day_of(source: Source) -> date | None:
    try:
        return datetime.fromisoformat(source.appointment.start or "").date()
    except ValueError:
        return None


def _weekday(session: date, month: str, day: int) -> str | None:
    """The weekday of a date in the year that starts with the session's month."""
    number = MONTHS.index(month) + 1
    try:
        return _DAYS[date(session.year + (number < session.month), number, day).weekday()]
    except ValueError:
        return None

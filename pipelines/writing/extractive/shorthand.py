"""Abbreviations of jottings written out: "Ct. did hw w/ mom Sat." → "Client did homework with mom Saturday."."""

from __future__ import annotations

import re

from pipelines.writing.extractive.rewrite import expand

_DAYS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
    "sun": "Sunday",
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_QUOTED = re.compile(r'("[^"]*"|“[^”]*”)')
_CLIENT = re.compile(r"\b(?:the |The )?(?:[Cc]l|[Cc]t|[Pp]t)\b\.?(?= |'s|$)|\b[Tt]he [Pp]atient\b|^Patient\b(?= \w|'s)")
_CLINICIAN = re.compile(r"^(?:the |this )?(?:therapist|writer|counsel?lor|th\.?(?= \w+ed\b))(?=[ '])", re.IGNORECASE)
_HOMEWORK = re.compile(r"\bh/?w\b(?!\w)", re.IGNORECASE)
# "Sat" opens a sentence as a verb ("Sat with her anger"), a day only before a mark, a number or the end.
_DAY = re.compile(
    r"(?<=[\w,:(] )(Mon|Tues?|Weds?|Thur?s?|Fri|Sat|Sun)\b\.?(?!-)|^(Mon|Tues?|Weds?|Thur?s?|Fri|Sat|Sun)\b\.?(?=,? \d)"
)
_PLAIN = tuple(
    (re.compile(pattern), told)
    for pattern, told in (
        (r"\bw/o\b ?", "without "),
        (r"\b[Ww]/ ?", "with "),
        (r"\bb/c\b", "because"),
        (r"(?<=\w )re:?(?= \w)", "regarding"),
        (r"\b[Ff]/[Uu]\b", "follow-up"),
        (r"\bRTC\b", "return"),
        (r"\b([Aa])ppt(s?)\b\.?", r"\1ppointment\2"),
        (r"(?<=\d )mins?\b\.?(?! of)", "minutes"),
        (r"\bhrs?\b\.?", "hours"),
        (r"\b([Pp])roblem solved\b", r"\1roblem-solved"),
        (r"\b1 wk\b\.?", "1 week"),
        (r"\bwks\b\.?|(?<=\d )wk\b\.?", "weeks"),
        (r"/wk\b\.?", " a week"),
        (r"\bM-F\b", "Monday to Friday"),
        (r"(?<=\w) = (?=\d)", " was "),
        (r" ?(\d{1,3}) ?(?:->|→|=>) ?(\d{1,3})\b", r" from \1 to \2"),
    )
)
_DATE = re.compile(
    r"(?:(?<=day )|(?<=day, )|(?<=ppointment )|(?<=ession )|(?<=ext ))(\d{1,2})/(\d{1,2})\b"
    r"|\b(\d{1,2})/(\d{1,2})(?=,? (?:at )?\d{1,2}(?::\d\d| ?[ap]\.?m\b))"
)
_HOUR = re.compile(r",? (?<!at )(\d{1,2}) ?([ap])\.?m\b\.?(?!\w)")


def written_out(line: str) -> str:
    """A line of a summary without its abbreviations; a quotation keeps its words."""
    parts = _QUOTED.split(line)
    return "".join(part if n % 2 else _plain(part, opens=n == 0) for n, part in enumerate(parts))


def _plain(text: str, *, opens: bool) -> str:
    def cased(match: re.Match[str], word: str) -> str:
        return word.capitalize() if opens and match.start() == 0 else word

    text = _CLIENT.sub(lambda m: cased(m, "client"), text)
    text = _CLINICIAN.sub("Clinician", text) if opens else text
    text = _HOMEWORK.sub(lambda m: cased(m, "homework"), text)
    text = _DAY.sub(lambda m: _DAYS[(m.group(1) or m.group(2))[:3].lower()], text)
    for pattern, told in _PLAIN:
        text = pattern.sub(told, text)
    return expand(text)


def appointment(text: str) -> str:
    """Date and hour of an appointment as they are spoken: "5/12 4 pm" → "May 12 at 4 pm"."""
    text = _DATE.sub(_dated, text)
    return _HOUR.sub(r" at \1 \2m", text)


def _dated(match: re.Match[str]) -> str:
    month, day = (int(g) for g in match.groups() if g)
    return f"{_MONTHS[month - 1]} {day}" if 1 <= month <= 12 and 1 <= day <= 31 else match.group(0)

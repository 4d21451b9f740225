"""Words and spellings that custom instructions ask for: replacements, numbers, abbreviations, names left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.checking.instructions import ABBREVIATIONS
from pipelines.lexicon import lexicon
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.words import listed
from pipelines.writing.styling.sentences import upper_first


def swapped(sentence: str, old: str, new: str) -> str:
    """One word or phrase for another, whole words, with its capital and a plural s."""

    def told(match: re.Match[str]) -> str:
        form = new + (match.group(1) or "")
        return upper_first(form) if match.group(0)[0].isupper() else form

    return re.sub(rf"(?<![\w-]){re.escape(old)}(s|['’]s)?(?![\w-])", told, sentence, flags=re.IGNORECASE)


def whole(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])", re.IGNORECASE)


_ONES: list[str] = re.findall(
    "[a-z]+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
)
_TENS = dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)
)
_VALUES = {word: n for n, word in enumerate(_ONES)} | _TENS
_SPELLED = re.compile(
    rf"(?<![\w-])(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES[1:10])}))?|{'|'.join(_ONES[2:])}|zero)"
    r"(?![\w-])(?! (?:hundred|thousand|and a half))(?<!hundred and )",
    re.IGNORECASE,
)
# Doses, times, codes, scores and dates stay in digits.
_COUNT = re.compile(
    r"(?<![\w.:,$/(#-])(?<!CPT )(?<!was )(?<!is )(?<!from )(?<!to )(?<!of )(?<!between )(?<!and )"
    r"(?<!January )(?<!February )(?<!March )(?<!April )(?<!May )(?<!June )(?<!July )(?<!August )(?<!September )"
    r"(?<!October )(?<!November )(?<!December )"
    r"\b(\d{1,2})\b(?=(?: [a-z]|[,;.] |[.;]?$))(?![.:/%-]\d)"
    r"(?! ?(?:mg|mcg|ml|milligrams?|micrograms?|AM|PM|am|pm|%|percent|out of|of 10|minutes\)))"
)


def in_digits(sentence: str) -> str:
    def told(match: re.Match[str]) -> str:
        parts = re.split(r"[- ]", match.group(0).lower())
        return str(sum(_VALUES[part] for part in parts))

    return _SPELLED.sub(told, sentence)


def in_words(sentence: str) -> str:
    """Counts to ninety-nine in words; not beside another number, with which it would read as one."""

    def told(match: re.Match[str]) -> str:
        around = (
            re.findall(r"[\w-]+", sentence[: match.start()])[-1:] + re.findall(r"[\w-]+", sentence[match.end() :])[:1]
        )
        if any(re.search(r"\d", word) or _SPELLED.match(word) for word in around):
            return match.group(0)
        word = spelled(int(match.group(1)))
        return upper_first(word) if match.start() == 0 else word

    return _COUNT.sub(told, sentence)


def spelled(value: int) -> str:
    if value < 20:
        return _ONES[value]
    tens = next(word for word, n in _TENS.items() if n == value // 10 * 10)
    return tens if value % 10 == 0 else f"{tens}-{_ONES[value % 10]}"


_SHORT = re.compile(
    r"(?<![\w/-])(?:" + "|".join(re.escape(a) for a in sorted(ABBREVIATIONS, key=len, reverse=True)) + r")(?![\w/-])"
)


def written_out(sentence: str) -> str:
    sentence = re.sub(r"\bSI/HI\b", "suicidal and homicidal ideation", sentence)
    sentence = re.sub(rf" \((?:{'|'.join(a for a in ABBREVIATIONS if a.isalpha())})\)", "", sentence)
    return upper_first(_SHORT.sub(lambda m: ABBREVIATIONS[m.group(0)], sentence))


_TITLE_AND_NAME = re.compile(r"\b(Dr|Mr|Mrs|Ms|Prof)\.? [A-Z]\w+")
_TITLES = {"Dr": "the doctor", "Prof": "the professor"}
_NAME = re.compile(r"(?<![\w'’-])(?P<of>(?:[a-z]+ )?)(?P<name>[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})?)(?P<own>['’]s)?")


def without_names(sentence: str) -> str:
    """Other people's names told by their relation, or as somebody's."""
    sentence = _TITLE_AND_NAME.sub(lambda m: _TITLES.get(m.group(1), "a person"), sentence)
    return upper_first(_NAME.sub(_unnamed, sentence))


def _unnamed(match: re.Match[str]) -> str:
    before, name, own = match.group("of"), match.group("name"), match.group("own") or ""
    if not is_name(name, opens=match.start("name") == 0):
        return match.group(0)
    if before.strip() in _RELATIONS:
        return f"{before.strip()}{own}"
    return f"{before}{'someone'}{own}"


_RELATIONS = listed(
    "brother sister mother father mom dad son daughter wife husband partner boyfriend girlfriend friend "
    "boss coworker manager supervisor uncle aunt cousin nephew niece neighbor roommate dog cat"
)
_KNOWN = listed(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december client clinician session progress homework asked about "
    "during next risk in english spanish christmas thanksgiving easter halloween zoom medicare medicaid "
    "telehealth"
)


def is_name(word: str, *, opens: bool) -> bool:
    """Whether a capitalised word is a person's or a place's: no word of the language, the calendar or the field."""
    terms = {part.lower() for term in (*lexicon().approaches, *lexicon().measures, *lexicon().medications,
                                       *lexicon().interventions) for part in re.split(r"[ -]", term)}  # fmt: skip
    parts = word.lower().split()
    if any(part in _KNOWN or part in terms for part in parts):
        return False
    return not (opens and bool(w.forms(parts[0])))

"""Words and spellings that custom instructions ask for: replacements, numbers, abbreviations, names left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.checking.instructions import ABBREVIATIONS
from pipelines.lexicon import lexicon
from pipelines.numbers import numbers_in
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
    """Counts to ninety-nine in words, each where the sentence then still says the same numbers."""
    for match in reversed(list(_COUNT.finditer(sentence))):
        word = spelled(int(match.group(1)))
        told = sentence[: match.start()] + (upper_first(word) if match.start() == 0 else word) + sentence[match.end() :]
        beside = re.search(r"\d[;,.]? $", sentence[: match.start()]) or re.match(r"[;,.]? \d", sentence[match.end() :])
        if not beside and numbers_in(told) == numbers_in(sentence):
            sentence = told
    return sentence


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


_TITLE_AND_TITLES = {"Dr": "the doctor", "Prof": "the professor"}


_TITLE_AND_NAME = re.compile(r"\b(Dr|Mr|Mrs|Ms|Prof)\.? [A-Z]\w+")
_TITLES = {"Dr": "the doctor", "Prof": "the professor"}


def names_in(text: str) -> frozenset[str]:
    """The words of a text that are always capitalised, also within a sentence, and no words of the field."""
    words = lexicon()
    terms = {part.lower() for term in (*words.approaches, *words.measures, *words.medications, *words.interventions)
             for part in re.split(r"[ -]", term)}  # fmt: skip
    small = set(re.findall(r"(?<![\w'’])[a-z]{3,}", text))
    found = set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b", text))
    titled = set(re.findall(r"\b(?:[Tt]he|[Aa]n?) ([A-Z][a-z]{2,})\b", text))  # "the Critic" is nobody's name
    return frozenset(name for name in found - titled if name.lower() not in terms | small | _KNOWN)


def without_names(sentence: str, names: frozenset[str]) -> str:
    """Other people's names told by their relation, or as somebody's; a place (in, at) keeps its name."""
    sentence = _TITLE_AND_NAME.sub(lambda m: _TITLES.get(m.group(1), "a person"), sentence)
    if not names:
        return upper_first(sentence)
    alike = "|".join(sorted(names, key=len, reverse=True))
    named = rf"(?<!\bin )(?<!\bat )(?P<of>\b[a-z]+ )?\b(?:{alike})(?: [A-Z][a-z]{{2,}})?(?P<own>['’]s)?(?![\w-])"
    return upper_first(re.sub(named, _unnamed, sentence))


def _unnamed(match: re.Match[str]) -> str:
    before, own = match.group("of") or "", match.group("own") or ""
    if before.strip() in {"in", "at"}:
        return match.group(0)
    return f"{before.strip()}{own}" if before.strip() in _RELATIONS else f"{before}someone{own}"


_RELATIONS = listed(
    "brother sister mother father mom dad son daughter wife husband partner boyfriend girlfriend friend "
    "boss coworker manager supervisor uncle aunt cousin nephew niece neighbor roommate dog cat"
)
_KNOWN = listed(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december client clinician session progress homework asked about "
    "during next risk in english spanish christmas thanksgiving easter halloween zoom medicare medicaid "
    "telehealth new year years eve mother father dad mom mum daddy mommy grandma grandpa "
    "grandmother grandfather auntie god"
)

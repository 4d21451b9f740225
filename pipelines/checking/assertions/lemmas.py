"""Words of a text as lemmas, numbers as digits, and how far two lemmas say the same."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

import yaml

LISTS = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))


def words(name: str) -> frozenset[str]:
    return frozenset(LISTS[name].split())


_EMPTY, NEGATIONS, HEDGES = words("empty"), words("negations"), words("hedges")
_FIXED = words("fixed")
_PHRASES = [(re.compile(pattern), f" {word} ") for pattern, word in LISTS["phrases"]]
_GROUP = {word: group.split()[0] for group in LISTS["alike"] for word in group.split()}
MONTHS = words("months")
NAME = "qx"
"""Ending of the name of a measure or code once its digits are letters: PHQ-9."""
NEXT_VISIT = "nextvisit"
"""Stands for the next session, appointment or visit."""
CLOCK = "oclock"
"""Follows a time of day."""
_NAME = re.compile(r"\b([a-z]+(?:-[a-z]+)*)-(\d+)\b|\b([a-z]\d{2}\.\w+)")  # PHQ-9, F41.1: digits of a name, no value
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|[,;.]")
_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_CENTURIES = ("nineteen", "twenty")  # "nineteen eighty"
_NUMERAL = "|".join((*_UNITS, *_TEENS, *_TENS))
_SIDE_BY_SIDE = re.compile(rf"\b({_NUMERAL})\s+(?=({_NUMERAL}|\d+)\b)")
_MARK = {"qxc": ",", "qxs": ";", "qxp": ".", "qxn": ""}  # words that the reader of numbers leaves alone


def is_content(word: str) -> bool:
    return word[0].isalpha() and word not in _EMPTY and word not in NEGATIONS and word not in HEDGES


def tokens(text: str) -> list[str]:
    """Words, numbers as digits however they were written, and the marks that end clauses."""
    text = re.sub(r"\bmay\b", "might", text)  # the month has a capital
    text = text.lower().replace("’", "'").replace("n't", " not").replace("cannot", "can not").replace("'s", "")
    text = _NAME.sub(lambda m: _letters(m.group(0)), text)
    text = _CLOCK.sub(lambda m: f"{m.group(1)}{m.group(2).replace('00', '')} {CLOCK} ", text)
    text = re.sub(rf"(?:{CLOCK} |(?<=\d))\s*([ap])\.?m\b\.?", rf" {CLOCK} \1m", text)
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    text = re.sub(r",(?=\s|$)|[()]", " qxc ", text)
    text = re.sub(r"(?<=\d)\s+(?=[a-z])", " qxn ", text)  # "15 three weeks ago" holds two numbers
    text = _apart(text)
    text = re.sub(r"[;:—–!?](?=\s|$)|\s[—–-]\s", " qxs ", text)
    text = re.sub(r"\.(?=\s|$)", " qxp ", text)
    text = re.sub(r"(?<=\d)(?=(?:mg|mcg|ml|am|pm)\b)|[-\"“”]", " ", text)
    words = ("1" if word == "one" else _MARK.get(word, word) for word in _digits()(text).split())
    return _TOKEN.findall(" ".join(words))


def _apart(text: str) -> str:
    """Divide number words that stand side by side without being one number: "out of nine two nights"."""

    def divided(match: re.Match[str]) -> str:
        one, other = match.group(1), match.group(2)
        joined = (one in _TENS and other in _UNITS) or (one in _CENTURIES and other in _TENS)
        return one + (" " if joined else " qxn ")

    return _SIDE_BY_SIDE.sub(divided, text)


def _letters(name: str) -> str:
    return "".join(chr(ord("a") + int(c)) if c.isdigit() else c for c in name if c.isalnum()) + NAME


@functools.cache
def _digits() -> Callable[[str], str]:
    from whisper_normalizer.english import EnglishNumberNormalizer

    normalizer: Callable[[str], str] = EnglishNumberNormalizer()
    return normalizer


@functools.lru_cache(maxsize=50_000)
def lemma(word: str) -> str:
    """The base form: of a verb where it is one ("slept": sleep), else of a noun."""
    from lemminflect import getLemma

    if not word[0].isalpha() or word in _FIXED or word.endswith(NAME):
        return word
    for upos in ("VERB", "NOUN"):
        forms = getLemma(word, upos=upos, lemmatize_oov=False)
        if forms and forms[0] and forms[0] != word:
            return str(forms[0])
    return word


@functools.lru_cache(maxsize=200_000)
def alike(one: str, other: str) -> float:
    """How far two lemmas say the same, 0 to 1: equal, of one synonym group, or of one stem (suicide, suicidal)."""
    if one == other or _GROUP.get(one, one) == _GROUP.get(other, other):
        return 1.0
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return 0.8 if shared >= 5 and shared >= 0.6 * max(len(one), len(other)) else 0.0

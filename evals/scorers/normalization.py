"""Words alike, spelling different: what is made equal before transcripts are compared word by word."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

Normalize = Callable[[Sequence[str]], list[list[str]]]
"""Utterances → the words of each."""

TALK_NORMALIZER = "notebench-talk 1"
WHISPER_NORMALIZER = "whisper-normalizer EnglishTextNormalizer"

# Words that no spelling rule touches: they mark where an utterance or a clause ends, and keep numbers apart.
_UTTERANCE, _CLAUSE = "qxutterance", "qxclause"

# Handled before Whisper's normalizer, which makes "oh" into 0, keeps "OK" and "okay" apart, reads 6:30 as two numbers
# and joins numbers across a full stop ("100. Eighty" becomes 180).
_BEFORE = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[’‘`]", "'"),
        (r"[—–]|\.\.\.|…|-(?=\s|$)|--+", " "),
        (r"\b(?:o\.\s?k\.?|ok|okey)(?![\w'])", "okay"),
        (r"\b(?:mm+|m|uh|mhm|hmm*|um)-(?:hm+|huh|mm+|hmm*|uh|um)\b", " "),
        (r"\b(?:u+h+m*|u+m+|e+r+m*|a+h+|hm+|m{2,}|mhm|uhuh|huh|oh|ooh|aw+)(?![\w'])", " "),
        (r"\b(\d{1,2}):00\b", r"\1"),
        (r"\b(\d{1,2}):(\d\d)\b", r"\1\2"),
        (r"\b([ap])\.\s?m\b\.?", r"\1m"),
        (r"(?<=\d)(?=[ap]m\b)", " "),
        (r"\bcannot\b", "can not"),
        (r"\balright\b", "all right"),
        (r"\bno\.(?=\s|$)", "no ."),
        (r"\bninth\b", "9th"),
        (r"\ba (?=(?:hundred|thousand|million)\b)", "one "),
        (r"(?<=\d)(?=(?:mg|milligrams?)\b)", " "),
        (r"\bmilligrams?\b", "mg"),
        (r"\bo'clock\b", " "),
        (r"(?<=[a-z]{2})(?=\d)", " "),
        (r"[.,;:!?](?=\s|$)", f" {_CLAUSE} "),
    )
]


def talk(texts: Sequence[str]) -> list[list[str]]:
    """The words of each utterance after our rules and Whisper's English normalizer (`TALK_NORMALIZER`)."""
    return _normalized([_before(text) for text in texts])


def whisper(texts: Sequence[str]) -> list[list[str]]:
    """The words of each utterance after Whisper's English normalizer alone (`WHISPER_NORMALIZER`)."""
    return _normalized([text.lower() for text in texts])


def _before(text: str) -> str:
    text = text.lower()
    for pattern, replacement in _BEFORE:
        text = pattern.sub(replacement, text)
    return text


def _normalized(texts: Sequence[str]) -> list[list[str]]:
    """One pass over all utterances: the normalizer's fifty patterns cost more to start than to run."""
    whole = _english()(f" {_UTTERANCE} ".join(texts)).split()
    utterances: list[list[str]] = [[]]
    for word in whole:
        if word == _UTTERANCE:
            utterances.append([])
        elif word != _CLAUSE:
            utterances[-1].append(word)
    return utterances


@functools.cache
def _english() -> Callable[[str], str]:
    from whisper_normalizer.english import EnglishTextNormalizer

    normalizer: Callable[[str], str] = EnglishTextNormalizer()
    return normalizer

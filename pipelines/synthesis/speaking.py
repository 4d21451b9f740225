"""Text as a voice speaks it: sentences of phonemes, numbers, drugs and scales read as a clinician reads them."""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path
from typing import Any

from pipelines.records import InputError
from pipelines.synthesis.hums import HUMS, split_hums

MAX_PHONEMES = 480
"""Phonemes that the voice model takes at once (it has 510 places)."""

TOGETHER = 180
"""Phonemes up to which short sentences are spoken together."""

_BRITISH = {"O": "Q", "æ": "a", "ɜɹ": "ɜː", "ɔɹ": "ɔː", "ɑɹ": "ɑː", "əɹ": "ə"}  # before a consonant, as in most of ours
_WILL = re.compile(r"\b(?!(?:I|you|he|she|it|we|they|that|there|this|who|what)'ll\b)(\w+)'ll\b", re.IGNORECASE)

# "I said no." is an answer; the normalizer reads the short form of "number". A word unknown to it stands in.
_ANSWER, _NO = re.compile(r"\bno(?=\.(?:\s|$))"), "nohno"


class Speaking:
    """Turns text into phonemes; `british` for voices from Britain.

    Raises:
        InputError: the package with the phonemes is not installed.
    """

    def __init__(self, *, british: bool = False) -> None:
        try:
            from hibari.g2p import G2P
            from hibari.g2p.normalize import normalize
            from hibari.tts import Hibari
        except ImportError:
            raise InputError("the voices' phonemes are not installed; run: pip install 'notebench[voices]'") from None
        self._british = british
        self._g2p: Any = G2P(british=british)
        self._normalize: Any = normalize
        self._sentences: Any = Hibari.split_sentences

    def sentences(self, text: str) -> list[str]:
        """The phonemes of the text in breaths: short sentences together, none longer than `MAX_PHONEMES`.

        Hums that a sentence starts with stand by themselves, as names of `HUMS`.
        """
        pieces: list[str] = []
        for sentence in self._sentences(text):
            hums, rest = split_hums(sentence)
            pieces += [*hums, *([self._phonemes(rest)] if rest else [])]
        return breaths(pieces)

    def _phonemes(self, sentence: str) -> str:
        plain = re.sub(r"\$(\d[\d,.]*\d|\d)", r"\1 dollars", _WILL.sub(r"\1 will", sentence))
        read_as, sounds = _pronunciations()
        for word, reading in read_as.items():
            plain = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", reading, plain)
        plain = self._normalize(_ANSWER.sub(_NO, plain)).replace("...", "…")
        linked = _sounded_words().sub(lambda found: self._link(found, sounds), plain)
        return str(self._g2p(linked, normalize_text=False)).strip()

    def _link(self, found: re.Match[str], sounds: dict[str, str]) -> str:
        phonemes = sounds[found["word"].lower()]
        if found["possessive"]:
            phonemes += "ᵻz" if phonemes[-1] in "szʃʒ" else "s" if phonemes[-1] in "ptkfθ" else "z"
        if self._british:
            for american, british in _BRITISH.items():
                phonemes = phonemes.replace(american, british)
        return f"[{found[0]}](/{phonemes}/)"


def breaths(sentences: list[str], together: int = TOGETHER) -> list[str]:
    """Sentences joined to at most `together` phonemes: the model says a lone "Oh." badly, and in context well."""
    joined: list[str] = []
    for sentence in (chunk for phonemes in sentences for chunk in chunks(phonemes) if chunk):
        hum = sentence in HUMS or (joined and joined[-1] in HUMS)
        if joined and not hum and len(joined[-1]) + len(sentence) < together:
            joined[-1] += " " + sentence
        else:
            joined.append(sentence)
    return joined


def chunks(phonemes: str, most: int = MAX_PHONEMES) -> list[str]:
    """A sentence in pieces of at most `most` phonemes, broken at its clauses, else between words."""
    if len(phonemes) <= most:
        return [phonemes]
    cut = max(phonemes.rfind(mark, 1, most) for mark in ",;:—…")
    if cut < most // 3:
        cut = phonemes.rfind(" ", 1, most)
    cut = cut if cut > 0 else most - 1
    return [phonemes[: cut + 1].strip(), *chunks(phonemes[cut + 1 :].strip(), most)]


@functools.cache
def _pronunciations() -> tuple[dict[str, str], dict[str, str]]:
    table = tomllib.loads(Path(__file__).with_name("pronunciations.toml").read_text(encoding="utf-8"))
    return table["read_as"], table["sounds"]


@functools.cache
def _sounded_words() -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, _pronunciations()[1]), key=len, reverse=True))
    return re.compile(rf"(?<![\w\[])(?P<word>{words})(?P<possessive>'s)?(?!\w)", re.IGNORECASE)

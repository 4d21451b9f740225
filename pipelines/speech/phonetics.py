"""How alike two spellings sound in English: a rough phonetic spelling and a weighted edit distance over it.

A recogniser that does not know a word writes others that sound like it ("searcher line" for "sertraline"). What it
wrote and what was said then share their consonants, in order, and differ in vowels and in where words begin. The rules
below keep that much and no more; they are no pronouncing dictionary.
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

_LETTERS = "ay bee see dee ee eff jee aych eye jay kay ell em en oh pee kyu ar ess tee yu vee dubbelyu eks wy zee"
_LETTER_NAMES = dict(zip("abcdefghijklmnopqrstuvwxyz", _LETTERS.split(" "), strict=True))
_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
# Spelling to sound, applied in this order. Capitals are sounds of their own: S as in shoe, C as in chew, T as in thin.
_RULES = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:ps)", "s"),
        (r"^(?:kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^x", "z"),
        (r"tch", "C"),
        (r"sch", "sk"),
        (r"(?:ti|si|ci|shi)(?=[aou])", "S"),
        (r"sh", "S"),
        (r"ch(?=[rl])", "k"),
        (r"ch", "C"),
        (r"tu(?=[aeiou])", "C"),
        (r"ph", "f"),
        (r"gh", ""),
        (r"th", "T"),
        (r"wh", "w"),
        (r"dg", "j"),
        (r"ck|cc(?![eiy])", "k"),
        (r"c(?=[eiy])", "s"),
        (r"c|q", "k"),
        (r"g(?=[eiy])", "j"),
        (r"ng\b", "n"),
        (r"x", "ks"),
        (r"(?<=[a-zCST])e$", ""),
        (r"(?<=[aeiou])w", "u"),
        (r"[aeiouy]+", "a"),
        (r"(.)\1+", r"\1"),
    )
]
_ALIKE = ("pb", "td", "kg", "sz", "fv", "mn", "lr", "SCj", "sS", "zj", "Tt", "Tf", "Td", "zS", "tC", "vb", "tS")
_NEAR = {a + b: 0.35 for group in _ALIKE for a in group for b in group if a != b}
_WEAK = {"a": 0.3, "h": 0.4, "r": 0.6, "w": 0.6}  # sounds that come and go: dropping or adding one costs this much


@lru_cache(maxsize=20_000)
def sounds(text: str) -> str:
    """A rough phonetic spelling of words, without breaks between words. Acronyms are spelled out."""
    words = re.findall(r"[^\W\d_]+|\d", text.replace("'", "").replace("’", ""))
    return re.sub(r"(.)\1+", r"\1", "".join(_word_sounds(word) for word in words))


def _word_sounds(word: str) -> str:
    if word.isdigit():
        word = _DIGITS[int(word)]
    elif word.isupper() and (len(word) <= 2 or not re.search("[AEIOUY]", word)):
        return "".join(_word_sounds(_LETTER_NAMES.get(letter, "")) for letter in word.lower())
    spelled = word.lower()
    for pattern, sound in _RULES:
        spelled = pattern.sub(sound, spelled)
    return spelled


def distance(heard: str, listed: str, limit: float = 1.0) -> float:
    """How far apart two phonetic spellings are: 0 alike, about 1 nothing in common.

    Edits are weighted (a vowel for a vowel costs nothing, a `t` for a `d` little), and divided by the weight of
    `listed`. Beyond `limit` only that it is beyond is computed.
    """
    added = [_WEAK.get(sound, 1.0) for sound in listed]
    row = [0.0, *itertools.accumulate(added)]
    weight = row[-1]
    for left in heard:
        dropped = _WEAK.get(left, 1.0)
        previous, row = row, [row[0] + dropped]
        for column, right in enumerate(listed):
            row.append(
                min(
                    previous[column] + (0.0 if left == right else _NEAR.get(left + right, 1.0)),
                    previous[column + 1] + dropped,
                    row[-1] + added[column],
                )
            )
        if min(row) > limit * weight:
            return 1.0
    return row[-1] / weight if weight else 1.0

"""A second look at words that were not understood, with the words worth listening for in mind.

Naming those words to the recogniser beforehand makes it lose whole stretches of speech. So it decodes without them, and
only afterwards is a place looked at again where it was unsure *and* what it wrote sounds like a listed word. There the
sound itself decides: the recogniser, told that the word may come, must find the sentence with the listed word more
likely than the sentence it wrote. Nothing else of the text can change, and no decoding is repeated: the two sentences
are scored against the sound that is already encoded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipelines.phonetics import distance, sounds
from pipelines.speech import Word

LONGEST_SPAN = 4
"""Words that one misheard word may have become."""
SURE = 0.95
"""A word at least this probable is not looked at again."""
NEAREST, REACH = 0.10, 0.32
"""A listed word is considered up to the phonetic distance `NEAREST + REACH * (1 - probability)`."""
GAIN = 0.5
"""How much more likely (natural logarithm) the sound must make the listed word."""
TRIES = 2
"""Listed words that are scored for one place."""
_SHORTEST = 5  # sounds; anything sounds like a shorter word
_CLASSES = str.maketrans("bdTgzSCjvnl", "pttkssssfmr")

Score = Callable[[str, str, str], float]
"""(written, proposed, listed word) → log likelihood of the proposed text minus that of the written one."""


@dataclass(frozen=True)
class Candidate:
    """`words[start:end]` may have been `listed`."""

    start: int
    end: int
    listed: str
    distance: float

    def overlaps(self, other: Candidate) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class _Listed:
    text: str
    sounds: str
    classes: Counter[str]
    letters: str


class SecondLook:
    """Finds doubtful places and mends them. Built once a session from the words to listen for."""

    def __init__(self, listen_for: Sequence[str]) -> None:
        self._listed = [
            _Listed(text, key, Counter(key.translate(_CLASSES)), _letters(text))
            for text in listen_for
            if (key := sounds(text))
        ]
        self._by_letters = {listed.letters: listed.text for listed in reversed(self._listed)}

    def mend(self, words: Sequence[Word], score: Score) -> tuple[list[Word], int]:
        """The words with what was misheard replaced, and how many places that were.

        `score` is asked only for places in doubt.
        """
        mended = self._respell(list(words))
        taken: list[Candidate] = []
        tried: list[Candidate] = []
        for candidate in self.candidates(mended):
            if any(candidate.overlaps(other) for other in taken):
                continue
            if sum(candidate.overlaps(other) for other in tried) >= TRIES:
                continue
            tried.append(candidate)
            written, proposed = _texts(mended, candidate)
            gain = score(written, proposed, candidate.listed)
            if gain >= GAIN:
                taken.append(candidate)
        for candidate in sorted(taken, key=lambda c: -c.start):
            mended[candidate.start : candidate.end] = [
                _joined(mended[candidate.start : candidate.end], candidate.listed)
            ]
        return mended, len(taken)

    def candidates(self, words: Sequence[Word]) -> list[Candidate]:
        """Places in doubt that sound like a listed word, the likest first."""
        known = [self._by_letters.get(_letters(word.text)) is not None for word in words]
        found: list[Candidate] = []
        for start, end in _spans(words):
            if not any(known[start:end]):
                furthest = NEAREST + REACH * (1 - min(word.probability for word in words[start:end]))
                found.extend(self._near(start, end, sounds(_core(words[start:end])), furthest))
        return sorted(found, key=lambda c: (c.distance, c.end - c.start))

    def _near(self, start: int, end: int, heard: str, furthest: float) -> Iterator[Candidate]:
        classes = Counter(heard.translate(_CLASSES))
        for listed in self._listed:
            length = len(listed.sounds)
            if (
                length < _SHORTEST
                or listed.letters.isalpha()
                and listed.text.isupper()
                or not 0.6 * length <= len(heard) <= 1.6 * length
            ):
                continue
            if (classes & listed.classes).total() < 0.6 * length:
                continue
            far = distance(heard, listed.sounds)
            if far <= furthest:
                yield Candidate(start, end, listed.text, far)

    def _respell(self, words: list[Word]) -> list[Word]:
        """Give listed acronyms and compounds their own spelling where letters and digits already agree.

        "PHQ 9" and "psycho education" are heard rightly; a plain lower-case word ("audit") is left as it is.
        """
        start = 0
        while start < len(words):
            for end in range(min(len(words), start + LONGEST_SPAN), start, -1):
                span = words[start:end]
                listed = self._by_letters.get("".join(_letters(word.text) for word in span))
                if listed and _looks_special(span) and _core(span) != listed:
                    words[start:end] = [_joined(span, listed)]
                    break
            start += 1
        return words


def _spans(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + LONGEST_SPAN) + 1):
            if min(word.probability for word in words[start:end]) < SURE:
                yield start, end


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _core(span: Sequence[Word]) -> str:
    return re.sub(r"^\W+|\W+$", "", "".join(word.text for word in span))


def _looks_special(span: Sequence[Word]) -> bool:
    return len(span) > 1 or re.search(r"\d|-|[A-Z].*[A-Z]", span[0].text) is not None


def _joined(span: Sequence[Word], listed: str) -> Word:
    """One word in place of several: their time, the punctuation around them, and a capital where a sentence starts."""
    written = "".join(word.text for word in span)
    before = re.match(r"\W*", written)
    after = re.search(r"[^\w]*$", written)
    text = (before.group() if before else " ") + listed + (after.group() if after else "")
    return replace(span[0], text=text, end=span[-1].end, probability=min(word.probability for word in span))


def _texts(words: Sequence[Word], candidate: Candidate) -> tuple[str, str]:
    span = words[candidate.start : candidate.end]
    head, tail = words[: candidate.start], words[candidate.end :]
    return (
        "".join(word.text for word in words),
        "".join(word.text for word in (*head, _joined(span, candidate.listed), *tail)),
    )

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
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from pipelines.speech.engine import Word
from pipelines.speech.phonetics import distance, sounds

LONGEST_SPAN = 4
"""Words that one misheard word may have become."""
SURE = 0.99
"""A word at least this probable is not looked at again."""
NEAREST, REACH = 0.08, 0.28
"""A listed word is considered up to the phonetic distance `NEAREST + REACH * (1 - probability)`."""
NEAREST_EXPECTED, REACH_EXPECTED = 0.18, 0.22
"""The same for words of this client's chart, which are likelier to be said."""
NEAREST_NUMBERED = 0.12
"""The same for a measure with a number in its name."""
GAIN = 2.0
"""How much more likely (natural logarithm) the sound must make the listed word ..."""
ALIKE, LENIENCE = 0.2, 14.0
"""... and less, by up to `LENIENCE`, where it sounds nearer than `ALIKE` to what was written, and that was unsure."""
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
    probability: float
    """Of the least sure of the words."""

    @property
    def needed_gain(self) -> float:
        return GAIN - LENIENCE * max(0.0, 1 - self.distance / ALIKE) * (1 - self.probability)

    def overlaps(self, other: Candidate) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class _Listed:
    text: str
    sounds: str
    consonants: Counter[str]
    expected: bool
    furthest: float

    def limit(self, probability: float) -> float:
        nearest, reach = (NEAREST_EXPECTED, REACH_EXPECTED) if self.expected else (NEAREST, REACH)
        return min(self.furthest, nearest + reach * (1 - probability))


class SecondLook:
    """Finds doubtful places and mends them. Built once a session from the words to listen for.

    Args:
        expected: those of `listen_for` that the chart names.
    """

    def __init__(self, listen_for: Sequence[str], expected: Collection[str] = ()) -> None:
        keys = {text: sounds(text) for text in listen_for}
        self._listed = [_listed(t, key, expected=t in expected) for t, key in keys.items() if len(key) >= _SHORTEST]
        self._by_letters = {_letters(text): text for text in reversed(listen_for)}

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
            if gain >= candidate.needed_gain:
                taken.append(candidate)
        for candidate in sorted(taken, key=lambda c: -c.start):
            mended[candidate.start : candidate.end] = [
                _joined(mended[candidate.start : candidate.end], candidate.listed)
            ]
        return mended, len(taken)

    def candidates(self, words: Sequence[Word]) -> list[Candidate]:
        """Places in doubt that sound like a listed word, the likest first."""
        letters = [_letters(word.text) for word in words]
        spans = list(_spans(len(words)))
        right = [span for span in spans if "".join(letters[slice(*span)]) in self._by_letters]
        known = {index for span in right for index in range(*span)}
        found: list[Candidate] = []
        for start, end in spans:
            least = min(word.probability for word in words[start:end])
            if least < SURE and known.isdisjoint(range(start, end)):
                heard = sounds(_core(words[start:end]))
                found.extend(Candidate(start, end, listed, far, least) for listed, far in self._near(heard, least))
        return sorted(found, key=lambda c: (c.distance, c.end - c.start))

    def _near(self, heard: str, probability: float) -> Iterator[tuple[str, float]]:
        consonants = _consonants(heard)
        for listed in self._listed:
            length, limit = len(listed.sounds), listed.limit(probability)
            if not 0.6 * length <= len(heard) <= 1.6 * length:
                continue
            if (listed.consonants - consonants).total() > limit * length + 1:  # cheap, and rules most of them out
                continue
            far = distance(heard, listed.sounds, limit)
            if far <= limit:
                yield listed.text, far

    def _respell(self, words: list[Word]) -> list[Word]:
        """Give listed acronyms and compounds their own spelling where letters and digits already agree.

        "PHQ 9" and "psycho education" are heard rightly; a plain lower-case word ("audit") is left as it is.
        """
        start = 0
        while start < len(words):
            for end in range(min(len(words), start + LONGEST_SPAN), start, -1):
                span = words[start:end]
                listed = self._by_letters.get("".join(_letters(word.text) for word in span))
                if listed and _may_be_respelled(span, listed):
                    words[start:end] = [_joined(span, listed)]
                    break
            start += 1
        return words


def _listed(text: str, key: str, *, expected: bool) -> _Listed:
    if not _letters(text).isalpha():
        return _Listed(text, key, _consonants(key), expected, NEAREST_NUMBERED)
    # An acronym is too short to tell by its sound unless it sounds just so.
    return _Listed(text, key, _consonants(key), expected, 0.0 if text.isupper() else 1.0)


def _consonants(key: str) -> Counter[str]:
    """The consonants of a phonetic spelling, those that are taken for each other as one."""
    return Counter(key.replace("a", "").translate(_CLASSES))


def _spans(words: int) -> Iterator[tuple[int, int]]:
    for start in range(words):
        for end in range(start + 1, min(words, start + LONGEST_SPAN) + 1):
            yield start, end


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _core(span: Sequence[Word]) -> str:
    return re.sub(r"^\W+|\W+$", "", "".join(word.text for word in span))


def _may_be_respelled(span: Sequence[Word], listed: str) -> bool:
    """Whether what is written is the listed word in another spelling, and no other words ("is I" is not "ISI")."""
    written = _core(span)
    if written == listed:
        return False
    if len(span) == 1 or listed.isupper():
        return re.search(r"\d|-|[A-Z].*[A-Z]", written) is not None and (len(span) == 1 or written.isupper())
    return True


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

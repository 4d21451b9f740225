"""A transcript as it is shown: what was heard, turn by turn, with the errors marked and the words that are missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import chain
from typing import Literal

from evals.scorers.alignment import Channel, align
from evals.scorers.normalization import talk
from pipelines.records import Transcript, Utterance

Mark = Literal["right", "substituted", "inserted", "missed"]


@dataclass
class Piece:
    """A run of words with one mark: `heard` as it stands in the transcript, `said` the reference's words."""

    mark: Mark
    heard: str = ""
    said: str = ""


@dataclass
class Turn:
    """One row; `number` is what evidence refers to, None for a gap: a voice without text.

    `start`, `end` in seconds; `words` in place of `pieces` where content is left out.
    """

    number: int | None
    speaker: str
    start: float | None
    end: float | None
    pieces: list[Piece] = field(default_factory=list)
    words: int = 0

    @property
    def errors(self) -> int:
        return sum(piece.mark != "right" for piece in self.pieces)


@dataclass(frozen=True)
class Marked:
    """All turns in order of time, and for each utterance of the reference the turns in which its words were heard."""

    turns: list[Turn]
    places: dict[int, list[int]]


def plain(utterances: Sequence[Utterance]) -> Marked:
    """A transcript that was not recognised from audio: it is its own reference."""
    turns = [Turn(i, u.speaker, u.start, u.end, [Piece("right", u.text)]) for i, u in enumerate(utterances)]
    return Marked(turns, {i: [i] for i in range(len(turns))})


def marked(transcript: Transcript, reference: Sequence[Utterance]) -> Marked:
    """What was heard, held against what was said; without a reference nothing is marked."""
    heard = transcript.utterances
    shown = plain(heard)
    places: dict[int, set[int]] = defaultdict(set)
    if reference:
        turns = [Turn(i, u.speaker, u.start, u.end) for i, u in enumerate(heard)]
        channels = _channels(reference, heard)
        marks = _Marks(heard, channels)
        for channel, owner in channels:
            marks.read(channel, owner)
            _join(places, channel, owner)
        for turn in turns:
            turn.pieces = marks.pieces(turn.number or 0)
        shown = Marked(turns + marks.unheard, {said: sorted(numbers) for said, numbers in places.items()})
    gaps = [Turn(None, gap.speaker, gap.start, gap.end) for gap in transcript.voiced_gaps]
    if gaps:
        shown = Marked(sorted(shown.turns + gaps, key=lambda turn: turn.start or 0.0), shown.places)
    return shown


def _channels(reference: Sequence[Utterance], heard: Sequence[Utterance]) -> list[tuple[Channel, tuple[int, ...]]]:
    """Each alignment, with the turn of each word that was heard: the alignment that the scores are read from."""
    if any(u.speaker == "unknown" for u in chain(reference, heard)):
        heard = [u.model_copy(update={"speaker": "unknown"}) for u in heard]
    known: dict[tuple[str, ...], list[list[str]]] = {}

    def normalize(texts: Sequence[str]) -> list[list[str]]:
        """What was heard is needed twice, and normalizing costs more than aligning."""
        key = tuple(texts)
        if key not in known:
            known[key] = talk(key)
        return known[key]

    owners = {channel.speaker: channel.utterance for channel in align(heard, [], normalize)}
    return [(channel, owners.get(channel.speaker, ())) for channel in align(reference, heard, normalize)]


def _join(places: dict[int, set[int]], channel: Channel, owner: Sequence[int]) -> None:
    for operation, a, b, c, _ in channel.spans:
        if operation in ("equal", "substitute"):
            for k in range(b - a):
                places[channel.utterance[a + k]].add(owner[c + k])


class _Marks:
    """Collects the marks of each turn's written words while the alignments are read.

    Alignments speak of normalized words ("i am 50"); a reader wants the words as written ("I'm fifty,"), so each
    normalized word is traced back to the written word it came from.
    """

    def __init__(self, heard: Sequence[Utterance], channels: Sequence[tuple[Channel, tuple[int, ...]]]) -> None:
        self.written = [u.text.split() for u in heard]
        self.wrong: dict[tuple[int, int], tuple[Mark, list[str]]] = {}
        self.missed: dict[tuple[int, int], list[str]] = defaultdict(list)
        self.unheard: list[Turn] = []
        self._normalized: dict[int, list[str]] = defaultdict(list)
        for channel, owner in channels:
            for word, turn in zip(channel.heard, owner, strict=True):
                self._normalized[turn].append(word)
        words = sorted({word for written in self.written for word in written})
        self._by_word = dict(zip(words, talk(words), strict=False))  # no words give one empty utterance
        self._origins = [self._origin(turn) for turn in range(len(heard))]

    def _origin(self, turn: int) -> list[int]:
        """For each normalized word of a turn, the index of the written word it came from."""
        pieces = [self._by_word[word] for word in self.written[turn]]
        owners = [i for i, words in enumerate(pieces) for _ in words]
        flat = [word for words in pieces for word in words]
        words = self._normalized[turn]
        if flat == words:
            return owners
        origin = [-1] * len(words)
        for a, b, size in SequenceMatcher(None, words, flat, autojunk=False).get_matching_blocks():
            origin[a : a + size] = owners[b : b + size]
        for i, found in enumerate(origin):  # a word made of several ("twenty five" → 25) stands with the one before
            if found < 0:
                origin[i] = min(origin[i - 1] + 1 if i else 0, max(0, len(self.written[turn]) - 1))
        return origin

    def read(self, channel: Channel, owner: Sequence[int]) -> None:
        position: dict[int, int] = {}
        within = []
        for turn in owner:
            within.append(position.get(turn, 0))
            position[turn] = within[-1] + 1
        for operation, a, b, c, d in channel.spans:
            if operation in ("substitute", "insert"):
                for k in range(d - c):
                    turn = owner[c + k]
                    word = self._origins[turn][within[c + k]]
                    mark: Mark = "substituted" if operation == "substitute" else "inserted"
                    said = [channel.reference[a + k]] if operation == "substitute" else []
                    self._note(turn, word, mark, said)
            elif operation == "delete":
                self._miss(channel, owner, within, (a, b, c))

    def _note(self, turn: int, word: int, mark: Mark, said: list[str]) -> None:
        known = self.wrong.get((turn, word))
        if known:
            mark = "substituted" if "substituted" in (mark, known[0]) else mark
            said = known[1] + said
        self.wrong[turn, word] = (mark, said)

    def _miss(self, channel: Channel, owner: Sequence[int], within: Sequence[int], place: tuple[int, int, int]) -> None:
        """Words that were said and not heard stand where they were said: with the next word of their utterance, else
        after the word before them."""
        a, b, c = place
        said = list(channel.reference[a:b])
        if not owner:
            self.unheard.append(Turn(None, channel.speaker, None, None, [Piece("missed", said=" ".join(said))]))
            return
        follows = b < len(channel.utterance) and channel.utterance[b] == channel.utterance[a]
        if c == 0 or (follows and c < len(owner)):
            self.missed[owner[c], self._origins[owner[c]][within[c]]] += said
        else:
            self.missed[owner[c - 1], self._origins[owner[c - 1]][within[c - 1]] + 1] += said

    def pieces(self, turn: int) -> list[Piece]:
        pieces: list[Piece] = []
        for i in range(len(self.written[turn]) + 1):
            if missed := self.missed.get((turn, i)):
                pieces.append(Piece("missed", said=" ".join(missed)))
            if i < len(self.written[turn]):
                mark, said = self.wrong.get((turn, i), ("right", []))
                pieces.append(Piece(mark, self.written[turn][i], " ".join(said)))
        return _joined(pieces)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one mark as one piece; an insertion beside a substitution is one misheard stretch."""
    joined: list[Piece] = []
    for piece in pieces:
        marks = {piece.mark, joined[-1].mark} if joined else set()
        if len(marks) == 1 or ("substituted" in marks and "right" not in marks):
            before = joined.pop()
            mark: Mark = piece.mark if len(marks) == 1 else "substituted"
            heard, said = f"{before.heard} {piece.heard}".strip(), f"{before.said} {piece.said}".strip()
            joined.append(Piece(mark, heard, said))
        else:
            joined.append(piece)
    return joined

"""A reference and what was heard, word by word: one alignment from which every transcription score is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Literal, cast

from evals.scorers.normalization import Normalize, talk
from pipelines.records import Speaker, Utterance

Operation = Literal["equal", "substitute", "delete", "insert"]


@dataclass(frozen=True)
class Span:
    """A run of words with one operation. `reference` and `heard` are the words, each empty where there are none."""

    operation: Operation
    reference: tuple[str, ...]
    heard: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """Words substituted, deleted, inserted, and words in the reference."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference: int = 0

    @property
    def errors(self) -> int:
        return self.substitutions + self.deletions + self.insertions


@dataclass(frozen=True)
class Channel:
    """One speaker's words and their alignment.

    A span is (operation, start and end in `reference`, start and end in `heard`); `utterance` holds for each reference
    word its utterance in the reference. The speaker is unknown where all were compared as one.
    """

    speaker: Speaker
    reference: tuple[str, ...]
    heard: tuple[str, ...]
    spans: tuple[tuple[Operation, int, int, int, int], ...]
    utterance: tuple[int, ...]

    @property
    def counts(self) -> Counts:
        size = {"substitute": 0, "delete": 0, "insert": 0}
        for operation, start, end, heard_start, heard_end in self.spans:
            if operation != "equal":
                size[operation] += max(end - start, heard_end - heard_start)
        return Counts(size["substitute"], size["delete"], size["insert"], len(self.reference))

    def matched(self) -> tuple[set[int], set[int]]:
        """Indices of the reference words that were heard right, and of the heard words that stand right."""
        equal = [(a, b, c, d) for operation, a, b, c, d in self.spans if operation == "equal"]
        return (
            set(chain.from_iterable(range(a, b) for a, b, _, _ in equal)),
            set(chain.from_iterable(range(c, d) for _, _, c, d in equal)),
        )


def align(reference: Sequence[Utterance], heard: Sequence[Utterance], normalize: Normalize = talk) -> list[Channel]:
    """Each speaker's words against what was heard of that speaker; a speaker that neither side has is left out.

    Utterances are put in order of time, where they have times. When the speakers of what was heard are unknown (one
    mixed recording), or those of the reference are, all words are compared as one channel in order of time.
    """
    unknown = any(u.speaker == "unknown" for u in chain(reference, heard))
    speakers: list[Speaker] = ["unknown"] if unknown else ["clinician", "client"]
    channels = []
    for speaker in speakers:
        said = _of(reference, None if unknown else speaker)
        got = _of(heard, None if unknown else speaker)
        if said or got:
            channels.append(_channel(speaker, said, [u for _, u in got], normalize))
    return channels


def _of(utterances: Sequence[Utterance], speaker: Speaker | None) -> list[tuple[int, Utterance]]:
    chosen = [(i, u) for i, u in enumerate(utterances) if speaker in (None, u.speaker)]
    if all(u.start is not None for _, u in chosen):
        chosen.sort(key=lambda entry: entry[1].start or 0.0)
    return chosen


def _channel(
    speaker: Speaker, said: Sequence[tuple[int, Utterance]], got: Sequence[Utterance], normalize: Normalize
) -> Channel:
    by_utterance = normalize([u.text for _, u in said])
    reference = tuple(chain.from_iterable(by_utterance))
    utterance = tuple(chain.from_iterable([i] * len(words) for (i, _), words in zip(said, by_utterance, strict=False)))
    heard = tuple(chain.from_iterable(normalize([u.text for u in got])))
    return Channel(speaker, reference, heard, _spans(reference, heard), utterance)


def _spans(reference: Sequence[str], heard: Sequence[str]) -> tuple[tuple[Operation, int, int, int, int], ...]:
    """Through jiwer, whose command line would drop one-word lines; it refuses an empty reference."""
    if not reference:
        return (("insert", 0, 0, 0, len(heard)),) if heard else ()
    import jiwer

    result = jiwer.process_words([" ".join(reference)], [" ".join(heard)])
    return tuple(
        (cast("Operation", chunk.type), chunk.ref_start_idx, chunk.ref_end_idx, chunk.hyp_start_idx, chunk.hyp_end_idx)
        for chunk in result.alignments[0]
    )


def by_utterance(channels: Sequence[Channel], utterances: int) -> list[list[Span]]:
    """For each utterance of the reference, its words with what was heard instead, to show the errors marked.

    Words that were heard but never said stand with the utterance whose words come before them.
    """
    shown: list[list[Span]] = [[] for _ in range(utterances)]
    for channel in channels:
        for operation, start, end, heard_start, heard_end in channel.spans:
            if operation == "insert":
                shown[_place(channel, start)].append(Span("insert", (), channel.heard[heard_start:heard_end]))
                continue
            for first, last in _pieces(channel.utterance[start:end], start):
                words = () if operation == "delete" else channel.heard[heard_start + first - start :][: last - first]
                shown[channel.utterance[first]].append(Span(operation, channel.reference[first:last], words))
    return shown


def _place(channel: Channel, position: int) -> int:
    return channel.utterance[max(0, position - 1)] if channel.utterance else 0


def _pieces(utterance: Sequence[int], offset: int) -> list[tuple[int, int]]:
    """Bounds of the runs of one utterance within a span."""
    cuts = [i for i in range(1, len(utterance)) if utterance[i] != utterance[i - 1]]
    bounds = [0, *cuts, len(utterance)]
    return [(offset + a, offset + b) for a, b in pairwise(bounds)]


def total(counts: Sequence[Counts]) -> Counts:
    """Sums over channels."""
    columns = [(c.substitutions, c.deletions, c.insertions, c.reference) for c in counts]
    return Counts(*(sum(column) for column in zip(*columns, strict=True))) if columns else Counts()

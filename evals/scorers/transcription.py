"""Scores of a transcript against the reference: word error rate, clinical terms, numbers, words that nobody said."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from evals.case import Case, Scorer, Scores
from evals.metrics import metric
from evals.scorers.alignment import Channel, align, total
from evals.scorers.normalization import TALK_NORMALIZER, WHISPER_NORMALIZER, talk, whisper
from pipelines.lexicon import lexicon
from pipelines.records import Encounter, Transcript

_NEAR = 12  # words around a misplaced term in which the same term, if it was said, excuses it
# "one", "first" and "second" are pronouns, adverbs and units of time more often than they are numbers.
_NO_NUMBER = {"1", "1s", "1st", "2nd"}

TRANSCRIPT_SCORES = (
    "wer", "wer_clinician", "wer_client", "wer_whisper_normalizer", "words_lost",
    "term_error_rate", "number_error_rate", "listened_unsaid", "voiced_gap_seconds",
)  # fmt: skip


def _applies(case: Case) -> bool:
    """Only recognised speech is scored: a transcript without audio is its own reference."""
    return bool(case.encounter.transcript) and case.encounter.audio is not None


def _expects(case: Case) -> Sequence[str]:
    return TRANSCRIPT_SCORES if _applies(case) else ()


def _words_at_stake(case: Case) -> Scores:
    """What there was to hear: the weight of a failed transcription in the rates of a set."""
    nothing = Transcript(encounter_id=case.encounter.id, utterances=[], engine="", audio_seconds=0, seconds=0)
    counts = score_transcript(replace(case, transcript=nothing))
    return {name: value for name, value in counts.items() if name.startswith("reference_")}


def score_transcript(case: Case) -> Scores:
    """Rates of one encounter, and the counts behind them, from which the rates of a set are computed."""
    if case.transcript is None or not _applies(case):
        return dict.fromkeys(TRANSCRIPT_SCORES)
    reference, heard = case.encounter.transcript or [], case.transcript.utterances
    channels = align(reference, heard, talk)
    counts = total([c.counts for c in channels])
    plain = total([c.counts for c in align(reference, heard, whisper)])
    terms = clinical_terms(case.encounter)
    scores: Scores = {
        "reference_words": counts.reference, "word_errors": counts.errors, "substitutions": counts.substitutions,
        "deletions": counts.deletions, "insertions": counts.insertions,
        "reference_words_whisper_normalizer": plain.reference, "word_errors_whisper_normalizer": plain.errors,
        "listened_unsaid": sum(len(unsaid(c, case.transcript.listened_for)) for c in channels),
        "voiced_gap_seconds": sum(gap.end - gap.start for gap in case.transcript.voiced_gaps),
    }  # fmt: skip
    for name, found in (("term", [lost_terms(c, terms) for c in channels]), ("number", map(lost_numbers, channels))):
        lost = list(found)
        scores[f"{name}_errors"] = sum(len(entry.lost) for entry in lost)
        scores[f"reference_{name}s"] = sum(entry.said for entry in lost)
    for channel in channels:
        if channel.speaker != "unknown":
            scores[f"reference_words_{channel.speaker}"] = channel.counts.reference
            scores[f"word_errors_{channel.speaker}"] = channel.counts.errors
    return scores | _rates(scores)


def _rates(scores: Scores) -> Scores:
    """The ratio of each pair of counts; None where nothing could be got wrong."""
    rates: Scores = {}
    for name in TRANSCRIPT_SCORES:
        ratio = metric(name).ratio
        if ratio:
            errors, said = scores.get(ratio[0]), scores.get(ratio[1])
            rates[name] = errors / said if said and errors is not None else None
    return rates


@dataclass(frozen=True)
class Lost:
    """Of the `said` occurrences in the reference, those that were misheard (their words)."""

    said: int
    lost: tuple[str, ...]


def clinical_terms(encounter: Encounter) -> tuple[tuple[str, ...], ...]:
    """Normalized words of each medication, measure and intervention of lexicon and chart, and each diagnosis."""
    words = lexicon()
    named: list[str] = [*words.medications, *words.measures, *words.interventions]
    if encounter.chart:
        named += [_drug(medication) for medication in encounter.chart.medications]
        named += [diagnosis.name for diagnosis in encounter.chart.diagnoses]
        named += [i for goal in encounter.chart.treatment_plan.goals for i in goal.interventions]
    return _normalized_terms(tuple(dict.fromkeys(named)))


@functools.lru_cache(maxsize=512)
def _normalized_terms(named: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(dict.fromkeys(tuple(words) for words in talk(named) if words))


def _drug(medication: str) -> str:
    """The name without dose and schedule: "sertraline 50 mg daily" is listened for as sertraline."""
    return re.split(r"\s+\d", medication, maxsplit=1)[0]


def lost_terms(channel: Channel, terms: Iterable[tuple[str, ...]]) -> Lost:
    """Terms of the reference of which not every word was heard in its place."""
    right, _ = channel.matched()
    found = occurrences(channel.reference, terms)
    return Lost(
        len(found), tuple(" ".join(channel.reference[a:b]) for a, b in found if not right.issuperset(range(a, b)))
    )


def lost_numbers(channel: Channel) -> Lost:
    """Numbers of the reference that were not heard in their place; "one", "first" and "second" are not counted."""
    right, _ = channel.matched()
    said = [i for i, word in enumerate(channel.reference) if word[:1].isdigit() and word not in _NO_NUMBER]
    return Lost(len(said), tuple(channel.reference[i] for i in said if i not in right))


def unsaid(channel: Channel, listened_for: Sequence[str]) -> list[str]:
    """Words listened for that stand in what was heard and that nobody said there.

    A term that does not stand right, but was said within a dozen words, was heard and only misplaced.
    """
    terms = _normalized_terms(tuple(dict.fromkeys(listened_for)))
    _, right = channel.matched()
    invented = []
    for a, b in occurrences(channel.heard, terms):
        if right.issuperset(range(a, b)):
            continue
        place = next((start for _, start, _, first, last in channel.spans if first <= a < last), len(channel.reference))
        nearby = channel.reference[max(0, place - _NEAR) : place + _NEAR + b - a]
        if not occurrences(nearby, [channel.heard[a:b]]):
            invented.append(" ".join(channel.heard[a:b]))
    return invented


def occurrences(words: Sequence[str], terms: Iterable[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Bounds of the terms in a text, longest first at each place and without overlap; a plural s may follow."""
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for term in terms:
        for form in (term, (*term[:-1], f"{term[-1]}s")):
            by_first.setdefault(form[0], []).append(form)
    found: list[tuple[int, int]] = []
    position = 0
    while position < len(words):
        fits = [t for t in by_first.get(words[position], ()) if tuple(words[position : position + len(t)]) == t]
        length = max(map(len, fits), default=0)
        if length:
            found.append((position, position + length))
        position += max(1, length)
    return found


transcription = Scorer(
    "transcription", f"1 ({TALK_NORMALIZER}; {WHISPER_NORMALIZER})", score_transcript, _expects, _words_at_stake
)
TRANSCRIPT_SCORERS = (transcription,)

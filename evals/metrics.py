"""What each score means: which way is better, how it is averaged, and what a failure counts as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Metric:
    """One named score.

    `worst` is what a failed case counts as in the mean: 0 where higher is better, 1 for a share where lower is better
    (a failed transcription has a word error rate of 1). None: the score has no worst value (a count, a length), so a
    failed case is counted beside the mean and does not move it. `ratio` names two scores whose sums are divided;
    without it the metric is the mean of the cases' values.
    """

    name: str
    better: Better
    label: str
    worst: float | None = None
    ratio: tuple[str, str] | None = None


def _share_lost(name: str, label: str, errors: str, total: str) -> Metric:
    return Metric(name, "lower", label, 1.0, (errors, total))


def _quality(name: str, label: str) -> Metric:
    return Metric(name, "higher", label, 0.0)


_METRICS = {
    m.name: m
    for m in (
        _share_lost("wer", "Word error rate", "word_errors", "reference_words"),
        _share_lost(
            "wer_clinician", "Word error rate, clinician", "word_errors_clinician", "reference_words_clinician"
        ),
        _share_lost("wer_client", "Word error rate, client", "word_errors_client", "reference_words_client"),
        _share_lost(
            "wer_whisper_normalizer",
            "Word error rate, Whisper's own normalizer",
            "word_errors_whisper_normalizer",
            "reference_words_whisper_normalizer",
        ),
        _share_lost("words_lost", "Words lost", "deletions", "reference_words"),
        _share_lost("term_error_rate", "Clinical terms misheard", "term_errors", "reference_terms"),
        _share_lost("number_error_rate", "Numbers misheard", "number_errors", "reference_numbers"),
        Metric("listened_unsaid", "lower", "Words listened for that nobody said"),
        Metric("voiced_gap_seconds", "lower", "Voice without text (seconds)"),
        _quality("adherence", "Template adherence"),
        _quality("settings_obeyed", "Settings obeyed"),
        _quality("grounding", "Sentences with evidence"),
        _quality("fact_recall", "Facts held"),
        _quality("fact_recall_critical", "Critical facts held"),
        Metric("facts_contradicted", "lower", "Facts contradicted"),
        _quality("rouge1", "ROUGE-1"),
        _quality("rouge2", "ROUGE-2"),
        _quality("rougeLsum", "ROUGE-Lsum"),
        Metric("words", "neither", "Words in the note"),
    )
}


_FAMILIES = {"adherence_": "Rule", "settings_": "Setting"}


def metric(name: str) -> Metric:
    """The meaning of a score; each adherence rule is a score `adherence_<rule>` of its own, each setting `settings_…`.

    Raises:
        KeyError: a count that only serves a ratio, or an unknown name.
    """
    for family, label in _FAMILIES.items():
        if name.startswith(family):
            return _METRICS.get(name) or _quality(name, f"{label}: {name.removeprefix(family).replace('_', ' ')}")
    return _METRICS[name]


def is_metric(name: str) -> bool:
    return name.startswith(tuple(_FAMILIES)) or name in _METRICS

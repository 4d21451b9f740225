"""Overlap with the reference note: ROUGE by the `rouge-score` package, F-measure, no stemmer."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from evals.case import Case, Scorer, Scores
from pipelines.source import split_sentences

ROUGE_SCORES = ("rouge1", "rouge2", "rougeLsum")


def _reference(case: Case) -> dict[str, str]:
    return case.encounter.notes.get(case.format or "", {})


def _expects(case: Case) -> Sequence[str]:
    return ROUGE_SCORES if _reference(case) else ()


def score_overlap(case: Case) -> Scores:
    """ROUGE-1, -2 and -Lsum of the note's sections with the reference's; Lsum takes a sentence a line."""
    if case.note is None or not _expects(case):
        return dict.fromkeys(ROUGE_SCORES)
    result = _rouge().score(_lines(_reference(case)), _lines(case.note.sections))
    return {name: float(result[name].fmeasure) for name in ROUGE_SCORES}


def _lines(sections: dict[str, str]) -> str:
    return "\n".join(sentence for text in sections.values() for sentence in split_sentences(text))


@functools.cache
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(list(ROUGE_SCORES), use_stemmer=False, split_summaries=False)


overlap = Scorer("overlap", "1 (rouge-score, F-measure, no stemmer)", score_overlap, _expects)

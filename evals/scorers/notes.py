"""Scores of a note by itself and against its source: template rules, evidence, length."""

from __future__ import annotations

from collections.abc import Sequence

from evals.case import Case, Scorer, Scores
from evals.facts import facts
from evals.scorers.overlap import overlap
from evals.scorers.settings import settings
from pipelines.checking.adherence import VERSION as ADHERENCE_VERSION
from pipelines.checking.adherence import check_adherence
from pipelines.checking.evidence import VERSION as EVIDENCE_VERSION
from pipelines.source import source_of


def _adherence_expects(case: Case) -> Sequence[str]:
    rules = case.template.rules if case.template else ()
    return ("adherence", *(f"adherence_{rule}" for rule in rules)) if rules else ()


def score_adherence(case: Case) -> Scores:
    """One score a rule of the template, 1 kept and 0 broken, and their mean; a rule that does not apply has none."""
    if case.note is None or case.template is None:
        return dict.fromkeys(_adherence_expects(case))
    heard = case.transcript.utterances if case.transcript else None
    source = source_of(case.encounter, case.note.source, heard)
    results = check_adherence(case.note.sections, case.template, source, case.style)
    scores: Scores = {f"adherence_{r.rule}": None if r.kept is None else float(r.kept) for r in results}
    judged = [value for value in scores.values() if value is not None]
    return scores | {"adherence": sum(judged) / len(judged) if judged else None}


def score_grounding(case: Case) -> Scores:
    """Share of the note's sentences that rest on transcript, summary or chart, as its evidence says."""
    if case.note is None or not case.note.evidence:
        return {"grounding": None}
    supported = sum(evidence.kind != "unsupported" for evidence in case.note.evidence)
    return {"grounding": supported / len(case.note.evidence)}


def score_length(case: Case) -> Scores:
    """Words in all sections: no measure of quality, but the control that every other score is held against."""
    note = case.note
    return {"words": float(sum(len(text.split()) for text in note.sections.values())) if note else None}


adherence = Scorer("adherence", f"1 (rules {ADHERENCE_VERSION})", score_adherence, _adherence_expects)
grounding = Scorer("grounding", f"1 (evidence {EVIDENCE_VERSION})", score_grounding, lambda _: ("grounding",))
length = Scorer("length", "1", score_length, lambda _: ("words",))
NOTE_SCORERS = (adherence, grounding, facts, overlap, length)
DRAFT_SCORERS = (*NOTE_SCORERS, settings)
"""Of our own drafts: what people wrote elsewhere was not told our settings."""

"""Scores of a note against its settings: one a setting, `settings_<name>`, and their mean, `settings_obeyed`."""

from __future__ import annotations

from collections.abc import Sequence

from evals.case import Case, Scorer, Scores
from pipelines.checking.obedience import CHECKS, VERSION, check_settings
from pipelines.source import source_of

SETTINGS_SCORES = ("settings_obeyed", *(f"settings_{name}" for name in CHECKS))


def score_settings(case: Case) -> Scores:
    """1 obeyed, 0 not; None where a setting has nothing to decide."""
    if case.note is None or case.template is None:
        return dict.fromkeys(SETTINGS_SCORES)
    heard = case.transcript.utterances if case.transcript else None
    source = source_of(case.encounter, case.note.source, heard)
    results = check_settings(case.note.sections, case.template, source, case.style)
    scores: Scores = {f"settings_{r.rule}": None if r.kept is None else float(r.kept) for r in results}
    judged = [value for value in scores.values() if value is not None]
    return scores | {"settings_obeyed": sum(judged) / len(judged) if judged else None}


def _expects(case: Case) -> Sequence[str]:
    return SETTINGS_SCORES if case.template else ()


settings = Scorer("settings", f"1 (checks {VERSION})", score_settings, _expects)

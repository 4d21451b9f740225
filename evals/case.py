"""One case of an evaluation and how it is scored: a scorer that crashes becomes a failure of its scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.note_settings import NoteSettings
from pipelines.records import Encounter, Failure, Note, SourceKind, Transcript
from pipelines.templates import Template

Scores = dict[str, float | None]
"""Score → value; None: not applicable to this case."""


@dataclass(frozen=True)
class Case:
    """Everything a scorer may look at.

    Args:
        encounter: the reference.
        transcript: what the engine wrote; None: it was not asked to.
        note: the draft; None: none was asked for.
        failure: why transcript or note is missing although it was asked for.
        format, source: of the note that was asked for.
        template: of the format; adherence needs it.
        style: how the practice wants the note.
    """

    encounter: Encounter
    transcript: Transcript | None = None
    note: Note | None = None
    failure: Failure | None = None
    format: str | None = None
    source: SourceKind | None = None
    template: Template | None = None
    style: NoteSettings = field(default_factory=NoteSettings)


@dataclass(frozen=True)
class Scorer:
    """A named, versioned function of a case.

    `expects` names the scores that this encounter should get: they count as failed when transcript or note is missing
    because of a failure, or when the scorer crashes. What it does not name is not applicable then. `at_stake` gives a
    failed case its weight in scores that are ratios of sums.
    """

    name: str
    version: str
    score: Callable[[Case], Scores]
    expects: Callable[[Case], Sequence[str]]
    at_stake: Callable[[Case], Scores] | None = None


@dataclass(frozen=True)
class CaseScores:
    """The scores of one case. A name in `failures` has no value, and counts as the metric's worst in a mean."""

    encounter_id: str
    format: str | None = None
    source: SourceKind | None = None
    scores: Scores = field(default_factory=dict)
    failures: Mapping[str, Failure] = field(default_factory=dict)

    @property
    def failure(self) -> Failure | None:
        """The first failure, None where everything was scored."""
        return next(iter(self.failures.values()), None)


def score_case(case: Case, scorers: Sequence[Scorer]) -> CaseScores:
    """All scores of one case. No exception leaves a scorer; its text is not kept, since it may hold session content."""
    scores: Scores = {}
    failures: dict[str, Failure] = {}
    for scorer in scorers:
        if case.failure is not None:
            failures |= dict.fromkeys(scorer.expects(case), case.failure)
            scores |= scorer.at_stake(case) if scorer.at_stake else {}
            continue
        try:
            scores |= scorer.score(case)
        except Exception as error:  # noqa: BLE001 a scorer may fail in any way; its case must not vanish
            failures |= dict.fromkeys(scorer.expects(case), _crashed(case, scorer, error))
    return CaseScores(case.encounter.id, case.format, case.source, scores, failures)


def _crashed(case: Case, scorer: Scorer, error: Exception) -> Failure:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace else ""
    return Failure(
        encounter_id=case.encounter.id,
        stage="score",
        type=type(error).__name__,
        message=f"scorer {scorer.name} {scorer.version} stopped{place}",
        remedy="report this with the record's shape; the other scores stand",
        format=case.format,
        source=case.source,
    )


def versions(scorers: Sequence[Scorer]) -> dict[str, str]:
    """Scorer → version: part of the key of a cached score, so that old and new scores never mix."""
    return {scorer.name: scorer.version for scorer in scorers}

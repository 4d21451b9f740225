"""Each note score against the stars that people gave, with the raters' own agreement as the ceiling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from evals.association import correlations, ordinal_alpha, partial_spearman
from evals.case import CaseScores
from evals.metrics import is_metric
from pipelines.records import Encounter, Failure, Note, Rating

CONTROL = "words"
"""The score that every other is held against: longer notes get more stars whatever they say."""

NOT_YET = ("predicted_stars", "checklist", "support", "gaming")
"""Keys of the full form of `correlate --json` that this version does not compute; `absent` in its output names them."""


@dataclass(frozen=True)
class RatedNote:
    """One note with the stars of all its raters (1 to 5)."""

    note: Note
    system: str
    stars: tuple[float, ...]
    raters: tuple[str, ...]
    simulated: bool

    @property
    def mean_stars(self) -> float:
        return sum(self.stars) / len(self.stars)


def rated_notes(ratings: Iterable[Rating]) -> list[RatedNote]:
    """The notes that were rated, in the order of their first rating: one a encounter, format and system."""
    groups: dict[tuple[str, str, str], list[Rating]] = {}
    for rating in ratings:
        groups.setdefault((rating.encounter_id, rating.format, rating.system), []).append(rating)
    return [_rated_note(group) for group in groups.values()]


def _rated_note(group: Sequence[Rating]) -> RatedNote:
    first = group[0]
    note = Note(
        encounter_id=first.encounter_id,
        format=first.format,
        source="transcript",
        sections=first.sections,
        text="\n\n".join(first.sections.values()),
        program=first.system,
    )
    simulated = any(bool((rating.model_extra or {}).get("simulated")) for rating in group)
    return RatedNote(note, first.system, tuple(r.stars for r in group), tuple(r.rater for r in group), simulated)


def correlate(
    notes: Sequence[RatedNote], rows: Sequence[CaseScores], failures: Sequence[Failure] = ()
) -> dict[str, Any]:
    """What `notebench correlate --json` prints: `notes`, `raters`, `ceiling`, `metrics`, and what is left out.

    Args:
        rows: the scores of each note, in the order of `notes`. Scores that no note has are left out of `metrics`.
        failures: ratings that could not be used, beside the failures of `rows`.

    Returns:
        `metrics` maps each score to `spearman`, `kendall`, `pearson` with the mean stars of each note, and
        `spearman_given_words`, each {"value", "low", "high", "n"}; intervals from resampled encounters.
    """
    names = sorted({name for row in rows for name in row.scores if is_metric(name)})
    metrics = {name: entry for name in names if (entry := _metric(name, notes, rows))}
    return {
        "notes": len(notes),
        "raters": len({rater for rated in notes for rater in rated.raters}),
        "simulated": any(rated.simulated for rated in notes),
        "ceiling": ceiling(notes),
        "metrics": metrics,
        "failures": [f.model_dump() for f in (*failures, *(row.failure for row in rows if row.failure))],
        "absent": list(NOT_YET),
        "pairs": [_pair(rated, row) for rated, row in zip(notes, rows, strict=True)],
    }


def _pair(rated: RatedNote, row: CaseScores) -> dict[str, Any]:
    """One note's stars beside its scores: what a scatter plot needs."""
    scores = {name: value for name, value in row.scores.items() if is_metric(name) and value is not None}
    place = {"encounter_id": rated.note.encounter_id, "format": rated.note.format, "system": rated.system}
    return place | {"stars": rated.mean_stars, "scores": scores}


def known_only(
    notes: Sequence[RatedNote], encounters: Mapping[str, Encounter]
) -> tuple[list[RatedNote], list[Failure]]:
    """The rated notes whose encounter is there, and a failure for each of the others."""
    lost = [
        Failure(
            encounter_id=rated.note.encounter_id,
            stage="score",
            type="UnknownEncounter",
            message="a rating names an encounter that is not in the data",
            remedy="give the data that the ratings were made on",
            format=rated.note.format,
        )
        for rated in notes
        if rated.note.encounter_id not in encounters
    ]
    return [rated for rated in notes if rated.note.encounter_id in encounters], lost


def _metric(name: str, notes: Sequence[RatedNote], rows: Sequence[CaseScores]) -> dict[str, Any] | None:
    """Correlations of one score over the notes that have it; None where none has."""
    scored = [(row.scores[name], row.scores.get(CONTROL), rated) for row, rated in zip(rows, notes, strict=True)
              if row.scores.get(name) is not None]  # fmt: skip
    if not scored:
        return None
    values = [value or 0.0 for value, _, _ in scored]
    stars = [rated.mean_stars for _, _, rated in scored]
    clusters = [rated.note.encounter_id for _, _, rated in scored]
    entry = {kind: found.as_json() for kind, found in correlations(values, stars, clusters).items()}
    words = [control for _, control, _ in scored if control is not None]
    if name != CONTROL and len(words) == len(values):
        entry["spearman_given_words"] = partial_spearman(values, stars, words, clusters).as_json()
    return entry


def ceiling(notes: Sequence[RatedNote]) -> dict[str, Any]:
    """How well raters agree with each other: what no score can be expected to pass by much.

    `spearman` over all pairs of raters of one note, each pair in both orders; `alpha` is Krippendorff's, ordinal.
    """
    pairs = [(one, two, rated.note.encounter_id) for rated in notes for one, two in _pairs(rated.stars)]
    both = [*pairs, *((two, one, cluster) for one, two, cluster in pairs)]
    first, second, clusters = (list(column) for column in zip(*both, strict=True)) if both else ([], [], [])
    agreement = correlations(first, second, clusters)["spearman"].as_json()
    return {"spearman": agreement | {"n": len(pairs)}, "alpha": ordinal_alpha([rated.stars for rated in notes])}


def _pairs(stars: Sequence[float]) -> Iterator[tuple[float, float]]:
    return combinations(stars, 2)

"""What the report says of the whole run: figures, tables, rules that fail, what stands out, what was not applicable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.report.header import slices as every_slice
from evals.report.numbers import Figure, figure
from evals.report.views import SessionView

SHOWN = 100  # places listed of one kind before the list says how many more there are
_RULE = "adherence_"

_GROUPS = (
    (
        "Transcription",
        ("wer", "wer_clinician", "wer_client", "wer_whisper_normalizer", "words_lost", "term_error_rate",
         "number_error_rate", "listened_unsaid", "voiced_gap_seconds"),
        "no session has both audio and a reference transcript",
    ),
    ("Facts", ("fact_recall", "fact_recall_critical", "facts_contradicted"), "the data names no facts"),
    ("Support", ("grounding",), "no note was written"),
    ("Adherence", ("adherence", "settings_obeyed"), "no note was written"),
    ("Overlap with the reference note", ("rouge1", "rouge2", "rougeLsum"), "the data has no reference notes"),
)  # fmt: skip


@dataclass(frozen=True)
class Tile:
    """One headline number; `reason` says why there is none."""

    figure: Figure
    label: str
    cases: str
    reason: str


@dataclass(frozen=True)
class Table:
    """Scores of one kind of case: a column a slice, a row a metric, in groups."""

    title: str
    columns: list[str]
    groups: list[tuple[str, list[tuple[Figure, list[Figure]]]]]


@dataclass(frozen=True)
class Rule:
    """One adherence rule over all notes; `notes` are those that break it: label, link, message."""

    label: str
    figure: Figure
    notes: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Found:
    """Places of one kind that a reader should look at: session, place, link, words (none where content is left out)."""

    title: str
    why: str
    tone: str
    places: list[tuple[str, str, str, str]]


def tiles(record: Mapping[str, Any]) -> list[Tile]:
    """The headline: what a reader wants to know first."""
    overall, slices = record.get("metrics") or {}, record.get("slices") or {}
    wanted = [
        ("wer", overall, "Word error rate", "sessions", _GROUPS[0][2]),
        ("fact_recall", slices.get("summary") or {}, "Facts held, from summary", "notes", "no facts or no summaries"),
        ("fact_recall", slices.get("transcript") or {}, "Facts held, from transcript", "notes", _GROUPS[1][2]),
        ("fact_recall_critical", overall, "Critical facts held", "notes", _GROUPS[1][2]),
        ("facts_contradicted", overall, "Contradicted facts per note", "notes", _GROUPS[1][2]),
        ("grounding", overall, "Sentences with evidence", "notes", _GROUPS[2][2]),
        ("adherence", overall, "Template rules kept", "notes", _GROUPS[3][2]),
    ]
    return [Tile(figure(name, of.get(name)), label, cases, why) for name, of, label, cases, why in wanted]


def tables(record: Mapping[str, Any], *, pairs: bool) -> list[Table]:
    """The scores of all cases beside those of each slice.

    Args:
        pairs: the slices of format and source together ("soap/summary"), else all the others.
    """
    overall = record.get("metrics") or {}
    slices = {name: of for name, of in every_slice(record).items() if ("/" in name) == pairs}
    grouped = [(title, [n for n in names if n in overall]) for title, names, _ in _GROUPS]
    known = {name for _, names in grouped for name in names}
    rest = [n for n in overall if n not in known and not n.startswith(_RULE)]
    kinds = [("Transcripts", grouped[:1]), ("Notes", [*grouped[1:], ("More", rest)])]
    built = [_table(title, groups, overall, slices) for title, groups in kinds]
    return [table for table in built if table.groups and (table.columns or not pairs)]


def _table(
    title: str, groups: Sequence[tuple[str, list[str]]], overall: Mapping[str, Any], slices: Mapping[str, Any]
) -> Table:
    shown = [(group, [n for n in names if figure(n, overall[n]).applicable]) for group, names in groups]
    every = [n for _, names in shown for n in names]
    columns = [c for c, of in slices.items() if any(figure(n, of.get(n)).applicable for n in every)]
    rows = [
        (group, [(figure(n, overall[n]), [figure(n, slices[c].get(n)) for c in columns]) for n in names])
        for group, names in shown
        if names
    ]
    return Table(title, columns, rows)


def not_applicable(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Groups of scores that no case has, each with the reason."""
    overall = record.get("metrics") or {}
    return [
        (title, reason)
        for title, names, reason in _GROUPS
        if not any(figure(name, overall.get(name)).applicable for name in names)
    ]


def sounds(sessions: Iterable[SessionView]) -> list[tuple[str, int, float, float, float]]:
    """Word error rate by how the sessions sound: sound, sessions, rate, words wrong, words said."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for session in sessions:
        errors, words = session.scores.get("word_errors"), session.scores.get("reference_words")
        if errors is not None and words:
            sums[session.sound] = [a + b for a, b in zip(sums[session.sound], (1, errors, words), strict=True)]
    rows = [(sound, int(n), errors / words, errors, words) for sound, (n, errors, words) in sums.items()]
    return sorted(rows, key=lambda row: row[2]) if len(rows) > 1 else []


def rules(record: Mapping[str, Any], sessions: Sequence[SessionView]) -> list[Rule]:
    """The adherence rules, those that fail most first."""
    broken: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for session in sessions:
        for note in session.notes:
            for rule in note.broken:
                broken[rule.name].append((f"{session.id}, {note.name}", rule.href, rule.message))
    overall = record.get("metrics") or {}
    names = [n.removeprefix(_RULE) for n in overall if n.startswith(_RULE)]
    names += [name for name in broken if name not in names]
    listed = [
        Rule(name.replace("_", " "), figure(f"{_RULE}{name}", overall.get(f"{_RULE}{name}")), broken[name])
        for name in names
    ]
    shown = [rule for rule in listed if rule.figure.applicable or rule.notes]
    return sorted(shown, key=lambda rule: (1.0 if rule.figure.value is None else rule.figure.value, -len(rule.notes)))


def found(sessions: Sequence[SessionView]) -> list[Found]:
    """What stands out, the worst kind first; kinds of which there is nothing keep their place with an empty list."""
    notes = [(session, note) for session in sessions for note in session.notes]
    return [
        Found(
            "Facts contradicted",
            "The note says the opposite of what was said.",
            "bad",
            [(s.id, n.name, f"#{n.anchor}-f{f.number}", f.text or f.id) for s, n in notes for f in n.contradicted],
        ),
        Found(
            "Sentences without support",
            "Neither the source nor the chart holds what the sentence says.",
            "bad",
            [
                (s.id, n.name, f"#{sentence.anchor}", sentence.text or f"{sentence.words} words")
                for s, n in notes
                for sentence in n.unsupported
            ],
        ),
        Found(
            "Critical facts missed",
            "A fact that a reader of the note would need is not in it.",
            "warn",
            [(s.id, n.name, f"#{n.anchor}-f{f.number}", f.text or f.id) for s, n in notes for f in n.critical],
        ),
        Found(
            "Template rules broken",
            "The note breaks a rule of its format.",
            "warn",
            [
                (s.id, n.name, r.href, f"{r.name.replace('_', ' ').capitalize()}: {r.message}".strip(": "))
                for s, n in notes
                for r in n.broken
            ],
        ),
        *_misheard(sessions),
    ]


def _misheard(sessions: Sequence[SessionView]) -> list[Found]:
    """Nothing where no speech was recognised."""
    if all(session.scores.get("wer") is None for session in sessions):
        return []
    why = "The turns of a transcript with the most errors."
    return [Found("Words misheard most", why, "warn", _worst_turns(sessions))]


def _worst_turns(sessions: Iterable[SessionView], at_most: int = 20) -> list[tuple[str, str, str, str]]:
    turns = [(s, t) for s in sessions if s.transcript and s.content for t in s.transcript.turns if t.errors >= 2]
    turns.sort(key=lambda entry: -entry[1].errors)
    return [
        (
            s.id,
            f"turn {t.number + 1}" if t.number is not None else "no turn",
            f"#{s.anchor}-t{t.number}" if t.number is not None else f"#{s.anchor}-transcript",
            "; ".join(f"{p.said or 'nothing'} → {p.heard or 'nothing'}" for p in t.pieces if p.mark != "right"),
        )
        for s, t in turns[:at_most]
    ]

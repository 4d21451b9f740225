"""From facts to the sections of a note: what goes where, and how much of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipelines.embeddings import Embedder
from pipelines.records import NoteFact
from pipelines.templates import Template, Verbosity
from pipelines.writing.extractive.select import choose
from pipelines.writing.extractive.statements import Statement, groups_within

# Words of each kind in a note of standard length.
WORDS = {
    "report": 400,
    "observation": 80,
    "intervention": 230,
    "response": 210,
    "progress": 120,
    "risk": 170,
    "plan": 240,
}
_LENGTH: Mapping[Verbosity, float] = {"brief": 1.0, "standard": 1.0, "detailed": 1.7}
# Words of all kinds together: a brief note tells the weightiest of the session, not a share of each kind.
_TOGETHER: Mapping[Verbosity, int] = {"brief": 340}
_ALWAYS = 1_000.0  # more than any weight
_WHOLE = 10_000  # a summary is a selection already
# Where a kind goes when no section of the format holds it.
_ELSE = {
    "observation": "report",
    "intervention": "observation",
    "response": "intervention",
    "risk": "progress",
    "progress": "report",
    "plan": "progress",
}


def assign(
    facts: Sequence[NoteFact],
    template: Template,
    verbosity: Verbosity,
    embedder: Embedder | None,
    *,
    summary: bool,
) -> dict[str, list[NoteFact]]:
    """The facts of each section, in the order in which its kinds are told: the weightiest that say something new.

    Args:
        facts: in the order of the session.
        summary: whether they were read from a summary; then only repetitions and what has no room are left out.
    """
    ordered = [Statement(f.kind, f.text, tuple(f.lines), f.weight, n) for n, f in enumerate(facts)]
    told = _weightiest(ordered, _TOGETHER[verbosity], embedder) if verbosity in _TOGETHER and not summary else ordered
    homes = {kind: _home(kind, template) for kind in WORDS}
    assigned: dict[str, list[NoteFact]] = {}
    for section in template.sections:
        kinds = [k for k in section.holds if homes.get(k) == section.name]
        kinds += [k for k, home in homes.items() if home == section.name and k not in kinds]
        words = {k: _WHOLE if summary else round(WORDS[k] * _LENGTH[verbosity]) for k in kinds}
        chosen = {k: choose([s for s in told if s.kind == k], words[k], embedder) for k in kinds}
        room = section.sentences[verbosity][1] - sum(kind in section.holds for kind in ("session", "diagnosis"))
        share = shares(chosen, room)
        kept = [s for k in kinds for group in groups_within(chosen[k], share[k]) for s in group]
        assigned[section.name] = [facts[int(s.order)] for s in kept]
    return assigned


def _weightiest(statements: Sequence[Statement], words: int, embedder: Embedder | None) -> list[Statement]:
    """What is told within so many words, whatever its kind; the heaviest of each kind always is."""
    heaviest: dict[str, Statement] = {}
    for statement in statements:
        if statement.kind not in heaviest or heaviest[statement.kind].weight < statement.weight:
            heaviest[statement.kind] = statement
    always = {statement.order for statement in heaviest.values()}
    raised = [replace(s, weight=s.weight + _ALWAYS) if s.order in always else s for s in statements]
    kept = {s.order for s in choose(raised, words, embedder)}
    return [s for s in statements if s.order in kept]


def shares(chosen: Mapping[str, Sequence[Statement]], room: int) -> dict[str, int]:
    """Sentences for each kind: risk, progress and observation first, the rest by how much there is."""
    share: dict[str, int] = {}
    for kind, most in (("risk", 5), ("progress", 2), ("observation", 2)):
        if kind in chosen:
            share[kind] = min(len(chosen[kind]), most, max(room, 1))
            room -= share[kind]
    rest = [kind for kind in chosen if kind not in share]
    words = {kind: sum(len(s.text.split()) for s in chosen[kind]) for kind in rest}
    for n, kind in enumerate(sorted(rest, key=lambda k: words[k])):
        left = len(rest) - n
        total = sum(words[k] for k in sorted(rest, key=lambda k: words[k])[n:]) or 1
        fair = max(1, room // left, round(room * words[kind] / total) if left > 1 else room)
        share[kind] = max(0, min(len(chosen[kind]), fair, room - (left - 1)))
        room -= share[kind]
    return share


def _home(kind: str | None, template: Template) -> str | None:
    """The section of a kind: the first that holds it, or holds the kind nearest to it; None: the format wants none."""
    while kind:
        if section := template.section_holding(kind):
            return section.name
        kind = _ELSE.get(kind)
    return None

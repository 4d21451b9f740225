"""From statements to the fields of the answer: what goes where, how much of it, in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines.embeddings import Embedder
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.writing.extractive import classify
from pipelines.writing.extractive.prompt import OutputField, Prompt
from pipelines.writing.extractive.rewrite import Person, lower_first, person_of
from pipelines.writing.extractive.select import choose, content, relatedness
from pipelines.writing.extractive.statements import Statement, finish, pack, vary
from pipelines.writing.extractive.summary import statements_from_summary
from pipelines.writing.extractive.transcript import statements_from_transcript

_WORDS = {
    "report": 400,
    "observation": 80,
    "intervention": 150,
    "response": 210,
    "progress": 120,
    "risk": 170,
    "plan": 180,
}
_WHOLE = 10_000  # a summary is a selection already
_AHEAD = re.compile(r"\b(?:client|she|he|they) (?:will|plans? to|(?:is|are) going to)\b", re.IGNORECASE)
_TOLD = re.compile(
    r"\b(?:client|she|he|they) (?:also |had |has )?(?:report|stat|said|says|tell|told|den(?:y|ie)|describ|"
    r"mention|explain)",
    re.IGNORECASE,
)
_PARAGRAPHS = (
    ("session", "diagnosis", "report", "observation"),
    ("intervention", "response"),
    ("progress", "risk"),
    ("plan",),
)


def write_fields(prompt: Prompt, embedder: Embedder | None) -> dict[str, str]:
    """A text for every output field of the prompt."""
    client = person_of(prompt.chart.first("pronouns"))
    read = statements_from_summary if prompt.is_summary else statements_from_transcript
    statements = read(prompt, client) if prompt.lines else []
    statements += _progress(prompt, statements, embedder)
    statements = [_placed(s) for s in statements]
    return {field.name: _field(field, prompt, statements, client, embedder) for field in prompt.fields}


def _field(
    field: OutputField, prompt: Prompt, statements: Sequence[Statement], client: Person, embedder: Embedder | None
) -> str:
    fixed = {
        "session": list(prompt.chart.all("session")),
        "diagnosis": [f"{d}." for d in prompt.chart.all("diagnosis")],
    }
    if len(fixed["diagnosis"]) > 1:
        fixed["diagnosis"] = ["; ".join(d.rstrip(".") for d in fixed["diagnosis"]) + "."]
    chosen: dict[str, list[Statement]] = {}
    for kind in field.holds:
        if kind not in fixed:
            if kind == "response":
                chosen[kind] = choose(_tied(statements), _WHOLE if prompt.is_summary else _WORDS[kind], embedder)
                continue
            words = _WHOLE if prompt.is_summary else _WORDS[kind]
            chosen[kind] = choose([s for s in statements if s.kind == kind], words, embedder)
    room = field.high - sum(len(fixed[k]) for k in field.holds if k in fixed)
    share = _shares(chosen, room)
    written = {
        kind: fixed[kind] if kind in fixed else vary(pack(chosen[kind], share[kind]), client) for kind in field.holds
    }
    if not any(written.values()):
        return FOR_CLINICIAN if {"progress", "diagnosis"} & set(field.holds) else NOT_ADDRESSED
    if len(field.holds) == len(_flat()):
        paragraphs = (" ".join(s for kind in group for s in written.get(kind, [])) for group in _PARAGRAPHS)
        return "\n\n".join(p for p in paragraphs if p)
    return " ".join(s for kind in field.holds for s in written[kind])


def _bears(statement: Statement) -> bool:
    """Whether a statement can show movement: it compares, or is a response or the clinician's word on it."""
    if len(statement.text.split()) > 50 or re.search(
        r"\bdenied\b|\b(?:his|her|their) (?:brother|sister|mother|father|mom|dad|wife|husband)\b", statement.text
    ):
        return False
    return statement.kind in {"progress", "observation"} or (
        statement.kind in {"report", "response"} and classify.is_compared(statement.text)
    )


def _tied(statements: Sequence[Statement]) -> list[Statement]:
    """The responses, the first of them tied to the intervention before it where none names one."""
    responses = sorted((s for s in statements if s.kind == "response"), key=lambda s: s.order)
    done = [(s.order, m.group(1)) for s in statements if s.kind == "intervention" and (m := _NAMED.match(s.text))]
    done = sorted((order, re.sub(r"^an? ", "the ", " ".join(name.split()[:6]))) for order, name in done)
    if not responses and done:
        return [Statement("response", f"How client responded to {done[-1][1]} was not recorded.", (), 1.0, 0.6)]
    named = {x for _, name in done for x in content(name)}
    if not responses or not done or any(content(s.text) & named for s in responses):
        return responses
    for n, response in enumerate(responses):
        before = [name for order, name in done if order <= response.order]
        if before:
            how = "During" if response.text.startswith(("Asked", "About")) else "In response to"
            text = f"{how} {before[-1]}, {response.text[:1].lower()}{response.text[1:]}"
            return [*responses[:n], replace(response, text=text), *responses[n + 1 :]]
    return responses


_NAMED = re.compile(
    r"Clinician (?:guided|used|examined|taught|introduced|set up|provided|reviewed|explored|took|asked) "
    r"(?!about|what|how|why|who|when|where|which|whether)([^,;:.(]+)"
)


def _placed(statement: Statement) -> Statement:
    """A response that tells speech, or looks ahead, belongs elsewhere."""
    if statement.text.startswith("Progress toward"):
        return statement
    if statement.kind in {"response", "progress"} and _AHEAD.search(statement.text):
        return statement.as_kind("plan" if statement.text.startswith("Client declined") else "report")
    if statement.kind == "response" and _TOLD.search(statement.text):
        return statement.as_kind("report")
    return statement


def _measured(statement: Statement, prompt: Prompt) -> float:
    """A score that an objective names bears on its goal."""
    if statement.kind != "observation":
        return 0.0
    name = statement.text.split(" ", 1)[0]
    return 0.25 if any(name in objective for objective in prompt.chart.all("objective")) else 0.0


def _flat() -> list[str]:
    return [kind for group in _PARAGRAPHS for kind in group]


def _shares(chosen: dict[str, list[Statement]], room: int) -> dict[str, int]:
    """Sentences for each kind: risk, progress and observation first, the rest by how much there is."""
    share: dict[str, int] = {}
    for kind, most in (("risk", 4), ("progress", 2), ("observation", 2)):
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


def _progress(prompt: Prompt, statements: Sequence[Statement], embedder: Embedder | None) -> list[Statement]:
    """The goals of the treatment plan, each with what was said that bears on it."""
    goals = prompt.chart.all("goal")
    said = [s for s in statements if s.kind == "progress"]
    compared = [s for s in statements if _bears(s)]
    found: list[Statement] = []
    used: set[str] = set()
    for goal in goals:
        about = f"{goal}. {'. '.join(prompt.chart.all('objective'))}" if len(goals) == 1 else goal
        scores = relatedness(about, [s.text for s in compared], embedder)
        scores = [score + _measured(s, prompt) for score, s in zip(scores, compared, strict=True)]
        ranked = sorted(zip(scores, compared, strict=True), key=lambda pair: -pair[0])
        best = next((s for score, s in ranked if score >= 0.22 and s.text not in used), None)
        if best is None and said:
            best = said[0]
        told = lower_first(goal.rstrip("."))
        if _AHEAD.search(told):
            told = re.split(r"\b(?:so that|in order to|without|by)\b", told)[0].strip()
        if best is None:
            if not found and goal == goals[-1]:
                found.append(
                    Statement(
                        "progress", f"Progress toward the goal to {told}: for the clinician to complete.", (), 3.0, 0.8
                    )
                )
            continue
        used.add(best.text)
        evidence = best.text.removeprefix("As to progress, ").rstrip(".")
        evidence = re.sub(r"^(Client|Asked|About|On)\b", lambda m: m.group(0).lower(), evidence)
        found.append(
            Statement("progress", finish(f"Progress toward the goal to {told}: {evidence}"), best.lines, 6.0, 0.8)
        )
    return found[:2]

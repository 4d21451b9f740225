"""The facts of a source: statements read by rule, responses tied to interventions, progress held against the goals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines.embeddings import Embedder
from pipelines.writing.extractive import classify
from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.rewrite import lower_first, person_of
from pipelines.writing.extractive.select import content, relatedness
from pipelines.writing.extractive.statements import Statement, finish
from pipelines.writing.extractive.summary import statements_from_summary
from pipelines.writing.extractive.transcript import statements_from_transcript

_AHEAD = re.compile(r"\b(?:client|she|he|they) (?:will|plans? to|(?:is|are) going to)\b", re.IGNORECASE)
_TOLD = re.compile(
    r"\b(?:client|she|he|they) (?:also |had |has )?(?:report|stat|said|says|tell|told|den(?:y|ie)|describ|"
    r"mention|explain)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"Clinician (?:guided|used|examined|taught|introduced|set up|provided|reviewed|explored|took|conducted|led|"
    r"practiced|processed|mapped|rehearsed|designed) (?!about|what|how|why|who|when|where|which|whether)"
    r"(?:the technique of )?((?:(?! (?:and (?:did|what|\w+ed)|-|with|through|for|to|from|on|at|in) )[^,;:.(])+)"
)


def read_facts(prompt: Prompt, embedder: Embedder | None) -> list[Statement]:
    """Everything that the prompt's source lets a note say, in the order of the session."""
    if not prompt.lines:
        return []
    client = person_of(prompt.chart.first("pronouns"))
    read = statements_from_summary if prompt.is_summary else statements_from_transcript
    statements = read(prompt, client)
    statements += _progress(prompt, statements, embedder)
    statements = [told for s in statements if (told := _without_clinician(_placed(s)))]
    others = [s for s in statements if s.kind != "response"]
    return sorted(others + _tied(statements), key=lambda s: s.order)


def _bears(statement: Statement) -> bool:
    """Whether a statement can show movement: it compares, or is a response or the clinician's word on it."""
    if (
        len(statement.text.split()) > 50
        or _AHEAD.search(statement.text)
        or re.search(
            r"\bdenied\b|\b(?:his|her|their) (?:brother|sister|mother|father|mom|dad|wife|husband)\b", statement.text
        )
    ):
        return False
    return statement.kind in {"progress", "observation"} or (
        statement.kind in {"report", "response"} and classify.is_compared(statement.text)
    )


def _tied(statements: Sequence[Statement]) -> list[Statement]:
    """The responses, the first of them tied to the intervention before it where none names one."""
    responses = sorted((s for s in statements if s.kind == "response"), key=lambda s: s.order)
    done = [
        (s.order, m.group(1))
        for s in statements
        if s.kind == "intervention" and s.lines and (m := _NAMED.match(s.text))
    ]
    done = sorted((order, re.sub(r"^an? ", "the ", " ".join(name.split()[:6]))) for order, name in done)
    if not responses and done:
        after = [s for s in statements if s.kind == "report" and s.lines and s.order >= done[0][0]]
        best = sorted(after, key=lambda s: -s.weight)[:2]
        responses = [
            replace(s, kind="response", text=_as_response(s.text)) for s in best if not _TOLD.search(s.text[16:])
        ]
    if not responses and done:
        return [Statement("response", f"How client responded to {done[-1][1]} was not recorded.", (), 1.0, 0.6)]
    named = {x for _, name in done for x in content(name)}
    if not responses or not done or any(content(s.text) & named for s in responses):
        return responses
    for n, response in enumerate(responses):
        before = [name for order, name in done if order <= response.order]
        if before:
            if response.text.startswith("Client's response:"):
                text = response.text.replace("response:", f"response to {before[-1]}:", 1)
                return [*responses[:n], replace(response, text=text), *responses[n + 1 :]]
            how = "During" if response.text.startswith(("Asked", "About")) else "In response to"
            text = f"{how} {before[-1]}, {response.text[:1].lower()}{response.text[1:]}"
            return [*responses[:n], replace(response, text=text), *responses[n + 1 :]]
    return responses


def _as_response(text: str) -> str:
    text = re.sub(r"^Client (?:reported|stated)\b", "Client noted", text)
    return re.sub(r", client (?:reported|stated)\b", ", client answered", text)


_CLINICIAN_IN_IT = re.compile(r"\bthe clinician\b(?!'s)(?! (?:will|and|to|or)\b)(?= \w)")


def _without_clinician(statement: Statement) -> Statement | None:
    """A report without the parts that tell of the clinician; None where nothing else is left."""
    if statement.kind != "report" or not _CLINICIAN_IN_IT.search(statement.text):
        return statement
    kept = [p for p in statement.text.rstrip(".").split("; ") if not _CLINICIAN_IN_IT.search(p)]
    opened = bool(kept) and statement.text.startswith(kept[0])
    text = "; ".join(kept) if opened else f"Client reported {'; '.join(kept)}"
    return replace(statement, text=finish(text)) if kept else None


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


def _progress(prompt: Prompt, statements: Sequence[Statement], embedder: Embedder | None) -> list[Statement]:
    """The goals of the treatment plan, each with what was said that bears on it."""
    goals = prompt.chart.all("goal")
    said = [s for s in statements if s.kind == "progress" and not _AHEAD.search(s.text)]
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

"""What goes into a prompt: the source, the chart and the facts as lines, cleaned of all that could pose as a form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pipelines.records import NoteFact
from pipelines.source import Source, Unit, session_line

_HEADER = re.compile(r"\[\[\s*#+|#+\s*\]\]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def source_lines(source: Source, units: Iterable[Unit]) -> str:
    """Units of a source, a numbered line each.

    The client's name is not among them: a model that is told it writes it. A summary's says "Client" instead.
    """
    if source.kind == "transcript":
        return "\n".join(f"[{unit.index}] {unit.speaker}: {clean(unit.text)}" for unit in units)
    name = source.chart.client.name or ""
    return "\n".join(f"[{unit.index}] {without_name(clean(unit.text), name)}" for unit in units)


def chart_lines(source: Source) -> str:
    """What is known beside the session, a labelled line each; the client's name is not."""
    chart = source.chart
    rows = [("session", session_line(source.appointment) or ""), ("date", source.appointment.start)]
    rows += [("pronouns", chart.client.pronouns)]
    rows += [("diagnosis", f"{d.name} ({d.code})") for d in chart.diagnoses]
    for goal in chart.treatment_plan.goals:
        rows.append(("goal", goal.goal))
        rows += [("objective", objective) for objective in goal.objectives]
        rows += [("planned intervention", intervention) for intervention in goal.interventions]
    rows += [("medication", medication) for medication in chart.medications]
    rows += [("approach", approach) for approach in source.approaches]
    return "\n".join(f"{label}: {clean(value)}" for label, value in rows if value)


def fact_lines(assigned: Mapping[str, Sequence[NoteFact]], name: str = "") -> str:
    """The facts of each section below its name: `- kind: text`. "Client" stands for the client's `name`."""
    blocks = [
        "\n".join([f"{section}:", *(f"- {fact.kind}: {without_name(clean(fact.text), name)}" for fact in facts)])
        for section, facts in assigned.items()
    ]
    return "\n".join(blocks)


def clean(text: str) -> str:
    """One line without control characters, in which no field header of the prompt can stand."""
    return " ".join(_HEADER.sub(" ", _UNPRINTABLE.sub(" ", text)).split())


def without_name(text: str, name: str) -> str:
    for part in [name, *name.split()]:
        if len(part) > 2:  # not an initial
            text = re.sub(rf"\b{re.escape(part)}\b", "Client", text)
    return text

"""A jotting about what comes next, told as plan: homework, who is to do what, the next session with day and time."""

from __future__ import annotations

import re

from pipelines.writing.extractive.next_steps import APPOINTMENT, WHEN_ONLY, to_do
from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.rewrite import lower_first
from pipelines.writing.extractive.schedule import describe
from pipelines.writing.extractive.shorthand import appointment
from pipelines.writing.extractive.statements import finish, is_clause
from pipelines.writing.extractive.words import forms, is_base_verb, listed

_OBJECTS = listed("a an the my your his her its our their me him it them")
_OPENING = re.compile(
    r"^(?:homework\b(?: is)?[:,]?|(?:the )?(?:plan|to do|task|assignment)(?: is|[:,]))\s*", re.IGNORECASE
)


_WEEKS = re.compile(r"^(?:return|follow-up|back|see \w+)(?: again)?:? (?:in )?((?:\d+|a|\w+) weeks?)$", re.IGNORECASE)


def planned(text: str, prompt: Prompt) -> str:
    """One sentence of the plan."""
    body = re.sub(r"^to (?!be\b)", "", appointment(_OPENING.sub("", text)))
    homework = re.match(r"(?:homework|(?:the )?(?:to do|task|assignment))\b", text, re.IGNORECASE) is not None
    if appointed := _appointed(body, prompt):
        return finish(appointed)
    low = lower_first(body)
    first, _, after = low.partition(" ")
    if first in {"she", "he", "they"}:
        return finish(f"Client {after}")
    if first in {"will", "plans", "agreed", "may", "might", "stays", "does", "keeps"}:
        return finish(f"Client {low}")
    if first in {"assigned", "asked"}:
        return finish(f"Clinician {low}")
    if body.startswith(("Client", "Clinician")):
        return finish(body)
    if homework and (_orders(low) or re.match(r"[\w ]+? is to \w", text)):
        return finish(f"Client will {low}")
    if not homework and (task := to_do(low)):
        does = re.sub(r"^(?:not )?to ", "", low[len(task["who"]) + 1 :])
        return finish(f"{task['who']} will {task['no'] or ''}{does}")
    if homework or not is_clause(low):
        return finish(f"Homework will be {low}" if homework else f"Next steps: {low}")
    return finish(body)


def _appointed(body: str, prompt: Prompt) -> str:
    """The next session with its day and time; empty where the jotting names none."""
    if not (APPOINTMENT.match(body) or WHEN_ONLY.match(body)):
        return ""
    if weeks := _WEEKS.search(body):
        return f"Next session is planned in {weeks.group(1)}"
    when, rest = _split_when(body)
    described = describe(when, prompt.chart.day, prompt.chart.first("date"))
    if not described:
        return ""
    opens = "" if described.startswith("in ") else "for "
    return f"Next session is planned {opens}{described}{': ' + rest if rest else ''}"


def _orders(jotting: str) -> bool:
    """Whether a jotting begins with a verb: "call her sister"; not "phone out of the bedroom", "card every night"."""
    first, _, after = jotting.partition(" ")
    return is_base_verb(first) and ("NOUN" not in forms(first) or after.split(" ", 1)[0] in _OBJECTS)


def _split_when(body: str) -> tuple[str, str]:
    """The day and time, and what the next session is for."""
    match = re.match(
        r"^(.*?(?:\d{1,2}:\d{2}|\bat \d{1,2}\b(?!:)|\bnoon\b)(?: ?[ap]\.?m\.?)?)[,:.]?\s*(.*)$", body, re.IGNORECASE
    )
    return (match.group(1), match.group(2)) if match else (body, "")

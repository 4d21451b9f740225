"""What a clinician's summary says, as statements: each jotting sorted into its kind of content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines.lexicon import lexicon
from pipelines.phrases import RISK_NOT_ASSESSED
from pipelines.writing.extractive import classify
from pipelines.writing.extractive.actor import KIN, actor, opens_with_present, outside, own_words
from pipelines.writing.extractive.jottings import movements, sentence
from pipelines.writing.extractive.next_steps import has_verb, is_task, looks_ahead, told_of_homework
from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.rewrite import Person
from pipelines.writing.extractive.risk_words import abstained, labelled, touches_risk
from pipelines.writing.extractive.shorthand import written_out
from pipelines.writing.extractive.statements import Statement, finish
from pipelines.writing.extractive.technique import approach_of, foreseen, opened_with, partly_used, used

_RISK_FOLLOW = re.compile(
    r"\b(?:(?:hand)?guns?|firearms?|weapons?|means|safe\b|safety plan|combination|988|protective|"
    r"keeps? (?:him|her|them) going|intent|plan\b)",
    re.IGNORECASE,
)
_RISK_PART = re.compile(r"\bden(?:ied|ies)\b[^.]*\b(?:plan|intent(?:ion)?)\b", re.IGNORECASE)
_RESPONSE = re.compile(
    r"\b(?:down to|relief|calmer|calming|softer|quieter|less tight|further away|half believed|saw that|noticed|"
    r"realized|recogni[sz]ed|felt (?:better|lighter|heard)|"
    r"awkward|helped|liked|found (?:it|that)|responded|engaged|tearful|cried|laughed|moved|accepted|agreed|"
    r"declined|did not want|does not want|belief)\b",
    re.IGNORECASE,
)
_RISK = re.compile(
    r"\brisk\b|\bsafety (?:concerns?|issues?|not|was not)\b|^(?:item|question) (?:9|10|nine|ten)\b", re.IGNORECASE
)
_OF_OTHERS = re.compile(rf"\b{KIN}'s\b|\b(?:his|her|their|the) {KIN}\b", re.IGNORECASE)
# "Defusion with the thought: belief down to five": what came of it stands behind the colon.
_OUTCOME = re.compile(
    r"^(?:[\w']+ ){1,3}(?:(?:down|up)(?: to| from|$)|fell|rose|dropped|went|from \d|\d+ to \d)", re.IGNORECASE
)
_EARLY = 0.35  # place before which a past act without a subject is mostly the client's week
_ABOUT = re.compile(r"(?:[\w-]+ ){1,3}(?:of|on|about|between) ")  # "Chain analysis of Saturday" was done today
_IN_SESSION = re.compile(r"in session\b", re.IGNORECASE)
_LATE = 0.72  # place in a summary from which what is jotted without a verb is mostly what comes next


def statements_from_summary(prompt: Prompt, client: Person) -> list[Statement]:
    """Each sentence of the summary in its kind; one that holds two kinds is divided."""
    found: list[Statement] = []
    prompt = replace(prompt, lines=tuple(replace(line, text=written_out(line.text)) for line in prompt.lines))
    total = max(1, len(prompt.lines))
    sorter = _Sorter(prompt)
    for number, line in enumerate(prompt.lines):
        for kind, clauses in sorter.grouped(_clauses(line.text), number / total):
            weight = max(0.1, classify.weight("; ".join(clauses))) + (4.0 if kind in {"risk", "plan"} else 1.0)
            text = sentence(clauses, kind, client, prompt)
            found.append(Statement(kind, text, (line.index,), weight, number / total))
    planned = next((s for s in found if s.kind == "plan" and "safety plan" in s.text.lower()), None)
    if planned:
        found.append(replace(planned, kind="intervention", text="Clinician addressed a safety plan with client."))
    found += movements([(line.index, line.text) for line in prompt.lines])
    found += _techniques(prompt, found)
    if not any(s.kind == "risk" for s in found):
        found.append(Statement("risk", RISK_NOT_ASSESSED, (), 9.0, 0.0))
    endorsed = any(s.kind == "risk" and re.search(r"endors|passive", s.text) for s in found)
    if endorsed:
        return [replace(s, text=abstained(s.text)) for s in found]
    alone = [
        s.kind == "risk" and not re.search(r"\blife\b.*\b(?:and|or)\b|sel(?:f|ves)\b.*\b(?:and|or)\b", s.text)
        for s in found
    ]
    return [replace(s, text=labelled(s.text)) if bare else s for s, bare in zip(found, alone, strict=True)]


def _techniques(prompt: Prompt, found: Sequence[Statement]) -> list[Statement]:
    """The techniques of the chart that a summary mentions without naming one in what the clinician did."""
    done = [s for s in found if s.kind == "intervention"]
    if any(lexicon().named_interventions(s.text) for s in done):
        return []
    names, text = foreseen(prompt), " ".join(line.text for line in prompt.lines)
    named = used(names, text)
    if not named and not done:
        return []
    named = (named or partly_used(names, text))[:1]
    order = min((s.order for s in done), default=0.5) - 0.001
    return [Statement("intervention", finish(f"Clinician used the technique of {n}"), (), 3.0, order) for n in named]


class _Sorter:
    """Sorts the clauses of a summary into kinds; what stood before decides what a jotting without a verb is."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._names = foreseen(prompt)
        self._before = ""
        self._working = False
        self._worked = False

    def grouped(self, clauses: Sequence[str], place: float) -> list[tuple[str, list[str]]]:
        """The clauses of one sentence, neighbours of a kind together."""
        found: list[tuple[str, list[str]]] = []
        for clause in clauses:
            if classify.speaks_to_software(clause):
                continue
            kind = self._kind(clause, place, same_sentence=bool(found))
            if found and found[-1][0] == kind:
                found[-1][1].append(clause)
            else:
                found.append((kind, [clause]))
        return found

    def _kind(self, clause: str, place: float, *, same_sentence: bool) -> str:
        kind = self._foreseen(clause, place) or self._by_content(clause, place)
        late = place > 0.5 and kind in {"report", "response"}
        follows = self._before == "plan" and (late or (same_sentence and kind == "intervention"))
        if follows and not has_verb(clause) and not _is_dose(clause):
            kind = "plan"
        if kind in {"report", "response", "intervention"} and self._is_task(clause, place, kind):
            kind = "plan"
        goes_on = _RISK_FOLLOW.search(clause) or (same_sentence and not _OF_OTHERS.search(clause))
        if self._before == "risk" and kind in {"report", "response"} and goes_on:
            kind = "risk"
        if kind == "intervention":
            self._worked = self._working = True
        elif kind in {"plan", "risk"}:
            self._working = False
        self._before = kind
        return kind

    def _is_task(self, clause: str, place: float, kind: str) -> bool:
        """Whether a jotting without a verb is homework: by its place, and no dose of a medication."""
        late = place >= (_LATE if kind != "report" or not self._worked else 0.5)
        return late and is_task(clause) and not _is_dose(clause)

    def _foreseen(self, clause: str, place: float) -> str:
        """The kind where its words alone decide it; empty else."""
        low = clause.lower()
        if touches_risk(clause) or _RISK.search(low) or _RISK_PART.search(clause):
            return "plan" if re.search(r"\bask\b.*\bagain\b|^next\b|^homework\b", low) else "risk"
        if own_words(clause):
            return "report"
        if told_of_homework(low):
            return "report"
        if looks_ahead(clause, late=place > 0.5 and self._worked):
            return "plan"
        if re.match(r"(?:i|we|clinician) \w+", low) and actor(clause) == "clinician":
            return "intervention"
        measured = lexicon().named_measures(clause) or re.search(r"\b[A-Z]{2,5}-\d{1,2}\b", clause)
        if measured and re.search(r"\d", clause) and actor(clause) != "clinician":
            return "observation"
        return "progress" if re.search(r"\bgoal\b|\bprogress\b", low) else ""

    def _by_content(self, clause: str, place: float) -> str:
        early = not self._worked and place < _EARLY
        who = actor(clause, early=early)
        named = lexicon().named_interventions(clause) or any(c.says.search(clause) for c in classify.cues())
        elsewhere = outside(clause)
        if self._working and _RESPONSE.search(clause) and who != "clinician" and not elsewhere:
            return "response"
        if approach_of(clause, self._prompt) or opened_with(clause, self._names)[0]:
            return "intervention"
        if lexicon().named_medications(clause) and not named:
            return "report"
        if (
            who == "clinician"
            or (named and not who and not (elsewhere and not _ABOUT.match(clause)))
            or _IN_SESSION.match(clause)
        ):
            return "intervention"
        if opens_with_present(clause):  # how it is with the client by now: "Wishes she could be with him"
            return "report"
        # What happened between sessions, or is told of someone else's habit, answers nothing done in the session.
        return "response" if self._working and not elsewhere else "report"


def _is_dose(clause: str) -> bool:
    """Whether a jotting opens with a medication: what is taken, and no homework."""
    return bool(lexicon().named_medications(" ".join(clause.split()[:2])))


def _clauses(text: str) -> list[str]:
    """Parts of a sentence that stand alone: at semicolons; a look ahead after "and will"."""
    parts = [p.strip() for p in re.split(r";\s+", text) if p.strip()]
    out: list[str] = []
    for part in parts:
        split = re.split(r"\s+and (?=(?:will|plans? to)\b)|,\s+(?=she will|he will|they will)", part)
        head, _, tail = split[0].partition(": ")
        done = actor(head) == "clinician" or bool(lexicon().named_interventions(head))
        if done and _OUTCOME.match(tail):
            split[:1] = [head, tail]
        out += [p.strip(" ,") for p in split if p.strip(" ,")]
    return out

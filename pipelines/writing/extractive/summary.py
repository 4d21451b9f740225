"""What a clinician's summary says, as statements: each jotting sorted into its kind of content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines.lexicon import lexicon
from pipelines.phrases import RISK_NOT_ASSESSED
from pipelines.writing.extractive import classify
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.jottings import CLIENT, WHEN_ONLY, by_clinician, movements, sentence
from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.rewrite import Person
from pipelines.writing.extractive.risk_words import abstained, labelled, touches_risk
from pipelines.writing.extractive.statements import Statement, finish
from pipelines.writing.extractive.technique import approach_of, foreseen, opened_with, partly_used, used

_PLAN = re.compile(
    r"^(?:homework|(?:plan|to do):|next|this (?:week|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|follow[- ]up|return|"
    r"session (?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|"
    r"^(?:plan|to do):|\bhomework\b|"
    r"\bnext (?:session|appointment|visit|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|"
    r"\b(?:will|going to|agreed to|plans? to)\b|\bbefore next\b",
    re.IGNORECASE,
)
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
_OFTEN = re.compile(
    r"\b(?:daily|nightly|weekdays?|every|each|(?:once|twice|\w+ times) an? (?:day|week)|(?:mon|tues|wednes|thurs|fri|"
    r"satur|sun)days?|nights?|evenings?|mornings?|tomorrow|tonight|days|shifts|minutes)\b",
    re.IGNORECASE,
)
_PAST_TIME = re.compile(r"\b(?:last|ago|yesterday|since|so far|this week|was|were|had)\b", re.IGNORECASE)
_FEARED = re.compile(r"\b(?:thought|fear|afraid|would|believ)\w*\b.*\bwill\b")
_SAFETY_STEP = re.compile(r"\b(?:988|safety (?:plan|step)|calls? (?:his|her|their) \w+ first)\b")
_LATE = 0.72  # place in a summary from which what is jotted without a verb is mostly what comes next


def statements_from_summary(prompt: Prompt, client: Person) -> list[Statement]:
    """Each sentence of the summary in its kind; one that holds two kinds is divided."""
    found: list[Statement] = []
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
    named = (named or partly_used(names, text) or names)[:1]
    order = min((s.order for s in done), default=0.5) - 0.001
    return [Statement("intervention", finish(f"Clinician used the technique of {n}"), (), 3.0, order) for n in named]


class _Sorter:
    """Sorts the clauses of a summary into kinds; what stood before decides what a jotting without a verb is."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._names = foreseen(prompt)
        self._before = ""
        self._working = False

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
        kind = _foreseen(clause) or self._by_content(clause)
        late = place > 0.5 and kind in {"report", "response"}
        if self._before == "plan" and (late or (same_sentence and kind == "intervention")) and not _has_verb(clause):
            kind = "plan"
        if place >= _LATE and kind in {"report", "response", "intervention"} and _is_task(clause):
            kind = "plan"
        if kind != "response":
            self._working = kind == "intervention"
        goes_on = _RISK_FOLLOW.search(clause) or (same_sentence and re.search(r"\bthem\b|\bnot now\b", clause))
        if self._before == "risk" and kind in {"report", "response"} and goes_on:
            kind = "risk"
        self._before = kind
        return kind

    def _by_content(self, clause: str) -> str:
        low = clause.lower()
        first = re.sub(r"[^\w-]", "", low.split(" ", 1)[0])
        named = lexicon().named_interventions(clause) or any(c.says.search(clause) for c in classify.cues())
        acts = by_clinician(clause)
        if self._working and _RESPONSE.search(clause) and not acts:
            return "response"
        if approach_of(clause, self._prompt) or opened_with(clause, self._names)[0]:
            return "intervention"
        if lexicon().named_medications(clause) and not named:
            return "report"
        about_client = first in CLIENT or re.search(r"\b(?:she|he|they)\b", low.split(":")[0][:20])
        if acts and (named or first not in CLIENT):
            return "intervention"
        if named and not about_client:
            return "intervention"
        return "response" if self._working else "report"


def _foreseen(clause: str) -> str:
    """The kind where its words alone decide it; empty else."""
    low = clause.lower()
    if touches_risk(clause) or re.search(r"\brisk\b", low) or _RISK_PART.search(clause):
        return "plan" if re.search(r"\bask\b.*\bagain\b|^next\b|^homework\b", low) else "risk"
    if re.match(r"i (?:did|asked|told|gave|said|put|let|read)\b", low):
        return "intervention"
    ahead = _PLAN.search(re.sub(r'"[^"]*"', "", clause)) and not _FEARED.search(low)
    if ahead or WHEN_ONLY.match(clause) or _SAFETY_STEP.search(low):
        return "plan"
    if lexicon().named_measures(clause) or re.search(r"\b[A-Z]{2,5}-\d{1,2}\b", clause):
        return "observation"
    return "progress" if re.search(r"\bgoal\b|\bprogress\b", low) else ""


def _is_task(clause: str) -> bool:
    """A jotting of something to do: no finite verb, a time or how often, and nothing that places it in the past."""
    return bool(_OFTEN.search(clause)) and not (
        _has_verb(clause) or _PAST_TIME.search(clause) or _RESPONSE.search(clause) or '"' in clause
    )


def _has_verb(clause: str) -> bool:
    return any(
        x.lower() in w.AUXILIARIES or (w.is_past_verb(x) and "ADJ" not in w.forms(x))
        for x in re.findall(r"[\w']+", clause)
    )


def _clauses(text: str) -> list[str]:
    """Parts of a sentence that stand alone: at semicolons; a look ahead after "and will"."""
    parts = [p.strip() for p in re.split(r";\s+", text) if p.strip()]
    out: list[str] = []
    for part in parts:
        split = re.split(r"\s+and (?=(?:will|plans? to)\b)|,\s+(?=she will|he will|they will)", part)
        out += [p.strip(" ,") for p in split if p.strip(" ,")]
    return out

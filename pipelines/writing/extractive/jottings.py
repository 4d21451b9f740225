"""A clinician's jottings written out: subjects supplied, scores and movements in words, plans as plans."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.phrases import RISK_NOT_ASSESSED
from pipelines.writing.extractive.actor import actor, done_to, own_words, without_tag
from pipelines.writing.extractive.attribution import of_client, with_subject
from pipelines.writing.extractive.planned import planned
from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.rewrite import Person, capitalize, expand, lower_first, to_third_person
from pipelines.writing.extractive.statements import Statement, finish, is_clause, units
from pipelines.writing.extractive.technique import approach_of, foreseen, opened_with

_SCORED = re.compile(
    r"\b([A-Z][A-Z-]*(?:-\d+)?(?:-[A-Z])?) (?:score )?(?:was )?(\d{1,3})\b(?P<today>[^;,.]*)(?:, (?:was|from|"
    r"down from|up from) (?P<was>\d{1,3})\b)?"
)
# "Fear 6 to 3", "belief he will pass out 90 to 35 percent": a movement, unless hours or days are counted off.
_FROM_TO = re.compile(
    r"\b(?P<what>fear|anxiety|distress|belief\b[^,;:]{0,40}?|urges?|SUDS?|VOC|tension|pain|anger|shame|guilt|craving|"
    r"mood|confidence|readiness|disturbance|sadness|worry|panic)(?: from)? (?P<a>\d{1,3}) to (?P<b>\d{1,3})\b"
    r"(?! (?:minutes|hours|days|weeks|times))",
    re.IGNORECASE,
)
_NOT_ASKED = re.compile(
    r"\bnot (?:been )?(?:assessed|asked|explored|discussed|screened|addressed)\b|\bno \w+ asked\b|\bor asked about\b|"
    r"\bdid(?: not|n't) (?:ask|assess|screen)\b",
    re.IGNORECASE,
)
_WAS = re.compile(
    r"(?<![\d:.])\b(?P<now>\d{1,3})(?P<out> (?:of|out of) \d+)?, (?:it )?was (?P<was>\d{1,3})\b(?![:.]\d)"
)
_SHORT_SCORE = re.compile(r"\b([A-Z]{2,5}s?) (?:was |is |at )?(\d{1,3})\b(?! (?:minutes|hours|days))")


def sentence(clauses: Sequence[str], kind: str, client: Person, prompt: Prompt) -> str:
    """One sentence of a note from the clauses of a jotting."""
    if kind == "risk" and any(_NOT_ASKED.search(clause) for clause in clauses):
        return RISK_NOT_ASSESSED
    first, *rest = [moved(units(_unquoted(c.strip().rstrip("."), client))) for c in clauses]
    subject = "" if kind in {"intervention", "plan"} else client.subject
    more = "".join(f"; {with_subject(clause, subject)}" for clause in rest)
    if kind == "plan":
        return planned(first + more, prompt)
    if kind == "observation":
        return finish(_SCORED.sub(_scored, first + more, count=1))
    if kind == "intervention":
        return finish(_acted(first, prompt) + more)
    if kind == "progress":
        said = f"As to progress, client reported {with_subject(first, client.subject)}"
        return finish((first if is_clause(lower_first(first)) else said) + more)
    return finish(of_client(first, kind, client) + more)


def movements(lines: Sequence[tuple[int, str]]) -> list[Statement]:
    """A rating in capitals that a summary gives twice ("SUD 8 at the start", "SUD 3 at the end"), as a movement."""
    given: dict[str, list[tuple[str, int, float]]] = {}
    for n, (index, text) in enumerate(lines):
        for name, value in _SHORT_SCORE.findall(text):
            given.setdefault(name, []).append((value, index, n / max(1, len(lines))))
    found = []
    for name, values in given.items():
        (first, one, _), (last, two, place) = values[0], values[-1]
        if first != last and one != two:
            text = f"Client's {name} {_way(first, last)} from {first} to {last}."
            found.append(Statement("response", text, (one, two), 5.0, place))
    return found


def moved(text: str) -> str:
    """Movements in words: "fear 6 to 3" → "fear fell from 6 to 3"; "7, was 9" → "7, down from 9"."""
    text = _FROM_TO.sub(lambda m: f"{m['what']} {_way(m['a'], m['b'])} from {m['a']} to {m['b']}", text)
    return _WAS.sub(lambda m: f"{m['now']}{m['out'] or ''}, {_compared(m['now'], m['was'])} {m['was']}", text)


def _way(before: str, after: str) -> str:
    return "fell" if int(after) < int(before) else "rose" if int(after) > int(before) else "went"


def _compared(now: str, was: str) -> str:
    return "down from" if int(was) > int(now) else "up from" if int(was) < int(now) else "the same as"


def _unquoted(text: str, client: Person) -> str:
    """Contractions written out and "I" told as whose it is, but not within a quotation, which keeps its words."""
    speaker = "client" if own_words(text) else "clinician"
    if speaker == "client":
        text = without_tag(text)
    parts = re.split(r'("[^"]*")', text)
    return "".join(part if part.startswith('"') else _told(part, speaker, client) for part in parts)


def _told(part: str, speaker: str, client: Person) -> str:
    if not re.search(r"\b(?:I(?!-)|[Mm]y|me|[Mm]yself|[Ww]e|us|[Oo]ur)\b", part):
        return expand(part)
    if speaker == "clinician":  # "we" in the clinician's jotting are clinician and client
        part = re.sub(r"^[Ww]e\b", "Clinician and client", part)
        part = re.sub(r"\bwe\b", "clinician and client", part)
    told = to_third_person(part, speaker, client)
    return (" " if part[:1] == " " else "") + told + (" " if part[-1:] == " " else "")


def _scored(match: re.Match[str]) -> str:
    now, was = match.group(2), match.group("was")
    told = f"{match.group(1)} was {now}{match.group('today')}"
    return f"{told}, {_compared(now, was)} {was}" if was else told


def _acted(text: str, prompt: Prompt) -> str:
    low = lower_first(text)
    first, _, after = low.partition(" ")
    if low.startswith(("clinician", "the clinician ")):
        return capitalize(low.removeprefix("the "))
    if approach := approach_of(text, prompt):
        return f"Clinician used {approach}{text[len(approach) :]}"
    name, rest = opened_with(text, foreseen(prompt))
    if name:
        return f"Clinician conducted {name}: {rest}"
    if first == "restructured":
        return f"Clinician used cognitive restructuring on {after}"
    if first == "did":
        return f"Clinician guided {after}"
    if passive := done_to(text):
        return f"Clinician {passive['done']} {_small(passive['what'])}{passive['more']}"
    if re.match(r"in session\b", low):
        return f"In session, clinician {lower_first(text[10:].lstrip(' ,:'))}"
    if actor(text) == "clinician":
        return f"Clinician {_small(first)} {after}".rstrip()
    return f"Clinician used {_small(text)}"


def _small(text: str) -> str:
    return f"{text[:1].lower() if text[1:2].islower() else text[:1]}{text[1:]}"

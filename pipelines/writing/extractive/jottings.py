"""A clinician's jottings written out: subjects supplied, scores and movements in words, plans as plans."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.rewrite import Person, expand, lower_first, to_third_person
from pipelines.writing.extractive.schedule import describe
from pipelines.writing.extractive.statements import Statement, finish, is_clause, opens_with_past, units
from pipelines.writing.extractive.technique import approach_of, foreseen, opened_with
from pipelines.writing.extractive.words import forms, is_base_verb, listed

_OBJECTS = listed("a an the my your his her its our their me him it them")
CLINICIAN = listed(
    "reflected validated explored asked told reviewed provided taught guided introduced restructured "
    "normalized discussed explained encouraged did worked used practiced practised looked went scheduled "
    "set rehearsed role-played challenged completed processed moved began started continued checked "
    "clarified examined helped identified listed mapped modeled named offered prompted reframed "
    "summarized supported talked took tried walked assigned gave led planned drew wrote coached raised pointed "
    "closed opened brought debriefed demonstrated elicited evoked invited instructed installed linked normalised "
    "paced probed proposed recommended referred reinforced screened suggested tracked traced traded corrected "
    "conducted facilitated framed externalized interpreted confronted affirmed rolled rescripted"
)
CLIENT = listed(
    "cried denied endorsed reported declined wants wanted wakes slept sleeps skipped missed stayed felt "
    "feels says said thinks thought believes believed blames misses drinks drank eats lives works avoids "
    "noticed agreed accepted rated described laughed forgot worries may might will would can cannot could "
    "stays still keeps rates liked found has had is was walked wonders wondered starts ate got gets takes "
    "saw half calls counts does goes knows makes needs plans reads remembers uses writes"
)
# "Asked her", "kept bringing him back": the client is the object, so the clinician acts.
_ON_CLIENT = re.compile(r"^\w+(?: \w+ing)? (?:her|him|them|client|what|whether)\b(?! \w+ing)", re.IGNORECASE)
_TOOK = re.compile(r"^took (?:no\b|none|his|her|their|\d|an?\b|one|two|extra|more|only|it\b)", re.IGNORECASE)
_NEXT = re.compile(
    r"^(?:(?:next )?(?:session|appointment|visit)|next|back|return(?:s|ing)?|see (?:her|him|them))[:,]?\s*"
    r"(?:is|on|in)?\s*",
    re.IGNORECASE,
)
WHEN_ONLY = re.compile(
    r"^(?:(?:\w+ weeks?|in \w+ weeks?),? )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day),? "
    r"[^.]{0,40}\d{1,2}(?::\d{2})?(?: ?[ap]m)?$",
    re.IGNORECASE,
)
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
_WAS = re.compile(
    r"(?<![\d:.])\b(?P<now>\d{1,3})(?P<out> (?:of|out of) \d+)?, (?:it )?was (?P<was>\d{1,3})\b(?![:.]\d)"
)
_SHORT_SCORE = re.compile(r"\b([A-Z]{2,5}s?) (?:was |is |at )?(\d{1,3})\b(?! (?:minutes|hours|days))")


def by_clinician(clause: str) -> bool:
    """Whether the one who acts in a jotting without a subject is the clinician."""
    low = clause.lower()
    first = re.sub(r"[^\w-]", "", low.split(" ", 1)[0])
    if low.startswith("clinician"):
        return True
    if _TOOK.match(low):
        return False
    if first in CLINICIAN:
        return True
    return first not in CLIENT and bool(opens_with_past(clause) or first == "kept") and bool(_ON_CLIENT.match(low))


def sentence(clauses: Sequence[str], kind: str, client: Person, prompt: Prompt) -> str:
    """One sentence of a note from the clauses of a jotting."""
    first, *rest = [moved(units(_unquoted(c.strip().rstrip("."), client))) for c in clauses]
    more = "".join(f"; {_bare(clause, client)}" for clause in rest)
    if kind == "plan":
        return _planned(first + more, prompt)
    if kind == "observation":
        return finish(_SCORED.sub(_scored, first + more, count=1))
    if kind == "intervention":
        return finish(_acted(first, prompt) + more)
    if kind == "progress":
        said = f"As to progress, client reported {_bare(first, client)}"
        return finish((first if is_clause(lower_first(first)) else said) + more)
    return finish(_of_client(first, kind, client) + more)


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
    """Contractions written out and "I" told as the clinician, but not within a quotation, which keeps its words."""
    parts = re.split(r'("[^"]*")', text)
    return "".join(part if part.startswith('"') else _told_by_clinician(part, client) for part in parts)


def _told_by_clinician(part: str, client: Person) -> str:
    if not re.search(r"\b(?:I(?!-)|my|me|myself|we|us|our)\b", part):
        return expand(part)
    told = to_third_person(part, "clinician", client)
    return (" " if part[:1] == " " else "") + told + (" " if part[-1:] == " " else "")


def _scored(match: re.Match[str]) -> str:
    now, was = match.group(2), match.group("was")
    told = f"{match.group(1)} was {now}{match.group('today')}"
    return f"{told}, {_compared(now, was)} {was}" if was else told


def _bare(clause: str, client: Person) -> str:
    """A further clause of a sentence, with the subject that the jotting leaves out."""
    low = lower_first(clause)
    first = re.sub(r"[^\w-]", "", low.split(" ", 1)[0])
    if first in CLIENT - {"half"} or opens_with_past(clause):
        return f"{client.subject} {low}"
    return low


_SPEAKS_FOR_CLIENT = listed(
    "denied endorsed declined cried reported described stated rated agreed accepted laughed noticed"
)


def _of_client(text: str, kind: str, client: Person) -> str:
    text = re.sub(r"^For (?:her|him|them)sel\w+,? (?=(?:she|he|they) (?:denied|endorsed))", "", text)
    low = lower_first(text)
    first = re.sub(r"[^\w-]", "", low.split(" ", 1)[0])
    attributed = "reported" if kind in {"report", "risk"} else ""
    if text.startswith("Client "):
        return text
    if first in _SPEAKS_FOR_CLIENT:
        return f"Client {low}"
    if first in {"she", "he", "they"}:
        if low.split(" ", 2)[1:2] and low.split(" ", 2)[1] in _SPEAKS_FOR_CLIENT:
            return f"Client{low[len(first) :]}"
        return f"Client reported that {low}" if attributed else f"Client{low[len(first) :]}"
    if first in CLIENT - {"half"} or opens_with_past(text):
        return f"Client reported that {client.subject} {low}" if attributed else f"Client {low}"
    if attributed:
        return f"Client reported {'that ' if is_clause(low) else ''}{low}"
    return f"Client noted {'that ' if is_clause(low) else ''}{low}"


def _acted(text: str, prompt: Prompt) -> str:
    low = lower_first(text)
    first = low.split(" ", 1)[0].strip(",")
    if low.startswith(("clinician", "the clinician ")):
        return "Clinician " + low.removeprefix("the ").removeprefix("clinician ")
    if approach := approach_of(text, prompt):
        return f"Clinician used {approach}{text[len(approach) :]}"
    name, rest = opened_with(text, foreseen(prompt))
    if name:
        return f"Clinician conducted {name}: {rest}"
    if first == "restructured":
        return f"Clinician used cognitive restructuring on{low[12:]}"
    if first == "did":
        return f"Clinician guided{low[3:]}"
    if by_clinician(text):
        return f"Clinician {low}"
    return f"Clinician used {text[:1].lower() if text[1:2].islower() else text[:1]}{text[1:]}"


def _planned(text: str, prompt: Prompt) -> str:
    body = re.sub(r"^(?:homework\b[:,]?|(?:plan|to do)[:,])\s*", "", text, flags=re.IGNORECASE)
    homework = body != text
    if (_NEXT.match(body) or WHEN_ONLY.match(body)) and re.search(
        r"\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day", body
    ):
        when, _, rest = _split_when(body)
        described = describe(when, prompt.chart.day, prompt.chart.first("date"))
        told = f"Next session is planned for {described}" if described else f"Next session: {when}"
        return finish(f"{told}{': ' + rest if rest else ''}")
    low = lower_first(body)
    first = low.split(" ", 1)[0]
    if first in {"she", "he", "they"}:
        return finish(f"Client{low[len(first) :]}")
    if first in {"will", "plans", "agreed", "may", "might", "stays", "does", "keeps"}:
        return finish(f"Client {low}")
    if body.startswith("Client"):
        return finish(body)
    if homework and _orders(low):
        return finish(f"Client will {low}")
    if homework or not is_clause(low):
        return finish(f"Homework will be {low}" if homework else f"Next steps: {low}")
    return finish(body)


def _orders(jotting: str) -> bool:
    """Whether a jotting begins with a verb: "call her sister"; not "phone out of the bedroom", "card every night"."""
    first, _, after = jotting.partition(" ")
    return is_base_verb(first) and ("NOUN" not in forms(first) or after.split(" ", 1)[0] in _OBJECTS)


def _split_when(body: str) -> tuple[str, str, str]:
    """The day and time, and what the next session is for."""
    match = re.match(
        r"^(.*?(?:\d{1,2}:\d{2}|\bat \d{1,2}\b(?!:)|\bnoon\b)(?: ?[ap]\.?m\.?)?)[,:.]?\s*(.*)$", body, re.IGNORECASE
    )
    return (match.group(1), ",", match.group(2)) if match else (body, "", "")

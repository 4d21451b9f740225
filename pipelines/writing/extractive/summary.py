"""What a clinician's summary says, as statements: jottings written out, sorted into kinds of content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines.lexicon import lexicon
from pipelines.phrases import RISK_NOT_ASSESSED
from pipelines.writing.extractive import classify
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.rewrite import Person, expand, lower_first, to_third_person
from pipelines.writing.extractive.risk_words import touches_risk
from pipelines.writing.extractive.schedule import describe
from pipelines.writing.extractive.statements import Statement, finish, is_clause, opens_with_past, units
from pipelines.writing.extractive.words import listed

_CLINICIAN = listed(
    "reflected validated explored asked told reviewed provided taught guided introduced restructured "
    "normalized discussed explained encouraged did worked used practiced practised looked went scheduled "
    "set rehearsed role-played challenged completed processed moved began started continued checked "
    "clarified examined helped identified listed mapped modeled named offered prompted reframed "
    "summarized supported talked took tried walked assigned gave led planned drew wrote"
)
_CLIENT = listed(
    "cried denied endorsed reported declined wants wanted wakes slept sleeps skipped missed stayed felt "
    "feels says said thinks thought believes believed blames misses drinks drank eats lives works avoids "
    "noticed agreed accepted rated described laughed forgot worries may might will would can cannot could "
    "stays still keeps rates liked found has had is was walked wonders wondered starts ate got gets takes "
    "saw half"
)
_PLAN = re.compile(
    r"^(?:homework|plan|next|this (?:week|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|follow[- ]up|return|to "
    r"do)\b|\bhomework\b|\bnext (?:session|appointment|visit|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|"
    r"\b(?:will|going to|agreed to|plans? to)\b|\bbefore next\b",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"^(?:next (?:session|appointment|visit)?|back|return(?:s|ing)?|see (?:her|him|them))[:,]?\s*(?:is|on|in)?\s*",
    re.IGNORECASE,
)
_RISK_FOLLOW = re.compile(
    r"\b(?:(?:hand)?guns?|firearms?|weapons?|means|safe\b|safety plan|combination|988|protective|"
    r"keeps? (?:him|her|them) going|intent|plan\b)",
    re.IGNORECASE,
)
_RESPONSE = re.compile(
    r"\b(?:down to|relief|calmer|calming|softer|quieter|less tight|further away|half believed|saw that|noticed|"
    r"realized|recogni[sz]ed|felt (?:better|lighter|heard)|"
    r"awkward|helped|liked|found (?:it|that)|responded|engaged|tearful|cried|laughed|moved|accepted|agreed|"
    r"declined|did not want|does not want|belief)\b",
    re.IGNORECASE,
)


def statements_from_summary(prompt: Prompt, client: Person) -> list[Statement]:
    """Each sentence of the summary in its kind; one that holds two kinds is divided."""
    found: list[Statement] = []
    total = max(1, len(prompt.lines))
    sorter = _Sorter()
    for number, line in enumerate(prompt.lines):
        for kind, clauses in sorter.grouped(_clauses(line.text), number / total):
            weight = max(0.1, classify.weight("; ".join(clauses))) + (4.0 if kind in {"risk", "plan"} else 1.0)
            found.append(
                Statement(kind, _sentence(clauses, kind, client, prompt), (line.index,), weight, number / total)
            )
    planned = next((s for s in found if s.kind == "plan" and "safety plan" in s.text.lower()), None)
    if planned:
        found.append(replace(planned, kind="intervention", text="Clinician addressed a safety plan with client."))
    if not any(s.kind == "risk" for s in found):
        found.append(Statement("risk", RISK_NOT_ASSESSED, (), 9.0, 0.0))
    return found


class _Sorter:
    """Sorts the clauses of a summary into kinds; what stood before decides what a jotting without a verb is."""

    def __init__(self) -> None:
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
        by_clinician = first in _CLINICIAN or low.startswith("clinician")
        if self._working and _RESPONSE.search(clause) and not by_clinician:
            return "response"
        if lexicon().named_medications(clause) and not named:
            return "report"
        about_client = first in _CLIENT or re.search(r"\b(?:she|he|they)\b", low.split(":")[0][:20])
        if by_clinician and (named or first not in _CLIENT):
            return "intervention"
        if named and not about_client:
            return "intervention"
        return "response" if self._working else "report"


def _foreseen(clause: str) -> str:
    """The kind where its words alone decide it; empty else."""
    low = clause.lower()
    if touches_risk(clause) or re.search(r"\brisk\b", low):
        return "plan" if re.search(r"\bask\b.*\bagain\b|^next\b|^homework\b", low) else "risk"
    if re.match(r"i (?:did|asked|told|gave|said|put|let|read)\b", low):
        return "intervention"
    ahead = _PLAN.search(re.sub(r'"[^"]*"', "", clause)) and not _FEARED.search(low)
    if ahead or _WHEN_ONLY.match(clause) or _SAFETY_STEP.search(low):
        return "plan"
    if lexicon().named_measures(clause) or re.search(r"\b[A-Z]{2,5}-\d{1,2}\b", clause):
        return "observation"
    return "progress" if re.search(r"\bgoal\b|\bprogress\b", low) else ""


_FEARED = re.compile(r"\b(?:thought|fear|afraid|would|believ)\w*\b.*\bwill\b")
_SAFETY_STEP = re.compile(r"\b(?:988|safety plan|calls? (?:his|her|their) \w+ first)\b")


def _has_verb(clause: str) -> bool:
    return any(
        x.lower() in w.AUXILIARIES or (w.is_past_verb(x) and "ADJ" not in w.forms(x))
        for x in re.findall(r"[\w']+", clause)
    )


def _clauses(sentence: str) -> list[str]:
    """Parts of a sentence that stand alone: at semicolons; a look ahead after "and will"."""
    parts = [p.strip() for p in re.split(r";\s+", sentence) if p.strip()]
    out: list[str] = []
    for part in parts:
        split = re.split(r"\s+and (?=(?:will|plans? to)\b)|,\s+(?=she will|he will|they will)", part)
        out += [p.strip(" ,") for p in split if p.strip(" ,")]
    return out


_SCORED = re.compile(
    r"\b([A-Z][A-Z-]*(?:-\d+)?(?:-[A-Z])?) (?:score )?(?:was )?(\d{1,3})\b(?P<today>[^;,.]*)(?:, (?:was|from|"
    r"down from|up from) (?P<was>\d{1,3})\b)?"
)


def _sentence(clauses: list[str], kind: str, client: Person, prompt: Prompt) -> str:
    first, *rest = [units(_unquoted(c.strip().rstrip("."), client)) for c in clauses]
    more = "".join(f"; {_bare(clause, client)}" for clause in rest)
    if kind == "plan":
        return _planned(first + more, prompt)
    if kind == "observation":
        return finish(_SCORED.sub(_scored, first + more, count=1))
    if kind == "intervention":
        return finish(_by_clinician(first) + more)
    if kind == "progress":
        return finish(
            (first if is_clause(lower_first(first)) else f"As to progress, client reported {_bare(first, client)}")
            + more
        )
    return finish(_of_client(first, kind, client) + more)


def _unquoted(text: str, client: Person) -> str:
    """Contractions written out and "I" told as the clinician, but not within a quotation, which keeps its words."""
    parts = re.split(r'("[^"]*")', text)
    return "".join(part if part.startswith('"') else _told_by_clinician(part, client) for part in parts)


def _told_by_clinician(part: str, client: Person) -> str:
    if not re.search(r"\b(?:I|my|me|myself|we|us|our)\b", part):
        return expand(part)
    told = to_third_person(part, "clinician", client)
    return (" " if part[:1] == " " else "") + told + (" " if part[-1:] == " " else "")


def _scored(match: re.Match[str]) -> str:
    now, was = match.group(2), match.group("was")
    told = f"{match.group(1)} was {now}{match.group('today')}"
    if not was:
        return told
    way = "down from" if int(was) > int(now) else "up from" if int(was) < int(now) else "the same as"
    return f"{told}, {way} {was}"


def _bare(clause: str, client: Person) -> str:
    """A further clause of a sentence, with the subject that the jotting leaves out."""
    low = lower_first(clause)
    first = re.sub(r"[^\w-]", "", low.split(" ", 1)[0])
    if first in _CLIENT - {"half"} or opens_with_past(clause):
        return f"{client.subject} {low}"
    return low


_SPEAKS_FOR_CLIENT = listed(
    "denied endorsed declined cried reported described stated rated agreed accepted laughed noticed"
)


def _of_client(text: str, kind: str, client: Person) -> str:
    low = lower_first(text)
    first = re.sub(r"[^\w-]", "", low.split(" ", 1)[0])
    attributed = "reported" if kind in {"report", "risk"} else ""
    if text.startswith("Client "):
        return text
    if first in _SPEAKS_FOR_CLIENT:
        return f"Client {low}"
    if first in {"she", "he", "they"}:
        return f"Client reported that {low}" if attributed else f"Client{low[len(first) :]}"
    if first in _CLIENT - {"half"} or opens_with_past(text):
        return f"Client reported that {client.subject} {low}" if attributed else f"Client {low}"
    if attributed:
        return f"Client reported {'that ' if is_clause(low) else ''}{low}"
    return f"Client noted {'that ' if is_clause(low) else ''}{low}"


def _by_clinician(text: str) -> str:
    low = lower_first(text)
    first = low.split(" ", 1)[0].strip(",")
    if low.startswith(("clinician", "the clinician ")):
        return "Clinician " + low.removeprefix("the ").removeprefix("clinician ")
    if first == "restructured":
        return f"Clinician used cognitive restructuring on{low[12:]}"
    if first == "did":
        return f"Clinician guided{low[3:]}"
    if first in _CLINICIAN:
        return f"Clinician {low}"
    return f"Clinician used {text[:1].lower() if text[1:2].islower() else text[:1]}{text[1:]}"


def _planned(text: str, prompt: Prompt) -> str:
    body = re.sub(r"^(?:homework|plan|to do)[:,]?\s*", "", text, flags=re.IGNORECASE)
    homework = body != text
    if (_NEXT.match(body) or _WHEN_ONLY.match(body)) and re.search(
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
    if homework or not is_clause(low):
        return finish(f"Homework will be {low}" if homework else f"Next steps: {low}")
    return finish(body)


_WHEN_ONLY = re.compile(
    r"^(?:(?:\w+ weeks?|in \w+ weeks?),? )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day),? "
    r"[^.]{0,40}\d{1,2}(?::\d{2})?(?: ?[ap]m)?$",
    re.IGNORECASE,
)


def _split_when(body: str) -> tuple[str, str, str]:
    """The day and time, and what the next session is for."""
    match = re.match(
        r"^(.*?(?:\d{1,2}:\d{2}|\bat \d{1,2}\b|\bnoon\b)(?: ?[ap]\.?m\.?)?)[,:.]?\s*(.*)$", body, re.IGNORECASE
    )
    return (match.group(1), ",", match.group(2)) if match else (body, "", "")

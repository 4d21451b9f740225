"""Whether a note follows one order of a custom instruction."""

from __future__ import annotations

import re

from pipelines.checking.adherence.core import Case
from pipelines.checking.claims import without_quotations
from pipelines.checking.instructions import ABBREVIATIONS, Order, tells_of
from pipelines.checking.risk import read_prose
from pipelines.lexicon import lexicon
from pipelines.source import session_line, split_sentences
from pipelines.stems import words_of

_SPELLED = re.compile(
    r"(?<![\w-])(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:[- ]\w+)?)(?![\w-])(?! (?:hundred|thousand|and a half)\b)",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"(?<![\w.:,$/(#-])(?<!\d[;,.] )(?<!between )(?<!and )(?<!to )(?<!from )(?<!of )(?<!was )(?<!is )"
    r"\d{1,2} (?:weeks?|days?|nights?|times?|hours?|"
    r"shifts?|years?|months?|drinks?|beers?|mornings?|evenings?|records?)\b"
)
_CALENDAR = frozenset(
    words_of(
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
        "september october november december christmas thanksgiving easter new year eve english spanish am pm cpt "
        "mother father dad mom mum grandma grandpa god"
    )
)
_CODE = re.compile(r"\([A-Z]\d[\w.]+\)")


def broken_order(order: Order, case: Case) -> bool | None:
    """None where the note gives the order nothing to decide."""
    line = session_line(case.source.appointment)
    plain = [without_quotations(p.text) for p in case.places if p.text != line]
    text = "\n".join(plain)
    match order.kind:
        case "avoid" | "replace":
            return any(re.search(rf"(?<![\w-]){re.escape(w)}(?![\w-])", text, re.IGNORECASE) for w in order.words)
        case "omit":
            return tells_of(text, order.words[0])
        case "mention":
            return _unmentioned(order.words[0], case)
        case "names":
            return bool(_names(plain, case))
        case "numbers":
            return bool((_SPELLED if order.instead == "digits" else _COUNTED).search(text))
        case "abbreviations":
            return any(re.search(rf"(?<![\w/-]){re.escape(short)}(?![\w/-])", text) for short in ABBREVIATIONS)
        case "no_lists":
            return any(
                re.match(r"\s*(?:[-*•]|\d+[.)]) ", row) for t in case.sections.values() for row in t.splitlines()
            )
        case "lead":
            return _misled(order, case)


def _unmentioned(topic: str, case: Case) -> bool | None:
    """A topic that the session did not touch is not missing."""
    units = [u for u in case.source.units if case.source.kind == "summary" or u.speaker == "client"]
    said = (s for unit in units for s in split_sentences(unit.text) if "?" not in s)
    if not any(tells_of(sentence, topic) for sentence in said):
        return None
    return not tells_of(case.text, topic)


def _names(sentences: list[str], case: Case) -> list[str]:
    """Capitalised words within sentences that are names in the source too, and no words of the field."""
    words = lexicon()
    known = {part.lower() for t in (*words.approaches, *words.measures, *words.medications, *words.interventions)
             for part in re.split(r"[ -]", t)}  # fmt: skip
    known |= {part.lower() for d in case.source.chart.diagnoses for part in re.findall(r"\w+", d.name)} | _CALENDAR
    called = {part.lower() for part in case.settings.client_word.split()} | {"client", "clinician", "therapist"}
    told = {p.lower() for goal in case.source.chart.treatment_plan.goals for p in re.findall(r"\w+", goal.goal)}
    found = [m.group(0) for s in sentences for m in re.finditer(r"(?<=[a-z,] )(?<!\bin )(?<!\bat )[A-Z][a-z]{2,}\b", s)]
    spoken = set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b", case.source.text))
    spoken -= set(re.findall(r"\b(?:[Tt]he|[Aa]n?) ([A-Z][a-z]{2,})\b", case.source.text))
    return [name for name in found if name in spoken and name.lower() not in known | called | told]


def _misled(order: Order, case: Case) -> bool | None:
    for section in case.template.sections:
        first = not order.section and section is case.template.sections[0]
        if not first and order.section not in {section.name, section.title.lower()}:
            continue
        fits = [_is(order.words[0], place.text) for place in case.of(section.name)]
        if any(fits):
            return not fits[0]
    return None


def _is(kind: str, sentence: str) -> bool:
    if kind == "risk":
        risk = read_prose(sentence)
        return risk.raised or risk.states or risk.unassessed or risk.flagged
    return bool({
        "diagnosis": _CODE, "session": re.compile(r"^Session (?:was )?held\b"),
        "next_session": re.compile(r"\bnext (?:\w+ )?(?:session|appointment|steps?)\b", re.IGNORECASE),
        "progress": re.compile(r"\bprogress\b|\bgoal\b", re.IGNORECASE),
    }[kind].search(sentence))  # fmt: skip

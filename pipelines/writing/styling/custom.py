"""What custom instructions ask of a draft, followed where a rule can."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pipelines.checking.instructions import Order, tells_of
from pipelines.checking.risk import read_prose
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.source import Source, split_sentences
from pipelines.templates import Template
from pipelines.writing.extractive.cleaning import clean_speech, strip_opener
from pipelines.writing.extractive.rewrite import lower_first, person_of, to_third_person
from pipelines.writing.extractive.risk import join
from pipelines.writing.styling.length import must_stay
from pipelines.writing.styling.rewording import (
    in_digits,
    in_words,
    names_in,
    swapped,
    whole,
    without_names,
    written_out,
)
from pipelines.writing.styling.sentences import SESSION_LINE, each, is_fixed, joined, paragraphs, upper_first

Sections = dict[str, str]


def select(sections: Mapping[str, str], orders: Sequence[Order], source: Source, template: Template) -> Sections:
    """What is left out and what is added: topics not to be mentioned, topics always mentioned."""
    chosen = dict(sections)
    for order in orders:
        if order.kind == "omit":
            chosen = {name: _without_topic(text, order.words[0]) for name, text in chosen.items()}
        elif order.kind == "avoid":
            chosen = {name: _without_words(text, order.words) for name, text in chosen.items()}
        elif order.kind == "mention" and not any(tells_of(t, order.words[0]) for t in chosen.values()):
            home = template.section_holding("report")
            told = _about(order.words[0], source)
            if home and told:
                chosen[home.name] = _with_sentence(chosen.get(home.name, ""), told)
    return chosen


def reword(sections: Mapping[str, str], orders: Sequence[Order], source: Source) -> Sections:
    """Words and spellings; quotations are left alone."""
    changes = [change for order in orders if (change := _change(order, source))]
    reworded = dict(sections)
    for change in changes:
        reworded = {name: each(text, change) for name, text in reworded.items()}
    return reworded


def lead(sections: Mapping[str, str], orders: Sequence[Order], template: Template) -> Sections:
    """Sections that begin with what they are asked to begin with."""
    led = dict(sections)
    for order in orders:
        if order.kind != "lead":
            continue
        for section in template.sections:
            wanted = order.section in {section.name, section.title.lower()}
            if wanted or (not order.section and section is template.sections[0]):
                led[section.name] = _led(led.get(section.name, ""), order.words[0])
    return led


OPENS: dict[str, Callable[[str], bool]] = {
    "diagnosis": lambda s: bool(re.search(r"\([A-Z]\d[\w.]+\)", s)),
    "risk": lambda s: (r := read_prose(s)).raised or r.states or r.unassessed or r.flagged,
    "next_session": lambda s: bool(re.search(r"\bnext (?:\w+ )?(?:session|appointment|steps?)\b", s, re.IGNORECASE)),
    "session": lambda s: bool(SESSION_LINE.match(s)),
    "progress": lambda s: bool(re.search(r"\bprogress\b|\bgoal\b", s, re.IGNORECASE)),
}


def _led(text: str, kind: str) -> str:
    parts = paragraphs(text)
    ahead = [s for part in parts for s in part if OPENS[kind](s)]
    if not ahead:
        return text
    rest = [[s for s in part if s not in ahead] for part in parts]
    rest = [part for part in rest if part] or [[]]
    rest[0] = [*ahead, *rest[0]]
    return joined(rest)


def _without_topic(text: str, topic: str) -> str:
    if not tells_of(text, topic):
        return text
    return _kept(text, lambda s: not tells_of(s, topic))


def _without_words(text: str, words: Sequence[str]) -> str:
    pattern = whole(words)
    spoken = _kept(each(text, lambda s: _synonym(s, words)), lambda s: not pattern.search(_unquoted(s)))
    return spoken if spoken or not pattern.search(text) else text


# Verbs of telling that can stand for each other; risk keeps its own.
_ALIKE = {"reported": "stated", "stated": "reported", "noted": "reported", "described": "reported",
          "expressed": "reported", "discussed": "spoke about", "reports": "states", "states": "reports",
          "notes": "reports", "used": "applied", "utilized": "used", "explored": "examined"}  # fmt: skip


def _synonym(sentence: str, words: Sequence[str]) -> str:
    for word in words:
        alike = next((a for a in (_ALIKE.get(word), "reported", "stated") if a and a not in words), None)
        if word in _ALIKE and alike:
            sentence = swapped(sentence, word, alike)
        elif word.endswith("ly"):
            sentence = re.sub(rf" ?\b{re.escape(word)}\b", "", sentence, flags=re.IGNORECASE).strip()
    return sentence


def _kept(text: str, holds: Callable[[str], bool]) -> str:
    """The text without the clauses that do not hold; a sentence whose first clause goes is dropped as a whole."""
    return joined([[new for s in part if (new := _clauses(s, holds))] for part in paragraphs(text)])


def _clauses(sentence: str, holds: Callable[[str], bool]) -> str:
    if holds(sentence) or is_fixed(sentence):
        return sentence
    if re.match(r"Clinician asked about ", sentence):
        items = re.split(r", | and ", sentence.rstrip("."))
        rest = [items[0], *(item for item in items[1:] if holds(item))]
        if holds(items[0]) and all(map(holds, rest)):
            return f"{join(rest)}."
    return _by_clause(sentence, holds)


def _by_clause(sentence: str, holds: Callable[[str], bool]) -> str:
    clauses = re.split(r";\s+", sentence.rstrip("."))
    kept = [clause for clause in clauses if holds(clause)]
    if kept and holds(clauses[0]):
        return f"{'; '.join(kept)}."
    own = [c for c in kept if re.match(r"(?:she|he|they|client|clinician) ", c)]
    if own:
        return f"{upper_first('; '.join(own))}."
    return sentence if must_stay(sentence) and _is_needed(sentence) else ""


def _is_needed(sentence: str) -> bool:
    """Diagnosis, risk, goal and next session stay whatever else a sentence says."""
    return any(OPENS[kind](sentence) for kind in ("diagnosis", "risk", "next_session", "progress"))


def _about(topic: str, source: Source) -> str:
    """A sentence of the source about a topic, told; "" where there is none that can be told."""
    told: list[str] = []
    for unit in source.units:
        if source.kind == "transcript" and unit.speaker != "client":
            continue
        for sentence in split_sentences(unit.text if source.kind == "summary" else clean_speech(unit.text)):
            if not tells_of(sentence, topic) or "?" in sentence or read_prose(sentence).raised:
                continue
            if source.kind == "summary":
                return f"As to {topic}: {lower_first(sentence)}" if '"' not in sentence else ""
            plain = strip_opener(sentence).rstrip(".!")
            if 2 <= len(plain.split()) <= 25:
                person = person_of(source.chart.client.pronouns or "")
                that = " that" if re.match(r"(?:I|My|It|There|We)\b", plain) else ":"
                told.append(f"Client reported{that} {lower_first(to_third_person(plain, 'client', person))}.")
    return max(told, key=lambda s: (s.startswith("Client reported that"), min(len(s.split()), 12)), default="")


def _with_sentence(text: str, sentence: str) -> str:
    parts = paragraphs(text)
    if not parts or parts[0][-1] in {NOT_ADDRESSED, FOR_CLINICIAN}:
        return sentence
    told = [i for i, s in enumerate(parts[0]) if re.search(r"\b[Cc]lient (?:report|stat|said|note)", s)]
    parts[0].insert(told[-1] + 1 if told else len(parts[0]), sentence)
    return joined(parts)


def _change(order: Order, source: Source) -> Callable[[str], str] | None:
    match order.kind:
        case "replace":
            return lambda s: swapped(s, order.words[0], order.instead)
        case "numbers":
            return in_digits if order.instead == "digits" else in_words
        case "abbreviations":
            return written_out
        case "names":
            names = names_in(source.text)
            return lambda s: without_names(s, names)
    return None


def _unquoted(text: str) -> str:
    return re.sub(r'"[^"]*"', '""', text)


def leaves(order: Order, sections: Mapping[str, str]) -> bool:
    """Whether something that an order is against still stands."""
    text = " ".join(_unquoted(t) for t in sections.values())
    if order.kind == "omit":
        return tells_of(text, order.words[0])
    return order.kind == "avoid" and bool(whole(order.words).search(text))

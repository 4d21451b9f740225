"""Additions: what the source holds, or what the clinician states and then answers for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.checking.risk import read_prose
from pipelines.lexicon import lexicon
from pipelines.phrases import ABSENCES, FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.stems import content_stems
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.rewrite import expand, lower_first, to_third_person
from pipelines.writing.extractive.select import relatedness
from pipelines.writing.extractive.statements import is_clause, opens_with_past
from pipelines.writing.extractive.words import listed
from pipelines.writing.styling.sentences import upper_first
from pipelines.writing.wand.bench import Bench
from pipelines.writing.wand.records import CannotDoError, Edit
from pipelines.writing.wand.refusals import RISK_WORDS, protected
from pipelines.writing.wand.targets import holds, key_stems
from pipelines.writing.wand.working import How, Place, Sentence

NEXT = re.compile(
    r"\b(?:homework|next (?:session|appointment|steps?|visit)|follow[- ]?up|assignments?)\b", re.IGNORECASE
)
AHEAD = re.compile(
    r"\b(?:will|'ll|plans? to|is going to|are going to|am going to|agreed to)\b|"
    r"\bnext (?:session|time|week|appointment)\b",
    re.IGNORECASE,
)
# What only a clinician does: "called his son", "left a voicemail".
_DOES = listed(
    "called phoned rang spoke left emailed consulted contacted sent faxed coordinated referred provided gave offered "
    "texted notified informed scheduled advised recommended filed mailed wrote staffed"
)
_CLINICIAN_SELF = re.compile(r"\b(?:I|I'm|I've|I'll|I'd|my|me|myself|we)\b")
_CLIENT_OPENS = re.compile(
    r"^(?:she|he|they|(?:the )?(?:client|patient|consumer|member|participant))\b(?!'s\b)", re.IGNORECASE
)
_TELLS = re.compile(
    r"^(?:\w+ )?(?:\w+ )?(?:also )?(?:reports?|reported|states?|stated|den(?:y|ies|ied)|endors\w+|"
    r"described?s?|said|says|mention\w*|noted?|explain\w*|shared?|told|will|plans?|agree[sd]?|declin\w+|might)\b",
    re.IGNORECASE,
)
_ALREADY = 0.9  # share of an addition's words that one sentence of the note holds
_SAID = 0.6  # share of an addition's words that the turns it rests on, or the chart, hold
_STATES = 4  # words of a jotting that says something without a verb of its own
_ON_TOPIC = 0.45  # relatedness from which a fact is on a topic
_SAME = 0.7  # share of a fact's words that a sentence of the note holds


def add(bench: Bench, edit: Edit) -> None:
    """Add what the source holds about it, or what the clinician states; only she then answers for it."""
    text = _statement(bench, edit.text)
    if text is None:
        _add_topic(bench, edit)
        return
    how: How = "own" if _CLINICIAN_SELF.search(text) else "stated"
    section = edit.sections[0] if edit.sections else _home(bench, text)
    told = _told(bench, text, section)
    if _stands(bench, told, edit.sections):
        raise CannotDoError("the note says so already")
    if how == "stated" and _is_said(bench, told, section):
        how = "added"
    put(bench, section, Sentence(told, how=how))


def _statement(bench: Bench, text: str) -> str | None:
    """A statement with its subject; None where the text only names a topic."""
    text = expand(text.strip(" .\"'"))
    first = next(iter(re.findall(r"[\w']+", text)), "").lower()
    if first in _DOES or (opens_with_past(text) and _CLINICIAN_SELF.search(text)):
        return f"I {lower_first(text)}"
    if opens_with_past(text) or (first in w.AUXILIARIES and len(text.split()) > 2):
        return f"{bench.person.subject} {lower_first(text)}"
    if re.match(r"I\b", text) or _CLIENT_OPENS.match(text) or is_clause(lower_first(text)):
        return text
    tokens = [t.lower() for t in re.findall(r"[A-Za-z']+", text)]
    verb = any(t in w.AUXILIARIES or ({"VBD", "VBZ"} & w.forms(t) and "NOUN" not in w.forms(t)) for t in tokens[1:6])
    return text if verb and not re.match(r"^(?:how|what|why|where|when|that)\b", text, re.IGNORECASE) else None


def _told(bench: Bench, text: str, section: str) -> str:
    """A statement in the third person, as its section says things."""
    word = bench.client_word
    capital = _capital(bench)
    if _CLINICIAN_SELF.search(text):
        told = to_third_person(text, "clinician", bench.person)
        told = re.sub(r"(?<!^)\bthe clinician\b", "clinician", told)
        return upper_first(re.sub(r"^the clinician\b", "Clinician", told)).rstrip(".") + "."
    holds_kinds = next(s.holds for s in bench.template.sections if s.name == section)
    reports = "report" in holds_kinds and not _TELLS.match(text) and not AHEAD.search(text)
    if reports and not RISK_WORDS.search(text) and not lexicon().named_measures(text):
        subject = re.sub(_CLIENT_OPENS, bench.person.subject, text) if _CLIENT_OPENS.match(text) else text
        subject = re.sub(r"\bthe client\b", word, subject)
        return f"{capital} reported that {lower_first(subject)}".rstrip(".") + "."
    return upper_first(_CLIENT_OPENS.sub(capital, text)).rstrip(".") + "."


def _capital(bench: Bench) -> str:
    return upper_first(bench.client_word)


def _home(bench: Bench, text: str) -> str:
    """The section in which a statement belongs by what it says."""
    kind = "report"
    if RISK_WORDS.search(text) or read_prose(text).raised:
        kind = "risk"
    elif AHEAD.search(text) or NEXT.search(text):
        kind = "plan"
    elif _CLINICIAN_SELF.search(text):
        kind = "intervention"
    elif lexicon().named_measures(text):
        kind = "observation"
    section = bench.template.section_holding(kind) or bench.template.sections[0]
    return section.name


def _stands(bench: Bench, text: str, sections: Sequence[str]) -> bool:
    """Whether a sentence of the note, or of the section it shall stand in, says it already."""
    stems = set(content_stems(text))
    return any(
        stems and len(stems & set(content_stems(place.sentence.text))) >= _ALREADY * len(stems)
        for place in bench.places(sections)
    )


def _is_said(bench: Bench, text: str, section: str) -> bool:
    """Whether the source says it: the checker finds it, and the turns it rests on hold most of its words.

    A statement that is taken for the clinician's own although the source holds it does no harm; the other way it would.
    """
    (evidence,) = bench.finder.find({section: text})[:1]
    if evidence.kind == "unsupported":
        return False
    if evidence.kind == "chart":
        return True
    units = [u.text for u in bench.source.units if any(abs(u.index - turn) <= 1 for turn in evidence.turns)]
    held = set(content_stems(" ".join(units))) | set(content_stems(bench.holdings.chart_words))
    wanted = set(content_stems(text))
    return bool(wanted) and len(wanted & held) >= _SAID * len(wanted)


def _add_topic(bench: Bench, edit: Edit) -> None:
    """The facts of the source on a topic that the section does not hold yet."""
    topic = re.sub(
        r"^(?:something|a (?:bit|line|sentence|note)|more|anything|details?)\s+(?:about|on)\s+", "", edit.text
    )
    found = on_topic(bench, topic, edit.sections)
    stated = re.search(r"\b\w+(?:ing|ed|en)\b", edit.text) and len(edit.text.split()) >= _STATES
    if not found and stated and not topic.startswith(("about", "on ")) and topic == edit.text:
        section = edit.sections[0] if edit.sections else _home(bench, edit.text)
        put(bench, section, Sentence(upper_first(edit.text.strip(" .")) + ".", how="stated"))
        return
    if not found:
        raise CannotDoError("the source holds nothing on it that is new; say it as a statement to add it as your own")
    for text in found[:1]:
        section = edit.sections[0] if edit.sections else _home(bench, text)
        put(bench, section, Sentence(text, how="added"))


def on_topic(bench: Bench, topic: str, sections: Sequence[str]) -> list[str]:
    """Statements on a topic, best first: facts of the source, and sentences of other sections of the note."""
    elsewhere = [p.sentence.text for p in bench.places(()) if sections and p.section not in sections]
    parts = [upper_first(part.strip(" .")) + "." for text in elsewhere for part in text.split("; ")]
    pool = list(dict.fromkeys([*(fact.text for fact in bench.facts), *(p for p in parts if _complete(p))]))
    pool = [text for text in pool if not set(protected(text)) and not standing(bench, text, sections)]
    if not pool:
        return []
    stems = key_stems(topic)
    near = relatedness(topic, pool, bench.embedder)
    scores = [0.5 * holds(text, stems) + 0.5 * score for text, score in zip(pool, near, strict=True)]
    ranked = sorted(zip(scores, pool, strict=True), key=lambda pair: -pair[0])
    return [text for score, text in ranked if score >= _ON_TOPIC]


def _complete(text: str) -> bool:
    return bool(re.match(r"^(?:Client|Patient|Clinician|She|He|They|The )", text)) and is_clause(lower_first(text))


def standing(bench: Bench, text: str, sections: Sequence[str]) -> bool:
    """Whether a fact stands in these sections already."""
    stems = set(content_stems(text))
    return not stems or any(
        len(stems & set(content_stems(place.sentence.text))) >= _SAME * len(stems) for place in bench.places(sections)
    )


def put(bench: Bench, section: str, sentence: Sentence) -> None:
    """At the end of the section; in the one section of a narrative behind the sentence that it goes with."""
    there = bench.working.sections[section]
    if len(there) == 1 and there[0].text in ABSENCES and there[0].text in {NOT_ADDRESSED, FOR_CLINICIAN}:
        bench.working.drop(Place(section, there[0]))
        there = []
    after = None
    if len(bench.working.sections) == 1 and there:
        near = relatedness(sentence.text, [s.text for s in there], bench.embedder)
        after = there[max(range(len(there)), key=near.__getitem__)]
        if sentence.text.startswith("Clinician"):
            acts = [s for s in there if re.match(r"Clinician\b(?! will\b)", s.text)]
            after = acts[-1] if acts and not AHEAD.search(sentence.text) else there[-1]
    bench.working.put(section, sentence, after)

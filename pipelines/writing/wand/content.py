"""Edits of what a note says: take out, move, add."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.checking.material import NEXT_STEP
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
from pipelines.writing.wand.bench import Bench, forbid_loss
from pipelines.writing.wand.records import CannotDoError, Edit
from pipelines.writing.wand.refusals import RISK_WORDS, RefusedError, protected
from pipelines.writing.wand.targets import Hit, find, holds, key_stems, part_of, without
from pipelines.writing.wand.working import How, Place, Sentence

_MOVED_ASIDE = "Risk, the session's times and the diagnosis stand in the sections that the format has for them."
_NEXT = re.compile(
    r"\b(?:homework|next (?:session|appointment|steps?|visit)|follow[- ]?up|assignments?)\b", re.IGNORECASE
)
_AHEAD = re.compile(
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


def remove(bench: Bench, edit: Edit) -> None:
    """Take out what the phrase means: the part of the sentence that says it, or all of it."""
    if edit.text.lower() in bench.working.sections:
        raise CannotDoError("a section as a whole belongs to the format; name what is to go from it")
    hits = find(bench.working, edit.text, edit.sections, bench.embedder)
    hits = [hit for hit in hits if not bench.is_kept(hit.place.sentence.text)]
    if not hits:
        raise CannotDoError("what is to be taken out does not stand in the note")
    whole = bool(
        re.match(r"^(?:the |that |this )?(?:whole |entire |last |first )*sentences?\b", edit.text, re.IGNORECASE)
    )
    for hit in hits if len(key_stems(edit.text)) < 3 or whole else hits[: _as_good(hits)]:
        _take_out(bench, hit, "" if whole else edit.text)


def _as_good(hits: Sequence[Hit]) -> int:
    return sum(hit.score > 0.99 for hit in hits) or 1


def _take_out(bench: Bench, hit: Hit, phrase: str) -> None:
    sentence = hit.place.sentence
    before, after = sentence.text, ""
    while phrase and any(holds(before, [s]) for s in key_stems(phrase)):
        after = without(before, phrase)
        if not after or after == before or holds(after, key_stems(phrase)) < 0.99:
            break
        before = after
    _forbid_part(sentence.text, after)
    if after:
        sentence.become(after, "cut")
    else:
        bench.working.drop(hit.place)


def _forbid_part(before: str, after: str) -> None:
    """Refuse where what goes, or what a part of it hangs on, states risk, the session or the diagnosis."""
    forbid_loss(before, after)
    left = [part.strip(" .") for part in after.split(";")]
    for part in before.split(";"):
        if part.strip(" .") not in left and "risk" in protected(part):
            forbid_loss(part, "")


def move(bench: Bench, edit: Edit) -> None:
    """Take a sentence, or the part of it that is meant, to another section."""
    if len(bench.working.sections) < 2:
        raise CannotDoError("this format has one section")
    origin = [name for name in edit.sections or bench.working.sections if name != edit.to]
    hits = _meant_to_move(bench, edit.text, origin)
    if not hits:
        raise CannotDoError("what is to be moved does not stand in another section")
    for hit in hits:
        text = part_of(hit.place.sentence.text, edit.text) or hit.place.sentence.text
        _forbid_aside(bench, text, edit.to)
        moved = Sentence(upper_first(text.rstrip(" ;.")) + ".", how=hit.place.sentence.how, was=hit.place.sentence.text)
        rest = hit.place.sentence.text.replace(text, "").strip(" ;.") if text != hit.place.sentence.text else ""
        if rest:
            hit.place.sentence.become(upper_first(re.sub(r"\s*;\s*;?\s*", "; ", rest)) + ".", "cut")
        else:
            bench.working.drop(hit.place)
        if moved.how == "kept":
            moved.how = "cut" if rest else "kept"
        _put(bench, edit.to, moved)


def _meant_to_move(bench: Bench, phrase: str, origin: Sequence[str]) -> list[Hit]:
    """ "The homework" means every sentence about what comes next; else the best sentence."""
    if _NEXT.search(phrase) and len(content_stems(phrase)) <= 2:
        ahead = [p for p in bench.places(origin) if _AHEAD.search(p.sentence.text) or NEXT_STEP.search(p.sentence.text)]
        if ahead:
            return [Hit(place, 1.0) for place in ahead]
    hits = find(bench.working, phrase, origin, bench.embedder)
    return hits if len(key_stems(phrase)) == 1 and len(hits) <= 2 else hits[:1]


def _forbid_aside(bench: Bench, text: str, to: str) -> None:
    for kind in protected(text):
        home = bench.template.section_holding(kind)
        if home and home.name != to:
            raise RefusedError(_MOVED_ASIDE)


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
    _put(bench, section, Sentence(told, how=how))


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
    reports = "report" in holds_kinds and not _TELLS.match(text) and not _AHEAD.search(text)
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
    elif _AHEAD.search(text) or _NEXT.search(text):
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
        _put(bench, section, Sentence(upper_first(edit.text.strip(" .")) + ".", how="stated"))
        return
    if not found:
        raise CannotDoError("the source holds nothing on it that is new; say it as a statement to add it as your own")
    for text in found[:1]:
        section = edit.sections[0] if edit.sections else _home(bench, text)
        _put(bench, section, Sentence(text, how="added"))


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


def _put(bench: Bench, section: str, sentence: Sentence) -> None:
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
            after = acts[-1] if acts and not _AHEAD.search(sentence.text) else there[-1]
    bench.working.put(section, sentence, after)


put = _put

"""Quotations: none, at most two, or many where the session has words that can be quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipelines.checking.claims import quotations
from pipelines.checking.risk import read_prose
from pipelines.note_settings import MOST_QUOTES, NoteSettings, pronouns_of
from pipelines.source import Source, Unit, split_sentences
from pipelines.stems import content_stems
from pipelines.templates import Template
from pipelines.writing.extractive.rewrite import Person, lower_first, person_of, to_third_person
from pipelines.writing.styling.sentences import QUOTATION, is_fixed, joined, paragraphs, upper_first

_FILLER = re.compile(
    r"\b(?:um+|uh+|er|hmm+|mm|you know|i mean|i don't know|i guess|kind of|sort of|anyway)\b|\blike,|"
    r"[—–…\"“”\[\]]|--|\.\.\.|- |\d",
    re.IGNORECASE,
)
_SELF = re.compile(r"\b(?:I|I'm|I've|I'd|I'll|my|me|myself)\b")
_ANSWERS = re.compile(r"^(?:yes|yeah|no|nope|okay|ok|well|oh|so|and|but|right|sure|because|or)\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?<!^)\b(?!I\b|I['’])[A-Z]\w+|\b(?:suicid\w*|kill\w*|dead|die|died|hurt|gun|harm)\b"  # names and risk
)
_THIRD = re.compile(
    r"\b(?:wife|husband|partner|mother|father|mom|dad|son|daughter|kid|brother|sister|boss|friend|he|she|his|her|safe)\b",
    re.IGNORECASE,
)
_LONG = (6, 16)  # words of a quotation
_WANTED = MOST_QUOTES + 1
_TELLING = re.compile(
    r"\b(?P<verb>report|stat|say|said|says|add|note|answer|describ|express|told|tells|explain|shar|repl|endors)\w*"
    r"(?P<to>(?: (?:that|the clinician))?)[,:]? ?$"
)
_WITH = r"(?:,? (?:with|on|as|of|like|about|that|called|saying|for|to|the thought|the phrase|the words)|[,:])?"


def settle_quotes(
    sections: Mapping[str, str], source: Source, settings: NoteSettings, template: Template
) -> dict[str, str]:
    """The sections with as many quotations as the setting wants; each is word for word in the source."""
    if settings.quotes == "many":
        whole = {name: [_ended(part) for part in paragraphs(text)] for name, text in sections.items()}
        return _with_more({name: joined(parts) for name, parts in whole.items()}, source, template)
    left = [MOST_QUOTES if settings.quotes == "some" else 0]
    given = pronouns_of(settings.pronouns or source.chart.client.pronouns)
    person = person_of(given.subject) if given else Person("client", "client", "client's", "client's", "self")
    return {name: joined([_fewer(part, left, person) for part in paragraphs(text)]) for name, text in sections.items()}


def _ended(sentences: list[str]) -> list[str]:
    return [s for sentence in _whole(sentences) if (s := ended(sentence))]


def _fewer(sentences: list[str], left: list[int], person: Person) -> list[str]:
    kept = []
    for sentence in _whole(sentences):
        count = len(quotations(sentence))
        if count and count <= left[0] and sentence.count('"') % 2 == 0:
            left[0] -= count
        elif sentence.count('"') % 2 == 1 and count <= left[0]:
            left[0] -= count
            sentence = ended(sentence)
        elif count or '"' in sentence or "“" in sentence or "”" in sentence:
            sentence = without_quotes(sentence, person)
        if sentence:
            kept.append(sentence)
    return kept


def _whole(sentences: list[str]) -> list[str]:
    """Sentences of which a quotation runs over several are put together again."""
    whole: list[str] = []
    for sentence in sentences:
        if whole and whole[-1].count('"') % 2 == 1 and sentence.count('"') % 2 == 1:
            whole[-1] = f"{whole[-1]} {sentence}"
        else:
            whole.append(sentence)
    return whole


def without_quotes(sentence: str, person: Person) -> str:
    """What was quoted told in indirect speech, or the sentence without it; "" where nothing is left."""
    end = sentence[-1] if sentence[-1:] in ".?!" else "."
    while match := QUOTATION.search(sentence):
        before, after = sentence[: match.start()], sentence[match.end() :]
        said = match.group(0)[1:-1].strip().rstrip(".,!?;")
        telling = _TELLING.search(before)
        if telling:
            lead = before[: telling.start("to")].rstrip(" ,:")
            sentence = f"{lead} that {_indirect(said, person)}{_continued(after)}"
        elif _SELF.search(said) or len(said.split()) > 4 or re.search(r"\b[Cc]linician,? $", before):
            lead = re.sub(rf"{_WITH}\s*$", "", before)
            again = re.match(rf"\s*(?:,|and|or)\s*(?={QUOTATION.pattern})", after)
            sentence = lead + (f" {after[again.end() :]}" if again else after)
        else:
            sentence = f"{before}{said}{after}"
    sentence = ended(sentence)
    sentence = re.sub(r"[\"“”]", "", sentence)
    sentence = re.sub(r"\s+([,.;:?!])", r"\1", re.sub(r"\s+", " ", sentence)).strip(" ,;:")
    sentence = re.sub(r"[,;:]+([.?!])", r"\1", sentence)
    if len(content_stems(sentence)) < 1 and len(sentence.split()) < 4:
        return ""
    return upper_first(sentence if sentence[-1] in ".?!" else sentence + end)


def ended(sentence: str) -> str:
    """The sentence without a quotation that begins in it and does not end."""
    if sentence.count('"') % 2 == 0:
        return sentence
    start = sentence.rfind('"')
    tail = re.search(r" (?:was|were) not recorded\.$", sentence[start:])
    lead = re.sub(rf"{_WITH}\s*$", "", sentence[:start])
    return (lead + tail.group(0)) if tail else f"{lead.rstrip(' ,;:')}." if len(lead.split()) > 2 else ""


def _indirect(said: str, person: Person) -> str:
    parts = [to_third_person(part.rstrip(".!?"), "client", person) for part in split_sentences(said)]
    return "; ".join(lower_first(part) for part in parts if part)


def _continued(after: str) -> str:
    return after if after[:1] in ".,;:?!" or after.startswith(" ") else f" {after}" if after else ""


def _with_more(sections: Mapping[str, str], source: Source, template: Template) -> dict[str, str]:
    held = [q for text in sections.values() for q in quotations(text)]
    home = template.section_holding("report")
    if source.kind != "transcript" or len(held) >= _WANTED or home is None:
        return dict(sections)
    about = set(content_stems(sections.get(home.name, "")))
    fresh = [q for q in quotable(source) if not any(q in h or h in q for h in held)]
    ranked = sorted(fresh, key=lambda q: _apart(q) - len(set(content_stems(q)) & about))
    ranked = ranked[: _WANTED - len(held)]
    chosen = [q for q in fresh if q in ranked]  # in the order of the session
    if not chosen:
        return dict(sections)
    quoted = [f'"{q}"' for q in chosen]
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
    return dict(sections) | {home.name: _placed(sections.get(home.name, ""), f"Client said, {listed}.")}


def _apart(quotation: str) -> int:
    """What speaks against a quotation: others are in it, or it does not begin as a sentence about oneself."""
    return 3 * bool(_THIRD.search(quotation)) + 2 * (not re.match(r"(?:I|I'\w+|My|It|It's)\b", quotation))


def _placed(text: str, sentence: str) -> str:
    """Behind what was reported: at the end of a section, of a narrative's first paragraph."""
    parts = paragraphs(text)
    if not parts or all(is_fixed(s) for part in parts for s in part if not s.startswith("Session")):
        parts = [[s for part in parts for s in part if s.startswith("Session")]]
    target = parts[0]
    told = [i for i, s in enumerate(target) if re.search(r"\b[Cc]lient (?:report|stat|said|denied)", s)]
    acts = [i for i, s in enumerate(target) if re.match(r"(?:The )?(?:Clinician|Therapist)\b|Risk\b", s)]
    at = told[-1] + 1 if told else acts[0] if acts else len(target)
    if told and read_prose(target[told[-1]]).raised:
        at = told[-1]
    target.insert(at, sentence)
    return joined(parts)


def quotable(source: Source) -> list[str]:
    """Whole sentences of the client about themselves that are clean enough to stand in a record, each once."""
    found = (s for unit in source.units if unit.speaker == "client" for s in _sentences(unit))
    return list(dict.fromkeys(found))


def _sentences(unit: Unit) -> list[str]:
    chosen = []
    for sentence in split_sentences(unit.text):
        plain = sentence.rstrip(".!").strip()
        low, high = _LONG
        fits = low <= len(plain.split()) <= high and not re.search(r"[.?!:;]", plain)
        if fits and _SELF.search(plain) and not (_FILLER.search(plain) or _ANSWERS.match(plain)):
            clean = not _OTHERS.search(plain) and len(content_stems(plain)) >= 3 and not read_prose(plain).raised
            chosen += [plain] if clean and plain[-1:] not in ",-" else []
    return chosen

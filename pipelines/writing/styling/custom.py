"""What custom instructions ask of a draft, followed where a rule can."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pipelines.checking.instructions import ABBREVIATIONS, Order, tells_of
from pipelines.checking.risk import read_prose
from pipelines.lexicon import lexicon
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.source import Source, split_sentences
from pipelines.stems import content_stems, stem
from pipelines.templates import Template
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.cleaning import clean_speech, strip_opener
from pipelines.writing.extractive.rewrite import lower_first, person_of, to_third_person
from pipelines.writing.styling.length import must_stay
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


def reword(sections: Mapping[str, str], orders: Sequence[Order]) -> Sections:
    """Words and spellings; quotations are left alone."""
    changes = [change for order in orders if (change := _change(order))]
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
            sentence = _swap(sentence, word, alike)
        elif word.endswith("ly"):
            sentence = re.sub(rf" ?\b{re.escape(word)}\b", "", sentence, flags=re.IGNORECASE).strip()
    return sentence


def _kept(text: str, holds: Callable[[str], bool]) -> str:
    """The text without the clauses that do not hold; a sentence whose first clause goes is dropped as a whole."""
    return joined([[new for s in part if (new := _clauses(s, holds))] for part in paragraphs(text)])


def _clauses(sentence: str, holds: Callable[[str], bool]) -> str:
    if holds(sentence) or is_fixed(sentence):
        return sentence
    items = sentence.rstrip(".").split(", ")
    if len(items) > 2 and holds(shorter := f"{', '.join([items[0], *(i for i in items[1:] if holds(i))])}.") and holds(items[0]):
        return shorter if all(len(i.split()) < 5 for i in items[1:] if not holds(i)) else _by_clause(sentence, holds)
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
    for unit in source.units:
        if source.kind == "transcript" and unit.speaker != "client":
            continue
        for sentence in split_sentences(unit.text if source.kind == "summary" else clean_speech(unit.text)):
            if not tells_of(sentence, topic) or "?" in sentence or read_prose(sentence).raised:
                continue
            if source.kind == "summary":
                return f"Client reported: {lower_first(sentence)}" if '"' not in sentence else ""
            plain = strip_opener(sentence).rstrip(".!")
            if 4 <= len(plain.split()) <= 25 and re.match(r"(?:I|My)\b", plain):
                person = person_of(source.chart.client.pronouns or "")
                return f"Client reported that {lower_first(to_third_person(plain, 'client', person))}."
    return ""


def _with_sentence(text: str, sentence: str) -> str:
    parts = paragraphs(text)
    if not parts or parts[0][-1] in {NOT_ADDRESSED, FOR_CLINICIAN}:
        return sentence
    told = [i for i, s in enumerate(parts[0]) if re.search(r"\b[Cc]lient (?:report|stat|said|note)", s)]
    parts[0].insert(told[-1] + 1 if told else len(parts[0]), sentence)
    return joined(parts)


def _change(order: Order) -> Callable[[str], str] | None:
    match order.kind:
        case "replace":
            return lambda s: _swap(s, order.words[0], order.instead)
        case "numbers":
            return in_digits if order.instead == "digits" else in_words
        case "abbreviations":
            return written_out
        case "names":
            return without_names
    return None


def _swap(sentence: str, old: str, new: str) -> str:
    """One word or phrase for another, whole words, with its capital and a plural s."""

    def told(match: re.Match[str]) -> str:
        form = new + (match.group(1) or "")
        return upper_first(form) if match.group(0)[0].isupper() else form

    return re.sub(rf"(?<![\w-]){re.escape(old)}(s|['’]s)?(?![\w-])", told, sentence, flags=re.IGNORECASE)


def whole(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])", re.IGNORECASE)


def _unquoted(text: str) -> str:
    return re.sub(r'"[^"]*"', '""', text)


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_VALUES = {word: n for n, word in enumerate(_ONES)} | _TENS
_SPELLED = re.compile(
    rf"(?<![\w-])(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES[1:10])}))?|{'|'.join(_ONES[2:])}|zero)"
    r"(?![\w-])(?! (?:hundred|thousand|and a half))(?<!hundred and )",
    re.IGNORECASE,
)
# Doses, times, codes, scores and dates stay in digits.
_COUNT = re.compile(
    r"(?<![\w.:,$/(#-])(?<!CPT )(?<!was )(?<!is )(?<!from )(?<!to )(?<!of )(?<!between )(?<!and )"
    r"(?<!January )(?<!February )(?<!March )(?<!April )(?<!May )(?<!June )(?<!July )(?<!August )(?<!September )"
    r"(?<!October )(?<!November )(?<!December )"
    r"\b(\d{1,2})\b(?=(?: [a-z]|[,;.] |[.;]?$))(?![.:/%-]\d)"
    r"(?! ?(?:mg|mcg|ml|milligrams?|micrograms?|AM|PM|am|pm|%|percent|out of|of 10|minutes\)))"
)


def in_digits(sentence: str) -> str:
    def told(match: re.Match[str]) -> str:
        parts = re.split(r"[- ]", match.group(0).lower())
        return str(sum(_VALUES[part] for part in parts))

    return _SPELLED.sub(told, sentence)


def in_words(sentence: str) -> str:
    """Counts to ninety-nine in words; not beside another number, with which it would read as one."""

    def told(match: re.Match[str]) -> str:
        around = re.findall(r"[\w-]+", sentence[: match.start()])[-1:] + re.findall(r"[\w-]+", sentence[match.end() :])[:1]
        if any(re.search(r"\d", word) or _SPELLED.match(word) for word in around):
            return match.group(0)
        word = spelled(int(match.group(1)))
        return upper_first(word) if match.start() == 0 else word

    return _COUNT.sub(told, sentence)


def spelled(value: int) -> str:
    if value < 20:
        return _ONES[value]
    tens = next(word for word, n in _TENS.items() if n == value // 10 * 10)
    return tens if value % 10 == 0 else f"{tens}-{_ONES[value % 10]}"


_SHORT = re.compile(
    r"(?<![\w/-])(?:" + "|".join(re.escape(a) for a in sorted(ABBREVIATIONS, key=len, reverse=True)) + r")(?![\w/-])"
)


def written_out(sentence: str) -> str:
    sentence = re.sub(r"\bSI/HI\b", "suicidal and homicidal ideation", sentence)
    sentence = re.sub(rf" \((?:{'|'.join(a for a in ABBREVIATIONS if a.isalpha())})\)", "", sentence)
    return upper_first(_SHORT.sub(lambda m: ABBREVIATIONS[m.group(0)], sentence))


_TITLE_AND_NAME = re.compile(r"\b(Dr|Mr|Mrs|Ms|Prof)\.? [A-Z]\w+")
_TITLES = {"Dr": "the doctor", "Prof": "the professor"}
_NAME = re.compile(r"(?<![\w'’-])(?P<of>(?:[a-z]+ )?)(?P<name>[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})?)(?P<own>['’]s)?")


def without_names(sentence: str) -> str:
    """Other people's names told by their relation, or as somebody's."""
    sentence = _TITLE_AND_NAME.sub(lambda m: _TITLES.get(m.group(1), "a person"), sentence)
    return upper_first(_NAME.sub(_unnamed, sentence))


def _unnamed(match: re.Match[str]) -> str:
    before, name, own = match.group("of"), match.group("name"), match.group("own") or ""
    if not is_name(name, match.start("name") == 0):
        return match.group(0)
    if before.strip() in _RELATIONS:
        return f"{before.strip()}{own}"
    return f"{before}{'someone'}{own}"


_RELATIONS = frozenset(
    "brother sister mother father mom dad son daughter wife husband partner boyfriend girlfriend friend boss coworker "
    "manager supervisor uncle aunt cousin nephew niece neighbor roommate dog cat".split()
)
_KNOWN = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december client clinician session progress homework asked about during next risk in
    english spanish christmas thanksgiving easter halloween zoom medicare medicaid telehealth""".split()
)


def is_name(word: str, opens: bool) -> bool:
    """Whether a capitalised word is a person's or a place's: no word of the language, the calendar or the field."""
    terms = {part.lower() for term in (*lexicon().approaches, *lexicon().measures, *lexicon().medications,
                                       *lexicon().interventions) for part in re.split(r"[ -]", term)}  # fmt: skip
    parts = word.lower().split()
    if any(part in _KNOWN or part in terms for part in parts):
        return False
    return not (opens and bool(w.forms(parts[0])))


def leaves(order: Order, sections: Mapping[str, str]) -> bool:
    """Whether something that an order is against still stands."""
    text = " ".join(_unquoted(t) for t in sections.values())
    if order.kind == "omit":
        return tells_of(text, order.words[0])
    return order.kind == "avoid" and bool(whole(order.words).search(text))


def named_stems(orders: Sequence[Order]) -> set[str]:
    return {stem(w_) for o in orders if o.kind == "mention" for topic in o.words for w_ in content_stems(topic)}

"""What custom instructions ask for, as far as a rule can say: read once, followed by the style, checked afterwards.

An instruction never overrides a clinical rule: such a one is refused with the reason. What no rule understands is
named, so that nobody believes that it was followed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.lexicon import lexicon
from pipelines.note_settings import Instruction
from pipelines.source import Source, split_sentences
from pipelines.stems import content_stems, stem, words_of

OrderKind = Literal["avoid", "replace", "omit", "mention", "names", "numbers", "abbreviations", "no_lists", "lead"]


@dataclass(frozen=True)
class Order:
    """One thing asked for. `words`: what it is about; `instead`: what to write; `section`: where, "" the whole note."""

    kind: OrderKind
    words: tuple[str, ...] = ()
    instead: str = ""
    section: str = ""
    source: str = ""
    """The instruction as it was given, with its level."""


@dataclass(frozen=True)
class Orders:
    """`refused` and `unread`: why an instruction is not followed, in plain words."""

    followed: tuple[Order, ...]
    refused: tuple[str, ...]
    unread: tuple[str, ...]


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_QUOTED = re.compile(r"[\"“”]([^\"“”]+)[\"”]|(?<!\w)['‘]([^'’]+)['’](?!\w)")
_DONT = r"(?:do not|don['’]t|never|please do not|avoid|refrain from)"
_NAMING = (
    r"(?:mention(?:ing)?|nam(?:e|ing)|includ(?:e|ing)|writ(?:e|ing) about|refer(?:ring)? to|document(?:ing)?|"
    r"record(?:ing)?|list(?:ing)?|talk about)"
)
_ASIDE = r"(?: (?:in|anywhere in|from) (?:the|any|this|my|our) (?:notes?|text|record|section))?\.?$"
_USING = r"(?: (?:use|using|write|writing|say|saying))"
_POLITE = r"^(?:always |please )*"
_AVOID = _form(rf"^{_DONT}{_USING}?(?: (?:of )?the)? (?:words?|terms?|phrases?) (?P<what>.+?){_ASIDE}")
_AVOID_QUOTED = _form(rf"^{_DONT}{_USING}? (?P<what>[\"“'‘].+?){_ASIDE}")
_THE_WORD = r"(?: the (?:word|term|phrase))?"
_REPLACE = (
    _form(
        rf"{_POLITE}(?:use|write|say|prefer){_THE_WORD} (?P<new>.+?),? "
        rf"(?:instead of|rather than|in place of|(?:and )?not){_THE_WORD} (?P<old>.+?)\.?$"
    ),
    _form(rf"{_POLITE}instead of (?P<old>.+?),? (?:use|write|say) (?P<new>.+?)\.?$"),
    _form(rf"{_POLITE}(?:replace|change) (?P<old>.+?) (?:with|by|to) (?P<new>.+?)\.?$"),
)
_NAMES = _form(
    rf"^{_DONT} (?:mention(?:ing)?|us(?:e|ing)|includ(?:e|ing)|writ(?:e|ing)|nam(?:e|ing)|record(?:ing)?)\b.*"
    r"(?:\bnames?\b|\bby name\b|(?<=name )(?:other|third|family|anyone|anybody|people|relatives))"
)
_OMIT = _form(
    rf"^(?:{_DONT} {_NAMING}|leave out|omit|exclude|skip)(?: any)?"
    r"(?: (?:the|her|his|their|client['’]s|mention of|references? to|details? (?:of|about)))* "
    rf"(?P<what>.+?){_ASIDE}"
)
_MENTION = _form(
    r"^(?:always|please|please always|make sure to|be sure to|remember to) "
    r"(?:mention|include|document|note|record|report|address|cover)(?: the| any| client['’]s)* (?P<what>.+?)"
    r"(?: (?:if|when|where) (?:it |they )?(?:was |were |is |are )?(?:discussed|mentioned|said|raised|there))?"
    r"(?: in (?:the|every|each) notes?)?\.?$"
)
_NUMBERS = _form(
    r"\b(?P<spelled>spell(?:ed)? out)\b(?: all)? numbers?\b|"
    r"\b(?:write|use|give|put)\b.*\bnumbers?\b.*\b(?:digits?|numerals?|figures?)\b|"
    r"\b(?:write|spell|give|put)\b.*\bnumbers?\b.*\b(?P<words>words?|out)\b|"
    r"^(?:use )?(?:digits|numerals)(?: for numbers| only)?\.?$"
)
_NOT_ANY = r"\b(?:no|avoid|without|do not use|don['’]t use|never use"
_ABBREVIATIONS = _form(rf"{_NOT_ANY}|spell out|write out|expand)\b.*\b(?:abbreviations?|acronyms?)\b")
_LISTS = _form(
    rf"{_NOT_ANY})\b.*\b(?:bullets?|bullet points?|lists?|numbered)\b|"
    r"\b(?:write|use) (?:only )?(?:full|complete) sentences\b"
)
_LEAD = _form(
    rf"{_POLITE}(?:begin|start|open|lead)(?: (?:the|every|each))? ?(?P<where>[\w ]*?)(?: section)? with (?:the )?"
    r"(?P<what>.+?)\.?$"
)
_LEADS = {
    "diagnosis": _form(r"\bdiagnos[ie]s\b"),
    "risk": _form(r"\b(?:risk|safety)\b"),
    "next_session": _form(r"\b(?:next|follow[- ]?up) (?:session|appointment|visit)\b"),
    "session": _form(r"\b(?:session (?:times?|line|length)|times?|date|billing|cpt)\b"),
    "progress": _form(r"\b(?:progress|goals?)\b"),
}

# What no instruction may have, and the reason that is given. The first four are harmless when asked not to be done.
_FORBIDDEN = (
    (
        _form(r"\b(?:sign(?:ed|ing|ature)?|e-?sign\w*|attest\w*|certif\w+|initials?)\b"),
        "a note is signed by the clinician, never by the writer",
    ),
    (_form(r"\bconsent\w*\b"), "consent is recorded by the clinician, never by the writer"),
    (
        _form(r"\b(?:invent|make up|fabricate|assume|imagine|guess|fill in|embellish|exaggerate|pretend)\b"),
        "what the source does not say is not written",
    ),
    (
        _form(
            r"\b(?:within normal limits|wnl|unremarkable|normal mental status|mental status (?:as|is|was) normal|"
            r"oriented x ?\d)\b"
        ),
        "mental status is not filled in with usual phrases",
    ),
    (
        _form(
            r"\b(?:say|state|write|document|note|record|report|put|mark|assume|mention|include)\b[^.]*"
            r"\b(?:den(?:ied|ies|ying?)|no (?:si|hi|suicid\w*|risk)|not (?:a )?(?:risk|suicidal)|"
            r"risk (?:was|is) (?:low|none|denied))\b"
        ),
        "risk is stated as it was asked and answered",
    ),
    (
        _form(
            r"\b(?:ignore|override|disregard|bypass)\b[^.]*"
            r"\b(?:rules?|guidance|instructions?|source|checks?|chart)\b"
        ),
        "clinical rules stand above instructions",
    ),
    (
        _form(
            r"\b(?:change|alter|round|raise|lower|replace|use)\b[^.]*"
            r"\b(?:diagnos[ie]s|cpt|billing code|session times?|start time|end time|minutes)\b"
        ),
        "diagnosis, code and times are those of chart and appointment",
    ),
    (_form(r"\b(?:diagnose|add (?:a|another) diagnosis)\b"), "the diagnosis is the chart's"),
)
_HARMLESS = 4
_NEEDED = frozenset(
    stem(word)
    for word in words_of(
        "risk safety suicidal suicide si hi self-harm harm homicidal diagnosis diagnoses code cpt goal goals progress "
        "intervention interventions"
    )
) - {"self"}
_TURNS = _form(
    r"\b(?:no|not|never|none|without|den(?:y|ies|ied)|endors\w+|risk|suicid\w+|si|hi|harm|safety|kill\w*|intent)\b"
)
_SETTINGS = (
    (_form(r"\b(?:past|present) tense\b"), "tense"),
    (_form(r"\b(?:short|shorter|brief|briefly|concise|detailed|longer|lengthy)\b"), "verbosity"),
    (_form(r"\b(?:quotes?|quotations?|verbatim)\b"), "quotes"),
    (_form(r"\bpronouns?\b"), "pronouns"),
    (_form(r"\bcall (?:the |them )?\w+\b.*\b(?:client|patient|member|consumer)\b"), "client_word"),
    (_form(r"\binterventions? (?:in|under|into|go)\b"), "interventions_in"),
)
_SAYS_SOMETHING = "a fixed sentence is none that the source holds: make it an own field of the practice's template"
_CLIENT_WORDS = frozenset(["client", "patient", "pt", "member", "consumer", "participant"])


def read_instructions(instructions: Sequence[Instruction]) -> Orders:
    """Every instruction, sentence by sentence; a later level wins where two contradict."""
    followed: list[Order] = []
    refused: list[str] = []
    unread: list[str] = []
    for instruction in instructions:
        for text in _single(instruction.text):
            shown = f"instruction ({instruction.level}) {_short(text)!r}"
            reason, orders = _read(text)
            if reason:
                refused.append(f"{shown}: refused, {reason}")
            elif not orders:
                setting = next((name for pattern, name in _SETTINGS if pattern.search(text)), None)
                remedy = f"; use the setting {setting}" if setting else ""
                unread.append(f"{shown}: not followed by rule{remedy}")
            for order in orders:
                followed = [old for old in followed if not _contradicts(old, order)]
                followed.append(Order(order.kind, order.words, order.instead, order.section, shown))
    return Orders(tuple(followed), tuple(refused), tuple(unread))


def _single(text: str) -> list[str]:
    return [part.strip() for sentence in split_sentences(text) for part in sentence.split(";") if part.strip()]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _contradicts(old: Order, new: Order) -> bool:
    if old.kind == new.kind == "numbers" or (old.kind == new.kind == "lead" and old.section == new.section):
        return True
    if old.kind == new.kind == "replace":
        return old.words == new.words or (old.instead.lower(),) == new.words
    pair = {old.kind, new.kind}
    if pair == {"omit", "mention"}:
        return bool(set(old.words) & set(new.words))
    if pair == {"avoid", "replace"}:
        avoided, other = (old, new) if old.kind == "avoid" else (new, old)
        return other.instead.lower() in avoided.words
    return False


def _read(text: str) -> tuple[str, list[Order]]:
    """Why it is refused, or the orders it gives; ("", []) where no rule understands it."""
    negative = re.match(rf"^(?:please )?{_DONT}\b|^(?:leave out|omit|exclude|skip)\b", text, re.IGNORECASE)
    for pattern, reason in _FORBIDDEN[_HARMLESS if negative else 0 :]:
        if pattern.search(text):
            return reason, []
    for kind, whole_note in _WHOLE_NOTE:
        if whole_note.search(text):
            return "", [Order(kind)]
    if match := _NUMBERS.search(text):
        return "", [Order("numbers", instead="words" if match.group("words") or match.group("spelled") else "digits")]
    for pattern in _REPLACE:
        if match := pattern.match(text):
            return _replaced(_term(match.group("old")), _term(match.group("new")))
    if match := _AVOID.match(text) or _AVOID_QUOTED.match(text):
        return _avoided(_terms(match.group("what")))
    return _of_content(text)


_WHOLE_NOTE: tuple[tuple[OrderKind, re.Pattern[str]], ...] = (
    ("abbreviations", _ABBREVIATIONS),
    ("no_lists", _LISTS),
    ("names", _NAMES),
)


def _of_content(text: str) -> tuple[str, list[Order]]:
    """Orders about what a note tells: what it begins with, leaves out, never leaves out."""
    if match := _LEAD.match(text):
        return _led(match.group("where").strip().lower(), match.group("what"))
    if match := _OMIT.match(text):
        return _omitted(_topics(match.group("what")))
    if match := _MENTION.match(text):
        if _QUOTED.search(match.group("what")):
            return _SAYS_SOMETHING, []
        return "", [Order("mention", (topic,)) for topic in _topics(match.group("what"))]
    return "", []


def _replaced(old: str, new: str) -> tuple[str, list[Order]]:
    if not old or not new or len(old.split()) > 4 or len(new.split()) > 6:
        return "", []
    if _TURNS.search(old) or _TURNS.search(new):
        return "it would change what was denied or endorsed", []
    if re.search(r"\d", old + new):
        return "numbers, doses and dates stay as they were said", []
    if old.lower() in _CLIENT_WORDS or new.lower() in _CLIENT_WORDS:
        return "the word for the client is the setting client_word", []
    if lexicon().named_medications(f"{old} {new}"):
        return "medications stay as they were said", []
    if lexicon().named_interventions(new) and not lexicon().named_interventions(old):
        return "an intervention is named as it was done", []
    return "", [Order("replace", (old.lower(),), new)]


def _avoided(words: list[str]) -> tuple[str, list[Order]]:
    if any(_TURNS.search(word) for word in words):
        return "risk and denials are worded as they were asked and answered", []
    if _CLIENT_WORDS & {word.lower() for word in words}:
        return "the word for the client is the setting client_word", []
    return "", [Order("avoid", tuple(word.lower() for word in words))] if words else []


def _led(where: str, what: str) -> tuple[str, list[Order]]:
    if _QUOTED.search(what):
        return _SAYS_SOMETHING, []
    kind = next((name for name, pattern in _LEADS.items() if pattern.search(what)), None)
    section = "" if where in {"", "note", "notes"} else where
    return "", [Order("lead", (kind,), section=section)] if kind and len(section.split()) < 2 else []


def _omitted(topics: list[str]) -> tuple[str, list[Order]]:
    if any(stem(word) in _NEEDED for topic in topics for word in words_of(topic)):
        return "every note states diagnosis, goal, interventions and risk", []
    return "", [Order("omit", (topic,)) for topic in topics]


def _term(text: str) -> str:
    quoted = _QUOTED.search(text)
    return (quoted.group(1) or quoted.group(2) if quoted else text).strip(" .,")


def _terms(text: str) -> list[str]:
    quoted = [a or b for a, b in _QUOTED.findall(text)]
    return quoted or [part.strip(" .,") for part in re.split(r",|\bor\b|\band\b", text) if part.strip(" .,")]


def _topics(text: str) -> list[str]:
    """The topics of a list, each of one to three content words."""
    parts = [re.sub(r"^(?:the|any|her|his|their|client['’]s) ", "", part.strip(" .\"'"), flags=re.IGNORECASE)
             for part in re.split(r",|\bor\b|\band\b", text)]  # fmt: skip
    return [part.lower() for part in parts if 1 <= len(content_stems(part)) <= 3 and len(part.split()) <= 4]


def orders_for(orders: Orders, source: Source) -> Orders:
    """The orders that the note of one source may follow: what its chart's diagnosis or goal is about is told."""
    chart = source.chart
    stated = [*(d.name for d in chart.diagnoses), *(goal.goal for goal in chart.treatment_plan.goals)]
    told = [o for o in orders.followed if o.kind == "omit" and any(tells_of(text, o.words[0]) for text in stated)]
    reasons = tuple(f"{order.source}: refused, diagnosis or goal of the chart is about it" for order in told)
    return Orders(tuple(o for o in orders.followed if o not in told), (*orders.refused, *reasons), orders.unread)


SAME_TOPIC = {
    "employer": ("employer", "boss", "company", "workplace", "manager", "supervisor"),
    "family": ("family", "mother", "father", "mom", "dad", "parent", "brother", "sister", "sibling"),
    "children": ("child", "children", "son", "daughter", "kid"),
    "alcohol": ("alcohol", "beer", "wine", "drink", "drank", "drunk"),
    "sleep": ("sleep", "asleep", "insomnia", "nightmare"),
    "partner": ("partner", "husband", "wife", "spouse", "boyfriend", "girlfriend"),
}


def topic_stems(topic: str) -> list[frozenset[str]]:
    """Sets of stems, each of which tells of a topic when a text holds all of it."""
    alike = SAME_TOPIC.get(topic.split()[-1].rstrip("s"), SAME_TOPIC.get(topic, ()))
    return [frozenset(content_stems(topic)), *(frozenset([stem(word)]) for word in alike)]


def tells_of(text: str, topic: str) -> bool:
    """Whether a text speaks of a topic, by the words that name it; of medication also by a medication's name."""
    if topic.startswith("medication") and lexicon().named_medications(text):
        return True
    held = set(content_stems(text))
    return any(wanted and wanted <= held for wanted in topic_stems(topic))


ABBREVIATIONS = {
    "SI": "suicidal ideation", "HI": "homicidal ideation", "CBT": "cognitive behavioral therapy",
    "DBT": "dialectical behavior therapy", "ACT": "acceptance and commitment therapy",
    "ERP": "exposure and response prevention", "IFS": "internal family systems",
    "EMDR": "eye movement desensitization and reprocessing", "MI": "motivational interviewing",
    "PTSD": "post-traumatic stress disorder", "OCD": "obsessive-compulsive disorder",
    "ADHD": "attention-deficit/hyperactivity disorder", "MDD": "major depressive disorder",
    "GAD": "generalized anxiety disorder", "SUD": "substance use disorder", "PCP": "primary care provider",
    "ER": "emergency room", "ED": "emergency department", "MSE": "mental status examination",
    "SUDS": "subjective units of distress", "ADLs": "activities of daily living", "w/": "with", "w/o": "without",
    "b/c": "because", "hx": "history", "tx": "treatment", "sx": "symptoms", "dx": "diagnosis", "rx": "prescription",
    "appt": "appointment", "approx.": "approximately", "f/u": "follow-up", "hrs": "hours", "wk": "week", "wks": "weeks",
    "etc.": "and so on",
}  # fmt: skip
"""Abbreviations that are written out on request; names of measures, the CPT code and units of dose stay."""

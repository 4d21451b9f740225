"""A sentence taken apart for comparison: clauses, content words with polarity and certainty, numbers, people, days."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import yaml

from pipelines.lexicon import lexicon

_LISTS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def _words(name: str) -> frozenset[str]:
    return frozenset(_LISTS[name].split())


_EMPTY, NEGATIONS, HEDGES = _words("empty"), _words("negations"), _words("hedges")
_ASKED, _SUBJECTS, _PREPOSITIONS = _words("asked"), _words("subjects"), _words("prepositions")
_ENDS_REACH = _words("reporting") | _PREPOSITIONS
_WEEKDAYS, _FIXED = _words("days"), _words("fixed")
_CLAUSE_ENDS = _words("clause_ends") | {";", "."}
_PHRASES = [(re.compile(pattern), f" {word} ") for pattern, word in _LISTS["phrases"]]
_KIN_FIRST = re.compile(r"(?:client's|his|her|their)\s+([a-z]+)\b", re.IGNORECASE)
_KIN = {form: kin for kin, forms in _LISTS["kin"].items() for form in forms.split()}
_GROUP = {word: group.split()[0] for group in _LISTS["alike"] for word in group.split()}
OPPOSITES = tuple((frozenset(one.split()), frozenset(other.split())) for one, other in _LISTS["opposites"])
_OF_VERBS = frozenset({"not", "never", "none", "nothing"})  # "no shakes, sweats" is a list; "not sleeping, ate" is none
_SAYING = _words("reporting") | {"note", "share", "mention", "think", "say", "ask", "answer", "plan", "name"}
_STARTS = _words("starts")
_OF_NOUN_CUES = frozenset({"deny", "decline", "refuse", "reject"})  # these govern all that follows alike
_OF_NOUNS = frozenset({"for", "with", "from"})
MONTHS = _words("months")
NAME = "qx"
"""Ending of the name of a measure or code once its digits are letters: PHQ-9."""
NONE, EVERY = "none", "every"
_QUANTITIES = {"no": NONE, "every": EVERY, "each": EVERY, "daily": EVERY, "nightly": EVERY}
_PERIODS = {"daily": "day", "nightly": "night"}
_PAST = (
    frozenset(
        ["before", "last", "earlier", "ago", "previous", "previously", "past", "begin", "start", "initially", "was"]
    )
    | MONTHS
)
_NOW = frozenset({"take", "today", "now", "currently"})
_ANOTHER_TIME = _PAST | frozenset(["from", "raise", "increase", "reduce", "lower", "fall", "rise", "until", "ask"])
NEXT_VISIT = "nextvisit"
"""Stands for the next session, appointment or visit."""
CLOCK = "oclock"
"""Follows a time of day."""
_NEGATIVE = NEGATIONS | {"stop", "quit", "cease", "except", "undecided"}
_LISTING = frozenset({"deny", "ask"})
_REACH, _REACH_OF_LISTS = 9, 24  # tokens that a negation or a hedge governs at most; "denied a, b and c"

_NAME = re.compile(r"\b([a-z]+(?:-[a-z]+)*)-(\d+)\b|\b([a-z]\d{2}\.\w+)")  # PHQ-9, F41.1: digits of a name, no value
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|[,;.]")
_QUESTIONS = re.compile(r"(?:for the clinician to review|clinician asked|clinician reviewed)\b", re.IGNORECASE)
_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_CENTURIES = ("nineteen", "twenty")  # "nineteen eighty"
_NUMERAL = "|".join((*_UNITS, *_TEENS, *_TENS))
_SIDE_BY_SIDE = re.compile(rf"\b({_NUMERAL})\s+(?=({_NUMERAL}|\d+)\b)")
_MARK = {"qxc": ",", "qxs": ";", "qxp": ".", "qxn": ""}  # words that the reader of numbers leaves alone


@dataclass(frozen=True)
class Word:
    """A content word: its lemma, its clause, and whether it stands within reach of a negation, a hedge, a question.

    `denied`: it is what a negation names first ("without doubling the dose": double).
    """

    lemma: str
    clause: int
    negated: bool
    hedged: bool
    asked: bool
    denied: bool = False


@dataclass(frozen=True)
class Number:
    """A value with the content lemmas before and after it, empty where none is near.

    `value` is in digits, or NONE ("no dose"), or EVERY ("every night", "daily").
    """

    value: str
    clause: int
    before: str
    after: str


@dataclass(frozen=True)
class Assertion:
    """What a passage says. `clauses` holds the lemmas of each clause, function words included.

    `subject` is "client" or the kin whom it is about, where it begins with them and does not only report.

    `changes` are pairs of values (now, before): "11, down from 15" and "from 15 to 11" both give (11, 15). `owners` are
    the people whose medication or trouble it is: "the stomach trouble is his brother's".
    """

    words: tuple[Word, ...]
    numbers: tuple[Number, ...]
    clauses: tuple[frozenset[str], ...]
    changes: frozenset[tuple[str, str]]
    owners: frozenset[str]
    subject: str = ""
    shifts: frozenset[tuple[str, str]] = frozenset()

    @functools.cached_property
    def lemmas(self) -> frozenset[str]:
        return frozenset().union(*self.clauses)

    @functools.cached_property
    def content(self) -> frozenset[str]:
        return frozenset(word.lemma for word in self.words)

    @functools.cached_property
    def values(self) -> frozenset[str]:
        """Its numbers but "one", which is mostly a pronoun."""
        return frozenset(number.value for number in self.numbers) - {"1", NONE, EVERY}

    @property
    def kin(self) -> frozenset[str]:
        return frozenset(_KIN[lemma] for lemma in self.lemmas if lemma in _KIN)

    def kin_of(self, clause: int) -> frozenset[str]:
        """The people of one clause."""
        return frozenset(_KIN[lemma] for lemma in self.clauses[clause] if lemma in _KIN)

    @staticmethod
    def is_kin(lemma: str) -> bool:
        """Whether a lemma names one of the family or of those around the client."""
        return lemma in _KIN

    @property
    def weekdays(self) -> frozenset[str]:
        return self.lemmas & _WEEKDAYS

    def negative(self, clause: int) -> bool:
        """Whether a negation stands in a clause, or in the one before it unless "but" divides them."""
        before = () if "but" in self.clauses[clause] else self.clauses[max(0, clause - 1) : clause]
        return any(group & _NEGATIVE for group in (*before, self.clauses[clause]))

    @functools.cached_property
    def negations(self) -> frozenset[str]:
        """Its words that deny or end something."""
        return self.lemmas & _NEGATIVE

    @property
    def now(self) -> bool:
        """Whether it tells of today or of what is taken, with no word of another time."""
        return bool(self.lemmas & _NOW) and not self.lemmas & _ANOTHER_TIME

    @property
    def refusals(self) -> frozenset[str]:
        """Verbs that turn down, which may stand after what they turn down."""
        return self.lemmas & _OF_NOUN_CUES

    @property
    def hedged(self) -> bool:
        return bool(self.lemmas & HEDGES)

    def part(self, first: int, last: int) -> Assertion:
        """The clauses from `first` up to, not including, `last`."""
        return Assertion(
            tuple(replace(w, clause=w.clause - first) for w in self.words if first <= w.clause < last),
            tuple(replace(n, clause=n.clause - first) for n in self.numbers if first <= n.clause < last),
            self.clauses[first:last],
            self.changes,
            self.owners,
            self.subject if first == 0 else "",
            self.shifts,
        )


@functools.lru_cache(maxsize=20_000)
def assertion(text: str) -> Assertion:
    """Take a sentence, or several, apart."""
    lemmas = [lemma(token) for token in _tokens(text)]
    clause = _clause_of(lemmas)
    negated, hedged, asked = _reach(lemmas, NEGATIONS), _reach(lemmas, HEDGES), _reach(lemmas, _ASKED)
    if _QUESTIONS.match(text):
        asked = [True] * len(lemmas)
    content = [is_content(word) for word in lemmas]
    denied = _targets(lemmas, content)
    count = (clause[-1] + 1) if clause else 0
    groups: list[set[str]] = [set() for _ in range(count)]
    for i, word in enumerate(lemmas):
        groups[clause[i]].add(word)
    return Assertion(
        tuple(
            Word(word, clause[i], negated[i], hedged[i], asked[i], denied[i])
            for i, word in enumerate(lemmas)
            if content[i]
        ),
        tuple(_numbers(lemmas, clause, content)),
        tuple(frozenset(group) for group in groups),
        frozenset(_changes(lemmas, clause)),
        frozenset(_KIN[word] for word in _owner().findall(text.lower().replace("’", "'")) if word in _KIN),
        _subject(text, lemmas),
        frozenset(_changes(lemmas, clause, sure=True)),
    )


def is_content(word: str) -> bool:
    return word[0].isalpha() and word not in _EMPTY and word not in NEGATIONS and word not in HEDGES


def _tokens(text: str) -> list[str]:
    """Words, numbers as digits however they were written, and the marks that end clauses."""
    text = re.sub(r"\bmay\b", "might", text)  # the month has a capital
    text = text.lower().replace("’", "'").replace("n't", " not").replace("cannot", "can not").replace("'s", "")
    text = _NAME.sub(lambda m: _letters(m.group(0)), text)
    text = _CLOCK.sub(lambda m: f"{m.group(1)}{m.group(2).replace('00', '')} {CLOCK} ", text)
    text = re.sub(rf"(?:{CLOCK} |(?<=\d))\s*([ap])\.?m\b\.?", rf" {CLOCK} \1m", text)
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    text = re.sub(r",(?=\s|$)|[()]", " qxc ", text)
    text = re.sub(r"(?<=\d)\s+(?=[a-z])", " qxn ", text)  # "15 three weeks ago" holds two numbers
    text = _apart(text)
    text = re.sub(r"[;:—–!?](?=\s|$)|\s[—–-]\s", " qxs ", text)
    text = re.sub(r"\.(?=\s|$)", " qxp ", text)
    text = re.sub(r"(?<=\d)(?=(?:mg|mcg|ml|am|pm)\b)|[-\"“”]", " ", text)
    words = ("1" if word == "one" else _MARK.get(word, word) for word in _digits()(text).split())
    return _TOKEN.findall(" ".join(words))


def _apart(text: str) -> str:
    """Divide number words that stand side by side without being one number: "out of nine two nights"."""

    def divided(match: re.Match[str]) -> str:
        one, other = match.group(1), match.group(2)
        joined = (one in _TENS and other in _UNITS) or (one in _CENTURIES and other in _TENS)
        return one + (" " if joined else " qxn ")

    return _SIDE_BY_SIDE.sub(divided, text)


@functools.cache
def _owner() -> re.Pattern[str]:
    medications = "|".join(re.escape(name.lower()) for name in lexicon().medications)
    return re.compile(rf"\b([a-z]+)'s(?=\s*[.,;]|\s*$| own\b| (?:{medications})\b)")


def _letters(name: str) -> str:
    return "".join(chr(ord("a") + int(c)) if c.isdigit() else c for c in name if c.isalnum()) + NAME


@functools.cache
def _digits() -> Callable[[str], str]:
    from whisper_normalizer.english import EnglishNumberNormalizer

    normalizer: Callable[[str], str] = EnglishNumberNormalizer()
    return normalizer


def _clause_of(lemmas: list[str]) -> list[int]:
    """The number of the clause that each token stands in: marks, "and" and the words that open a clause divide them."""
    clause, current = [], 0
    for i, word in enumerate(lemmas):
        if i and (word in {",", ";", ".", "and"} or word in _CLAUSE_ENDS):
            current += 1
        clause.append(current)
    return clause


def _reach(lemmas: list[str], cues: frozenset[str]) -> list[bool]:
    """Which tokens stand within reach of a cue: up to nine tokens after it, within its phrase and its clause.

    A passive cue ("panic attacks were denied") reaches back.
    """
    within = [False] * len(lemmas)
    for i, word in enumerate(lemmas):
        if word not in cues:
            continue
        for j in range(i + 1, min(len(lemmas), i + 1 + (_REACH_OF_LISTS if word in _LISTING else _REACH))):
            if _ends_reach(word, lemmas[j - 1], lemmas[j]):
                break
            within[j] = True
        if i > 1 and lemmas[i - 1] == "be" and word in {"deny", "decline", "reject"}:
            within[max(0, i - 4) : i] = [True] * (i - max(0, i - 4))
        if i and word in {"nothing", "none"}:  # "takes nothing"
            within[i - 1] = True
    return within


def _ends_reach(cue: str, previous: str, word: str) -> bool:
    if word == "whether" and previous == cue:  # "undecided whether"
        return False
    if word in _OF_NOUNS and cue not in _OF_VERBS - {"nothing"}:  # "declined a group for parents"
        return False
    if word in _CLAUSE_ENDS or word in _ENDS_REACH or (cue in _OF_VERBS and word == ","):
        return True
    if previous in {"and", ","} and (word in _STARTS or (word in HEDGES and cue not in HEDGES)):
        return True
    if word == "," and (cue == "without" or (cue == "no" and previous == "no")):  # "No, she will": an answer
        return True
    if cue in {"no", "without"} and previous == "," and word in {"the", "a", "his", "her", "their"}:
        return True
    if (previous, word) == ("think", "of"):
        return True
    return word in _SUBJECTS | {"that"} and previous in {"and", ","}


def _targets(lemmas: list[str], content: list[bool]) -> list[bool]:
    """The first content word after each negation, at most four tokens on and before any comma."""
    targets = [False] * len(lemmas)
    for i, word in enumerate(lemmas):
        if word not in NEGATIONS or word in _OF_NOUN_CUES or lemmas[i - 1 : i] == ["try"]:
            continue
        for j in range(i + 1, min(len(lemmas), i + 5)):
            if lemmas[j] in _CLAUSE_ENDS | {","} or lemmas[j] in NEGATIONS:
                break
            if content[j]:
                targets[j] = True
                break
    return targets


def _subject(text: str, lemmas: list[str]) -> str:
    if match := _KIN_FIRST.match(text):
        return _KIN.get(match.group(1).lower(), "")
    first = next((word for word in lemmas if word not in {"today", "currently", ","}), "")
    after = lemmas[1] if len(lemmas) > 1 else ""
    return "client" if first in _SUBJECTS - {"clinician"} and after not in _SAYING and "'s" not in text[:9] else ""


def _numbers(lemmas: list[str], clause: list[int], content: list[bool]) -> list[Number]:
    found = []
    for i, word in enumerate(lemmas):
        value = word.removesuffix(".0") if word[0].isdigit() else _QUANTITIES.get(word, "")
        if not value or (value == EVERY and clause[i] != clause[min(i + 1, len(lemmas) - 1)]):
            continue
        before = next((lemmas[j] for j in range(i - 1, max(-1, i - 5), -1) if content[j]), "")
        after = next((w for j, w in enumerate(lemmas[i + 1 : i + 3], i + 1) if content[j] or w == CLOCK), "")
        if word in _PERIODS:
            after = _PERIODS[word]
        found.append(Number(value, clause[i], before, after))
    return found


def _changes(lemmas: list[str], clause: list[int], *, sure: bool = False) -> list[tuple[str, str]]:
    """Pairs (now, before) that a sentence states with "from" or, unless `sure`, a word of the past."""
    pairs = []
    places = [i for i, word in enumerate(lemmas) if word[0].isdigit() and _measures(lemmas, i)]
    for one, two in pairwise(places):
        between = lemmas[one + 1 : two]
        if len(between) > 9 or "." in between:
            continue
        if "to" in between and "from" in lemmas[max(0, one - 3) : one]:
            pairs.append((lemmas[two], lemmas[one]))
        elif "from" in between:
            pairs.append((lemmas[one], lemmas[two]))
        elif not sure:
            past = [_is_past(lemmas, clause, place, places) for place in (one, two)]
            if past == [False, True]:
                pairs.append((lemmas[one], lemmas[two]))
            elif past == [True, False]:
                pairs.append((lemmas[two], lemmas[one]))
    return pairs


def _measures(lemmas: list[str], i: int) -> bool:
    """Whether a number is a value: not the 10 of "7 of 10", a date, a time of day, the "three" of three weeks ago."""
    before, after = lemmas[max(0, i - 1) : i], lemmas[i + 1 : i + 3]
    if before and (before[0] in MONTHS or (before[0] == "of" and lemmas[i - 2][0].isdigit())):
        return False
    return CLOCK not in after and not (len(after) == 2 and after[1] in {"ago", "before", "early", "earlier", "later"})


def _is_past(lemmas: list[str], clause: list[int], place: int, places: list[int]) -> bool:
    """Whether a word of the past stands with a number, in its clause and on its side of the other numbers."""
    low = max((p for p in places if p < place), default=-1)
    high = min((p for p in places if p > place), default=len(lemmas))
    return any(lemmas[j] in _PAST for j in range(low + 1, high) if clause[j] == clause[place])


@functools.lru_cache(maxsize=50_000)
def lemma(word: str) -> str:
    """The base form: of a verb where it is one ("slept": sleep), else of a noun."""
    from lemminflect import getLemma

    if not word[0].isalpha() or word in _FIXED or word.endswith(NAME):
        return word
    for upos in ("VERB", "NOUN"):
        forms = getLemma(word, upos=upos, lemmatize_oov=False)
        if forms and forms[0] and forms[0] != word:
            return str(forms[0])
    return word


@functools.lru_cache(maxsize=200_000)
def alike(one: str, other: str) -> float:
    """How far two lemmas say the same, 0 to 1: equal, of one synonym group, or of one stem (suicide, suicidal)."""
    if one == other or _GROUP.get(one, one) == _GROUP.get(other, other):
        return 1.0
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return 0.8 if shared >= 5 and shared >= 0.6 * max(len(one), len(other)) else 0.0

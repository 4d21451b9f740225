"""A sentence taken apart for comparison: clauses, content words with polarity and certainty, numbers, people, days."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace

from pipelines.checking.assertions.lemmas import HEDGES, LISTS, NEGATIONS, is_content, lemma, tokens, words
from pipelines.checking.assertions.quantities import EVERY, NONE, PAST, Number, changes, numbers
from pipelines.checking.assertions.reach import REFUSALS, SUBJECTS, clause_of, reach, targets
from pipelines.lexicon import lexicon

_ASKED = words("asked")
_WEEKDAYS = words("days")
_KIN_FIRST = re.compile(r"(?:client's|his|her|their)\s+([a-z]+)\b", re.IGNORECASE)
_KIN = {form: kin for kin, forms in LISTS["kin"].items() for form in forms.split()}
OPPOSITES = tuple((frozenset(one.split()), frozenset(other.split())) for one, other in LISTS["opposites"])
_SAYING = words("reporting") | {"note", "share", "mention", "think", "say", "ask", "answer", "plan", "name"}
_NOW = frozenset({"take", "today", "now", "currently"})
_ANOTHER_TIME = PAST | frozenset(["from", "raise", "increase", "reduce", "lower", "fall", "rise", "until", "ask"])
_NEGATIVE = NEGATIONS | {"stop", "quit", "cease", "except", "undecided"}

_QUESTIONS = re.compile(r"(?:for the clinician to review|clinician asked|clinician reviewed)\b", re.IGNORECASE)


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
        return self.lemmas & REFUSALS

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
    lemmas = [lemma(token) for token in tokens(text)]
    clause = clause_of(lemmas)
    negated, hedged, asked = reach(lemmas, NEGATIONS), reach(lemmas, HEDGES), reach(lemmas, _ASKED)
    if _QUESTIONS.match(text):
        asked = [True] * len(lemmas)
    content = [is_content(word) for word in lemmas]
    denied = targets(lemmas, content)
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
        tuple(numbers(lemmas, clause, content)),
        tuple(frozenset(group) for group in groups),
        frozenset(changes(lemmas, clause)),
        frozenset(_KIN[word] for word in _owner().findall(text.lower().replace("’", "'")) if word in _KIN),
        _subject(text, lemmas),
        frozenset(changes(lemmas, clause, sure=True)),
    )


@functools.cache
def _owner() -> re.Pattern[str]:
    medications = "|".join(re.escape(name.lower()) for name in lexicon().medications)
    return re.compile(rf"\b([a-z]+)'s(?=\s*[.,;]|\s*$| own\b| (?:{medications})\b)")


def _subject(text: str, lemmas: list[str]) -> str:
    if match := _KIN_FIRST.match(text):
        return str(_KIN.get(match.group(1).lower(), ""))
    first = next((word for word in lemmas if word not in {"today", "currently", ","}), "")
    after = lemmas[1] if len(lemmas) > 1 else ""
    return "client" if first in SUBJECTS - {"clinician"} and after not in _SAYING and "'s" not in text[:9] else ""

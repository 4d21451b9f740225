"""What the clinician states of the client and the client lets stand: "So you went from five to two." "Yeah."."""

from __future__ import annotations

import re

from pipelines.lexicon import lexicon
from pipelines.writing.extractive import classify
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.cleaning import NUMBER, strip_opener
from pipelines.writing.extractive.dialogue import Exchange
from pipelines.writing.extractive.rewrite import Person, lower_first, to_third_person
from pipelines.writing.extractive.risk_words import touches_risk
from pipelines.writing.extractive.statements import Statement, finish, is_clause, units

_OF_CLIENT = re.compile(r"^(?:you(?:'re|'ve|'d)?|your)\b", re.IGNORECASE)
_SAID = re.compile(
    r"\byou (?:said|told|say|mentioned|wrote|put|can|could|will|might|know|don't need|don't have)\b|\bI\b|\bme\b",
    re.IGNORECASE,
)
_DISPUTES = re.compile(r"^\W*(?:(?:um|uh|well|oh)\b[, ]*)*(?:no|nope|not|actually|never|wait)\b", re.IGNORECASE)
_RECAP = 10  # words of a clinician's turn that only says again what was heard
_FIGURE = re.compile(rf"\b(?:{NUMBER}|\d)", re.IGNORECASE)


def affirmed(exchange: Exchange, client: Person) -> list[Statement]:
    """Statements of the clinician about the client that hold a figure or a medication and were not disputed."""
    if not (exchange.asked and exchange.answer) or _DISPUTES.match(exchange.answer.raw):
        return []
    found = []
    for sentence in exchange.asked.sentences:
        plain = re.sub(r"^(?:and|so|but|now)\b,? ", "", strip_opener(sentence), flags=re.IGNORECASE)
        if plain.endswith("?") or not _OF_CLIENT.match(plain) or _SAID.search(plain) or touches_risk(plain):
            continue
        second = [*plain.split(), ""][1].lower()
        told_past = w.is_past_verb(second) and second not in w.AUXILIARIES and classify.weight(plain) > -0.4
        telling = lexicon().named_medications(plain) or _FIGURE.search(plain) or told_past
        if not telling or not 3 < len(plain.split()) < 26 or _corrected(plain, exchange.answer.text):
            continue
        told = lower_first(to_third_person(lower_first(plain.rstrip(".!")), "clinician", client))
        told = re.sub(rf"^{client.subject}\b", "Client", told)
        told = re.sub(rf"^{client.possessive}\b", "Client's", told)
        text = finish(told)
        value = 1.0 + classify.weight(plain)
        found.append(Statement("report", text, exchange.lines, value, exchange.position - 0.0005))
    return found


def _corrected(plain: str, answer: str) -> bool:
    """Whether the answer opens with another figure."""
    opening = re.split(r"(?<=[.?!])\s", answer)[0]
    if not re.match(rf"\W*{NUMBER}\b", opening, re.IGNORECASE):
        return False
    here, there = ({units(x.lower()) for x in re.findall(NUMBER, t, re.IGNORECASE)} for t in (plain, opening))
    return bool(there and here and not there & here)


def recap(exchange: Exchange | None) -> str:
    """A clinician's short phrase that repeats an answer with its unit ("Five dreams."), to be told with that answer."""
    turn = exchange.asked if exchange else None
    if turn is None or not turn.sentences:
        return ""
    plain = re.sub(r"^(?:and|so|okay|then)\b,? ", "", strip_opener(turn.sentences[0]), flags=re.IGNORECASE).rstrip(".!")
    words = plain.split()
    phrase = 1 < len(words) <= _RECAP and bool(_FIGURE.search(plain)) and not turn.sentences[0].endswith("?")
    if not phrase or is_clause(lower_first(plain)) or re.search(r"\b(?:you|I|we|next|minutes)\b", plain):
        return ""
    return units(lower_first(re.sub(r",? then$", "", plain)))

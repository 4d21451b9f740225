"""What comes next where it is settled over several turns: from where the talk turns to it to the end of the session."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.writing.extractive import classify
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.acts import LONGEST
from pipelines.writing.extractive.cleaning import strip_opener
from pipelines.writing.extractive.dialogue import Exchange, without_answer_word
from pipelines.writing.extractive.question import proposal, read_question
from pipelines.writing.extractive.rewrite import Person, lower_first, to_third_person
from pipelines.writing.extractive.risk_words import touches_risk
from pipelines.writing.extractive.statements import Statement, finish, strung, tell, units

_OPENS = re.compile(
    r"\b(?:homework|next step|what(?:'s| is) next|between sessions|between now and|before (?:next time|we meet)|"
    r"until (?:then|next time|we meet)|this (?:coming )?week(?:,|\?)? (?:what|could|would|can)|for (?:the|"
    r"this|next) week|"
    r"(?:day to day|from here|going forward)|(?:take|carry) (?:with you|out of|away|home)|taking with you|"
    r"(?:what|which) (?:would|could|will) you (?:like to |want to )?(?:try|practi[cs]e|take on|commit)|"
    r"what changes|the plan for|next week's|would you (?:be willing to )?(?:try|practi[cs]e|keep|write)|"
    r"let's (?:plan|set|make a plan|write it up)|how (?:could|can|would) we test|what would be (?:useful|"
    r"doable|a small))\b",
    re.IGNORECASE,
)
_CHECKS_IN = re.compile(
    r"\b(?:medication|side effects?|the dose|how(?:'s| is| are) (?:the )?(?:sleep|drinking|appetite)|any thoughts)\b",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"^(?:i (?:like|love)|good\b|great|nice|that(?:'s| is) (?:good|fine|enough|fair|plenty|a plan|worth)|"
    r"deal|perfect|"
    r"then we leave|we can leave|right|sounds|i'm glad|fair)\b",
    re.IGNORECASE,
)
_SPOKE = re.compile(
    r"\b(?:client|she|he|they)\b(?: \w+ly)?(?: also| had| has)? "
    r"(?:report|stat|said|says?\b|tells?\b|told|den(?:y|ie)|describ|mention|explain|claim|endors)",
    re.IGNORECASE,
)
_INVITES = re.compile(
    r"\b(?:would|will|could|can) you\b.*\b(?:tonight|tomorrow|this (?:week|weekend|\w+day)|next week|"
    r"(?:mon|tues|wednes|"
    r"thurs|fri|satur|sun)day|by then|every|each|times|a (?:day|week|night))\b",
    re.IGNORECASE,
)
_REVIEWS = re.compile(
    r"\b(?:(?:on|in) the plan|(?:your|the) (?:goal|aim)|you came (?:in|into|here)|how(?:'s| is) that (?:going|looking)|"
    r"progress|(?:are|were) you taking (?:with|away)|what did you|did you (?:get|do|try)|thank you for)\b",
    re.IGNORECASE,
)
UNDECIDED = re.compile(
    r"\b(?:might|(?:thinking|thought) (?:of|about)|(?:not|n't) (?:yet )?(?:decided|sure)|undecided|maybe i)\b",
    re.IGNORECASE,
)
"""What is considered is no homework: it is told as a report."""
_OF_NOW = re.compile(r"(?:I|that|it|we|you do|thank|thanks|got it|no rush|your goal)\b", re.IGNORECASE)
_AHEAD = w.listed("will would could can might may shall should want wants going gonna let's if tomorrow tonight next")
_WAS = w.listed("was were had did didn't wasn't weren't hadn't")
_AGREED = 0.7  # the same for an invitation to do something on a certain day
_FROM = 0.52  # place in the session before which the talk of it is not yet of what comes next
_WORDS = 34  # of one sentence


def homework_from(exchanges: Sequence[Exchange]) -> int:
    """The exchange in which the talk turns to what comes next; their number where it never does."""
    late = [(i, e) for i, e in enumerate(exchanges) if e.asked and e.position >= _FROM]
    opened = next((i for i, e in late if e.asked and _OPENS.search(e.asked.text)), len(exchanges))
    agreed = (i for i, e in late if e.asked and e.position >= _AGREED and _INVITES.search(e.asked.text))
    return min(opened, next(agreed, len(exchanges)))


def settled(exchange: Exchange, client: Person) -> str:
    """What an exchange adds to what comes next: the clinician's words and the client's, told in a row; or empty."""
    asked = exchange.asked.raw if exchange.asked else ""
    if _CHECKS_IN.search(asked) or _REVIEWS.search(asked) or touches_risk(asked):
        return ""
    told = _of_client(exchange, client)
    said = _of_clinician(exchange, client, alone=not told)
    parts = [p for p in (*said, *told) if not _SPOKE.search(p)]
    return strung(parts) if parts else ""


def looks_back(sentence: str) -> bool:
    """Whether a sentence tells of what was, and of nothing to come."""
    words = re.findall(r"[\w']+", sentence.lower())
    if any(word in _AHEAD or word.endswith("'ll") for word in words):
        return False
    return any(word in _WAS or (w.is_past_verb(word) and not {"VB", "JJ", "ADJ"} & w.forms(word)) for word in words)


def _of_client(exchange: Exchange, client: Person) -> list[str]:
    sentences = without_answer_word(exchange.answer.sentences) if exchange.answer else []
    kept = [
        s
        for s in sentences
        if not (s.endswith("?") and len(s.split()) > 1 and s.split()[0].lower() in {"is", "do", "can", "could", "what"})
        and not classify.is_small_talk(s)
        and not classify.speaks_to_software(s)
        and not re.search(r"\byou\b", s)
        and classify.weight(s) > -0.5
        and not looks_back(s)
        and not UNDECIDED.search(s)
    ]
    return [t for s in kept if len(s.split()) < 30 and (t := tell(s.rstrip("?"), client))]


def _of_clinician(exchange: Exchange, client: Person, *, alone: bool) -> list[str]:
    found: list[str] = []
    for sentence in exchange.asked.sentences if exchange.asked else ():
        plain = strip_opener(sentence)
        if (
            len(plain.split()) < 2
            or _PRAISE.match(plain)
            or classify.is_small_talk(plain)
            or len(plain.split()) > LONGEST
        ):
            continue
        if not plain.endswith("?"):
            if not _OF_NOW.match(plain) and not looks_back(plain):
                found.append(units(lower_first(to_third_person(lower_first(plain.rstrip(".!")), "clinician", client))))
            continue
        if act := proposal(plain, client):
            found.append(act)
        elif (q := read_question(plain, client)) and q.form in {"topic", "any"}:
            found.append(q.text)
        elif q and not alone and len(q.text.split()) > 2 and q.form == "wh":
            found.append(f"asked {q.text}")
    return found


def homework(exchanges: Sequence[Exchange], start: int, skip: set[int], client: Person) -> list[Statement]:
    """The statements of what was settled from an exchange on, neighbours in one sentence while it stays readable."""
    found: list[Statement] = []
    run: list[tuple[str, Exchange]] = []

    def close() -> None:
        if run:
            text = strung([part for part, _ in run])
            lines = tuple(x for _, e in run for x in e.lines)
            value = 3.0 + max(classify.weight(part) for part, _ in run)
            found.append(Statement("plan", finish(f"Homework: {text}"), lines, value, run[0][1].position))
        run.clear()

    for i in range(start, len(exchanges)):
        if i in skip:
            continue
        part = settled(exchanges[i], client)
        if len(part.split()) < 3:
            continue
        if run and sum(len(p.split()) for p, _ in run) + len(part.split()) > _WORDS:
            close()
        run.append((part, exchanges[i]))
    close()
    return found

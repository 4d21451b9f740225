"""Statements: finished sentences of a note, each of one kind of content and resting on lines of the source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipelines.writing.extractive import classify
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.cleaning import NUMBER, tidy
from pipelines.writing.extractive.rewrite import Person, capitalize, lower_first, to_third_person


@dataclass(frozen=True)
class Statement:
    """`weight`: what it is worth to a note; `order`: place in the session."""

    kind: str
    text: str
    lines: tuple[int, ...]
    weight: float
    order: float

    def as_kind(self, kind: str) -> Statement:
        return replace(self, kind=kind)


_ELLIPTIC = re.compile(
    r"^(?:just )?(?:didn't|don't|can't|couldn't|haven't|hadn't|wouldn't|wasn't|won't|never|not been|been|had)\b",
    re.IGNORECASE,
)


def tell(sentence: str, client: Person) -> str:
    """One sentence of the client for use within a sentence of the note: third person, subject supplied, no period."""
    sentence = sentence.rstrip(" .?!")
    if re.match(r"^took (?:an?|\w+|about) (?:hour|minutes?|days?|weeks?|while)", sentence, re.IGNORECASE):
        sentence = f"it {lower_first(sentence)}"
    elif _ELLIPTIC.match(sentence) or opens_with_past(sentence):
        sentence = f"I {sentence[:1].lower()}{sentence[1:]}"
    told = lower_first(to_third_person(lower_first(sentence), "client", client))
    told = re.sub(r"^that (?=(?:she|he|they|it|the client|her|his|their|there)\b)", "", told)
    # What others advise is a suggestion, not what the client does.
    told = re.sub(r"\b(?:says|thinks|said) (?:that )?(she|he|they) (?:ought to|should)\b", r"suggests that \1", told)
    return units(told)


def opens_with_past(sentence: str) -> bool:
    """ "Missed Sunday", "Fixed the mower": the subject is left out."""
    first, _, after = sentence.partition(" ")
    following = after.split(" ", 1)[0].lower()
    known = w.forms(first.strip(",."))
    if "VBD" not in known or ("VB" in known and first.lower() not in w.PAST_RATHER):
        return False
    if first.lower() in w.PAST_VERBS and following:
        return True
    return not ({"NOUN", "ADJ"} & known) or following in w.DETERMINERS | {
        "me",
        "him",
        "her",
        "it",
        "them",
        "up",
        "out",
        "off",
        "to",
    }


def worth(parts: Sequence[str]) -> float:
    """What the sentences of an answer are worth together: the best of them, and a little for each."""
    return max((classify.weight(p) for p in parts), default=0.0) + 0.3 * len(parts)


def units(text: str) -> str:
    parts = re.split(r'("[^"]*")', re.sub(r"(?<=\d)[ -]milligrams?\b", " mg", text))
    return "".join(part if part.startswith('"') else _SPELLED.sub(_numeral, part) for part in parts)


_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_SPELLED = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:[- ]({'|'.join(_ONES)}))?|({'|'.join(_TEENS)}))\b(?! (?:hundred|thousand|to one))",
    re.IGNORECASE,
)


def _numeral(match: re.Match[str]) -> str:
    """Numbers from ten on as numerals, as notes write them."""
    tens, ones, teen = (g.lower() if g else "" for g in match.groups())
    if teen:
        return str(10 + _TEENS.index(teen))
    return str(20 + 10 * _TENS.index(tens) + (1 + _ONES.index(ones) if ones else 0))


def is_clause(told: str) -> bool:
    """Whether a told sentence has subject and verb, so that "that" may go before it."""
    tokens = re.findall(r"[\w']+", told.lower())
    if not tokens:
        return False
    first = tokens[0]
    if first in w.SUBJECTS - {"this", "that", "these", "those"} | {"this", "that"} and len(tokens) > 1:
        return any(t in w.AUXILIARIES or "VERB" in w.forms(t) for t in tokens[1:4])
    if told.startswith("the client "):
        return True
    return (
        any(t in w.AUXILIARIES for t in tokens[1:8])
        and first not in w.PREPOSITIONS | {"to", "not"}
        and not first.endswith("ing")
    )


def reported(parts: Sequence[str], verb: str = "reported", lead: str = "") -> str:
    """ "Client reported that …; …." from told sentences."""
    subject = f"{lead}, client" if lead else "Client"
    first = parts[0]
    that = " that" if is_clause(first) else ""
    return finish(f"{subject} {verb}{that} {strung(parts)}")


def strung(parts: Sequence[str]) -> str:
    """Told sentences in a row: a full one after a semicolon, a fragment after a comma."""
    out = parts[0] if parts else ""
    for part in parts[1:]:
        counted = re.search(rf"\b{NUMBER}$", out, re.IGNORECASE) and re.match(rf"{NUMBER}\b", part, re.IGNORECASE)
        mark = "; and " if counted else "; " if is_clause(part) or ":" in part else ", "
        out += mark + part
    return out


def finish(text: str) -> str:
    text = tidy(units(text)).rstrip(".;, ")
    return capitalize(text) + ("" if re.search(r'[.!?]["”]$', text) else ".")


_VERBS = ("reported", "stated", "added", "noted")


def vary(sentences: Sequence[str], client: Person) -> list[str]:
    """Consecutive sentences that open with "Client reported" take the pronoun and another verb in turn."""
    out: list[str] = []
    run = 0
    for sentence in sentences:
        if not sentence.startswith("Client reported"):
            run = 0
            out.append(sentence)
            continue
        if run:
            subject = capitalize(client.subject) if run % 3 and client.subject != "the client" else "Client"
            sentence = f"{subject} {_VERBS[run % 2]}{sentence.removeprefix('Client reported')}"
        run += 1
        out.append(sentence)
    return out


def groups_within(statements: Sequence[Statement], allowed: int, longest: int = 60) -> list[list[Statement]]:
    """At most `allowed` groups: neighbours share a sentence where both are short, then the least is left out."""
    kept = list(statements)
    while len(groups := _merged(kept, allowed, longest)) > max(allowed, 0):
        kept.remove(min(kept, key=lambda s: s.weight))
    return groups


def _merged(statements: Sequence[Statement], allowed: int, longest: int) -> list[list[Statement]]:
    groups = [[s] for s in statements]

    def length(group: list[Statement]) -> int:
        return sum(len(s.text.split()) for s in group)

    while len(groups) > allowed:
        pairs = [
            (length(a) + length(b), i) for i, (a, b) in enumerate(pairwise(groups)) if length(a) + length(b) <= longest
        ]
        if not pairs:
            break
        _, i = min(pairs)
        groups[i : i + 2] = [groups[i] + groups[i + 1]]
    return groups


def pack(statements: Sequence[Statement], allowed: int) -> list[str]:
    """At most `allowed` sentences, the statements of a group joined by semicolons."""
    groups = groups_within(statements, allowed)
    return ["; ".join([g[0].text.rstrip(".")] + [_joined(s.text) for s in g[1:]]) + "." for g in groups]


def _joined(text: str) -> str:
    text = text.rstrip(".")
    if match := re.match(r"^(?:Client reported (?:that )?|Homework will be )(.+)$", text):
        return match.group(1)
    return re.sub(r"^(Client|Clinician|About|Asked)\b", lambda m: m.group(0).lower(), text)

"""Who a note gives a jotting to: "Denies SI" → "Client denied SI."; what others report stays theirs."""

from __future__ import annotations

import re

from lemminflect import getLemma

from pipelines.writing.extractive.actor import CLIENT, actor, opens_in_past, opens_with_present
from pipelines.writing.extractive.rewrite import Person, capitalize, lower_first
from pipelines.writing.extractive.statements import is_clause, opens_with_past
from pipelines.writing.extractive.words import AUXILIARIES, DETERMINERS, SAME_IN_PAST, forms, listed


def with_subject(clause: str, subject: str) -> str:
    """A further clause of a sentence, with the subject that the jotting leaves out."""
    low = lower_first(clause)
    if not (subject and _leaves_out_client(clause)):
        return low
    return f"{subject} {low}"


def _leaves_out_client(clause: str) -> bool:
    """Whether the clause opens with a verb whose subject is the client."""
    first, _, after = lower_first(clause).partition(" ")
    if first == "still":
        return after.split(" ")[0] in AUXILIARIES | CLIENT or opens_with_past(after) or opens_with_present(after)
    if opens_in_past(first) or (first in SAME_IN_PAST and after.split(" ")[0] in DETERMINERS):
        return True
    verb = first in CLIENT - {"half"} or opens_with_past(clause) or opens_with_present(clause)
    return verb and actor(clause) != "other"


_TELLING = {
    "deny": "denied", "denies": "denied", "endorses": "endorsed", "declines": "declined", "reports": "reported",
    "report": "reported", "describes": "described", "states": "stated", "says": "said",
}  # fmt: skip
_SPEAKS_FOR_CLIENT = listed(
    "denied endorsed declined cried reported described stated rated agreed accepted laughed noticed"
)
_IS_DENIED = re.compile(
    r"^(?P<what>(?:[\w/'-]+ ){0,5}?[\w/'-]+)(?: -| was| were|:)? (?P<how>denied|endorsed|reported)\b(?P<more>.*)$"
)
_IS_NOT = re.compile(r"^not (?=(?:suicidal|homicidal|at risk)\b)", re.IGNORECASE)


def of_client(text: str, kind: str, client: Person) -> str:
    text = re.sub(r"^For (?:her|him|them)sel\w+,? (?=(?:she|he|they) (?:denied|endorsed))", "", text)
    text = _reported_past(text)
    first, _, after = (low := lower_first(text)).partition(" ")
    first = re.sub(r"[^\w-]", "", first)
    attributed = kind in {"report", "risk"}
    if told := _attributed_already(text, low, kind):
        return told
    if text.startswith('"'):
        return f"Client {'stated' if attributed else 'responded'}: {text}"
    if first in _SPEAKS_FOR_CLIENT:
        return f"Client {low}"
    if first in {"she", "he", "they"}:
        if after.split(" ", 1)[0] in _SPEAKS_FOR_CLIENT | set(_TELLING.values()):
            return f"Client {after}"
        return f"Client reported that {low}" if attributed else f"Client {after}"
    if _leaves_out_client(text):
        return f"Client reported that {client.subject} {_agreeing(low, client)}" if attributed else f"Client {low}"
    if attributed:
        low = _IS_NOT.sub("not being ", low)
        return f"Client reported {'that ' if is_clause(low) else ''}{low}"
    return capitalize(text) if actor(text) == "other" else f"Client's response: {low}"


def _attributed_already(text: str, low: str, kind: str) -> str:
    """The sentence where the jotting says itself whose act or word it is; else empty."""
    if text.startswith(("Client ", "Client's ")):
        return _with_copula(text)
    who = actor(text)
    if low.startswith(("clinician ", "the clinician ")):
        return capitalize(low.removeprefix("the "))
    if who == "other" and _telling(low.partition(" ")[2]):
        return capitalize(text)
    if kind != "risk":
        return ""
    if (match := _IS_DENIED.match(text)) and match["what"].split()[0].lower() not in _PEOPLE:
        return f"Client {match['how']} {lower_first(match['what'])}{match['more']}"
    return f"Clinician {low}" if who == "clinician" else ""


def _agreeing(low: str, client: Person) -> str:
    """The verb that a jotting opens with, in the plural for "they"."""
    first, _, after = low.partition(" ")
    if not client.plural or "VBZ" not in forms(first) | _BE_HAVE.keys():
        return low
    return f"{_BE_HAVE.get(first) or next(iter(getLemma(first, 'VERB')), first)} {after}"


_BE_HAVE = {"has": "have", "is": "are", "was": "were", "does": "do"}


def _with_copula(text: str) -> str:
    """ "Client tearful at the hot spot" is a sentence without its verb."""
    known = forms(text.split()[1].strip(",."))
    return text.replace("Client ", "Client was ", 1) if "ADJ" in known and "VERB" not in known else text


_PEOPLE = listed("teen child mother mom father dad parents wife husband partner caregiver couple client she he they")


def _telling(after: str) -> bool:
    """Whether someone other than the client tells: "Mom reported two meltdowns"."""
    return bool(re.match(r"(?:\w+ly )?(?:reported|said|stated|described|denied|told)\b", after))


def _reported_past(text: str) -> str:
    """ "Client denies", "Parents report" in the tense of a note."""
    match = re.match(r"^(?P<who>[\w']+(?: [\w']+)?) (?P<verb>\w+)(?= )", text)
    for who in (match["who"].split()[:1], match["who"].split()) if match else ():
        subject, rest = " ".join(who), text[len(" ".join(who)) + 1 :]
        verb = rest.split(" ", 1)[0]
        if verb in _TELLING and actor(text) in {"client", "other"}:
            return f"{subject} {_TELLING[verb]}{rest[len(verb) :]}"
    first = text.split(" ", 1)[0]
    if first.lower() in _TELLING and first.lower() != "report":
        return f"{capitalize(_TELLING[first.lower()])}{text[len(first) :]}"
    return text

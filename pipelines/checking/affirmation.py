"""Each word of a text as affirmed, negated or open (asked, under a condition), by the cues of its clause."""

from __future__ import annotations

import re

from pipelines.source import Source, split_sentences

_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*|\d+(?:[.:]\d+)*|[,;:.!?()—–]")
# A cue negates what follows it in its clause.
CUES = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "nothing",
        "nobody",
        "neither",
        "nor",
        "without",
        "denied",
        "denies",
        "deny",
        "denying",
        "declined",
        "declines",
        "decline",
        "refused",
        "refuses",
        "refuse",
        "rejected",
        "cannot",
        "hardly",
        "barely",
        "zero",
        "free",
        "avoid",
        "avoided",
        "avoids",
        "stopped",
        "quit",
        "unable",
        "failed",
        "fails",
        "lacks",
        "lacking",
    ]
)
# These negate their whole sentence.
_WHOLE = re.compile(
    r"\b(?:said|told (?:her|him|them|\w+)|say|saying) no\b|\bno,? thank|\bturned (?:it|her|him|that) down\b",
    re.IGNORECASE,
)
_NO_CUES = re.compile(r"\b(?:not only|no doubt|no longer than|not until|no more than|no less)\b", re.IGNORECASE)
_BREAKS = frozenset(
    [
        ",",
        ";",
        ":",
        ".",
        "!",
        "?",
        "(",
        ")",
        "—",
        "–",
        "but",
        "although",
        "though",
        "however",
        "because",
        "while",
        "which",
        "until",
        "unless",
        "except",
    ]
)
_REACH = 7  # words that a cue negates at most
_HESITATES = r"^(?:(?:um+|uh+|well|oh|hmm+|i mean|god|like|honestly|look|yeah|okay|so|mm)[,.… —-]*)*"
_NO = re.compile(
    _HESITATES + r"(?:no|nope|nah|never|not|none|nothing|neither|zero|"
    r"i (?:don'?t|didn'?t|haven'?t|wouldn'?t|can'?t|never))\b",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^(?:(?:um+|uh+|well|oh|hmm+|i mean|god|like|honestly|so)[,.… —-]*)*(?:yeah|yes|yep|yup|sure|okay|mm-?hmm|"
    r"i (?:do|did|have|could|can|will|guess)|right|exactly|definitely|sometimes)\b",
    re.IGNORECASE,
)

AFFIRMED, NEGATED, OPEN = 1, -1, 0


def polarities(text: str) -> list[tuple[str, int, int]]:
    """(word, place, polarity) of each word of a text by the cues of its clauses alone."""
    found: list[tuple[str, int, int]] = []
    for sentence_start, sentence in _sentences(text):
        found += _of_sentence(sentence, sentence_start)
    return found


def _sentences(text: str) -> list[tuple[int, str]]:
    at, found = 0, []
    for sentence in split_sentences(text):
        at = text.find(sentence, at)
        found.append((at, sentence))
        at += len(sentence)
    return found


def _of_sentence(sentence: str, start: int) -> list[tuple[str, int, int]]:
    tokens = [(m.group(0).lower().replace("’", "'"), m.start()) for m in _WORD.finditer(sentence)]
    whole = bool(_WHOLE.search(sentence))
    ignored = [(m.start(), m.end()) for m in _NO_CUES.finditer(sentence)]
    left, found, commas = 0, [], False
    for word, place in tokens:
        if word in _BREAKS:
            # "no nightmares, panic attacks or flashbacks": a list goes on after its comma
            commas = word == "," and left > 0
            left = left if commas else 0
            continue
        is_cue = (word in CUES or word.endswith("n't")) and not any(a <= place < b for a, b in ignored)
        if is_cue:
            left, commas = _REACH, False
        elif left:
            left -= 1
        polarity = NEGATED if (left and not is_cue and not commas) or whole else AFFIRMED
        found.append((word, start + place, polarity))
    return found


def of_units(source: Source) -> list[list[tuple[str, int, int]]]:
    """The polarity of each word of each unit; a clinician's question takes that of its answer."""
    read = [polarities(unit.text) for unit in source.units]
    if source.kind == "summary":
        return read
    for i, unit in enumerate(source.units):
        if unit.speaker == "client" or "?" not in unit.text:
            continue
        answer = next((u.text for u in source.units[i + 1 : i + 3] if u.speaker != unit.speaker), "")
        first = split_sentences(answer)[:1]
        says = NEGATED if first and _NO.search(first[0]) else AFFIRMED if first and _YES.search(first[0]) else OPEN
        asked = unit.text.rfind(".", 0, unit.text.rfind("?")) + 1
        read[i] = [
            (w, p, polarity if p < asked else says if polarity == AFFIRMED else OPEN) for w, p, polarity in read[i]
        ]
    return read

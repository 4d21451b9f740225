"""What of a client's answer is about the client: asides, other people's "you" and commands are not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipelines.writing.extractive import classify
from pipelines.writing.extractive.dialogue import without_answer_word

# "You" in a client's speech is mostly anyone, or a person in a scene that is acted out: no statement about the client,
# unless it is clear that the clinician is meant.
ANYONE = re.compile(r"\byou(?:r|rs|rself|'\w+)?\b", re.IGNORECASE)
_CLINICIAN_MEANT = re.compile(
    r"^(?!.*\b(?:said|says|like|goes),)(?:.*\b(?:tell|told|asked|ask|show|showed|text|call|bring|send|let) you\b|"
    r".*\byou (?:said|told me|asked|wanted me|gave me|suggested|know about)\b)",
    re.IGNORECASE,
)
# Where another's words begin: they are told only where they are about the client ("he said, you worry too much").
_QUOTED = re.compile(
    r"^(?P<who>(?:.*\b)?(?:he|she|they|my \w+|it) (?:said|says|told me|tells me|goes|thinks)),? (?P<what>you.*[^?])$",
    re.IGNORECASE,
)
_SECOND = {"you're": "I'm", "you are": "I am", "you were": "I was", "your": "my", "yourself": "myself", "yours": "mine"}
_FIRST_PERSON = re.compile(r"\b(?:I|I'\w+|me|my|myself|we|us|our)\b")
_CLAUSES = re.compile(r"(?:,|;) (?=(?:and|but|so|because|then|which)\b)|, (?=(?:I|he|she|it|they|we|my|there)\b)")
# A sentence without a subject that opens with "don't" is the client's own state only with these verbs.
_COMMAND = re.compile(
    r"^(?:please )?don't (?!(?:really |even |always |often )?(?:know|think|want|have|feel|like|need|remember|care|"
    r"sleep|drink|eat|use|smoke|see|trust|believe|go|get)\b)",
    re.IGNORECASE,
)
_SCENE = re.compile(
    r",? (?:and |so |but )?(?:(?:I|he|she|they)(?:'m|'s|'re| was| were) like|(?:my \w+|he|she|they|[A-Z]\w+)(?:, \w+,)?"
    r" (?:goes|texted|asks|asked))\b(?=,| (?:are|do|did|what|why|where|can|could) you\b).*$"
)


def own_parts(sentences: Sequence[str]) -> list[str]:
    """The parts of an answer that say something of the client, without yes and no, asides and commands."""
    told = (part for sentence in without_answer_word(sentences) for part in _own(_without_asides(sentence)))
    return [p for p in told if not classify.speaks_to_software(p) and not _COMMAND.match(p)]


def _own(part: str) -> Iterator[str]:
    """A sentence with "you" whole where the clinician is meant, else its clauses that are without."""
    if not part:
        return
    if not ANYONE.search(part) or _CLINICIAN_MEANT.search(part):
        yield part
        return
    if (quoted := _QUOTED.match(part)) and not _FIRST_PERSON.search(quoted["what"]):
        yield f"{quoted['who']} {_of_the_client(quoted['what'])}"
        return
    clauses = _CLAUSES.split(part.rstrip("."))
    kept = [c for c in clauses if not ANYONE.search(c) and len(c.split()) > 2 and _FIRST_PERSON.search(c)]
    if (
        kept
        and not part.endswith("?")
        and not re.search(r"\b(?:if|when|like|as|what|how)\b.*\byou", part, re.IGNORECASE)
    ):
        yield re.sub(r"^(?:and|but|so|because|then|which) ", "", ", ".join(kept))


def _of_the_client(what: str) -> str:
    """ "you worry too much" → "I worry too much"."""
    what = re.sub(
        r"\b(?:you're|you are|you were|your|yourself|yours)\b",
        lambda m: _SECOND[m[0].lower()],
        what,
        flags=re.IGNORECASE,
    )
    return re.sub(r"\byou\b", "I", what, flags=re.IGNORECASE)


def _without_asides(part: str) -> str:
    """Without what is only said to or of somebody in the telling: "like you showed us", "and I'm like, dude, …"."""
    part = re.sub(r",? (?:just )?(?:like|as|the way) you (?:showed|said|taught|told|suggested)\b[^,.;]*", "", part)
    cut = re.sub(r",? (?:and |so |but )?(?:I|he|she|they)(?:'m|'s|'re| was| were) like,.*$", "", _SCENE.sub("", part))
    return re.sub(r",? (?:and |so |but )?don't (?:write|put)\b.*$", "", cut).strip(" ,")

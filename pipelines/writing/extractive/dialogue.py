"""From turns to exchanges: what the clinician said or asked, and what the client answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipelines.source import split_sentences
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.cleaning import clean_speech, strip_opener
from pipelines.writing.extractive.prompt import Line
from pipelines.writing.extractive.question import Question, read_question
from pipelines.writing.extractive.rewrite import Person

Polarity = Literal["yes", "no", ""]
_BACKCHANNEL = re.compile(
    r"^(?:(?:mm+|mm-hmm|mhm|uh-huh|hmm+|right|okay|ok|yeah|yes|yep|sure|i see|got it|oh|wow|good|great|fair "
    r"enough|fair|"
    r"thanks?|thank you|all right|alright|go on|absolutely|exactly|of course|nice|lovely)[\s,.!?]*)+$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Turn:
    """Speech of one speaker, cleaned, in sentences; `lines` are the numbers of the source's lines it comes from."""

    speaker: str
    lines: tuple[int, ...]
    sentences: tuple[str, ...]
    raw: str

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


@dataclass
class Exchange:
    """The clinician's turn (may be absent) and the client's answer to it (may be absent)."""

    asked: Turn | None
    answer: Turn | None
    question: Question | None = None
    position: float = 0.0
    """Place in the session, 0 to 1."""
    used: set[str] = field(default_factory=set)
    """Parts of the answer and of the turn that a rule has taken already."""

    @property
    def lines(self) -> tuple[int, ...]:
        return (self.asked.lines if self.asked else ()) + (self.answer.lines if self.answer else ())

    @property
    def polarity(self) -> Polarity:
        return polarity(self.answer.raw) if self.answer else ""


def turns_of(lines: Sequence[Line], *, merge_backchannels: bool = True) -> list[Turn]:
    """Turns with what belongs together joined: a speaker goes on after the other's "Mm-hmm."."""
    blocks: list[tuple[str, list[int], list[str]]] = []
    for line in lines:
        if merge_backchannels and blocks and blocks[-1][0] != line.speaker and _is_backchannel(line, blocks[-1][2][-1]):
            continue
        if blocks and blocks[-1][0] == line.speaker:
            blocks[-1][1].append(line.index)
            blocks[-1][2].append(line.text)
        else:
            blocks.append((line.speaker, [line.index], [line.text]))
    found = []
    for speaker, indices, texts in blocks:
        raw = " ".join(texts)
        found.append(Turn(speaker, tuple(indices), tuple(split_sentences(clean_speech(raw))), raw))
    return found


def _is_backchannel(line: Line, before: str) -> bool:
    if not _BACKCHANNEL.match(line.text.strip()):
        return False
    return line.speaker != "client" or not before.rstrip().endswith("?")  # "Yeah." answers a question


def exchanges_of(turns: Sequence[Turn], client: Person) -> list[Exchange]:
    """Each turn of the client with the clinician's before it; a clinician's turn without an answer alone."""
    found: list[Exchange] = []
    pending: Turn | None = None
    for number, turn in enumerate(turns):
        place = number / max(1, len(turns) - 1)
        if turn.speaker == "clinician":
            if pending is not None:
                found.append(Exchange(pending, None, None, place))
            pending = turn
        else:
            question = _last_question(pending, client) if pending else None
            found.append(Exchange(pending, turn, question, place))
            pending = None
    if pending is not None:
        found.append(Exchange(pending, None, None, 1.0))
    return found


def _last_question(turn: Turn, client: Person) -> Question | None:
    asked = [s for s in turn.sentences if s.endswith("?") or _TELL_ME.match(strip_opener(s))]
    return next((q for q in (read_question(_TELL_ME.sub("how about ", s), client) for s in reversed(asked)) if q), None)


_TELL_ME = re.compile(
    r"^(?:(?:so|okay|now|then|and)\b,? )*(?:tell me (?:more )?about|(?:walk|take|talk) me through) ", re.IGNORECASE
)


def polarity(answer: str) -> Polarity:
    """Whether an answer opens with yes or with no."""
    opening = re.sub(
        r"^(?:(?:um+|uh+|oh|well|hmm+|god|so|i mean|honestly|yeah,? (?=no\b)|no,? (?=yeah\b))[\s,.…]*)+",
        "",
        answer.strip(),
        flags=re.IGNORECASE,
    )
    if w.DENY.match(opening):
        return "yes" if re.search(r"\bno(?:\.\.\.|…)\s*(?:okay|yes|all right)\b", answer, re.IGNORECASE) else "no"
    return "yes" if w.AFFIRM.match(opening) else ""


def without_answer_word(sentences: Sequence[str]) -> list[str]:
    """The sentences of an answer without its "Yes." or "No." and other empty ones."""
    kept = []
    for sentence in sentences:
        rest = strip_opener(sentence)
        if _BACKCHANNEL.match(rest) or not re.search(r"\w", rest) or _EMPTY.match(rest):
            continue
        kept.append(rest)
    return kept


_EMPTY = re.compile(
    r"^(?:(?:no|yes|yeah|nope|none|never|not at all|nothing like that|that's it|i (?:do|did|had|have|am|was|"
    r"would|could|can|will|guess so|think so|don't|didn't|haven't)|"
    r"it is|it does|it was|you too|bye|see you(?: then)?|thank you|thanks|i know|i don't know|not really|maybe|"
    r"hi|hello|"
    r"i'm not sure|sorry|of course|exactly|that's fine|sounds good|it's okay|i see|no way|just twice|we'll see|"
    r"though|no,? okay|thanks,? though|(?:that )?i (?:could|can) do(?: that| it)?|not yet|got it|go on|if you like|"
    r"take care|fair enough|true|perfect|done|nothing|i'll try)[\s,.!?]*)+$",
    re.IGNORECASE,
)

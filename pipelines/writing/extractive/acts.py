"""What the clinician did, sentence by sentence: asked, instructed, proposed, advised, pointed out, reflected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.writing.extractive import classify
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.cleaning import strip_opener
from pipelines.writing.extractive.dialogue import Turn
from pipelines.writing.extractive.question import proposal, read_question
from pipelines.writing.extractive.rewrite import Person, lower_first, to_third_person
from pipelines.writing.extractive.risk_words import touches_risk
from pipelines.writing.extractive.statements import units
from pipelines.writing.extractive.words import listed

IMPERATIVES = listed(
    "write rate do try practice practise log call bring keep track start pick use put set note record schedule ask "
    "read touch go text walk breathe say notice imagine suppose close hold stay picture think name look place lift "
    "take let sit stand open follow see tell listen give move press draw show describe drop feel focus count repeat "
    "turn scan tense release relax watch send check make choose list"
)
_ADVICE = re.compile(
    r"^I(?:'d| would) (?:also |just |really )?(?P<do>give|tell|ask|take|try|call|keep|bring|start|leave|wait|let|want|"
    r"hold|write|make)\b (?P<rest>.+)$",
    re.IGNORECASE,
)
_SUGGESTS = re.compile(
    r"^I(?:'d| would|'m going to|'ll)? (?:also |just )?(?:suggest|recommend|propose)(?:ing|ed)? (?P<rest>.+)$",
    re.IGNORECASE,
)
_NOTICES = re.compile(
    r"^I (?:notice|noticed|hear|heard|see|wonder|wondered)\b(?: that)?[,:]? ?(?P<rest>.*)$", re.IGNORECASE
)
_WONDERS = re.compile(r"^I(?:'m| am) wondering (?P<rest>.+)$", re.IGNORECASE)
_LETS = re.compile(
    r"^(?:let's|let us|we can|we could|we'll|I want to|I'd like to|I'd like us to) (?P<rest>.+)$", re.IGNORECASE
)
_AIM = re.compile(r"^I(?:'d like| want) to\b", re.IGNORECASE)
_EMPTY = re.compile(
    r"\b(?:have a seat|come in|sit wherever|take your time|thank you|thanks|sorry|good to (?:see|hear)|nice to|see you|"
    r"take care|bye|can you hear|on mute|tell me(?: more)?$|go (?:ahead|on)$|go with that$|i'm glad|that works|deal)\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(r"^(?:it|that|this|so|and|there|here)\b[^,]{0,18}$", re.IGNORECASE)
# What the client said is no act of the clinician's, and an objective section holds no reported speech.
_SPEECH = re.compile(
    r"\b(?:client|she|he|they)\b(?: \w+ly)?(?: also| had| has)? "
    r"(?:report|stat|said|says?\b|tells?\b|told|den(?:y|ie)|describ|mention|explain|claim|endors)",
    re.IGNORECASE,
)
LONGEST = 26  # words of one act; a longer turn is talk, not an act that a note would name


@dataclass(frozen=True)
class Act:
    """`verb`: "asked", "instructed client to", …; `what` completes it; `worth`: what it is worth to a note."""

    verb: str
    what: str
    worth: float

    @property
    def text(self) -> str:
        return f"{self.verb} {self.what}"


def acts_of(turn: Turn | None, client: Person) -> list[Act]:
    """The acts of a turn, in order."""
    found: list[Act] = []
    pointing = False
    for sentence in turn.sentences if turn else ():
        plain = strip_opener(sentence).strip()
        if len(plain.split()) < 3 or _EMPTY.search(plain) or classify.is_small_talk(plain):
            continue
        if classify.speaks_to_software(plain):
            continue
        match = _NOTICES.match(plain.rstrip(".!?"))
        if match and len(match.group("rest").split()) < 3:
            pointing = True  # "I notice something." points to what comes next
            continue
        act = _act(plain, client, pointing=pointing)
        pointing = False
        if act and len(act.what.split()) <= LONGEST and not (_SPEECH.search(act.text) or touches_risk(act.text)):
            found.append(act)
    return found


def _act(plain: str, client: Person, *, pointing: bool) -> Act | None:
    body = plain.rstrip(".!?").strip()
    value = max(0.0, classify.weight(plain))
    if plain.endswith("?"):
        return _question(plain, client, value)
    if match := _ADVICE.match(body):
        done = _told(f"{match.group('do')} {match.group('rest')}", client)
        return Act("advised client to", done, 2.4) if match.group("do").lower() != "want" else None
    if match := _SUGGESTS.match(body):
        return Act("suggested", _told(match.group("rest"), client), 2.4)
    if match := _WONDERS.match(body):
        return Act("wondered", _told(match.group("rest"), client), 1.6)
    if match := _NOTICES.match(body):
        return Act("pointed out that", _told(match.group("rest"), client), 2.6)
    if match := _LETS.match(body):
        return Act("proposed to", _told(match.group("rest"), client), 2.2)
    first = body.split(" ", 1)[0].lower().strip(",")
    if first in IMPERATIVES and w.is_base_verb(first) and len(body.split()) > 2:
        return Act("instructed client to", _told(body, client), 2.0 + 0.2 * value)
    if _VAGUE.match(body) or (re.search(r"\bI(?:'ll|'m|'ve)?\b", body) and not re.search(r"\byou\b", body)):
        return None
    verb = "pointed out that" if pointing else "reflected that"
    if not re.search(r"\byou\w*\b|\b(?:your|we|us|our)\b", body) and not pointing:
        return Act("remarked that", _told(body, client), 0.8 + 0.3 * value) if _is_sentence(body) else None
    return Act(verb, _told(body, client), (2.4 if pointing else 1.2) + 0.3 * value) if _is_sentence(body) else None


def _question(plain: str, client: Person, value: float) -> Act | None:
    asked = proposal(plain, client)
    invites = re.match(r"^(?:\w+[,]? )?(?:would|could|can|will) you\b", plain, re.IGNORECASE)
    if asked and invites and w.is_base_verb(asked.split()[0].strip(",")) and len(asked.split()) > 2:
        return Act("invited client to", asked, 1.8 + 0.2 * value)
    q = read_question(plain, client)
    if q is None or len(q.text.split()) < 2:
        return None
    if q.form == "wh":
        return Act("asked", q.text, 1.0 + 0.3 * value) if len(q.text.split()) > 3 else None
    if q.form == "polar":
        return Act("asked whether", q.text, 0.9 + 0.3 * value) if len(q.text.split()) > 3 else None
    return Act("asked about", q.text, 0.8 + 0.3 * value)


def _told(text: str, client: Person) -> str:
    return units(lower_first(to_third_person(lower_first(text), "clinician", client)))


def _is_sentence(body: str) -> bool:
    words = re.findall(r"[\w']+", body.lower())
    return any(x in w.AUXILIARIES or x.endswith(("'s", "'re", "'ve", "'d", "'ll")) or
               {"VBD", "VBZ"} & w.forms(x) for x in words[:9]) or bool({"you", "we"} & set(words[:2]))  # fmt: skip


def phrase(acts: Sequence[Act], words: int = 34) -> str:
    """Acts as one predicate of at most so many words: neighbours with one verb share it."""
    runs: list[tuple[str, list[str]]] = []
    total = 0
    for act in acts:
        length = len(act.text.split())
        if runs and total + length > words:
            break
        total += length
        if runs and runs[-1][0] == act.verb:
            runs[-1][1].append(act.what)
        else:
            runs.append((act.verb, [act.what]))
    parts = [f"{verb} {_listed(whats)}" for verb, whats in runs]
    return _listed(parts)


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    mark = "; " if any("," in p for p in parts) else ", "
    return f"{mark.join(parts[:-1])}{mark if mark == '; ' else ' '}and {parts[-1]}"

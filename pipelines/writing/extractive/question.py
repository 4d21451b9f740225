"""What a question asked, as a part of a statement: "Any panic attacks?" and "No." are one fact only together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.cleaning import NUMBER, strip_opener, tidy
from pipelines.writing.extractive.rewrite import Person, expand, lower_first, to_third_person

Form = Literal["any", "topic", "polar", "wh", "proposal"]
_TOPIC = re.compile(
    r"^(?:how(?:'s| is| are| was| were| has| have)|how about|what about|tell me about|any news on)\s+(.+)$",
    re.IGNORECASE,
)
_PROPOSAL = re.compile(
    r"^(?:would|could|can|will|might|do|did) you (?:be (?:willing|able|open) to |want to |like to |think you "
    r"(?:could|can) |try to |try )?"
    r"(?P<act>.+)$|^(?:shall|can|could|should) we (?P<ours>.+)$|^(?:how about|what about|what if|why don't) "
    r"(?:we |you |i )?(?P<idea>.+)$",
    re.IGNORECASE,
)
_WH = re.compile(r"^(what|which|who|whose|when|where|why|how)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Question:
    """`text` completes "Asked …" (wh), is what was asked for (any, topic) or a clause whose negation is `denied`."""

    form: Form
    text: str
    denied: str = ""
    asked: str = ""
    """The question itself, cleaned."""


def read_question(sentence: str, client: Person) -> Question | None:
    """None where the sentence is no question whose answer can be told with it."""
    asked = strip_opener(sentence).rstrip("?.! ")
    plain = expand(asked)
    words = plain.split()
    if not words or len(words) > 32:
        return None
    low = words[0].lower()
    if low == "any":
        return Question("any", _told(re.sub(r"^any\s+", "", plain, flags=re.IGNORECASE), client), asked=asked)
    if low in w.AUXILIARIES | {"do", "does", "did"} and len(words) > 1:
        return _polar(plain, client, asked)
    if found := _topic(asked, client) or _after_a_phrase(plain, client, asked):
        return found
    if low in {"you", "he", "she", "they", "it", "that", "so", "there"} and len(words) > 2:
        return _statement(plain, client, asked)
    if _WH.match(plain):
        indirect = _indirect(plain, client)
        return Question("wh", indirect, asked=asked) if indirect else None
    return _phrase(plain, client, asked, after_and=sentence.strip().lower().startswith("and "))


def _topic(asked: str, client: Person) -> Question | None:
    """ "How's sleep?"."""
    topic = _TOPIC.match(asked)
    if not topic or len(topic.group(1).split()) > _TOPIC_WORDS or _NO_TOPIC.search(topic.group(1)):
        return None
    about = re.sub(r"\s+(?:been|going|doing|looking|overall|just now)$", "", topic.group(1))
    return Question("topic", _told(about, client), asked=asked)


def _phrase(plain: str, client: Person, asked: str, *, after_and: bool) -> Question | None:
    """A question without a verb: "And the sertraline?", "Your mood before and after?"."""
    words = plain.lower().split()
    if re.match(rf"^(?:(?:then|now|that|when|who|so)\b|{NUMBER}\b)", plain, re.IGNORECASE):
        return None  # nothing to tell an answer with; a number only repeats what was said
    if match := re.match(r"^(?:the evidence )?against\b(.*)$", plain, re.IGNORECASE):
        return Question("topic", _told(f"the evidence against{match.group(1) or ' it'}", client), asked=asked)
    longest = 7 if after_and or words[0] in w.DETERMINERS or "," in plain else 5
    if not (1 + (not after_and) <= len(words) <= longest) or set(words) & (w.AUXILIARIES | w.SUBJECTS):
        return None
    return Question("topic", _told(plain, client), asked=asked)


_TOPIC_WORDS = 7
_NO_TOPIC = re.compile(r"\b(?:you|that|it|this|we|things|everything|feel)\b", re.IGNORECASE)


def _after_a_phrase(plain: str, client: Person, asked: str) -> Question | None:
    """ "On a scale of zero to 10, where are you today": the question is the last part that asks."""
    parts = plain.split(", ")
    for i in range(len(parts) - 1, 0, -1):
        words = parts[i].lower().split()
        if _WH.match(parts[i]) and len(words) > 2 and set(words[1:4]) & w.AUXILIARIES and not _WH.match(parts[0]):
            indirect = _indirect(", ".join(parts[i:]), client)
            before = _told(", ".join(parts[:i]), client)
            return Question("wh", f"{indirect}, {before}", asked=asked) if indirect else None
    return None


def proposal(sentence: str, client: Person) -> str | None:
    """What a clinician's question proposes the client do, as a bare verb phrase or a noun phrase."""
    match = _PROPOSAL.match(strip_opener(sentence).rstrip("?.! "))
    if not match:
        return None
    act = match.group("act") or match.group("ours") or match.group("idea")
    return _told(act, client) if act else None


def _told(phrase: str, client: Person) -> str:
    return lower_first(to_third_person(phrase, "clinician", client))


def _subject_length(words: list[str], verb: str) -> int:
    """How many words after an auxiliary are its subject."""
    low = [x.lower().strip(",") for x in words]
    if not low:
        return 0
    if low[0] in w.SUBJECTS - {"this", "that", "those", "these"}:
        return 1
    if low[0] == "that" and len(low) > 1 and low[1] in w.DETERMINERS:
        return 1
    wants_base = verb in w.MODALS | w.DO
    if wants_base:
        verbs = [i for i in range(1, len(low)) if "VB" in w.forms(low[i]) and low[i - 1] not in w.DETERMINERS]
        sure = [i for i in verbs if low[i] in w.COMMON_VERBS or "NOUN" not in w.forms(low[i])]
        return (sure or verbs or [len(low)])[0]
    for i in range(1, len(low)):
        known = w.forms(low[i])
        if low[i - 1] not in w.DETERMINERS:
            if low[i] in w.PREPOSITIONS | w.ADVERBS or ({"VBG", "VBN"} & known and "NOUN" not in known):
                return i
            if known == {"ADJ"} or (known <= {"ADJ", "ADV"} and known):
                return i
    if low[0] in {"this", "that", "those", "these"} and len(low) > 1 and "NOUN" not in w.forms(low[1]):
        return 1
    return len(low)


def _polar(plain: str, client: Person, asked: str) -> Question | None:
    words = plain.split()
    verb, rest = words[0].lower(), words[1:]
    inverted_not = rest[0].lower() == "not"
    rest = rest[1:] if inverted_not else rest
    n = _subject_length(rest, verb)
    subject, predicate = " ".join(rest[:n]), " ".join(rest[n:])
    if not subject or (not predicate and verb not in w.BE):
        return None
    positive = _with_do(verb, subject, predicate) if verb in w.DO else f"{subject} {verb} {predicate}"
    negative = f"{subject} {verb} not {predicate}".replace(" can not ", " cannot ")
    negative = re.sub(r"\b(?:any|ever)\b", lambda m: {"any": "any"}.get(m.group(0), ""), negative)
    positive = re.sub(r"\b(?:ever|any) ", "", positive)
    return Question(
        "polar",
        to_third_person(positive, "clinician", client),
        to_third_person(tidy(negative), "clinician", client),
        asked,
    )


def _statement(plain: str, client: Person, asked: str) -> Question:
    """ "You're still on the trazodone?": an assertion put as a question."""
    negated = re.sub(r"^(\w+ (?:is|are|was|were|have|has|had|can|could|will|would|did|do))\b", r"\1 not", plain)
    denied = to_third_person(negated, "clinician", client) if negated != plain else ""
    return Question("polar", to_third_person(plain, "clinician", client), denied, asked)


def _with_do(verb: str, subject: str, predicate: str) -> str:
    head, _, tail = re.sub(r"^([\w']+),", r"\1 ,", predicate).partition(" ")
    skipped = ""
    while head.lower() in w.ADVERBS and tail:
        skipped += head + " "
        head, _, tail = tail.partition(" ")
    if verb == "did":
        head = w.inflect(head, "VBD") if w.is_base_verb(head) else f"did {head}"
    elif subject.lower() not in {"you", "i", "we", "they"} and w.is_base_verb(head):
        head = w.inflect(head, "VBZ")
    return f"{subject} {skipped}{head} {tail}"


def _indirect(plain: str, client: Person) -> str:
    """ "What would a fairer thought be" → "what a fairer thought would be"."""
    words = plain.split()
    at = next((i for i, x in enumerate(words[:7]) if i and x.lower() in w.AUXILIARIES), None)
    if at is None or (at == 1 and words[0].lower() == "who" and len(words) > 2 and words[2].lower() not in w.SUBJECTS):
        return lower_first(to_third_person(plain, "clinician", client))
    question, verb, rest = " ".join(words[:at]), words[at].lower(), words[at + 1 :]
    n = _subject_length(rest, verb)
    if verb not in w.BE and n == len(rest):
        return lower_first(to_third_person(plain, "clinician", client))  # the question word is the subject
    if rest and rest[0].lower() in w.ADVERBS | {"been", "had"}:
        return lower_first(to_third_person(plain, "clinician", client))  # "what is still hard"
    if verb in w.BE and rest and (rest[0].lower() in w.PREPOSITIONS or w.forms(rest[0]) in ({"ADJ"}, {"ADJ", "NOUN"})):
        return lower_first(to_third_person(plain, "clinician", client))  # "what is funny about it"
    if verb in w.BE and n < len(rest) and rest[n].lower() in w.PREPOSITIONS and rest[0].lower() not in w.SUBJECTS:
        n = len(rest)  # "what the evidence for the thought is"
    subject, predicate = " ".join(rest[:n]), " ".join(rest[n:])
    if not subject:
        return ""
    if subject.endswith(","):  # "how confident are you, zero to 10"
        subject, predicate = subject[:-1], f", {predicate}"
    told = _with_do(verb, subject, predicate) if verb in w.DO else f"{subject} {verb} {predicate}"
    return lower_first(to_third_person(f"{question} {told}", "clinician", client))

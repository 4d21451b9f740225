"""From speech to prose: contractions written out, first and second person to third."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

from pipelines.lexicon import lexicon
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.cleaning import tidy
from pipelines.writing.extractive.words import listed

Speaker = Literal["client", "clinician", "unknown", ""]


@dataclass(frozen=True)
class Person:
    """How the client is referred to. `plural`: takes plural verbs."""

    subject: str = "the client"
    object: str = "the client"
    possessive: str = "the client's"
    own: str = "the client's"
    reflexive: str = "themself"
    plural: bool = False


_PEOPLE = {
    "she": Person("she", "her", "her", "hers", "herself"),
    "he": Person("he", "him", "his", "his", "himself"),
    "they": Person("they", "them", "their", "theirs", "themself", plural=True),
}
CLINICIAN = Person("the clinician", "the clinician", "the clinician's", "the clinician's", "themself")


def person_of(pronouns: str) -> Person:
    """From "she/her"; the client by name of the role where no pronouns are known."""
    return _PEOPLE.get(pronouns.lower().split("/")[0].strip(), Person())


_NOT = {"can't": "cannot", "won't": "will not", "shan't": "shall not", "ain't": "is not"}


def expand(sentence: str) -> str:
    """Contractions written out: I'm, haven't, it's (is or has), I'd (had or would), gonna, dog'll."""
    sentence = re.sub(r"\b([Hh]ow)'s (it|that|this) (feel|look|sound|work|go|sit)\b", r"\1 does \2 \3", sentence)
    sentence = re.sub(
        r"\b(\w+(?:body|one))'s (?=(?:said|done|made|told|asked|called|come|seen)\b)", r"\1 has ", sentence
    )
    sentence = re.sub(r"\b[Gg]onna\b", "going to", sentence)
    sentence = re.sub(r"\b[Ww]anna\b", "want to", sentence)
    sentence = re.sub(r"\b[Gg]otta\b", "have to", sentence)
    sentence = re.sub(r"\b([Cc]ause|'cause)\b(?= (?:I|he|she|it|they|we|my)\b)", "because", sentence)
    sentence = re.sub(
        r"\b([A-Za-z]+n't)\b",
        lambda m: _NOT.get(m.group(1).lower()) or m.group(1)[:-3] + " not",
        sentence,
    )
    sentence = re.sub(r"\b(I)'m\b", r"\1 am", sentence)
    sentence = re.sub(r"\b(\w+)'re\b", r"\1 are", sentence)
    sentence = re.sub(r"\b(\w+)'ve\b", r"\1 have", sentence)
    sentence = re.sub(r"\b(\w+)'ll\b", r"\1 will", sentence)
    sentence = re.sub(
        r"\b(I|you|he|she|it|we|they|who|that|there)'d\b(?P<after>(?: \w+){0,3})",
        _expand_d,
        sentence,
        flags=re.IGNORECASE,
    )
    return re.sub(r"\b(\w+)'s\b(?P<after>(?: \w+)?)", _expand_s, sentence)


def _expand_d(match: re.Match[str]) -> str:
    after = [word for word in match.group("after").split() if word.lower() not in w.ADVERBS]
    verb = after[0].lower() if after else ""
    had = verb in {"better", "been", "had"} or ("VBN" in w.forms(verb) and not w.is_base_verb(verb))
    return f"{match.group(1)} {'had' if had else 'would'}{match.group('after')}"


_S_IS = listed("it he she that there this what where how who everything nothing something here everyone let")


def _expand_s(match: re.Match[str]) -> str:
    word, after = match.group(1), match.group("after").strip().lower()
    if word.lower() == "let":
        return match.group(0)
    known = w.forms(after)
    if word.lower() in _S_IS:
        return f"{word} {'has' if after in w.HAS_AFTER_S else 'is'}{match.group('after')}"
    if _POSSESSIVE.search(match.string[: match.start()]):
        return match.group(0)
    if after in {"not", "been", "so", "really", "still", "just", "always", "gone"} or (
        after.endswith("ing") and "VBG" in known
    ):
        return f"{word} {'has' if after in w.HAS_AFTER_S else 'is'}{match.group('after')}"
    return match.group(0)


_POSSESSIVE = re.compile(  # "before Monday's meeting" is no "Monday is meeting"
    r"\b(?:about|after|at|before|by|during|for|from|in|of|on|over|until|with) $", re.IGNORECASE
)
_STOPS = frozenset(".;?!")


def to_third_person(sentence: str, speaker: str, client: Person) -> str:
    """A sentence of the client or the clinician about themselves and the other, told by a third."""
    me, you = (client, CLINICIAN) if speaker != "clinician" else (CLINICIAN, client)
    tokens = w.TOKEN.findall(expand(sentence))
    out: list[str] = []
    past = any(w.is_past_verb(t) for t in tokens) or bool(
        re.search(r"\b(?:yesterday|ago|last (?:week|night))\b", sentence)
    )
    subject: Person | None = None  # whose verb comes next
    in_present = False  # a present verb of "I" was inflected: a verb joined to it by "and" follows suit
    for i, piece in enumerate(tokens):
        low = piece.lower()
        if subject is not None and piece.strip() and low not in w.ADVERBS | w.SUBJECTS and piece.isalpha():
            verb = piece if (past and low in w.SAME_IN_PAST) else w.third_person(piece, plural=subject.plural)
            in_present = verb != piece and low not in w.AUXILIARIES
            out.append(verb)
            subject = None
            continue
        if in_present and _joined(tokens, i) and low in w.COMMON_VERBS and w.is_base_verb(low):
            out.append(w.third_person(piece, plural=me.plural))
            continue
        if piece in _STOPS:
            in_present = False
        replaced, subject_now = _pronoun(tokens, i, me, you)
        if subject_now is not None:
            subject = subject_now
            in_present = False
        elif piece.strip() and not piece.isalpha():
            subject = None if piece != "," else subject
        out.append(replaced)
    return tidy("".join(out))


def _joined(tokens: list[str], i: int) -> bool:
    before = [t.lower() for t in tokens[max(0, i - 6) : i] if t.strip()]
    while before and before[-1] in w.ADVERBS:
        before.pop()
    return bool(before) and before[-1] in {"and", "or", "but"}


def _pronoun(tokens: list[str], i: int, me: Person, you: Person) -> tuple[str, Person | None]:
    """What stands for a pronoun, and whose verb comes next where it is a subject."""
    low = tokens[i].lower()
    simple = {
        "me": me.object, "my": me.possessive, "mine": me.own, "myself": me.reflexive,
        "your": you.possessive, "yours": you.own, "yourself": you.reflexive,
        "we": "they", "us": "them", "our": "their", "ours": "theirs", "ourselves": "themselves",
    }  # fmt: skip
    if tokens[i] == "I" and "".join(tokens[i + 1 : i + 2]) != "-":  # not the I-position
        return me.subject, me
    if low in simple:
        return simple[low], None
    if low == "you":
        following = [t.lower() for t in tokens[i + 1 : i + 8] if t.strip() and t.lower() not in w.ADVERBS]
        preceding = next((t.lower() for t in reversed(tokens[:i]) if t.strip()), "")
        verb = following[0] if following else ""
        is_subject = verb in w.AUXILIARIES or ("VERB" in w.forms(verb) and verb not in w.PREPOSITIONS)
        if is_subject and preceding not in w.TAKES_OBJECT:
            return you.subject, you
        return you.object, None
    return tokens[i], None


@functools.cache
def _generics() -> frozenset[str]:
    """Medications that are written small: generic names, not brands."""
    return frozenset(name for name in lexicon().medications if name.islower())


def capitalize(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def lower_first(sentence: str) -> str:
    """For use inside a sentence; names, acronyms and "I" keep their capital."""
    first = sentence.split(" ", 1)[0].strip(",.;:")
    if first == "I" or first.startswith(("I'", "I’")):
        return sentence
    plain = (
        first.lower() in _LOWERED
        or first.lower() in _generics()
        or (first[1:].islower() and bool(w.forms(first)) and first.lower() not in _NAMES)
    )
    return sentence[:1].lower() + sentence[1:] if plain or first == "A" else sentence


_LOWERED = (
    w.SUBJECTS
    | w.DETERMINERS
    | w.PREPOSITIONS
    | w.AUXILIARIES
    | w.ADVERBS
    | listed(
        "and but so no not his her what how why when where zero one two three four five six seven eight nine "
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty "
        "fifty sixty seventy eighty ninety fine better busy because nineteen forty-five"
    )
)
_NAMES = listed(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december mark rob bill grace joy will dad mom"
) - {"may", "will"}

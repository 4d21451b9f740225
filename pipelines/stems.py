"""Content words and their stems, for comparing texts without a model."""

from __future__ import annotations

import functools
import re

# Function words, words of every note, and fillers of speech: none of them tells one session from another.
_LISTED = """
    a about after again all also am an and any are as at be because been before being both but by can could did do
    does doing done down during each even ever few for from further get gets getting go goes going gone got had has
    have having he her here hers herself him himself his how i if in into is it its itself just kind like me more most
    my myself no nor not now of off on once only or other our ours out over own same she should so some still such
    than that the their theirs them themselves then there these they thing things this those through to too under
    until up very was way we well went were what when where whether which while who whom whose why will with within
    without would yes you your yours yourself ok okay um uh hmm mm yeah oh client clients clinician clinician's
    counselor patient patients session sessions therapist reported reports stated states described describes said says
    noted notes expressed asked asks
"""
FUNCTION_WORDS = frozenset(_LISTED.split())

_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*|\d+(?:[.:]\d+)*")
_IRREGULAR = {
    "slept": "sleep", "felt": "feel", "thought": "think", "thoughts": "think", "told": "tell", "took": "take",
    "taken": "take", "drank": "drink", "drunk": "drink", "ate": "eat", "eaten": "eat", "woke": "wake", "woken": "wake",
    "kept": "keep", "left": "leave", "lost": "lose", "made": "make", "met": "meet", "saw": "see", "seen": "see",
    "spoke": "speak", "spoken": "speak", "began": "begin", "begun": "begin", "came": "come", "fell": "fall",
    "fallen": "fall", "rose": "rise", "wrote": "write", "written": "write", "chose": "choose", "chosen": "choose",
    "drove": "drive", "driven": "drive", "gave": "give", "given": "give", "knew": "know", "known": "know",
    "fought": "fight", "bought": "buy", "brought": "bring", "children": "child", "men": "man", "women": "woman",
    "died": "die", "dying": "die", "death": "die", "dead": "die", "husbands": "husband", "better": "good",
    "best": "good", "worse": "bad", "worst": "bad", "anxious": "anxiety", "depressed": "depress",
    "depression": "depress", "depressive": "depress", "mom": "mother", "mum": "mother", "dad": "father",
    "milligram": "mg", "milligrams": "mg", "micrograms": "mcg", "suicidal": "suicide", "till": "until",
}  # fmt: skip
_ENDINGS = (
    ("ies", "y"), ("ied", "y"), ("ations", ""), ("ation", ""), ("ings", ""), ("ing", ""), ("ments", ""), ("ment", ""),
    ("ness", ""), ("ed", ""), ("ly", ""), ("es", ""), ("s", ""), ("e", ""),
)  # fmt: skip


@functools.lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its ending: "worried", "worries" and "worry" share one. Rough, and the same for every text."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    word = _IRREGULAR.get(word, word)
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    doubled = len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls"
    return word[:-1] if doubled else word


def words_of(text: str) -> list[str]:
    """Every word and number of a text, lower case, straight apostrophes."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def content_stems(text: str) -> list[str]:
    """The stems of the content words of a text, in order."""
    return [stem(word) for word in words_of(text) if word not in FUNCTION_WORDS]


def coverage(part: str, whole: frozenset[str] | set[str]) -> float:
    """The share of a text's different content stems that are in a set of stems; 0 where it has none."""
    stems = set(content_stems(part))
    return len(stems & whole) / len(stems) if stems else 0.0

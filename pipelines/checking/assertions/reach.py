"""How far a negation, a hedge or a question reaches in a sentence given as lemmas."""

from __future__ import annotations

from pipelines.checking.assertions.lemmas import HEDGES, NEGATIONS, words

SUBJECTS, _PREPOSITIONS = words("subjects"), words("prepositions")
_ENDS_REACH = words("reporting") | _PREPOSITIONS
_CLAUSE_ENDS = words("clause_ends") | {";", "."}
_OF_VERBS = frozenset({"not", "never", "none", "nothing"})  # "no shakes, sweats" is a list; "not sleeping, ate" is none
_STARTS = words("starts")
REFUSALS = frozenset({"deny", "decline", "refuse", "reject"})  # these govern all that follows alike
_OF_NOUNS = frozenset({"for", "with", "from"})
_LISTING = frozenset({"deny", "ask"})
_REACH, _REACH_OF_LISTS = 9, 24  # tokens that a negation or a hedge governs at most; "denied a, b and c"


def clause_of(lemmas: list[str]) -> list[int]:
    """The number of the clause that each token stands in: marks, "and" and the words that open a clause divide them."""
    clause, current = [], 0
    for i, word in enumerate(lemmas):
        if i and (word in {",", ";", ".", "and"} or word in _CLAUSE_ENDS):
            current += 1
        clause.append(current)
    return clause


def reach(lemmas: list[str], cues: frozenset[str]) -> list[bool]:
    """Which tokens stand within reach of a cue: up to nine tokens after it, within its phrase and its clause.

    A passive cue ("panic attacks were denied") reaches back.
    """
    within = [False] * len(lemmas)
    for i, word in enumerate(lemmas):
        if word not in cues:
            continue
        for j in range(i + 1, min(len(lemmas), i + 1 + (_REACH_OF_LISTS if word in _LISTING else _REACH))):
            if _ends_reach(word, lemmas[j - 1], lemmas[j]):
                break
            within[j] = True
        if i > 1 and lemmas[i - 1] == "be" and word in {"deny", "decline", "reject"}:
            within[max(0, i - 4) : i] = [True] * (i - max(0, i - 4))
        if i and word in {"nothing", "none"}:  # "takes nothing"
            within[i - 1] = True
    return within


def _ends_reach(cue: str, previous: str, word: str) -> bool:
    if word == "whether" and previous == cue:  # "undecided whether"
        return False
    if word in _OF_NOUNS and cue not in _OF_VERBS - {"nothing"}:  # "declined a group for parents"
        return False
    if word in _CLAUSE_ENDS or word in _ENDS_REACH or (cue in _OF_VERBS and word == ","):
        return True
    if previous in {"and", ","} and (word in _STARTS or (word in HEDGES and cue not in HEDGES)):
        return True
    if word == "," and (cue == "without" or (cue == "no" and previous == "no")):  # "No, she will": an answer
        return True
    if cue in {"no", "without"} and previous == "," and word in {"the", "a", "his", "her", "their"}:
        return True
    if (previous, word) == ("think", "of"):
        return True
    return word in SUBJECTS | {"that"} and previous in {"and", ","}


def targets(lemmas: list[str], content: list[bool]) -> list[bool]:
    """The first content word after each negation, at most four tokens on and before any comma."""
    targets = [False] * len(lemmas)
    for i, word in enumerate(lemmas):
        if word not in NEGATIONS or word in REFUSALS or lemmas[i - 1 : i] == ["try"]:
            continue
        for j in range(i + 1, min(len(lemmas), i + 5)):
            if lemmas[j] in _CLAUSE_ENDS | {","} or lemmas[j] in NEGATIONS:
                break
            if content[j]:
                targets[j] = True
                break
    return targets

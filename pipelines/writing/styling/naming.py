"""How the client is called: the practice's word."""

from __future__ import annotations

import re

from pipelines.note_settings import Term
from pipelines.writing.styling.sentences import upper_first

_TERMS = ("client", "patient", "pt", "consumer", "member", "participant")
# "A client of hers", "his clients" are somebody else's.
_SOMEBODY_ELSES = r"(?P<whose>\b(?:an?|another|other|her|his|their|my|our|your|new|these|those|any|some|of|with) )?"
_ENGINE_WORD = re.compile(rf"{_SOMEBODY_ELSES}(?<![\w-])(?P<word>clients?)(?P<of>['’]s?)?(?![\w-])", re.IGNORECASE)
_VERB_AHEAD = r"(?=['’]s\b| (?:\w+ly |also |then )?(?:\w+(?:ed|s)|will|has|had|said|told|was|did|felt)\b)"


def call_client(sentence: str, term: Term, *, has_clients: bool) -> str:
    """The sentence with the term for the client, in its case and form.

    Args:
        has_clients: the session speaks of "clients" (the client's own, at work): the plural stays then.
    """
    others = "|".join(word for word in _TERMS[1:] if word != term.singular.lower())
    sentence = re.sub(
        rf"(?:(?<=^)|(?<=^The )|(?<=\bthe )|(?<=[,;] ))(?:{others})\b{_VERB_AHEAD}",
        lambda m: "Client" if m.group(0)[0].isupper() else "client",
        sentence,
        flags=re.IGNORECASE,
    )
    return _ENGINE_WORD.sub(lambda m: _as_term(m, term, has_clients=has_clients), sentence)


def _as_term(match: re.Match[str], term: Term, *, has_clients: bool) -> str:
    word, of, whose = match.group("word"), match.group("of") or "", match.group("whose") or ""
    several = word.lower().endswith("s")
    if (several and has_clients) or (whose and whose.lower() not in {"of ", "with "}):
        return match.group(0)
    owner, own = (term.plural, term.plural_possessive) if several else (term.singular, term.possessive)
    form = own if of else owner
    return whose + (upper_first(form) if word[0].isupper() else form)

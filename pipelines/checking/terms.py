"""A note in plain terms: whatever the practice calls the client, checks read "client" and "they"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipelines.note_settings import NoteSettings, Term, pronouns_of
from pipelines.records import Evidence
from pipelines.source import split_sentences

if TYPE_CHECKING:
    from pipelines.checking.evidence import EvidenceFinder

_USUAL = frozenset(["she", "he", "they"])
_SOMEBODY_ELSES = r"(?<!\ba )(?<!\ban )(?<!another )(?<!\bher )(?<!\bhis )(?<!\btheir )(?<!\bmy )(?<!family )"


def in_plain_terms(sections: Mapping[str, str], settings: NoteSettings) -> dict[str, str]:
    """The sections with "client" for the settings' word and "they" for pronouns that checks do not know.

    The number and order of sentences and words stay, so that what is found here stands at the same place there.
    """
    term, plain = Term(settings.client_word), dict(sections)
    given = pronouns_of(settings.pronouns)
    if term.singular.lower() != "client":
        word = re.escape(term.singular).replace(r"\ ", r"\s+")
        pattern = re.compile(rf"{_SOMEBODY_ELSES}(?<![\w-])(?:{word})(?=['’]s\b|(?![\w'’-]))", re.IGNORECASE)
        plain = {name: pattern.sub(_like("client"), text) for name, text in plain.items()}
    if given and given.subject not in _USUAL:
        for form, told in ((given.subject, "they"), (given.possessive, "their"), (given.object, "them"),
                           (given.reflexive, "themself")):  # fmt: skip
            pattern = re.compile(rf"\b{re.escape(form)}\b", re.IGNORECASE)
            plain = {name: pattern.sub(_like(told), text) for name, text in plain.items()}
    return plain


def _like(word: str) -> Callable[[re.Match[str]], str]:
    return lambda match: word.capitalize() if match.group(0)[0].isupper() else word


def evidence_for(finder: EvidenceFinder, sections: Mapping[str, str], settings: NoteSettings) -> list[Evidence]:
    """What supports each sentence, found in plain terms; the evidence has the sentences as the note has them.

    A checker that compares words would else hold a practice's own word for the client against every short sentence.
    """
    found = finder.find(in_plain_terms(sections, settings))
    texts = {(name, i): s for name, text in sections.items() for i, s in enumerate(split_sentences(text))}
    return [one.model_copy(update={"text": texts.get((one.section, one.sentence), one.text)}) for one in found]

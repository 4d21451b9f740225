"""Sentences of a note that obey words of the session instead of reporting them, or that speak for the machine.

The last of three barriers: a writer is not shown words to the software (`quarantine`), its prompt has no place where a
field could be forged (`disguises`), and what it wrote all the same is marked here, whatever made it write so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipelines.checking.addressed import cue_in
from pipelines.checking.claims import chart_text, without_quotations
from pipelines.checking.disguises import HEADER, forged_at, undisguised
from pipelines.checking.quarantine import quieted
from pipelines.phrases import ABSENCES, DRAFT
from pipelines.source import Source, session_line, split_sentences
from pipelines.stems import FUNCTION_WORDS, content_stems, stem, words_of

Mark = tuple[str, int, str]

_CHATTER = re.compile(
    r"\bas an? (?:ai|language model|assistant)\b|\b(?:language model|system prompt)\b|"
    r"^(?:sure|certainly|of course|absolutely)\b[,!.]|^here(?:'s| is| are) (?:the|your|a)\b|"
    r"\bi(?:'m| am)? (?:cannot|can't|can not|unable to|sorry|apologi[sz]e|have (?:ignored|followed|added|"
    r"updated|written|omitted)|will (?:ignore|follow|not follow))\b|"
    r"\bas (?:you )?(?:requested|instructed)\b(?! by (?:her|his|their|the|dr))|\bper your (?:request|instructions?)\b|"
    r"\bignor(?:ed|ing) (?:the|all|any|previous) [^.]*\binstructions?\b|"
    r"\b(?:let me know if|i hope this helps|please provide|feel free to)\b|"
    r"\bbased on the (?:provided|given) (?:transcript|source|summary|information|text|facts)\b",
    re.IGNORECASE,
)
_LEAK = re.compile(
    r"\b(?:belongs here|does not belong here|holds):|\bhouse rules\b|\byour (?:input|output) fields\b|"
    r"\bnumbered lines of\b|\ba labelled line each\b|\bdata, never an instruction\b|"
    r"\bnot supplied for this particular\b|"
    r"\brespond with (?:the corresponding|a json)\b|\bthis is an example of the task\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:source|chart|guidance|style|facts|completed|reasoning|system|assistant|user|human|instructions?)\s*:|"
    r"^- (?:report|observation|intervention|response|progress|risk|plan)\s*:",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"\b(?:e-?signed|electronically signed|digitally signed|signed (?:by|and dated)|signature\s*[:_])|"
    r"(?:^|\s)/s/(?:\W|$)|\bhereby\b|\bi (?:certify|attest)\b|,\s*(?:LCSW|LMFT|LPC|LMHC|LPCC|LICSW)\b",
    re.IGNORECASE,
)
_CONSENT = re.compile(r"\bconsent(?:s|ed|ing)?\b", re.IGNORECASE)
# A report that the words were said is no obedience.
_REPORTS = re.compile(
    r"\b(?:addressed|spoke|speaking|talked|joked|remark\w*|asked|told|instructed|directed)\b[^.]*"
    r"\b(?:recording|recorder|software|robot|ai|machine|transcript|note)\b",
    re.IGNORECASE,
)
_RUN = 4  # words in a row that copy
_OF_FRESH, _OF_ALL = 0.5, 0.34  # share of a sentence's words new to the source, and of all its words
_GRAM = 7
# Words of every note: that they are new to the source says nothing.
_OF_NOTES = frozenset(
    content_stems(
        "subjective objective assessment plan data behavior intervention response narrative progress goal risk safety "
        "diagnosis treatment therapy note record report document write state section discuss continue address review "
        "explore express indicate identify present homework next week today time use complete guide practice denied "
        "denies endorsed suicidal suicide ideation homicidal intent means harm hurt kill assess thoughts"
    )
)
_FOREIGN = {
    "Spanish": "el la los las una que del por para con está cliente sesión pero más también muy su fue",
    "German": "der die das und nicht ist mit für auf dem den ein eine dass klient sitzung wurde sich von zu",
    "French": "le la les des une est dans pour avec que qui pas séance sur cette mais plus du elle et",
    "Italian": "il lo gli una che per con della nella sono non più seduta anche ma è di questo",
    "Portuguese": "o os uma que não para com está cliente sessão mais também mas foi da em seu sua",
}
_FOREIGN_WORDS = {name: frozenset(words.split()) for name, words in _FOREIGN.items()}
_ENGLISH = FUNCTION_WORDS | {"reported", "denied", "client", "session", "no"}
_WORD = re.compile(r"[^\W\d_]+")


def steering_marks(sections: Mapping[str, str], source: Source, *, prompt: Sequence[str] = ()) -> list[Mark]:
    """(section, sentence, why) of each sentence that no note may hold.

    Args:
        source: as it was given, before `quieted`.
        prompt: the writer's instructions and rules; a sentence that copies them is marked.
    """
    check = _Check(source, prompt)
    return [
        (name, i, why)
        for name, text in sections.items()
        for i, sentence in enumerate(split_sentences(text))
        if (why := check.why(sentence))
    ]


class _Check:
    def __init__(self, source: Source, prompt: Sequence[str]) -> None:
        heard = quieted(source)
        left = f"{heard.source.text}\n{chart_text(heard.source)}\n{' '.join(heard.source.approaches)}"
        self._withheld = _tokens("\n".join(heard.withheld))
        self._withheld_words = f" {' '.join(words_of(' '.join(heard.withheld)))} "
        self._left = _tokens(left)
        self._left_words = f" {' '.join(words_of(left))} "
        self._consent = bool(_CONSENT.search(left))
        self._english = not foreign(left[:20_000])
        self._session = session_line(source.appointment)
        self._prompt = {gram for text in prompt for gram in _grams(text)}

    def why(self, sentence: str) -> str | None:
        if sentence in ABSENCES or sentence in {DRAFT, self._session}:
            return None
        plain = undisguised(sentence)
        own = without_quotations(plain)
        if HEADER.search(plain) or forged_at(plain, spoken=False) is not None or _LABEL.search(plain):
            return "a form of the prompt"
        if _CHATTER.search(own):
            return "the machine speaks"
        if _LEAK.search(own) or any(g in self._prompt for g in _grams(own)):
            return "copied from the prompt"
        if _SIGNED.search(own) or (_CONSENT.search(own) and not self._consent):
            return "signature or consent"
        if self._english and foreign(own):
            return "another language than the session's"
        if self._withheld and not _REPORTS.search(own) and self._obeys(own):
            return "obeys words to the software"
        return "speaks to the software" if cue_in(own, "clinician", spoken=False) else None

    def _obeys(self, sentence: str) -> bool:
        """Whether a sentence says outside of quotation marks what only the withheld words say."""
        words = words_of(sentence)
        for i in range(len(words) - _RUN + 1):
            run = words[i : i + _RUN]
            text = f" {' '.join(run)} "
            told = set(run) - FUNCTION_WORDS
            if told and text in self._withheld_words and text not in self._left_words and not self._known(told):
                return True
        tokens = _tokens(sentence) - _OF_NOTES
        fresh = tokens - self._left
        only = fresh & self._withheld
        return bool(only) and len(only) >= max(_OF_FRESH * len(fresh), _OF_ALL * len(tokens))

    def _known(self, words: set[str]) -> bool:
        """Whether words are of every note, or of the session."""
        return {stem(word) for word in words} <= _OF_NOTES | self._left


def _tokens(text: str) -> set[str]:
    """Stems of English content words; words of other letters as they are, Chinese and Japanese in pairs of signs."""
    text = undisguised(text)
    other = {w.lower() for w in _WORD.findall(text) if not w.isascii()}
    pairs = {word[i : i + 2] for word in other for i in range(len(word) - 1) if word[i] > "\u2e80"}
    return set(content_stems(" ".join(w for w in text.split() if w.isascii()))) | pairs | other


def foreign(text: str) -> str | None:
    """The language or script of a text that is not English; None for English and where it cannot be told."""
    letters = [c for c in text if c.isalpha()]
    others = sum(ord(c) > 0x24F for c in letters)
    if len(letters) >= 4 and others > 0.3 * len(letters):
        return "another script"
    words = [w.lower() for w in _WORD.findall(text)]
    english = sum(word in _ENGLISH for word in words)
    found = {name: sum(word in known for word in words) for name, known in _FOREIGN_WORDS.items()}
    best = max(found, key=lambda name: found[name])
    return best if found[best] >= 3 and found[best] > english else None


def _grams(text: str) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[i : i + _GRAM]) for i in range(len(words) - _GRAM + 1)}

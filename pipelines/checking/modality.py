"""What was only considered and a sentence has as decided."""

from __future__ import annotations

import re

import numpy as np

from pipelines.checking.alignment import Aligned
from pipelines.checking.assertions.assertion import assertion
from pipelines.source import Source

_DECIDED = re.compile(r"\b(?:decided|decides|with a decision)\b", re.IGNORECASE)
# "He will apply but had not decided" says both.
_WILL = re.compile(
    r"\bwill\b[^,;.]{5,80}(?:,| and| but)(?: (?:he|she|they))? "
    r"(?:(?:has|have|had) not (?:yet )?decided\b(?! to\b)|undecided\b)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[,;.]| and | but ")
_OPEN = re.compile(
    r"\b(?:might|may(?=[a-z ])|maybe|perhaps|think(?:ing)? (?:about|of|over)|thought (?:about|of)|not sure|"
    r"don['’]t know|wonder\w*|consider\w*|possib\w+|potential\w*|interested|undecided|unsure|"
    r"(?:have|has|had)(?:n['’]t| not) (?:yet )?(?:decided|made up)|without decid\w+|or not)\b",
    re.IGNORECASE,
)
_UNDECIDED = re.compile(r"\b(?:n[o']t|never|no|without|un)\b[^,;.]{0,20}\bdeci\w+|\bundecided", re.IGNORECASE)
_WINDOW = 2  # units around the best one in which a decision may have been said


class Modality:
    """The certainty of one source, asked for every sentence."""

    def __init__(self, source: Source) -> None:
        texts = [unit.text for unit in source.units]
        plain = [_UNDECIDED.sub(" undecided ", text) for text in texts]
        self._open = np.array([bool(_OPEN.search(text)) for text in plain], bool)
        self._decided = np.array([bool(_DECIDED.search(text)) for text in plain], bool)
        self._reach = _WINDOW if source.kind == "transcript" else 0

    def too_certain(self, sentence: Aligned) -> bool:
        """Whether a sentence has decided what its place in the source, or the sentence itself, leaves open."""
        if _WILL.search(sentence.text):
            return True
        decided = _DECIDED.search(_UNDECIDED.sub(lambda m: "-" * len(m.group(0)), sentence.text))
        if not decided or not len(self._open):
            return False
        return assertion(sentence.text).hedged or self._only_open(sentence, decided)

    def _only_open(self, sentence: Aligned, cue: re.Match[str]) -> bool:
        """Whether the units that say best what follows a cue leave it open and none near them decides."""
        end = _CLAUSE_END.search(sentence.text, cue.end())
        stop = end.start() if end else len(sentence.text)
        words = [k for k, place in enumerate(sentence.places) if cue.end() <= place < stop]
        words = words if len(words) > 1 else list(range(len(sentence.words)))
        if not words:
            return False
        support = sentence.best[words].mean(0)
        best = int(support.argmax())
        around = slice(max(0, best - self._reach), best + self._reach + 1)
        return bool(self._open[around].any() and not self._decided[around].any())

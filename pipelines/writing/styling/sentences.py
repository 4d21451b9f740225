"""Changing a section sentence by sentence, with paragraphs and quotations left alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipelines.phrases import ABSENCES, DRAFT, RISK_TO_REVIEW
from pipelines.source import split_sentences

FIXED = frozenset({*ABSENCES, RISK_TO_REVIEW, DRAFT})
SESSION_LINE = re.compile(r"^Session (?:was )?held\b")
QUOTATION = re.compile(r"[\"“][^\"“”]+[\"”]|(?<!\w)['‘][^'’]+(?:['’]\w[^'’]*)* [^'’]+(?:['’]\w[^'’]*)*['’](?!\w)")
_HIDDEN = re.compile("\ue000(\\d+)\ue001")


def paragraphs(text: str) -> list[list[str]]:
    """The sentences of each paragraph; list marks are gone."""
    found = (split_sentences(part) for part in re.split(r"\n\s*\n", text))
    return [sentences for sentences in found if sentences]


def joined(parts: list[list[str]]) -> str:
    return "\n\n".join(" ".join(sentences) for sentences in parts if sentences)


def each(text: str, change: Callable[[str], str]) -> str:
    """Every sentence changed outside its quotations; fixed sentences and the session line stay. "" drops one."""
    return joined([[new for s in sentences if (new := _changed(s, change))] for sentences in paragraphs(text)])


def is_fixed(sentence: str) -> bool:
    return sentence in FIXED or bool(SESSION_LINE.match(sentence))


def unbalanced(sentence: str) -> bool:
    """Whether a quotation begins or ends outside this sentence."""
    return sentence.count('"') % 2 == 1 or sentence.count("“") != sentence.count("”")


def _changed(sentence: str, change: Callable[[str], str]) -> str:
    if is_fixed(sentence) or unbalanced(sentence):
        return sentence
    hidden: list[str] = []
    sentence = re.sub("[\ue000\ue001]", "", sentence)  # no text may pose as a place that we hid

    def hide(match: re.Match[str]) -> str:
        hidden.append(match.group(0))
        return f"\ue000{len(hidden) - 1}\ue001"

    new = change(QUOTATION.sub(hide, sentence))
    return _HIDDEN.sub(lambda m: hidden[int(m.group(1))], new) if hidden else new


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]

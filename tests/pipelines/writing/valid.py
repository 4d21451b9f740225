"""What every note must be, whatever it was written from."""

from __future__ import annotations

import json
import math

from pipelines.records import Note
from pipelines.source import split_sentences
from pipelines.templates import Template


def faults(note: Note, template: Template) -> list[str]:
    """Why a note is not valid; empty where it is."""
    found = []
    if list(note.sections) != [section.name for section in template.sections]:
        found.append("other sections than the format's")
    if not all(text.strip() for text in note.sections.values()):
        found.append("an empty section")
    sentences = [(name, i, s) for name, text in note.sections.items() for i, s in enumerate(split_sentences(text))]
    if [(e.section, e.sentence, e.text) for e in note.evidence] != sentences:
        found.append("sentences and evidence do not agree")
    if not all(math.isfinite(e.score) and 0 <= e.score <= 1 for e in note.evidence):
        found.append("a score that is no share")
    try:
        if Note.model_validate(json.loads(note.model_dump_json())) != note:
            found.append("not the same after JSON")
        note.text.encode()
    except (ValueError, UnicodeError) as error:
        found.append(f"not JSON ({type(error).__name__})")
    return found

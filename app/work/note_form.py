"""A note type as a note has it: the sections a note is written in, and the practice's own fields around them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.database.clinic import Template as NoteType
from app.errors import InvalidError
from app.work.inputs import prose
from app.work.unit import Work
from pipelines.practice_template import PracticeTemplate, Value, check_fields, missing_fields, practice_template
from pipelines.records import InputError
from pipelines.templates import Interventions, Section, Template, load_templates

WITHOUT_AI = "narrative"
"""The format of a draft that waits beside a note whose type has no AI: one text, as that note is."""
LONGEST_SECTION = 50_000  # characters
LONGEST_FIELD = 10_000
_SUMMARY = Section("summary", "Summary", (), "", "", {})
_PLAIN = Template("plain", "Note", False, (_SUMMARY,), (), Interventions("summary", ("summary",)))  # noqa: FBT003


@dataclass(frozen=True)
class Form:
    """A note type, ready to use. `base` is the format of its draft; None: a person alone writes it."""

    id: str
    title: str
    base: str | None
    own: PracticeTemplate
    format: Template

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of the sections, in order; of a type without AI it is `summary` alone."""
        return tuple(section.name for section in self.format.sections)

    def fields_of(self, values: Mapping[str, Any]) -> dict[str, Value]:
        """Those of the values that are fields of this type, and fit it."""
        known = {field.name: field for field in self.own.fields}
        return {name: v for name, v in values.items() if name in known and known[name].problem(v) is None}

    def missing(self, values: Mapping[str, Any]) -> list[str]:
        """The labels of the required fields that are empty."""
        labels = {field.name: field.label for field in self.own.fields}
        return [labels[name] for name in missing_fields(self.own, values)]

    def render(self, sections: Mapping[str, str], values: Mapping[str, Any]) -> str:
        """The whole note as it is read, own fields and all."""
        return self.own.render(self.format, sections, values)

    def checked(
        self, sections: Mapping[str, str], values: Mapping[str, Any]
    ) -> tuple[dict[str, str], dict[str, Value]]:
        """Sections and fields, trimmed, if this type has them and they fit.

        Raises:
            InvalidError: the place is named, never the value.
        """
        known = [field.name for field in self.own.fields]
        if any(name not in self.sections for name in sections):  # the name itself may be anything that was typed
            raise InvalidError("sections", f"There is no such section; choose from {', '.join(self.sections)}.")
        if any(name not in known for name in values):
            told = f"choose from {', '.join(known)}" if known else "this note type has none"
            raise InvalidError("fields", f"There is no such field; {told}.")
        texts = {name: prose(f"sections.{name}", text, LONGEST_SECTION) for name, text in sections.items()}
        given = {name: prose(f"fields.{name}", value, LONGEST_FIELD) if isinstance(value, str) else value
                 for name, value in values.items()}  # fmt: skip
        for problem in check_fields(self.own, given):
            raise InvalidError("fields", f"{problem}.")
        return texts, given


def form_of(work: Work, template_id: str) -> Form:
    """The note type with this id.

    Raises:
        NotFoundError: there is none within reach.
    """
    row = work.get(NoteType, template_id, "note type")
    formats = formats_of(work.settings.prompts_dir)
    raw = {"name": "own", "title": row.title, "base": row.base or WITHOUT_AI, "elements": row.elements}
    try:
        own = practice_template(raw, formats, where="note type")
    except InputError as error:
        raise InvalidError("elements", f"This note type cannot be used: {error}") from None
    return Form(row.id, row.title, row.base, own, formats[row.base] if row.base else _PLAIN)


def format_to_write(form: Form, prompts_dir: Path) -> Template:
    """The format in which a draft for this type is written."""
    return formats_of(prompts_dir)[form.base or WITHOUT_AI]


@functools.lru_cache(maxsize=4)
def _formats(folder: Path) -> Mapping[str, Template]:
    return load_templates(folder)


def formats_of(prompts_dir: Path) -> Mapping[str, Template]:
    """Every format that notes are drafted in, by name."""
    return _formats(prompts_dir / "templates")

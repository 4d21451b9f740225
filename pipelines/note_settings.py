"""How a practice wants its notes: settings at practice, template and client level, and what they come to.

The client's level wins over the template's, the template's over the practice's; custom instructions of all levels
hold together, in that order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.records import InputError
from pipelines.templates import Template, Verbosity, read_yaml

Level = Literal["practice", "template", "client"]
Origin = Literal["default", "practice", "template", "client"]
Tense = Literal["past", "present"]
Quotes = Literal["none", "some", "many"]
LEVELS: tuple[Level, ...] = get_args(Level)
MOST_QUOTES = 2
"""Quotations that `some` allows; `many` wants at least one more."""
_LONGEST_INSTRUCTION = 1_000  # characters
_MOST_INSTRUCTIONS = 20
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_NO_PRONOUNS = "none"


class Instruction(BaseModel):
    """A custom instruction in the practice's own words, and the level it was given at."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    text: str
    level: Level = "practice"


class NoteSettings(BaseModel):
    """The settings of one level, or of a note. What is not given has its default, and `model_fields_set` lacks it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    client_word: str = "client"
    """Client, patient, member, consumer, participant, or any term of one or two words."""
    pronouns: str | None = None
    """Like "she/her" or "ze/hir"; None: those of the chart; "none": the client's word alone, no pronouns."""
    tense: Tense = "past"
    """Of what was said and done in the session: "Client reported" or "Client reports"."""
    verbosity: Verbosity = "standard"
    quotes: Quotes = "some"
    """None, some (at most two), many (at least three where the source has so many that can be quoted)."""
    interventions_in: str | None = None
    """The section for the clinician's interventions; None, or one that the format does not allow: its default."""
    instructions: tuple[Instruction, ...] = Field(default=(), max_length=_MOST_INSTRUCTIONS * len(LEVELS))

    @field_validator("client_word")
    @classmethod
    def _is_a_term(cls, term: str) -> str:
        words = term.split()
        if not 1 <= len(words) <= 2 or not all(_WORD.fullmatch(word) for word in words) or len(term) > 40:
            raise ValueError("give a term of one or two words, of letters alone")
        return " ".join(words).lower() if words[0][1:].islower() or len(words[0]) == 1 else " ".join(words)

    @field_validator("pronouns")
    @classmethod
    def _are_pronouns(cls, given: str | None) -> str | None:
        if given is None or not given.strip():
            return None
        parts = [part.strip() for part in given.lower().split("/")]
        if parts == [_NO_PRONOUNS] or parts[0] in PRONOUNS:
            return "/".join(parts)
        if not 2 <= len(parts) <= 5 or not all(_WORD.fullmatch(part) and len(part) <= 12 for part in parts):
            raise ValueError('write pronouns like "she/her" or "ze/hir", or "none"')
        return "/".join(parts)

    @field_validator("instructions", mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:
        if isinstance(given, str):
            given = [given]
        if not isinstance(given, list | tuple):
            raise ValueError("give a text or a list of texts")  # noqa: TRY004 - pydantic collects ValueErrors
        texts = [one for one in given if not isinstance(one, str) or one.strip()]
        if any(isinstance(one, str) and len(one) > _LONGEST_INSTRUCTION for one in texts):
            raise ValueError(f"an instruction may have at most {_LONGEST_INSTRUCTION} characters")
        return [Instruction(text=one) if isinstance(one, str) else one for one in texts]


@dataclass(frozen=True)
class Pronouns:
    """The forms of a pronoun; `plural`: takes plural verbs."""

    subject: str
    object: str
    possessive: str
    own: str
    reflexive: str
    plural: bool = False


PRONOUNS: Mapping[str, Pronouns] = {
    "she": Pronouns("she", "her", "her", "hers", "herself"),
    "he": Pronouns("he", "him", "his", "his", "himself"),
    "they": Pronouns("they", "them", "their", "theirs", "themself", plural=True),
    "ze": Pronouns("ze", "hir", "hir", "hirs", "hirself"),
    "xe": Pronouns("xe", "xem", "xyr", "xyrs", "xemself"),
    "ey": Pronouns("ey", "em", "eir", "eirs", "emself"),
    "fae": Pronouns("fae", "faer", "faer", "faers", "faerself"),
}


def pronouns_of(given: str | None) -> Pronouns | None:
    """The forms of "she/her", "ze/zir" or "they/them/theirs"; None where there are none to use."""
    parts = [part.strip() for part in (given or "").lower().split("/") if part.strip()]
    if not parts or parts[0] == _NO_PRONOUNS:
        return None
    known = PRONOUNS.get(parts[0])
    if known and (len(parts) == 1 or parts[1] in {known.object, *PRONOUNS, known.possessive}):
        return known  # "she/they" names two sets: the first is used
    if len(parts) < 2:
        return None
    subject, object_, *more = parts
    possessive = more[0] if more else object_
    own = more[1] if len(more) > 1 else possessive if possessive.endswith("s") else f"{possessive}s"
    return Pronouns(subject, object_, possessive, own, more[2] if len(more) > 2 else f"{object_}self")


@dataclass(frozen=True)
class Term:
    """The word for the client in all its forms, small letters first: "member", "members", "member's", "members'"."""

    singular: str

    @property
    def plural(self) -> str:
        return plural(self.singular)

    @property
    def possessive(self) -> str:
        return f"{self.singular}'s"

    @property
    def plural_possessive(self) -> str:
        return f"{self.plural}'" if self.plural.endswith("s") else f"{self.plural}'s"


_PLURALS = {"person": "people", "child": "children", "man": "men", "woman": "women", "youth": "youth"}
_FOLLOWS = re.compile(r"(?:served|supported|receiving|using|in|with)\b")


def plural(term: str) -> str:
    """The plural of a term: clients, family members, people served."""
    head, _, last = term.rpartition(" ")
    if head and _FOLLOWS.match(last):
        return f"{plural(head)} {last}"
    low = last.lower()
    if low in _PLURALS:
        last = _PLURALS[low]
    elif re.search(r"(?:s|x|z|ch|sh)$", low):
        last += "es"
    elif re.search(r"[^aeiou]y$", low):
        last = f"{last[:-1]}ies"
    else:
        last += "s"
    return f"{head} {last}".strip()


@dataclass(frozen=True)
class Resolved:
    """What the levels come to: the settings of the note, and the level that each value is from."""

    settings: NoteSettings
    origin: Mapping[str, Origin]

    def shown(self) -> dict[str, dict[str, Any]]:
        """Setting → its value and the level it came from; an instruction carries its own level."""
        values = self.settings.model_dump()
        return {name: {"value": values[name], "from": self.origin[name]} for name in values}


def resolve(
    practice: NoteSettings | None = None, template: NoteSettings | None = None, client: NoteSettings | None = None
) -> Resolved:
    """Client over template over practice over default, setting by setting; instructions of all levels together."""
    values: dict[str, Any] = {}
    origin: dict[str, Origin] = dict.fromkeys(NoteSettings.model_fields, "default")
    instructions: list[Instruction] = []
    for level, given in zip(LEVELS, (practice, template, client), strict=True):
        if given is None:
            continue
        for name in given.model_fields_set - {"instructions"}:
            values[name], origin[name] = getattr(given, name), level
        told = [Instruction(text=one.text, level=level) for one in given.instructions]
        instructions += told
        if told:
            origin["instructions"] = level  # the strongest level that gave one
    return Resolved(NoteSettings(**values, instructions=tuple(instructions)), origin)


def template_for(settings: NoteSettings, template: Template) -> Template:
    """The format with interventions where the settings want them; its default where it does not allow that."""
    return template.with_interventions_in(settings.interventions_in)


@dataclass(frozen=True)
class SettingsFile:
    """The levels as a file gives them: `templates` by format, `clients` by encounter or client id."""

    practice: NoteSettings | None = None
    templates: Mapping[str, NoteSettings] = field(default_factory=dict)
    clients: Mapping[str, NoteSettings] = field(default_factory=dict)

    def resolve(self, note_format: str, *ids: str) -> Resolved:
        """The settings of a note of one format; `ids`: the encounter's and the client's, the first that is named."""
        client = next((self.clients[one] for one in ids if one in self.clients), None)
        return resolve(self.practice, self.templates.get(note_format), client)


def load_note_settings(path: Path, templates: Mapping[str, Template] | None = None) -> SettingsFile:
    """The settings of a YAML or JSON file: `{practice: {…}, templates: {soap: {…}}, clients: {ID: {…}}}`.

    Args:
        templates: the formats there are; given, their names and where interventions may go are checked too.

    Raises:
        InputError: file, field and remedy are named; no value is repeated.
    """
    raw = read_yaml(path)
    if raw is None:
        return SettingsFile()
    parts = _mapping(raw, f"{path}", "practice, templates, clients")
    for name in parts:
        if name not in {"practice", "templates", "clients"}:
            raise InputError(f"{path}, field {name}: no such level; choose from practice, templates, clients")
    practice = _level(parts["practice"], f"{path}, field practice") if parts.get("practice") is not None else None
    by_name: dict[str, dict[str, NoteSettings]] = {}
    for group, key in (("templates", "a format"), ("clients", "an encounter or client id")):
        entries = _mapping(parts.get(group) or {}, f"{path}, field {group}", key)
        by_name[group] = {str(n): _level(entry, f"{path}, field {group}.{n}") for n, entry in entries.items()}
    for name, settings in by_name["templates"].items() if templates is not None else ():
        _check_format(name, settings, templates or {}, path)
    return SettingsFile(practice, by_name["templates"], by_name["clients"])


def _check_format(name: str, settings: NoteSettings, templates: Mapping[str, Template], path: Path) -> None:
    if name not in templates:
        raise InputError(f"{path}, field templates.{name}: no such format; choose from {', '.join(templates)}")
    allowed = templates[name].interventions.allowed
    if settings.interventions_in is not None and settings.interventions_in not in allowed:
        where = f"{path}, field templates.{name}.interventions_in"
        raise InputError(f"{where}: the format does not allow that; choose from {', '.join(allowed)}")


def _mapping(raw: Any, where: str, keys: str) -> Mapping[Any, Any]:
    if not isinstance(raw, dict):
        raise InputError(f"{where}: must be a mapping, its keys {keys}; see docs/settings.md")
    return raw


def _level(raw: Any, where: str) -> NoteSettings:
    given = _mapping(raw if raw is not None else {}, where, ", ".join(NoteSettings.model_fields))
    # YAML 1.1 reads a bare `none` as text but `no` as false; a person who writes either means the same here.
    given = {str(k): ("none" if v is False and k in {"quotes", "pronouns"} else v) for k, v in given.items()}
    try:
        return NoteSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        known = ", ".join(NoteSettings.model_fields)
        what = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            what = f"no such setting; choose from {known}"
        raise InputError(f"{where}.{name}: {what[0].lower()}{what[1:]}") from None

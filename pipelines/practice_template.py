"""A practice's template: the practice's own fields around the one Summary element, which is the note itself.

A person fills the own fields; no writer ever sees or fills them. Plain data: `as_json` and `practice_template` are the
way to a store and back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines.records import InputError
from pipelines.settings import ROOT
from pipelines.templates import SCHEMA, Template, check_form, read_yaml

FieldKind = Literal["text", "choice", "time", "number", "yes_no"]
Value = str | float | bool
_TIME = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d|(?:1[0-2]|0?[1-9]):[0-5]\d ?[AaPp][Mm]")
_SHIPPED = ROOT / "prompts" / "templates"


@dataclass(frozen=True)
class OwnField:
    """One field of the practice. `options` of a choice; `low` and `high` bound a number; None: no bound."""

    name: str
    label: str
    kind: FieldKind
    required: bool = False
    help: str = ""
    options: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def problem(self, value: object) -> str | None:
        """What is wrong with a value, and the remedy; the value itself is never shown."""
        match self.kind:
            case "text":
                return None if isinstance(value, str) else "must be text"
            case "choice":
                return None if value in self.options else f"is none of the options; choose {' or '.join(self.options)}"
            case "time":
                fits = isinstance(value, str) and _TIME.fullmatch(value.strip())
                return None if fits else "is not a time of day; write it like 15:30 or 3:30 PM"
            case "yes_no":
                return None if isinstance(value, bool) else "must be yes or no (true or false)"
            case "number":
                return self._number_problem(value)

    def _number_problem(self, value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return "must be a number"
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            low, high = ("any" if bound is None else f"{bound:g}" for bound in (self.low, self.high))
            return f"is out of range; give one from {low} to {high}"
        return None

    def shown(self, value: Value) -> str:
        """A value as the note shows it."""
        if isinstance(value, bool):
            return "Yes" if value else "No"
        return f"{value:g}" if isinstance(value, int | float) else value


@dataclass(frozen=True)
class PracticeTemplate:
    """`base` is the format of the Summary element; `before` and `after` are the fields around it, in order."""

    name: str
    title: str
    base: str
    before: tuple[OwnField, ...] = ()
    after: tuple[OwnField, ...] = ()

    @property
    def fields(self) -> tuple[OwnField, ...]:
        return self.before + self.after

    def as_json(self) -> dict[str, Any]:
        """The form that `practice_template` reads."""
        elements = [*map(_as_element, self.before), {"kind": "summary"}, *map(_as_element, self.after)]
        return {"name": self.name, "title": self.title, "base": self.base, "elements": elements}

    def render(self, base: Template, sections: Mapping[str, str], values: Mapping[str, Value]) -> str:
        """The note with the own fields that a person filled; an empty field is shown as such."""
        before, after = ("\n".join(_line(field, values) for field in part) for part in (self.before, self.after))
        return "\n\n".join(part for part in (before, base.render(sections), after) if part)


def load_practice_template(file: Path, templates: Mapping[str, Template]) -> PracticeTemplate:
    """A practice's template from a YAML or JSON file.

    Raises:
        InputError: it is not valid, or its base is no format; file and field are named.
    """
    return practice_template(read_yaml(file), templates, where=str(file))


def practice_template(raw: Any, templates: Mapping[str, Template], where: str = "template") -> PracticeTemplate:
    """A practice's template from a dict, as `load_practice_template`."""
    check_form(raw, _SHIPPED / SCHEMA, "#/$defs/practice", where)
    if raw["base"] not in templates:
        raise InputError(f"{where}, field base: no format {raw['base']!r}; choose from {', '.join(templates)}")
    elements: list[dict[str, Any]] = raw["elements"]
    place = next(i for i, element in enumerate(elements) if element["kind"] == "summary")
    before, after = (tuple(map(_field, part)) for part in (elements[:place], elements[place + 1 :]))
    taken = {section.name for section in templates[raw["base"]].sections}
    for i, field in enumerate(before + after):
        at = f"{where}, field elements.{i + (i >= len(before))}"
        if field.name in taken:
            raise InputError(f"{at}.name: {field.name!r} is taken by a section or another field; choose another")
        if field.low is not None and field.high is not None and field.low > field.high:
            raise InputError(f"{at}.min: is above max; swap them")
        taken.add(field.name)
    return PracticeTemplate(raw["name"], raw.get("title", raw["name"]), raw["base"], before, after)


def check_fields(template: PracticeTemplate, values: Mapping[str, object]) -> list[str]:
    """Every problem with the values given: unknown names, wrong kinds. What is missing: see `missing_fields`."""
    fields = {field.name: field for field in template.fields}
    problems = [f"{name}: no such field; choose from {', '.join(fields)}" for name in values if name not in fields]
    for name, field in fields.items():
        if not _is_empty(values.get(name)) and (problem := field.problem(values[name])):
            problems.append(f"{name} ({field.label}): {problem}")
    return problems


def missing_fields(template: PracticeTemplate, values: Mapping[str, object]) -> list[str]:
    """The names of required fields without a value."""
    return [field.name for field in template.fields if field.required and _is_empty(values.get(field.name))]


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _line(field: OwnField, values: Mapping[str, Value]) -> str:
    value = values.get(field.name)
    return f"{field.label}: {'' if value is None else field.shown(value)}".rstrip()


def _field(element: Mapping[str, Any]) -> OwnField:
    given = {key: element[key] for key in ("name", "label", "kind", "required", "help") if key in element}
    options, low, high = tuple(element.get("options", ())), element.get("min"), element.get("max")
    return OwnField(**given, options=options, low=low, high=high)


def _as_element(field: OwnField) -> dict[str, Any]:
    element: dict[str, Any] = {"kind": field.kind, "name": field.name, "label": field.label}
    element |= {"required": True} if field.required else {}
    element |= {"help": field.help} if field.help else {}
    element |= {"options": list(field.options)} if field.options else {}
    bounds = {"min": field.low, "max": field.high}
    return element | {key: bound for key, bound in bounds.items() if bound is not None}

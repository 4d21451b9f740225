"""The formats of a note, read from `prompts/templates/*.yaml`: a new format is a new file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from pipelines.records import InputError

Verbosity = Literal["brief", "standard", "detailed"]


@dataclass(frozen=True)
class Section:
    """One section of a format.

    `holds` names the kinds of content that belong here (session, diagnosis, report, observation, intervention,
    response, progress, risk, plan); `belongs` and `excludes` say it to a writer; `sentences` bounds the length.
    """

    name: str
    title: str
    holds: tuple[str, ...]
    belongs: str
    excludes: str
    sentences: Mapping[Verbosity, tuple[int, int]]


@dataclass(frozen=True)
class Template:
    """A format: its sections in order and the names of the adherence rules that hold for it."""

    format: str
    title: str
    headings: bool
    sections: tuple[Section, ...]
    rules: tuple[str, ...]

    def section_holding(self, kind: str) -> Section | None:
        """The first section in which a kind of content belongs."""
        return next((section for section in self.sections if kind in section.holds), None)

    def render(self, sections: Mapping[str, str]) -> str:
        """The whole note as it is read: titles and texts in order; the text alone where the format has no headings."""
        if not self.headings:
            return "\n\n".join(sections.get(s.name, "") for s in self.sections)
        return "\n\n".join(f"{s.title}\n{sections.get(s.name, '')}" for s in self.sections)


def load_templates(folder: Path) -> dict[str, Template]:
    """Every template of a folder, by format.

    Raises:
        InputError: a file is no valid template; file and field are named.
    """
    from jsonschema import Draft202012Validator

    schema = Draft202012Validator(json.loads((folder / "template.schema.json").read_text(encoding="utf-8")))
    templates: dict[str, Template] = {}
    for file in sorted(folder.glob("*.yaml")):
        try:
            raw = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise InputError(f"{file}: not valid YAML; {error}") from None
        for fault in schema.iter_errors(raw):
            field = ".".join(str(part) for part in fault.absolute_path) or "template"
            raise InputError(f"{file}, field {field}: {fault.message}; see template.schema.json beside it")
        templates[raw["format"]] = _template(raw)
    return templates


def _template(raw: dict[str, Any]) -> Template:
    sections = tuple(
        Section(
            **{**section, "holds": tuple(section["holds"])}
            | {"sentences": {verbosity: (low, high) for verbosity, (low, high) in section["sentences"].items()}}
        )
        for section in raw["sections"]
    )
    return Template(raw["format"], raw["title"], raw["headings"], sections, tuple(raw["rules"]))


def load_template(folder: Path, name: str) -> Template:
    """One template by its format.

    Raises:
        InputError: there is none; those that exist are named.
    """
    templates = load_templates(folder)
    if name not in templates:
        raise InputError(f"unknown format {name!r}; choose from {', '.join(templates)}")
    return templates[name]

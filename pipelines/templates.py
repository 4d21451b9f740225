"""The formats of a note, read from `prompts/templates/*.yaml`: a new format is a new file and no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from pipelines.records import InputError

Verbosity = Literal["brief", "standard", "detailed"]
SCHEMA = "template.schema.json"
KINDS = ("session", "diagnosis", "report", "observation", "intervention", "response", "progress", "risk", "plan")
"""The kinds of content, in the order in which a section that holds several has them."""
_MOVED = ("intervention", "response")


@dataclass(frozen=True)
class Section:
    """One section of a format.

    `holds` names the kinds of content that belong here (see `KINDS`); `belongs` and `excludes` say it to a writer;
    `sentences` bounds the length.
    """

    name: str
    title: str
    holds: tuple[str, ...]
    belongs: str
    excludes: str
    sentences: Mapping[Verbosity, tuple[int, int]]


@dataclass(frozen=True)
class Interventions:
    """Where the clinician's interventions, and the response to them, may stand.

    Sources differ about SOAP and DAP, so it is a setting: `default`, and the sections `allowed`. `belongs` says to a
    writer what comes with them, and is part of the text of the section that holds them.
    """

    default: str
    allowed: tuple[str, ...]
    belongs: str = ""


@dataclass(frozen=True)
class Template:
    """A format: its sections in order and the names of the adherence rules that hold for it."""

    format: str
    title: str
    headings: bool
    sections: tuple[Section, ...]
    rules: tuple[str, ...]
    interventions: Interventions

    def section_holding(self, kind: str) -> Section | None:
        """The first section in which a kind of content belongs."""
        return next((section for section in self.sections if kind in section.holds), None)

    def section(self, name: str) -> Section | None:
        return next((section for section in self.sections if section.name == name), None)

    def with_interventions_in(self, name: str | None) -> Template:
        """The same format with interventions and the response to them in another section.

        None, or a section that this format does not allow (a practice's setting holds for all its formats): as it is.
        """
        home, target = self.section_holding("intervention"), self.section(name or "")
        if home is None or target is None or home is target or name not in self.interventions.allowed:
            return self
        moved = [kind for kind in _MOVED if kind in home.holds]
        gone, come = _without(home, moved, self.interventions.belongs), _with(target, home, moved, self.interventions)
        sections = tuple({home.name: gone, target.name: come}.get(s.name, s) for s in self.sections)
        return replace(self, sections=sections)

    def render(self, sections: Mapping[str, str]) -> str:
        """The whole note as it is read: titles and texts in order; the text alone where the format has no headings."""
        if not self.headings:
            return "\n\n".join(sections.get(s.name, "") for s in self.sections)
        return "\n\n".join(f"{s.title}\n{sections.get(s.name, '')}" for s in self.sections)


def _without(section: Section, kinds: list[str], belongs: str) -> Section:
    """A section whose interventions went elsewhere; less is left, so one sentence is enough."""
    return replace(
        section,
        holds=tuple(kind for kind in section.holds if kind not in kinds),
        belongs=section.belongs.removesuffix(belongs).strip(),
        sentences={verbosity: (1, high) for verbosity, (_, high) in section.sentences.items()},
    )


def _with(section: Section, home: Section, kinds: list[str], interventions: Interventions) -> Section:
    """A section that takes the interventions in, and half of the length that their section had."""
    return replace(
        section,
        holds=tuple(kind for kind in KINDS if kind in section.holds or kind in kinds),
        belongs=f"{section.belongs} {interventions.belongs}".strip(),
        sentences={v: (low, high + (home.sentences[v][1] + 1) // 2) for v, (low, high) in section.sentences.items()},
    )


def load_templates(folder: Path) -> dict[str, Template]:
    """Every template of a folder, by format. Files that name a `base` are templates of a practice and are left out.

    Raises:
        InputError: a file is no valid template; file and field are named.
    """
    templates: dict[str, Template] = {}
    for file in sorted(folder.glob("*.yaml")):
        raw = read_yaml(file)
        if isinstance(raw, dict) and "base" in raw:
            continue
        check_form(raw, folder / SCHEMA, "#/$defs/format", str(file))
        template = _template(raw)
        _check_interventions(template, file)
        if template.format in templates:
            raise InputError(f"{file}, field format: another file has the format {template.format!r}; choose one")
        templates[template.format] = template
    return templates


def load_template(folder: Path, name: str) -> Template:
    """One template by its format.

    Raises:
        InputError: there is none; those that exist are named.
    """
    templates = load_templates(folder)
    if name not in templates:
        raise InputError(f"unknown format {name!r}; choose from {', '.join(templates)}")
    return templates[name]


def read_yaml(file: Path) -> Any:
    """What a YAML (or JSON) file holds.

    Raises:
        InputError: it is missing, cannot be read, or is not YAML.
    """
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{file}: cannot be read; check its permissions and save it as UTF-8") from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputError(f"{file}{place}: not valid YAML; mend it or write it as JSON") from None


def check_form(raw: Any, schema_file: Path, part: str, where: str) -> None:
    """Hold a value against one part of the schema.

    Raises:
        InputError: it does not fit; `where` and the field are named.
    """
    from jsonschema import Draft202012Validator

    definitions = json.loads(schema_file.read_text(encoding="utf-8"))["$defs"]
    for fault in Draft202012Validator({"$ref": part, "$defs": definitions}).iter_errors(raw):
        field = ".".join(str(step) for step in fault.absolute_path) or "template"
        raise InputError(f"{where}, field {field}: {fault.message}; see {schema_file.name}")


def _template(raw: dict[str, Any]) -> Template:
    where = Interventions(**raw["interventions"] | {"allowed": tuple(raw["interventions"]["allowed"])})
    sections = tuple(
        Section(
            **section
            | {
                "holds": tuple(kind for kind in KINDS if kind in section["holds"]),
                "sentences": {verbosity: (low, high) for verbosity, (low, high) in section["sentences"].items()},
                "belongs": f"{section['belongs']} {where.belongs * (section['name'] == where.default)}".strip(),
            }
        )
        for section in raw["sections"]
    )
    return Template(raw["format"], raw["title"], raw["headings"], sections, tuple(raw["rules"]), where)


def _check_interventions(template: Template, file: Path) -> None:
    where, names = template.interventions, [section.name for section in template.sections]
    home = template.section_holding("intervention")
    if len(set(names)) < len(names):
        raise InputError(f"{file}, field sections: two have the same name; give each its own")
    for name in where.allowed:
        if name not in names:
            raise InputError(f"{file}, field interventions.allowed: there is no section {name!r}; name one of its own")
    if where.default not in where.allowed or home is None or home.name != where.default:
        raise InputError(
            f"{file}, field interventions.default: must be the section that holds interventions, and be allowed"
        )
    for section in template.sections:
        for verbosity, (low, high) in section.sentences.items():
            if low > high:
                raise InputError(f"{file}, field sections.{section.name}.sentences.{verbosity}: least is above most")

"""The elements of a note type, in order: exactly one Summary, and the practice's own fields around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from app.errors import InvalidError
from app.work import inputs
from app.work.note_form import WITHOUT_AI, formats_of
from app.work.unit import Work
from pipelines.practice_template import practice_template
from pipelines.records import InputError

SUMMARY = "summary"
"""Stands for the Summary where an element is named; own fields have names of their own."""
Elements = list[dict[str, Any]]
_PLACE = re.compile(r"template, field (?P<field>[\w.]+?)[:;]? ")
_MOST_ELEMENTS = 60
_LONGEST_HELP = 1_000
_MOST_OPTIONS = 50
_LONGEST_OPTION = 200


def checked(work: Work, base: str | None, elements: Elements) -> Elements:
    """The elements, if they are a valid note type around this format."""
    plain: Elements = inputs.plain("elements", elements)
    if len(plain) > _MOST_ELEMENTS:
        raise InvalidError("elements", f"A note type may have at most {_MOST_ELEMENTS} elements.")
    formats = formats_of(work.settings.prompts_dir)
    if base is not None and base not in formats:
        raise InvalidError("base", f"There is no such format; choose from {', '.join(formats)}.")
    try:
        practice_template({"name": "own", "base": base or WITHOUT_AI, "elements": plain}, formats)
    except InputError as error:
        place = _PLACE.match(str(error))
        message = str(error)[place.end() :] if place else str(error)
        raise InvalidError(place["field"] if place else "elements", f"{message[:300]}.") from None
    for at, element in enumerate(plain):
        _check_sizes(f"elements.{at}", element)
    return plain


def _check_sizes(field: str, element: dict[str, Any]) -> None:
    if element["kind"] == SUMMARY:
        return
    inputs.line(f"{field}.label", element["label"], 200)
    inputs.prose(f"{field}.help", element.get("help", ""), _LONGEST_HELP)
    options: Sequence[str] = element.get("options", ())
    if len(options) > _MOST_OPTIONS:
        raise InvalidError(f"{field}.options", f"There may be at most {_MOST_OPTIONS} options.")
    for option in options:
        inputs.line(f"{field}.options", option, _LONGEST_OPTION)


def index(elements: Elements, name: str) -> int:
    """Where an element stands.

    Raises:
        InvalidError: there is none of this name.
    """
    for at, element in enumerate(elements):
        if element.get("name", SUMMARY) == name:
            return at
    raise InvalidError("name", "This note type has no such element.")

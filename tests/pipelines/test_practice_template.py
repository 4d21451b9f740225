"""A practice's template: own fields around the one Summary element, filled by a person, checked, stored as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.practice_template import (
    check_fields,
    load_practice_template,
    missing_fields,
    practice_template,
)
from pipelines.records import InputError
from pipelines.settings import ROOT
from pipelines.templates import load_templates

TEMPLATES = load_templates(ROOT / "prompts" / "templates")
ELEMENTS: list[dict[str, Any]] = [
    {"kind": "choice", "name": "place", "label": "Place", "options": ["Office", "Home"], "required": True},
    {"kind": "time", "name": "arrived", "label": "Arrived"},
    {"kind": "summary"},
    {"kind": "number", "name": "mood", "label": "Mood", "min": 0, "max": 10, "required": True, "help": "0 to 10"},
    {"kind": "yes_no", "name": "interpreter", "label": "Interpreter"},
    {"kind": "text", "name": "remarks", "label": "Remarks"},
]
RAW: dict[str, Any] = {"name": "river", "title": "River Practice", "base": "dap", "elements": ELEMENTS}
RIVER = practice_template(RAW, TEMPLATES)


def test_fields_stand_before_and_after_the_summary() -> None:
    assert [f.name for f in RIVER.before] == ["place", "arrived"]
    assert [f.name for f in RIVER.after] == ["mood", "interpreter", "remarks"]


def test_it_goes_to_json_and_back() -> None:
    assert practice_template(json.loads(json.dumps(RIVER.as_json())), TEMPLATES) == RIVER


def test_it_is_read_from_a_file_beside_formats(tmp_path: Path) -> None:
    file = tmp_path / "river.yaml"
    file.write_text(yaml.safe_dump(RAW))
    (tmp_path / "template.schema.json").write_text((ROOT / "prompts/templates/template.schema.json").read_text())
    assert load_practice_template(file, TEMPLATES) == RIVER
    assert load_templates(tmp_path) == {}


def test_good_values_have_no_problems() -> None:
    values = {"place": "Home", "arrived": "3:05 PM", "mood": 4.5, "interpreter": False, "remarks": "None."}
    assert check_fields(RIVER, values) == []
    assert missing_fields(RIVER, values) == []


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("place", "Car", "choose Office or Home"),
        ("place", ["Home"], "choose Office or Home"),
        ("arrived", "25:10", "write it like 15:30"),
        ("mood", 11, "from 0 to 10"),
        ("mood", "4", "must be a number"),
        ("mood", True, "must be a number"),
        ("mood", float("nan"), "must be a number"),
        ("interpreter", "yes", "true or false"),
        ("remarks", 3, "must be text"),
        ("weather", "fine", "no such field"),
    ],
)
def test_each_problem_is_named_with_its_remedy_and_without_the_value(name: str, value: Any, problem: str) -> None:
    (found,) = check_fields(RIVER, {name: value})
    assert problem in found
    assert found.startswith(name)
    assert "Car" not in found


def test_required_fields_are_missing_until_filled() -> None:
    assert missing_fields(RIVER, {}) == ["place", "mood"]
    assert missing_fields(RIVER, {"place": "  ", "mood": 0}) == ["place"]


def test_the_note_shows_fields_around_the_summary() -> None:
    text = RIVER.render(
        TEMPLATES["dap"], {"data": "D.", "assessment": "A.", "plan": "P."}, {"mood": 4, "place": "Home"}
    )
    assert text.startswith("Place: Home\nArrived:\n\nData\nD.")
    assert text.endswith("Plan\nP.\n\nMood: 4\nInterpreter:\nRemarks:")


def without(kind: str) -> list[dict[str, Any]]:
    return [element for element in ELEMENTS if element["kind"] != kind]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"elements": without("summary")}, "field elements"),
        ({"elements": [*ELEMENTS, {"kind": "summary"}]}, "field elements"),
        ({"base": "sopa"}, "field base: no format 'sopa'; choose from"),
        ({"elements": [*ELEMENTS, {"kind": "text", "name": "plan", "label": "Plan"}]}, "'plan' is taken"),
        ({"elements": [*ELEMENTS, {"kind": "text", "name": "mood", "label": "Mood"}]}, "elements.6.name"),
        ({"elements": [{"kind": "summary"}, {"kind": "choice", "name": "x", "label": "X"}]}, "field elements.1"),
        ({"elements": [{"kind": "summary"}, {"kind": "text", "name": "x", "label": "X", "min": 1}]}, "elements.1"),
        (
            {"elements": [{"kind": "summary"}, {"kind": "number", "name": "x", "label": "X", "min": 2, "max": 1}]},
            "elements.1.min",
        ),
        ({"colour": "blue"}, "template"),
    ],
)
def test_a_wrong_template_says_where(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        practice_template(RAW | changes, TEMPLATES)

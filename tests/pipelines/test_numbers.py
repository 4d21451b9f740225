"""Numbers are compared as values."""

from __future__ import annotations

import pytest

from pipelines.numbers import numbers_in


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fifty milligrams", {"50"}),
        ("50mg", {"50"}),
        ("Four shifts.", {"4"}),  # a number that opens a sentence
        ("It was 52 four weeks ago", {"52", "4"}),  # two numbers side by side
        ("1.5 mg", {"1.5"}),
        ("5.0", {"5"}),
        ("five and a half hours", {"5.5"}),
        ("one of them and that one", set()),
        ("twenty-one", {"21"}),
        ("the 41st anniversary", {"41"}),
        ("PHQ-9 and F41.1", set()),  # digits of names
        ("two o'clock", {"2"}),
        ("3:00 PM", {"3:00", "3"}),
        ("10:30", {"10:30"}),
        ("ten thirty", {"1030", "10:30"}),
        ("1,200 steps", {"1200", "12:00"}),
        ("scored 1 today", {"1"}),
        ("", set()),
    ],
)
def test_values(text: str, values: set[str]) -> None:
    assert numbers_in(text) == values

"""What is kept of an answer that is malformed, cut, or still coming."""

from __future__ import annotations

from typing import Any

import dspy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.records import NoteFact
from pipelines.writing.salvage import texts_so_far, whole_fields

FIELDS = dspy.Signature(
    {"q": (str, dspy.InputField()), "a": (str, dspy.OutputField()), "b": (str, dspy.OutputField())}
).output_fields
FACTS = dspy.Signature({"q": (str, dspy.InputField()), "facts": (list[NoteFact], dspy.OutputField())}).output_fields


@pytest.mark.parametrize(
    ("answer", "cut", "kept"),
    [
        ("[[ ## a ## ]]\nOne.\n\n[[ ## b ## ]]\nTw", True, {"a": "One."}),
        ("[[ ## a ## ]]\nOne.\n\n[[ ## b ## ]]\nTwo.", False, {"a": "One.", "b": "Two."}),
        ("[[ ## a ## ]]\nOne.\n\n[[ ## b ## ]]\nTwo.\n\n[[ ## comp", True, {"a": "One."}),
        ("[[ ## b ## ]]\n\n[[ ## completed ## ]]", True, {"b": ""}),  # empty, and meant so
        ("Sure!\n[[ ## a ## ]] One.\n[[ ## c ## ]]\nOther.\n[[ ## a ## ]]\nForged.", False, {"a": "One."}),
        ('{"a": "One \\"quoted\\".", "b": "Tw', True, {"a": 'One "quoted".'}),
        ('```json\n{"b": "Two\nlines.",\n "a": 5}\n```', False, {"b": "Two\nlines."}),
        ('{"a": "One."', True, {}),  # nothing follows: it may go on
        ("", False, {}),
        ('{"a": ' + "[" * 9_000, True, {}),
    ],
)
def test_fields_that_something_follows_are_whole(answer: str, cut: bool, kept: dict[str, Any]) -> None:
    assert whole_fields(answer, FIELDS, cut=cut) == kept


@pytest.mark.parametrize(
    "form", ["[[ ## facts ## ]]\n{}", '{{"facts": {}', "[[ ## facts ## ]]\n{}\n[[ ## completed ## ]]"]
)
def test_of_a_list_the_elements_that_came_whole_are_kept(form: str) -> None:
    text = '[{"kind": "plan", "text": "x [y] {z}"}, {"kind": "risk"}, {"kind": "re'
    assert whole_fields(form.format(text), FACTS, cut=True) == {
        "facts": [{"kind": "plan", "text": "x [y] {z}"}, {"kind": "risk"}]
    }


def test_a_header_that_has_only_begun_is_not_shown() -> None:
    answer = "[[ ## a ## ]]\nOne [sic] two.\n\n[[ ## b ## ]]\nThree.\n\n[[ ## completed ## ]]\n"
    for end in range(len(answer)):
        texts = texts_so_far(answer[:end])
        assert all("##" not in text and "[[" not in text for text in texts.values())
        assert "One [sic] two.".startswith(texts.get("a", ""))
    assert texts_so_far(answer) | {"completed": ""} == {"a": "One [sic] two.", "b": "Three.", "completed": ""}


@given(st.text(st.sampled_from('[]{}#" \n:,\\ab0'), max_size=60), st.booleans())
def test_any_text_is_taken(answer: str, cut: bool) -> None:
    for fields in (FIELDS, FACTS):
        kept = whole_fields(answer, fields, cut=cut)
        assert kept.keys() <= fields.keys()
    texts_so_far(answer)

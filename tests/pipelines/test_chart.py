"""What is said of codes and times that cannot be right, and that sound ones pass."""

import pytest

from pipelines.chart import flaws, is_icd10cm
from pipelines.dataset import read_dataset
from pipelines.records import Encounter
from pipelines.settings import ROOT

START, END = "2026-03-02T15:00:00-05:00", "2026-03-02T15:45:00-05:00"


@pytest.mark.parametrize("code", ["F41.1", "F10", "F01.A11", "Z63.0", "T74.11XA", "C7A.1", "U07.1", "O9A.211"])
def test_codes_of_the_right_form(code: str) -> None:
    assert is_icd10cm(code)


@pytest.mark.parametrize(
    "code", ["", "F411", "f41.1", "F41.", "F41.11111", "41.1", "FF1.1", "F41.1 ", "F41,1", "F00.0", "H96.1", "banana"]
)
def test_codes_of_no_valid_form(code: str) -> None:
    assert not is_icd10cm(code)


@pytest.mark.parametrize(
    ("record", "field", "remedy"),
    [
        ({"chart": {"diagnoses": [{"code": "quokka", "name": "n"}]}}, "chart.diagnoses.0.code", "like F41.1"),
        ({"appointment": {"cpt": "quokka"}}, "appointment.cpt", "90834"),
        ({"appointment": {"start": "quokka"}}, "appointment.start", "write it like 2026"),
        ({"appointment": {"end": "2026-03-02T15:45:00"}}, "appointment.end", "write it like 2026"),
        ({"appointment": {"start": END, "end": START}}, "appointment.end", "mend start or end"),
        ({"transcript": [{"text": "quokka", "start": 3, "end": 2}]}, "transcript.0.end", "in seconds"),
    ],
)
def test_a_flaw_names_field_and_remedy_and_no_value(record: dict[str, object], field: str, remedy: str) -> None:
    (flaw,) = flaws(Encounter.model_validate({"id": "e"} | record))
    assert flaw.startswith(f"field {field}: ")
    assert remedy in flaw
    assert "quokka" not in flaw


def test_what_is_missing_is_no_flaw() -> None:
    assert flaws(Encounter(id="e")) == []
    assert flaws(Encounter.model_validate({"id": "e", "appointment": {"start": START}, "chart": {}})) == []


def test_the_shipped_sessions_have_none() -> None:
    assert read_dataset(ROOT / "datasets" / "synthetic").warnings == []

"""Templates are files: every shipped one is valid, a new one needs no code, a wrong one says where."""

from pathlib import Path

import pytest
import yaml

from pipelines.records import InputError
from pipelines.settings import ROOT
from pipelines.templates import load_template, load_templates

SHIPPED = ROOT / "prompts" / "templates"


def test_the_four_formats_have_their_sections_in_order() -> None:
    sections = {name: [s.name for s in template.sections] for name, template in load_templates(SHIPPED).items()}
    assert sections == {
        "soap": ["subjective", "objective", "assessment", "plan"],
        "dap": ["data", "assessment", "plan"],
        "birp": ["behavior", "intervention", "response", "plan"],
        "narrative": ["narrative"],
    }


def test_every_kind_of_content_has_a_place_in_every_format() -> None:
    kinds = ["session", "diagnosis", "report", "intervention", "response", "progress", "risk", "plan"]
    for template in load_templates(SHIPPED).values():
        assert all(template.section_holding(kind) for kind in kinds), template.format


def copy_with(tmp_path: Path, **changes: object) -> Path:
    (tmp_path / "template.schema.json").write_text((SHIPPED / "template.schema.json").read_text())
    raw = yaml.safe_load((SHIPPED / "dap.yaml").read_text()) | changes
    (tmp_path / "new.yaml").write_text(yaml.safe_dump(raw))
    return tmp_path


def test_a_new_format_is_a_new_file(tmp_path: Path) -> None:
    assert load_template(copy_with(tmp_path, format="girp"), "girp").title == "DAP note"


def test_a_wrong_template_names_file_and_field(tmp_path: Path) -> None:
    folder = copy_with(tmp_path, headings="yes")
    with pytest.raises(InputError, match=r"new\.yaml, field headings"):
        load_templates(folder)


def test_an_unknown_format_names_those_there_are() -> None:
    with pytest.raises(InputError, match="unknown format 'sopa'; choose from birp, dap, narrative, soap"):
        load_template(SHIPPED, "sopa")


def test_a_note_without_headings_is_its_text_alone() -> None:
    templates = load_templates(SHIPPED)
    assert templates["narrative"].render({"narrative": "Prose."}) == "Prose."
    assert templates["dap"].render({"data": "D.", "assessment": "A."}) == "Data\nD.\n\nAssessment\nA.\n\nPlan\n"

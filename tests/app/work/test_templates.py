"""Note types: made, changed element by element, and never taken from under a note; on both databases."""

from typing import Any

import pytest

from app.database.clinic import Template
from app.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, RefusedError
from app.work import templates
from app.work.note_form import form_of
from app.work.unit import Work
from tests.app.conftest import Clinic

MOOD = {"kind": "choice", "name": "mood", "label": "Mood", "options": ["low", "even"]}
PAID = {"kind": "yes_no", "name": "paid", "label": "Paid", "required": True}


def names(view: templates.TemplateView) -> list[str]:
    return [element.get("name", "summary") for element in view.elements]


def test_elements_are_added_moved_required_and_removed(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        made = templates.create_template(work, "Intake", "soap")
        made = templates.add_field(work, made.id, made.version, PAID)
        made = templates.add_field(work, made.id, made.version, MOOD, 0)
        assert names(made) == ["mood", "summary", "paid"]
        made = templates.move_element(work, made.id, made.version, "summary", 0)
        assert names(made) == ["summary", "mood", "paid"]
        made = templates.set_required(work, made.id, made.version, "mood", required=True)
        assert made.elements[1]["required"]
        made = templates.remove_field(work, made.id, made.version, "paid")
        assert names(made) == ["summary", "mood"]
        assert made.version == 6
    with clinic_of_two.work("ada") as work:
        assert names(templates.view(work, made.id)) == ["summary", "mood"]
        shown = templates.preview(work, made.id)
        assert "Subjective" in shown
        assert shown.endswith("Mood:")
    with clinic_of_two.work("other_ada") as work, pytest.raises(NotFoundError):
        templates.view(work, made.id)


def test_a_note_type_without_ai_is_one_text_by_hand(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        made = templates.create_template(work, "Phone call", None, [MOOD, {"kind": "summary"}])
        assert made.base is None
        assert len(form_of(work, made.id).sections) == 1
        assert "Written by hand" in templates.preview(work, made.id)


NO_NOTE_TYPES: list[list[Any]] = [
    [MOOD],
    [{"kind": "summary"}, {"kind": "summary"}],
    [{"kind": "summary"}, MOOD, MOOD],
    [{"kind": "summary"}, {"kind": "text", "name": "plan", "label": "Plan"}],
    [{"kind": "summary"}, {"kind": "choice", "name": "x", "label": "X"}],
    [{"kind": "summary"}, {"kind": "number", "name": "x", "label": "X", "min": 5, "max": 1}],
    [{"kind": "summary"}, {"kind": "number", "name": "x", "label": "X", "min": float("nan")}],
    [{"kind": "summary"}, {"kind": "text", "name": "x", "label": "a\x00b"}],
    [{"kind": "summary"}, {"kind": "text", "name": "x", "label": "X", "help": "\ud800"}],
    [{"kind": "summary"}, {"kind": "drawing", "name": "x", "label": "X"}],
    [{"kind": "summary"}, *({"kind": "text", "name": f"f{i}", "label": "X"} for i in range(60))],
    ["summary"],
    [],
]
REFUSED: list[tuple[Any, type[Exception]]] = [
    (lambda work, t: templates.remove_field(work, t.id, t.version, "summary"), RefusedError),
    (lambda work, t: templates.remove_field(work, t.id, t.version, "mood"), InvalidError),
    (lambda work, t: templates.set_required(work, t.id, t.version, "summary", required=False), InvalidError),
    (lambda work, t: templates.add_field(work, t.id, t.version, MOOD, -1), InvalidError),
    (lambda work, t: templates.view(work, "a\x00b"), NotFoundError),
    (lambda work, t: templates.move_element(work, t.id, t.version, "summary", 1), InvalidError),
    (lambda work, t: templates.change_template(work, t.id, t.version + 1, title="Other"), ConflictError),
    (lambda work, t: templates.change_template(work, t.id, t.version, title="second"), RefusedError),
    (lambda work, t: templates.create_template(work, "Third", "cap"), InvalidError),
    (lambda work, t: templates.create_template(work, "INTAKE", "soap"), RefusedError),
]


def test_what_is_no_note_type_is_refused(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        made = templates.create_template(work, "Intake", "soap")
        for elements in NO_NOTE_TYPES:
            with pytest.raises(InvalidError) as refusal:
                templates.change_template(work, made.id, made.version, elements=elements)
            assert refusal.value.field.startswith("elements")
        assert templates.view(work, made.id).elements == [{"kind": "summary"}]


def test_what_a_change_may_not_do(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        made = templates.create_template(work, "Intake", "soap")
        templates.create_template(work, "Second", "dap")
        for change, error in REFUSED:
            with pytest.raises(error):
                change(work, made)


def test_a_note_type_in_use_goes_only_by_becoming_inactive(clinic_of_two: Clinic) -> None:
    used = clinic_of_two.note_type()
    clinic_of_two.appointment(template_id=used)
    with clinic_of_two.work("admin") as work:
        made = templates.view(work, used)
        assert made.in_use
        made = templates.add_field(work, used, made.version, MOOD)
        assert templates.remove_template(work, used, made.version) == "inactive"
    with clinic_of_two.work("ada") as work:
        assert templates.list_templates(work) == ()
        assert not templates.view(work, used).active
    with clinic_of_two.work("admin") as work:
        assert templates.change_template(work, used, templates.view(work, used).version, active=True).active


def test_nobody_but_an_administrator_changes_note_types(clinic_of_two: Clinic) -> None:
    made = clinic_of_two.note_type()

    def version(work: Work) -> int:
        return work.get(Template, made, "note type").version

    for name in ("ada", "reviewer"):
        with clinic_of_two.work(name) as work, pytest.raises(ForbiddenError):
            templates.create_template(work, "Mine")
        with clinic_of_two.work(name) as work, pytest.raises(ForbiddenError):
            templates.add_field(work, made, version(work), MOOD)
        with clinic_of_two.work(name) as work, pytest.raises(ForbiddenError):
            templates.remove_template(work, made, version(work))

"""A practice's settings, AI and its templates, on both databases."""

import pytest

from app.database.scope import Principal
from app.errors import ForbiddenError, InvalidError, NotFoundError
from app.work import practice, templates
from tests.app.conftest import Clinic


def titles(clinic: Clinic, name: str = "admin") -> list[str]:
    with clinic.work(name) as work:
        return [one.title for one in templates.list_templates(work, inactive=True)]


def test_enabling_ai_adds_the_four_templates_once(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        assert practice.enable_ai(work).ai_enabled
    with clinic_of_two.work("admin") as work:
        made = templates.list_templates(work)
        assert {one.base for one in made} == {"soap", "dap", "birp", "narrative"}
        assert all(one.elements == [{"kind": "summary"}] and not one.in_use for one in made)
        dap = next(one for one in made if one.base == "dap")
        assert templates.remove_template(work, dap.id, dap.version) == "removed"
        assert not practice.disable_ai(work).ai_enabled
        assert practice.enable_ai(work).ai_enabled
    assert len(titles(clinic_of_two)) == 3
    assert titles(clinic_of_two, "other_admin") == []


def test_a_title_that_is_taken_makes_way_for_the_practices_own(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        templates.create_template(work, "SOAP note")
        practice.enable_ai(work)
    assert {"SOAP note", "SOAP note (AI)"} < set(titles(clinic_of_two))


def test_only_an_administrator_changes_a_practice(clinic_of_two: Clinic) -> None:
    for name in ("ada", "reviewer"):
        with clinic_of_two.work(name) as work:
            assert practice.view(work).name == "practice"
        for change in (practice.enable_ai, practice.disable_ai, practice.change):
            with clinic_of_two.work(name) as work, pytest.raises(ForbiddenError):
                change(work)
        with clinic_of_two.work(name) as work, pytest.raises(ForbiddenError):
            practice.found(work, "Mine")
    with clinic_of_two.service.work(Principal.system("test")) as work, pytest.raises(NotFoundError):
        practice.view(work)


def test_what_is_given_changes_and_nothing_else(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        before = practice.view(work)
        assert "7 days at the latest" in before.consent_text
        assert not before.own_consent_text
        after = practice.change(work, time_zone="America/New_York", retention_hours=0, consent_text="We record. ")
        assert (after.time_zone, after.retention_hours, after.consent_text) == ("America/New_York", 0, "We record.")
        assert after.own_consent_text
        assert (after.name, after.closes_minutes_after) == (before.name, before.closes_minutes_after)
        assert practice.change(work, consent_text="").consent_text == before.consent_text


UNUSABLE = [
    ("name", " "), ("name", "a\x00b"), ("name", "x" * 201), ("name", "\ud800"), ("time_zone", "Mars/Olympus"),
    ("time_zone", "../../etc/passwd"), ("retention_hours", 169), ("retention_hours", -1),
    ("opens_minutes_before", 1441), ("closes_minutes_after", -1), ("consent_text", "a\x00b"),
]  # fmt: skip


def test_what_cannot_be_kept_is_refused_with_its_field(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        for field, value in UNUSABLE:
            with pytest.raises(InvalidError) as refusal:
                practice.change(work, **{field: value})
            assert refusal.value.field == field


def test_the_system_founds_a_practice(clinic_of_two: Clinic) -> None:
    with clinic_of_two.service.work(Principal.system("test")) as work:
        made = practice.found(work, "Harbor", "Europe/Berlin")
    assert (made.name, made.time_zone, made.ai_enabled) == ("Harbor", "Europe/Berlin", False)

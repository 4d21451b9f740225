"""Settings of notes at three levels, and what they come to; on both databases."""

import pytest

from app.database.clinic import Client, Template
from app.database.scope import Principal
from app.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.work import clients, note_settings, templates
from tests.app.conftest import Clinic

UNUSABLE = [
    ({"client_word": "the best client ever"}, "note_settings.client_word"),
    ({"pronouns": "she"}, None),
    ({"pronouns": "x!"}, "note_settings.pronouns"),
    ({"tense": "future"}, "note_settings.tense"),
    ({"verbosity": 3}, "note_settings.verbosity"),
    ({"tone": "warm"}, "note_settings.tone"),
    ({"instructions": "x" * 1001}, "note_settings.instructions"),
    ({"instructions": [5]}, "note_settings.instructions.0"),
    ({"instructions": ["a\x00"]}, "note_settings.instructions.0"),
    ({"interventions_in": "nowhere"}, "note_settings.interventions_in"),
]


def test_the_client_wins_over_the_note_type_over_the_practice(clinic_of_two: Clinic) -> None:
    soap, client_id = clinic_of_two.note_type(), clinic_of_two.clients["ada"]
    with clinic_of_two.work("admin") as work:
        note_settings.set_practice(work, {"client_word": "patient", "tense": "present", "instructions": ["Be brief."]})
        version = templates.view(work, soap).version
        note_settings.set_template(work, soap, version, {"tense": "past", "interventions_in": "assessment"})
        with pytest.raises(ConflictError):
            note_settings.set_template(work, soap, version, {})
        shown = note_settings.resolved(work, soap)
        assert shown["tense"] == {"value": "past", "from": "template"}
        assert shown["verbosity"] == {"value": "standard", "from": "default"}
    with clinic_of_two.work("ada") as work:
        version = clients.view_client(work, client_id).version
        note_settings.set_client(work, client_id, version, {"client_word": "Member", "instructions": ["Say flat."]})
        with pytest.raises(ConflictError):
            note_settings.set_client(work, client_id, version, {})
        shown = note_settings.resolved(work, soap, client_id)
        assert shown["client_word"] == {"value": "member", "from": "client"}
        assert [(one["text"], one["level"]) for one in shown["instructions"]["value"]] == [
            ("Be brief.", "practice"), ("Say flat.", "client")]  # fmt: skip
        assert note_settings.resolved(work, soap)["client_word"] == {"value": "patient", "from": "practice"}
        assert clients.view_client(work, client_id).chart.client.name == "Ro Vale"
    with clinic_of_two.service.work(Principal.system("worker")) as work:
        rows = work.get(Template, soap, "note type"), work.get(Client, client_id, "client")
        assert note_settings.resolved_for(work, *rows).settings.client_word == "member"


def test_what_is_no_setting_is_refused_with_its_name(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        for values, field in UNUSABLE:
            if field is None:
                assert note_settings.set_practice(work, values) == values
                continue
            with pytest.raises(InvalidError) as refusal:
                note_settings.set_practice(work, values)
            assert refusal.value.field == field
        assert note_settings.of_practice(work) == {"pronouns": "she"}
    dap = clinic_of_two.note_type("dap")
    with clinic_of_two.work("admin") as work, pytest.raises(InvalidError):
        note_settings.set_template(work, dap, 1, {"interventions_in": "objective"})


def test_each_level_is_set_by_whose_it_is(clinic_of_two: Clinic) -> None:
    client_id, soap = clinic_of_two.clients["ada"], clinic_of_two.note_type()
    for name in ("ada", "reviewer"):
        with clinic_of_two.work(name) as work, pytest.raises(ForbiddenError):
            note_settings.set_practice(work, {})
        with clinic_of_two.work(name) as work, pytest.raises(ForbiddenError):
            note_settings.set_template(work, soap, 1, {})
    for name, error in (("admin", ForbiddenError), ("reviewer", ForbiddenError), ("ben", NotFoundError)):
        with clinic_of_two.work(name) as work, pytest.raises(error):
            note_settings.set_client(work, client_id, 1, {})
        with clinic_of_two.work(name) as work, pytest.raises(error):
            note_settings.resolved(work, soap, client_id)
    with clinic_of_two.work("other_admin") as work, pytest.raises(NotFoundError):
        note_settings.of_template(work, soap)

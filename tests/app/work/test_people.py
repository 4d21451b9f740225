"""Those who work in a practice, on both databases."""

import pytest
from sqlalchemy import select

from app.access import tokens
from app.database.people import ApiToken, SignIn
from app.database.scope import Principal
from app.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, RefusedError
from app.work import people
from tests.app.conftest import Clinic


def test_an_administrator_adds_users_and_nobody_else_does(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        made = people.add_user(work, " Cleo@Example.org ", "Cleo", "practitioner")
        assert (made.login, made.role, made.active, made.has_password) == (
            "cleo@example.org",
            "practitioner",
            True,
            False,
        )
        assert {one.login for one in people.list_users(work)} == {"admin", "reviewer", "ada", "ben", "cleo@example.org"}
    with clinic_of_two.work("ada") as work, pytest.raises(ForbiddenError):
        people.add_user(work, "eve", "Eve", "administrator")
    with clinic_of_two.work("other_admin") as work, pytest.raises(NotFoundError):
        people.rename_user(work, made.id, "Mine")


def test_a_login_is_one_persons_on_the_whole_machine(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("other_admin") as work, pytest.raises(RefusedError) as refusal:
        people.add_user(work, "ADA", "Another", "reviewer")
    assert refusal.value.code == "login_taken"


def test_roles_that_are_nobodys_job_are_refused(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        for role in ("guest", "system", "owner", ""):
            with pytest.raises(InvalidError):
                people.add_user(work, "eve", "Eve", role)


def test_the_last_administrator_stays(clinic_of_two: Clinic) -> None:
    admin = clinic_of_two.users["admin"].user_id
    for leave in (people.deactivate, lambda work, who: people.change_role(work, who, "reviewer")):
        with clinic_of_two.work("admin") as work, pytest.raises(RefusedError) as refusal:
            leave(work, admin)
        assert refusal.value.code == "last_administrator"
    with clinic_of_two.work("admin") as work:
        people.change_role(work, clinic_of_two.users["reviewer"].user_id, "administrator")
        assert not people.deactivate(work, admin).active


def test_who_is_deactivated_loses_every_way_in(clinic_of_two: Clinic) -> None:
    ada = clinic_of_two.users["ada"]
    with clinic_of_two.service.work(Principal.system("test")) as work:
        work.session.add(SignIn(id="a" * 64, practice_id=ada.practice_id, user_id=ada.user_id,
                                created_at=work.now, seen_at=work.now))  # fmt: skip
    with clinic_of_two.work("ada") as work:
        tokens.create(work, "machine", ["appointments:read"])
    with clinic_of_two.work("admin") as work:
        people.deactivate(work, ada.user_id)
    with clinic_of_two.service.work(Principal.system("test")) as work:
        assert work.session.scalars(select(SignIn.ended_at)).all() == [clinic_of_two.clock.now]
        assert work.session.scalars(select(ApiToken.revoked_at)).all() == [clinic_of_two.clock.now]
    with clinic_of_two.work("admin") as work:
        assert people.reactivate(work, ada.user_id).active


def test_a_practitioner_with_clients_stays_one(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work, pytest.raises(RefusedError) as refusal:
        people.change_role(work, clinic_of_two.users["ada"].user_id, "reviewer")
    assert refusal.value.code == "has_clients"


def test_the_system_names_the_practice(clinic_of_two: Clinic) -> None:
    with clinic_of_two.service.work(Principal.system("test")) as work:
        made = people.add_user(work, "first", "First", "administrator", practice_id=clinic_of_two.practices[1])
    with clinic_of_two.work("other_admin") as work:
        assert people.view_user(work, made.id).name == "First"


def test_one_oidc_subject_signs_in_one_user(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        people.add_user(work, "one", "One", "reviewer", oidc_subject="s")
    with pytest.raises(ConflictError), clinic_of_two.work("other_admin") as work:
        people.add_user(work, "two", "Two", "reviewer", oidc_subject="s")

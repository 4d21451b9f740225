"""Tokens of machines: what they may do, for whom, and until when."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.access import tokens
from app.access.tokens import SCOPES
from app.database.base import Role
from app.database.people import ApiToken, User
from app.database.scope import Principal
from app.errors import ForbiddenError, InvalidError, NotFoundError
from app.work import people
from tests.app.conftest import Clinic

SYSTEM = Principal.system("test")


def made(clinic: Clinic, name: str = "ada", **options: object) -> tuple[str, str]:
    with clinic.service.work(clinic.users[name]) as work:
        return tokens.create(work, "device", ["notes:read", "appointments:read"], **options)


def test_a_token_acts_for_its_user_within_its_scopes_and_is_kept_nowhere(clinic_of_two: Clinic) -> None:
    _, token = made(clinic_of_two)
    found = tokens.principal_of(clinic_of_two.service, token)
    assert found == (clinic_of_two.users["ada"], frozenset({"notes:read", "appointments:read"}))
    with clinic_of_two.service.work(SYSTEM) as work:
        row = work.session.scalars(select(ApiToken)).one()
        assert token not in str(vars(row))


def test_no_scope_lets_a_machine_sign() -> None:
    assert not [scope for scope in SCOPES if "sign" in scope]


def test_what_is_no_token_is_nobody(clinic_of_two: Clinic) -> None:
    made(clinic_of_two)
    for bearer in (None, "", "nb_", "nb_" + "x" * 43, "nb_é", "nb_" + "x" * 10_000, "\0"):
        assert tokens.principal_of(clinic_of_two.service, bearer) is None


def test_a_token_ends_when_it_expires(clinic_of_two: Clinic) -> None:
    _, token = made(clinic_of_two, expires=clinic_of_two.clock.now + timedelta(days=3))
    _, usual = made(clinic_of_two)
    clinic_of_two.clock.forward(days=3)
    assert tokens.principal_of(clinic_of_two.service, token) is None
    assert tokens.principal_of(clinic_of_two.service, usual) is not None
    clinic_of_two.clock.forward(days=87)
    assert tokens.principal_of(clinic_of_two.service, usual) is None


@pytest.mark.parametrize("by", ["ada", "admin"])
def test_a_token_that_is_revoked_is_good_no_more(clinic_of_two: Clinic, by: str) -> None:
    token_id, token = made(clinic_of_two)
    with clinic_of_two.service.work(clinic_of_two.users[by]) as work:
        tokens.revoke(work, token_id)
        assert [view.revoked_at for view in tokens.list_tokens(work)] == [work.now]
    assert tokens.principal_of(clinic_of_two.service, token) is None


@pytest.mark.parametrize("by", ["ben", "reviewer", "other_admin", "other_ada"])
def test_others_neither_see_nor_revoke_it(clinic_of_two: Clinic, by: str) -> None:
    token_id, _ = made(clinic_of_two)
    with clinic_of_two.service.work(clinic_of_two.users[by]) as work:
        assert tokens.list_tokens(work) == []
        with pytest.raises(NotFoundError):
            tokens.revoke(work, token_id)


def test_tokens_end_with_the_account_and_do_not_come_back_with_it(clinic_of_two: Clinic) -> None:
    _, token = made(clinic_of_two)
    ada, admin = clinic_of_two.users["ada"], clinic_of_two.users["admin"]
    with clinic_of_two.service.work(admin) as work:
        people.deactivate(work, ada.user_id)
    with clinic_of_two.service.work(admin) as work:
        people.reactivate(work, ada.user_id)
    assert tokens.principal_of(clinic_of_two.service, token) is None


def test_a_token_follows_its_users_state(clinic_of_two: Clinic) -> None:
    _, token = made(clinic_of_two)
    with clinic_of_two.service.work(SYSTEM) as work:
        work.session.execute(update(User).values(active=False))
    assert tokens.principal_of(clinic_of_two.service, token) is None


def test_nobody_makes_a_token_that_acts_for_somebody_else(clinic_of_two: Clinic) -> None:
    ada = clinic_of_two.users["ada"]
    with clinic_of_two.service.work(clinic_of_two.users["admin"]) as work, pytest.raises(ForbiddenError):
        tokens.create(work, "device", ["notes:read"], user_id=ada.user_id)
    guest = Principal(Role.GUEST, "guest:x", ada.practice_id, "x")
    with clinic_of_two.service.work(guest) as work, pytest.raises(ForbiddenError):
        tokens.create(work, "device", ["notes:read"])
    with clinic_of_two.service.work(SYSTEM) as work:
        tokens.create(work, "device", ["notes:read"], user_id=ada.user_id)


def test_what_no_token_can_have_is_refused(clinic_of_two: Clinic) -> None:
    now = clinic_of_two.clock.now
    wrong: list[dict[str, object]] = [
        {"scopes": []},
        {"scopes": ["notes:sign"]},
        {"scopes": ["notes:read", "*"]},
        {"name": " "},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"expires": now},
        {"expires": now - timedelta(days=1)},
        {"expires": now + timedelta(days=367)},
        {"expires": datetime(2026, 4, 1)},
    ]
    with clinic_of_two.service.work(clinic_of_two.users["ada"]) as work:
        for values in wrong:
            with pytest.raises(InvalidError):
                tokens.create(work, **{"name": "device", "scopes": ["notes:read"], **values})
        assert tokens.list_tokens(work) == []


def test_the_log_says_who_made_and_who_revoked_it(clinic_of_two: Clinic) -> None:
    from app.database.operations import AuditEntry

    token_id, _ = made(clinic_of_two)
    with clinic_of_two.service.work(clinic_of_two.users["admin"]) as work:
        tokens.revoke(work, token_id)
    with clinic_of_two.service.work(SYSTEM) as work:
        rows = work.session.scalars(select(AuditEntry).order_by(AuditEntry.sequence)).all()
    ids = {name: principal.user_id for name, principal in clinic_of_two.users.items()}
    assert [(row.action, row.actor, row.object_id, row.details) for row in rows] == [
        ("token_made", ids["ada"], ids["ada"], {"token": token_id}),
        ("token_revoked", ids["admin"], ids["ada"], {"token": token_id}),
    ]

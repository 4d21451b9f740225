"""Signing in, what ends a sign-in, and what somebody learns who guesses."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete, func, select, update

from app.access import accounts, passwords, sign_in, throttle
from app.database.operations import AuditEntry
from app.database.people import SignIn, SignInAttempt, User
from app.database.scope import Principal
from app.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from app.wiring import Service
from app.work import people
from tests.app.access.conftest import KEPT, PASSWORD, QUICK
from tests.app.conftest import Clinic

ADDRESS = "203.0.113.9"
SYSTEM = Principal.system("test")


def begun(clinic: Clinic, name: str = "ada") -> str:
    """A sign-in without the third of a second that a password takes."""
    with clinic.service.work(SYSTEM) as work:
        return sign_in.start(work, work.get(User, clinic.users[name].user_id, "user"), "password", ADDRESS)


def entries(service: Service, action: str) -> list[tuple[str, str, dict[str, object]]]:
    with service.work(SYSTEM) as work:
        rows = work.session.scalars(select(AuditEntry).where(AuditEntry.action == action))
        return [(row.practice_id, row.object_id, row.details) for row in rows]


def refused(service: Service, login: str, password: str, address: str = ADDRESS) -> str:
    with pytest.raises(RefusedError) as error:
        sign_in.sign_in(service, login, password, address)
    return error.value.code


def test_the_right_password_signs_in_and_the_token_is_kept_nowhere(clinic: Clinic) -> None:
    token = sign_in.sign_in(clinic.service, " ADA ", PASSWORD, ADDRESS)
    assert sign_in.principal_of(clinic.service, token) == clinic.users["ada"]
    with clinic.service.work(SYSTEM) as work:
        assert work.session.scalar(select(SignIn.id)) not in {None, token}
    ada = clinic.users["ada"]
    assert entries(clinic.service, "sign_in") == [
        (ada.practice_id, ada.user_id, {"by": "password", "address": ADDRESS})
    ]


def test_whatever_is_wrong_is_told_the_same_and_costs_a_hash(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    with clinic.service.work(SYSTEM) as work:
        work.session.execute(update(User).where(User.login == "ben").values(login="inactive", active=False))
        work.session.execute(update(User).where(User.login == "reviewer").values(login="without", password_hash=None))
    compared: list[str] = []

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            compared.append(kept)
            return QUICK.verify(kept, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert refused(clinic.service, "ada", "wrong") == "wrong_sign_in"
    wrong = ["nobody", "inactive", "without", "x\0y", "\ud800", "a" * 5000, ""]
    for login in wrong:
        assert refused(clinic.service, login, PASSWORD) == "wrong_sign_in"
    assert compared == [KEPT] * (len(wrong) + 1)
    assert len(entries(clinic.service, "sign_in_failed")) == len(wrong) + 1


def test_a_hash_of_weaker_parameters_is_renewed_when_its_password_comes(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", stronger)
    for _ in range(2):
        sign_in.sign_in(clinic.service, "ada", PASSWORD, ADDRESS)
    with clinic.service.work(SYSTEM) as work:
        hashes = dict(work.session.execute(select(User.login, User.password_hash)).all())
    assert not stronger.check_needs_rehash(hashes["ada"])
    assert hashes["ben"] == KEPT


def test_a_login_that_is_not_there_is_not_written_down(clinic: Clinic) -> None:
    refused(clinic.service, "my-password-in-the-wrong-field", "x")
    assert entries(clinic.service, "sign_in_failed") == [("", "unknown", {"by": "password", "address": ADDRESS})]


def test_a_sign_in_ends_when_it_is_not_used_and_in_any_case_after_a_day(clinic: Clinic) -> None:
    service, token = clinic.service, begun(clinic)
    for _ in range(3):
        clinic.clock.forward(minutes=29)
        assert sign_in.principal_of(service, token) is not None
    clinic.clock.forward(minutes=30)
    assert sign_in.principal_of(service, token) is None
    token = begun(clinic)
    for _ in range(12 * 4 - 1):
        clinic.clock.forward(minutes=15)
        assert sign_in.principal_of(service, token) is not None
    clinic.clock.forward(minutes=15)
    assert sign_in.principal_of(service, token) is None


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(clinic: Clinic) -> None:
    token = begun(clinic)
    for _ in range(29):
        clinic.clock.forward(minutes=1)
        assert sign_in.principal_of(clinic.service, token, active=False) is not None
    clinic.clock.forward(minutes=1)
    assert sign_in.principal_of(clinic.service, token) is None


def test_that_somebody_is_there_is_written_at_most_once_a_minute(clinic: Clinic) -> None:
    def seen() -> object:
        with clinic.service.work(SYSTEM) as work:
            return work.session.scalar(select(SignIn.seen_at))

    token, at = begun(clinic), clinic.clock.now
    clinic.clock.forward(seconds=59)
    sign_in.principal_of(clinic.service, token)
    assert seen() == at
    clinic.clock.forward(seconds=1)
    sign_in.principal_of(clinic.service, token)
    assert seen() == clinic.clock.now


def test_looking_somebody_up_does_not_wait_for_a_change_under_way(clinic: Clinic) -> None:
    token = begun(clinic)
    found: list[object] = []
    with clinic.service.work(SYSTEM) as work:
        work.session.execute(update(User).values(name="X"))  # the write lock is held
        asking = threading.Thread(target=lambda: found.append(sign_in.principal_of(clinic.service, token)))
        asking.start()
        asking.join(timeout=5)
    asking.join()
    assert found == [clinic.users["ada"]]


def test_signing_out_ends_this_sign_in_and_no_other(clinic: Clinic) -> None:
    one, two = begun(clinic), begun(clinic)
    sign_in.sign_out(clinic.service, one)
    sign_in.sign_out(clinic.service, one)
    sign_in.sign_out(clinic.service, None)
    sign_in.sign_out(clinic.service, "no such token")
    assert sign_in.principal_of(clinic.service, one) is None
    assert sign_in.principal_of(clinic.service, two) is not None
    assert len(entries(clinic.service, "sign_out")) == 1


@pytest.mark.parametrize("change", ["role", "deactivate", "password", "own_password"])
def test_sign_ins_end_when_somebody_becomes_another(clinic: Clinic, change: str) -> None:
    service, admin, ben = clinic.service, clinic.users["admin"], clinic.users["ben"]
    with service.work(admin) as work:
        work.session.execute(update(people.Client).where(people.Client.practitioner_id == ben.user_id).values(
            deleted_at=work.now))  # fmt: skip
    theirs, another = begun(clinic, "ben"), begun(clinic, "ada")
    if change == "own_password":
        fresh = accounts.change_password(service, ben, PASSWORD, "a wholly new sentence", ADDRESS)
        assert sign_in.principal_of(service, fresh) == ben
    elif change == "password":
        accounts.set_password(service, admin, ben.user_id, "a wholly new sentence")
    else:
        with service.work(admin) as work:
            people.deactivate(work, ben.user_id) if change == "deactivate" else people.change_role(
                work, ben.user_id, "reviewer"
            )
    assert sign_in.principal_of(service, theirs) is None
    assert sign_in.principal_of(service, another) is not None


def test_a_user_who_is_deactivated_by_any_means_is_out_at_once(clinic: Clinic) -> None:
    token = begun(clinic)
    with clinic.service.work(SYSTEM) as work:
        work.session.execute(update(User).values(active=False))
    assert sign_in.principal_of(clinic.service, token) is None


def test_only_an_administrator_of_the_practice_sets_a_password(clinic: Clinic) -> None:
    service, ada = clinic.service, clinic.users["ada"]
    with pytest.raises(ForbiddenError):
        accounts.set_password(service, clinic.users["ben"], ada.user_id, "a wholly new sentence")
    with pytest.raises(NotFoundError):
        accounts.set_password(service, clinic.users["other_admin"], ada.user_id, "a wholly new sentence")
    with pytest.raises(InvalidError):
        accounts.set_password(service, clinic.users["admin"], ada.user_id, "short")
    with service.work(ada) as work, pytest.raises(NotFoundError):
        sign_in.end_all(work, clinic.users["other_ada"].user_id)


def test_changing_ones_password_needs_the_old_one_and_is_throttled(clinic: Clinic) -> None:
    ada, token = clinic.users["ada"], begun(clinic)
    codes = []
    for _ in range(throttle.PER_LOGIN + 1):
        with pytest.raises(RefusedError) as error:
            accounts.change_password(clinic.service, ada, "not it", "a wholly new sentence", ADDRESS)
        codes.append(error.value.code)
    assert codes == ["wrong_sign_in"] * throttle.PER_LOGIN + ["throttled"]
    assert sign_in.principal_of(clinic.service, token) == ada


def test_too_many_failures_with_a_login_are_refused_until_they_are_past(clinic: Clinic) -> None:
    service = clinic.service
    for number in range(throttle.PER_LOGIN):
        assert refused(service, "ada", "wrong", f"198.51.100.{number}") == "wrong_sign_in"
    for _ in range(3):
        assert refused(service, "ADA", PASSWORD, "192.0.2.77") == "throttled"
    assert sign_in.sign_in(service, "ben", PASSWORD, "198.51.100.1")
    clinic.clock.forward(minutes=14)
    for _ in range(throttle.PER_LOGIN + 1):  # whoever is refused does not wait longer for it
        assert refused(service, "ada", PASSWORD, "192.0.2.77") == "throttled"
    clinic.clock.forward(minutes=1)
    assert sign_in.sign_in(service, "ada", PASSWORD, ADDRESS)
    for _ in range(throttle.PER_LOGIN):  # counted anew
        assert refused(service, "ada", "wrong") == "wrong_sign_in"


def test_a_login_that_is_not_there_is_throttled_like_one_that_is(clinic: Clinic) -> None:
    codes = [refused(clinic.service, "nobody", "wrong") for _ in range(throttle.PER_LOGIN + 1)]
    assert codes == ["wrong_sign_in"] * throttle.PER_LOGIN + ["throttled"]


def test_an_address_that_tries_many_logins_is_refused(clinic: Clinic) -> None:
    for number in range(throttle.PER_ADDRESS):
        host = f"2001:db8::{number:x}"  # all of one network
        assert refused(clinic.service, f"login{number}", "wrong", host) == "wrong_sign_in"
    assert refused(clinic.service, "ada", PASSWORD, "2001:db8::ffff") == "throttled"
    assert sign_in.sign_in(clinic.service, "ada", PASSWORD, "2001:db8:0:1::1")


def test_of_many_at_once_no_more_than_the_limit_are_compared(clinic: Clinic) -> None:
    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(lambda _: refused(clinic.service, "ada", "wrong"), range(24)))
    assert codes.count("wrong_sign_in") <= throttle.PER_LOGIN
    assert set(codes) <= {"wrong_sign_in", "throttled"}


def test_a_refusal_for_lack_of_room_is_not_counted(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_gauge", passwords.Gauge(burst=0))
    assert refused(clinic.service, "ada", PASSWORD) == "busy"
    with clinic.service.work(SYSTEM) as work:
        assert work.session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


def test_old_attempts_and_sign_ins_are_forgotten(clinic: Clinic) -> None:
    refused(clinic.service, "ada", "wrong")
    begun(clinic)
    clinic.clock.forward(hours=2)
    refused(clinic.service, "ben", "wrong")
    clinic.clock.forward(hours=35)
    sign_in.forget_old(clinic.service)
    with clinic.service.work(SYSTEM) as work:
        assert work.session.scalar(select(func.count()).select_from(SignInAttempt)) == 2
        assert work.session.scalar(select(func.count()).select_from(SignIn)) == 0
        work.session.execute(delete(SignInAttempt))


def test_nothing_in_the_table_of_attempts_tells_a_login_or_an_address(clinic: Clinic) -> None:
    refused(clinic.service, "ada", "wrong")
    with clinic.service.work(SYSTEM) as work:
        subjects = work.session.scalars(select(SignInAttempt.subject)).all()
    assert len(set(subjects)) == 2
    assert all(len(subject) == 64 and "ada" not in subject for subject in subjects)

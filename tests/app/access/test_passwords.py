"""Passwords: what is accepted, what is compared, and how many at once."""

import threading

import pytest

from app.access import passwords
from app.access.passwords import Gauge, check_password, hash_password, is_outdated, matches
from app.errors import InvalidError, RefusedError

OLD = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$bKrTiJLc0V8"


def test_a_hash_has_the_parameters_and_knows_its_password_alone() -> None:
    kept = hash_password("café au lait, please")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords._NOBODYS.split("$")[:4] == kept.split("$")[:4]  # no login is quicker than another
    assert len(passwords._NOBODYS.split("$")[5]) == len(kept.split("$")[5])
    assert matches(kept, "cafe\u0301 au lait, please")  # the same letters from another keyboard
    assert not matches(kept, "cafe au lait, please")
    assert not is_outdated(kept)
    assert is_outdated(OLD)


@pytest.mark.parametrize("kept", [None, "", "not a hash", "$argon2id$v=19$m=65536,t=3,p=4$$"])
def test_no_password_fits_where_there_is_none(kept: str | None) -> None:
    assert not matches(kept, "")


def test_a_password_that_is_too_long_is_not_cut_to_fit() -> None:
    kept = hash_password("x" * passwords.LONGEST)
    assert not matches(kept, "x" * (passwords.LONGEST + 1))


@pytest.mark.parametrize(
    "password",
    ["", "eleven char", "a" * 300, "aaaaaaaaaaaaaaaa", "abababababababab", "with\0control chars", "ada.vale ada.vale"],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(InvalidError):
        check_password(password, "Ada.Vale@practice.example")


def test_a_sentence_is_a_good_password() -> None:
    check_password("the lamp is on again", "ada")


def test_no_more_at_once_and_none_waits_for_ever() -> None:
    gauge, inside, go = Gauge(at_once=1, waiting=1, seconds=0.05), threading.Event(), threading.Event()

    def stay() -> None:
        with gauge.place():
            inside.set()
            go.wait()

    staying = threading.Thread(target=stay)
    staying.start()
    inside.wait()
    with pytest.raises(RefusedError), gauge.place():
        pass
    go.set()
    staying.join()
    with gauge.place():
        pass


def test_no_more_a_second_than_the_rate() -> None:
    now = [0.0]
    gauge = Gauge(per_second=2, burst=3, clock=lambda: now[0])

    def come(times: int) -> int:
        passed = 0
        for _ in range(times):
            try:
                with gauge.place():
                    passed += 1
            except RefusedError:
                pass
        return passed

    assert come(5) == 3
    now[0] = 1.0
    assert come(5) == 2
    now[0] = 100.0
    assert come(5) == 3

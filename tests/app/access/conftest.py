"""What the tests of access share."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from app.access import passwords
from app.database.people import User
from app.database.scope import Principal
from tests.app.conftest import Clinic

PASSWORD = "the lamp is on again"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
KEPT = QUICK.hash(PASSWORD)


@pytest.fixture
def clinic(clinic_of_two: Clinic, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """Everybody has PASSWORD, and argon2 hardly any work: tests sign in dozens of times."""
    monkeypatch.setattr(passwords, "_gauge", passwords.Gauge(burst=1000))
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    monkeypatch.setattr(passwords, "_NOBODYS", KEPT)
    with clinic_of_two.service.work(Principal.system("test")) as work:
        work.session.execute(update(User).values(password_hash=KEPT))
    return clinic_of_two

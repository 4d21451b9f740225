"""A service with two practices, on SQLite and on PostgreSQL, whose clock the tests move."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from app.database import clinic, people
from app.database.base import Base, Role, new_id
from app.database.schema import protect
from app.database.scope import Principal
from app.settings import ServiceSettings
from app.wiring import Service, open_service
from app.work.unit import Work
from tests.app import postgres

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DATABASES = ("sqlite", "postgresql")


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass
class Clinic:
    """Two practices with an administrator, a reviewer and two practitioners each, of whom each has one client."""

    service: Service
    clock: Clock
    users: dict[str, Principal] = field(default_factory=dict)
    """By name: `admin`, `reviewer`, `ada`, `ben` in the first practice; `other_…` in the second."""
    clients: dict[str, str] = field(default_factory=dict)
    """By the practitioner's name: the client's id."""
    practices: tuple[str, str] = ("", "")

    def work(self, name: str) -> AbstractContextManager[Work]:
        """A transaction of a user."""
        return self.service.work(self.users[name])

    def note_type(self, base: str | None = "soap", **given: Any) -> str:
        """A note type, of the first practice unless another is given; the Summary alone, unless elements are given."""
        with self.service.work(Principal.system("setup")) as work:
            row = clinic.Template(
                id=new_id(), name="made", title=f"{base} {new_id()[:4]}", base=base,
                **({"practice_id": self.practices[0], "elements": [{"kind": "summary"}]} | given),
            )  # fmt: skip
            work.session.add(row)
        return row.id

    def appointment(self, name: str = "ada", **given: Any) -> str:
        """An appointment of a practitioner with their client, from now, for 50 minutes."""
        owner = self.users[name]
        template_id = given.pop("template_id", None) or self.note_type(practice_id=owner.practice_id)
        with self.service.work(Principal.system("setup")) as work:
            row = clinic.Appointment(
                id=new_id(), practice_id=owner.practice_id, practitioner_id=owner.user_id, template_id=template_id,
                **({"client_id": self.clients[name], "starts_at": self.clock.now, "cpt": "90834",
                    "ends_at": self.clock.now + timedelta(minutes=50), "telehealth": True} | given),
            )  # fmt: skip
            work.session.add(row)
        return row.id

    def guest(self, appointment_id: str) -> Principal:
        """The client in the waiting room of an appointment of the first practice."""
        return Principal(Role.GUEST, f"guest:{appointment_id}", self.practices[0], appointment_id)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    # Not in pytest's folder: the next pytest to start closes that to everybody but its user, and the server is another.
    with (
        tempfile.TemporaryDirectory(prefix="notebench-postgresql-") as folder,
        postgres.running(Path(folder)) as server,
    ):
        owner, _ = server.fresh()
        engine = create_engine(owner)
        Base.metadata.create_all(engine)
        protect(engine, postgres.SERVICE)
        engine.dispose()
        server.execute("ALTER DATABASE test_1 RENAME TO prepared")
        yield server


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database with all tables; a test that takes it runs on both."""
    with empty_database(request, tmp_path) as url:
        yield url


@contextmanager
def empty_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """An empty database of the kind that the request's parameter names, with all tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'records.sqlite'}"
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        protect(engine)
        engine.dispose()
        yield url
        return
    server: postgres.Server = request.getfixturevalue("postgresql")
    _, url = server.fresh("prepared")
    yield url
    server.drop(url)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> ServiceSettings:
    return ServiceSettings(_env_file=None, data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
def service(settings: ServiceSettings, clock: Clock) -> Iterator[Service]:
    opened = open_service(settings, clock)
    yield opened
    opened.close()


@pytest.fixture
def clinic_of_two(service: Service, clock: Clock) -> Clinic:
    return two_practices(service, clock)


def two_practices(service: Service, clock: Clock) -> Clinic:
    """Both practices of `Clinic`, put into an empty service."""
    made = Clinic(service, clock)
    with service.work(Principal.system("setup")) as work:
        ids = []
        for prefix in ("", "other_"):
            practice = people.Practice(id=new_id(), name=f"{prefix}practice", ai_enabled=True, created_at=clock.now)
            work.session.add(practice)
            work.session.flush()
            ids.append(practice.id)
            for name, role in (("admin", Role.ADMINISTRATOR), ("reviewer", Role.REVIEWER),
                               ("ada", Role.PRACTITIONER), ("ben", Role.PRACTITIONER)):  # fmt: skip
                user = people.User(id=new_id(), practice_id=practice.id, login=prefix + name, name=name.title(),
                                   role=role, created_at=clock.now)  # fmt: skip
                work.session.add(user)
                work.session.flush()
                made.users[prefix + name] = Principal(role, user.id, practice.id)
                if role == Role.PRACTITIONER:
                    client = clinic.Client(id=new_id(), practice_id=practice.id, practitioner_id=user.id,
                                           created_at=clock.now)  # fmt: skip
                    work.vault.create(f"client-{client.id}")
                    client.sealed = work.vault.seal(f"client-{client.id}", {"client": {"name": "Ro Vale"}}, "chart")
                    work.session.add(client)
                    made.clients[prefix + name] = client.id
        made.practices = (ids[0], ids[1])
    return made

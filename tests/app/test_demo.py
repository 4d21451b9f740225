"""The demo practice: whole after one fill, and the same after the next; cut short, it goes on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from app import demo
from app.access import sign_in
from app.database.clinic import Appointment, Client
from app.database.notes import StoredNote
from app.database.operations import AuditEntry, Task
from app.database.people import User
from app.database.scope import Principal
from app.database.sessions import StoredTranscript
from app.wiring import Service
from app.work import appointments, transcripts
from tests.app.conftest import Clock

SYSTEM = Principal.system("test")


@pytest.fixture(autouse=True)
def _few_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    few = list(demo._encounters())[:7]
    monkeypatch.setattr(demo, "_encounters", lambda: few)


def count(service: Service) -> dict[str, int]:
    tables: tuple[Any, ...] = (User, Client, Appointment, StoredTranscript, StoredNote, Task)
    with service.reading(SYSTEM) as session:
        return {mapped.__name__: session.scalar(select(func.count()).select_from(mapped)) or 0 for mapped in tables}


def of(service: Service, login: str) -> Principal:
    with service.reading(SYSTEM) as session:
        user = session.scalars(select(User).where(User.login == login)).one()
    return Principal(user.role, user.id, user.practice_id)  # type: ignore[arg-type]


def test_one_fill_gives_a_whole_practice(service: Service, clock: Clock) -> None:
    lines = "\n".join(demo.fill(service))
    password = re.search(r'"(.+)"', lines)
    assert password
    for login, _, role in demo._PEOPLE:
        token = sign_in.sign_in(service, login, password[1], "127.0.0.1")
        principal = sign_in.principal_of(service, token)
        assert principal is not None
        assert principal.role == role
        assert login in lines
    now = count(service)
    assert (now["User"], now["Client"], now["StoredTranscript"]) == (5, 7, 7)
    assert now["Task"] == 3
    with service.work(of(service, "abel")) as work:
        today = appointments.list_appointments(work, clock.now, clock.now.replace(hour=23))
        past = appointments.list_appointments(work, clock.now.replace(month=2), clock.now)
        assert transcripts.view(work, past[0].id).turns
    assert today[0].consent
    assert {one.status for one in past} <= {"held", "signed"}
    assert all(one.began_at and one.ended_at and not one.warnings and one.synthetic for one in past)


def test_the_next_fill_changes_nothing(service: Service) -> None:
    demo.fill(service)
    before = count(service)
    demo.fill(service)
    assert count(service) == before


def test_the_day_after_there_are_appointments_again(service: Service, clock: Clock) -> None:
    demo.fill(service)
    before = count(service)
    clock.forward(days=1)
    demo.fill(service)
    assert count(service)["Appointment"] > before["Appointment"]
    assert count(service) | {"Appointment": 0} == before | {"Appointment": 0}


def test_a_fill_that_was_cut_short_goes_on(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = demo._held, []

    def cut(*arguments: Any) -> str:
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(demo, "_held", cut)
    with pytest.raises(KeyboardInterrupt):
        demo.fill(service)
    assert count(service)["Client"] == 3
    demo.fill(service)
    assert count(service)["Client"] == count(service)["StoredTranscript"] == 7


def test_nothing_of_a_session_stands_in_the_log(service: Service) -> None:
    demo.fill(service)
    with service.reading(SYSTEM) as session:
        details = [value for entry in session.scalars(select(AuditEntry)) for value in entry.details.values()]
    assert not [value for value in details if isinstance(value, str) and " " in value]

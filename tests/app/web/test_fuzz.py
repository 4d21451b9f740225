"""The API keeps its own description, whatever comes. `benchmarks/api_fuzz.py` makes thousands of such requests."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from app.access import passwords
from app.database.base import Base
from app.database.schema import protect
from app.settings import ServiceSettings
from app.wiring import open_service
from tests.app.conftest import Clock, two_practices
from tests.app.web.fuzz import Findings, fuzz, operations
from tests.app.web.world import World, world_of


def fresh_world(folder: Path) -> World:
    """A world of its own on SQLite."""
    url = f"sqlite:///{folder / 'records.sqlite'}"
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    protect(engine)
    engine.dispose()
    settings = ServiceSettings(_env_file=None, data_dir=folder / "data", database_url=url)
    return world_of(two_practices(open_service(settings, Clock()), Clock()))


def test_answers_are_as_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_gauge", passwords.Gauge(burst=1000))
    world, findings = fresh_world(tmp_path), Findings()
    for operation in operations(world)[::4]:  # the time that it takes is the library's, for each operation
        fuzz(world, operation, 2, findings)
    world.clinic.service.close()
    assert not findings.wrong, "\n\n".join(f"{what}\n{example}" for what, example in findings.wrong.items())
    assert findings.cases > 40
    assert len(findings.reached) > 5

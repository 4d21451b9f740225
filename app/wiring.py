"""Where the parts of the service meet: settings in, a service out. Nothing else builds any of these."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine

from app.database import clinic, notes, operations, people, sessions  # noqa: F401 - every table is defined
from app.database.engine import READS_ALONE, open_engine, records_url
from app.database.scope import Principal, ScopedSession, guard
from app.settings import ServiceSettings
from app.storage.recordings import AudioStore, recordings_folder
from app.storage.vault import Vault, master_key
from app.work.leases import Leases
from app.work.unit import Work, work


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Service:
    """The service of one machine. `clock` gives the time; tests move it."""

    settings: ServiceSettings
    engine: Engine
    vault: Vault
    audio: AudioStore
    clock: Callable[[], datetime] = utc_now
    leases: Leases = field(default_factory=Leases)
    """What this process remembers of the recordings that go on."""

    def work(self, principal: Principal) -> AbstractContextManager[Work]:
        """A transaction for a principal: `with service.work(principal) as work: …`."""
        return work(self.engine, principal, self.vault, self.settings, self.clock())

    def reading(self, principal: Principal) -> AbstractContextManager[ScopedSession]:
        """A transaction that writes nothing and waits for nobody, for what every request must look up."""
        return ScopedSession(self.engine.execution_options(**{READS_ALONE: True}), principal)

    def close(self) -> None:
        self.engine.dispose()


def open_service(settings: ServiceSettings, clock: Callable[[], datetime] = utc_now) -> Service:
    """The service as the settings name it.

    Raises:
        InputError: a key is missing or wrong.
    """
    vault = Vault(settings.service_dir / "keys", master_key(settings))
    audio = AudioStore(recordings_folder(settings), vault)
    return Service(settings, guard(open_engine(records_url(settings))), vault, audio, clock)

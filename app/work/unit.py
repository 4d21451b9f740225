"""What a use case is given: one transaction in the name of one principal, with all that it may need."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from app import audit
from app.database.base import Base, Role
from app.database.scope import Principal, ScopedSession
from app.errors import ConflictError, ForbiddenError, NotFoundError
from app.settings import ServiceSettings
from app.storage.vault import Vault

Row = TypeVar("Row", bound=Base)
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass
class Work:
    """One transaction for one principal. Content is sealed and opened here; reads and changes are noted in the log."""

    principal: Principal
    session: ScopedSession
    vault: Vault
    settings: ServiceSettings
    now: datetime
    _entries: list[dict[str, Any]] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """What is to happen once the change is durable, such as destroying a key."""

    def get(self, mapped: type[Row], row_id: str, kind: str, *, lock: bool = False) -> Row:
        """The row, if it is within the principal's reach.

        Raises:
            NotFoundError: there is none, or it is not theirs.
        """
        if not _ID.fullmatch(row_id):  # some texts cannot even be asked for
            raise NotFoundError(kind)
        query = select(mapped).where(mapped.id == row_id)  # type: ignore[attr-defined]
        if lock:  # what was read before we waited for the lock may have changed meanwhile
            query = query.with_for_update().execution_options(populate_existing=True)
        row = self.session.scalars(query).first()
        if row is None:
            raise NotFoundError(kind)
        return row

    def allow(self, *roles: Role) -> None:
        """Refuse every other role. The system may do what its users may."""
        if self.principal.role not in {*roles, Role.SYSTEM}:
            raise ForbiddenError

    def note(self, action: str, kind: str, row: Any, **details: Any) -> None:
        """Put a read or a change into the audit log; `details` hold ids, numbers and fixed words alone."""
        practice_id = row.practice_id if hasattr(row, "practice_id") else row.id
        entry = {"practice_id": practice_id, "action": action, "kind": kind, "object_id": row.id, "details": details}
        self._entries.append(entry)

    def write_entries(self) -> None:
        """Write the noted entries, last of all: the chain's lock is held for as short a time as can be."""
        if not self._entries:
            return
        with self.session.acting(Principal.system("audit")):
            for entry in self._entries:
                audit.append(self.session, self.vault.audit_key, self.now, actor=self.principal.user_id, **entry)
        self._entries.clear()


@contextmanager
def work(
    engine: Engine, principal: Principal, vault: Vault, settings: ServiceSettings, now: datetime
) -> Iterator[Work]:
    """Begin a transaction; commit when the block ends, roll back when it raises.

    Raises:
        ConflictError: a row was changed by somebody else since it was read.
    """
    with ScopedSession(engine, principal) as session:
        unit = Work(principal, session, vault, settings, now)
        try:
            yield unit
            session.flush()
            unit.write_entries()
            session.commit()
        except StaleDataError:
            raise ConflictError("record") from None
        except IntegrityError:
            raise ConflictError("record") from None  # the database's own text may quote what was written
    for act in unit.after_commit:
        act()

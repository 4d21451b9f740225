"""A backup put back: records and recordings in place, brought up to date, and honest about what is gone for ever.

A backup is older than the keys. What was deleted for ever since has no key any more: its ciphertext, which came back
with the backup, is ended again, with a receipt. So what the service shows is what it can open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from app.access import sign_in
from app.database import schema
from app.database.notes import StoredNote
from app.database.people import Practice, User
from app.database.scope import Principal
from app.doctor.objects import Objects, objects_of
from app.settings import ServiceSettings
from app.storage.backup import restore
from app.storage.deletion import delete_for_ever
from app.storage.vault import DamagedError, Vault
from app.wiring import Service, open_service, utc_now
from pipelines.records import InputError

RULE = "key_gone"
_SYSTEM = Principal.system("restore")


@dataclass(frozen=True)
class Restored:
    """`ended`: objects, by the names of their keys, that were deleted for ever since the backup was made."""

    ended: list[str]


def put_back(settings: ServiceSettings, folder: Path, clock: Callable[[], datetime] = utc_now) -> Restored:
    """Restore a backup into a service that is stopped and empty, beside the keys that it still has.

    Raises:
        InputError: it cannot be put in place; or the keys beside it are not those of its data.
    """
    restore(settings, folder)
    schema.upgrade(settings)
    service = open_service(settings, clock)
    try:
        return reconcile(service)
    finally:
        service.close()


def reconcile(service: Service) -> Restored:
    """End what cannot be opened any more, and every sign-in: a restored one may have been ended since.

    Raises:
        InputError: there is no key at all, or one does not open with this master key: nothing is changed.
    """
    known = _known(service)
    _refuse_other_keys(known, service.vault)
    gone = _unreadable(service, known, "client-")
    for name in gone:
        _end(service, name)
    gone += (parts := _unreadable(service, _known(service), ""))  # what did not end with its client
    for name in parts:
        _end(service, name)
        if name.startswith("draft-"):
            _begin_anew(service, name)
    with service.work(_SYSTEM) as work:
        for user_id in work.session.scalars(select(User.id)).all():
            sign_in.end_all(work, user_id)
        for practice in work.session.scalars(select(Practice)).all():
            work.note("restore", "practice", practice, ended=len(gone))
    return Restored(gone)


def _known(service: Service) -> Objects:
    with service.reading(_SYSTEM) as session:
        return objects_of(session)


def _unreadable(service: Service, known: Objects, kind: str) -> list[str]:
    names = sorted(name for name in known.sealed - known.pending if name.startswith(kind))
    return [name for name in names if not service.vault.holds(name)]


def _end(service: Service, name: str) -> None:
    with service.work(_SYSTEM) as work:
        delete_for_ever(work, name, RULE)
        if name.startswith("draft-"):
            work.get(StoredNote, name.removeprefix("draft-"), "note").revision = 0


def _begin_anew(service: Service, name: str) -> None:
    """A note that is not signed in these records can be written again, under a new key of the same name."""
    with service.reading(_SYSTEM) as session:
        query = select(StoredNote.signed_at).where(StoredNote.id == name.removeprefix("draft-"))
        signed_at = session.scalars(query).one()
    if signed_at is None and name not in _known(service).pending:
        service.vault.create(name)


def _refuse_other_keys(known: Objects, vault: Vault) -> None:
    held = [name for name in known.sealed if vault.holds(name)]
    if known.sealed and not held:
        raise InputError(f"{vault.folder}: no key of the restored data is there; put their replica in place, then "
                         "run: notebench restore --reconcile")  # fmt: skip
    for name in held:
        try:
            vault.seal_bytes(name, b"", "probe")
        except DamagedError:
            raise InputError(f"{vault.folder / name}: does not open with this NOTEBENCH_MASTER_KEY; set the one it was "
                             "made with, then run notebench restore --reconcile") from None  # fmt: skip

"""Rows, keys and sound belong together: what of them stands alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.database.clinic import Appointment, Client
from app.database.notes import Addendum, Feedback, Revision, StoredNote
from app.database.operations import Deletion
from app.database.scope import Principal, ScopedSession
from app.database.sessions import Recording, SessionSummary, StoredTranscript
from app.doctor.finding import Finding
from app.storage.recordings import AudioStore, key_name, recordings_folder

if TYPE_CHECKING:
    from app.wiring import Service

_SYSTEM = Principal.system("doctor")
_YOUNG = 600.0  # seconds: a key is made before the transaction that it is for has ended
_REPLICA = (
    "restore the key folder's replica; if the key was destroyed since this backup of the records: notebench restore"
)


@dataclass(frozen=True)
class Objects:
    """Names of keys: `sealed` has ciphertext that they open; `alive` may still have a key; `rows` has a row at all.

    `pending` is being deleted; `deleted` has a receipt.
    """

    sealed: set[str]
    alive: set[str]
    rows: set[str]
    pending: set[str]
    deleted: set[str]


def objects_of(session: ScopedSession) -> Objects:
    """What the records say of every object."""
    ended = set(session.scalars(select(Deletion.object_id).where(Deletion.done_at.is_not(None))))
    pending = set(session.scalars(select(Deletion.object_id).where(Deletion.done_at.is_(None))))
    return Objects(_sealed(session), _alive(session), _rows(session), pending, ended)


def keys(service: Service, *, repair: bool) -> Iterator[Finding]:
    """Keys without an object, and objects without their key."""
    names = {name for name in service.vault.names() if not _is_young(service, name)}  # before the rows are read
    with service.reading(_SYSTEM) as session:
        known = objects_of(session)
    for name in sorted(known.sealed - known.pending):
        if not service.vault.holds(name):
            yield Finding("keys", name, "its key is missing: nothing of it can be read", _REPLICA)
    for name in sorted(names & (known.rows - known.alive) - known.pending):
        certain = name in known.deleted
        if certain and repair:
            service.vault.shred(name)
        told = "it was ended, and its key is still there: copies of it could be read"
        remedy = "notebench doctor --repair" if certain else f"delete {service.vault.folder / name}"
        yield Finding("keys", name, told, remedy, repaired=certain and repair)
    for name in sorted(names - known.rows - _orphans(service)):
        remedy = f"unless newer records are to be restored, delete {service.vault.folder / name}"
        yield Finding("keys", name, "nothing in the records belongs to this key", remedy)


def audio(service: Service, *, repair: bool) -> Iterator[Finding]:
    """Sound that no recording owns any more, and recordings without their sound."""
    store = AudioStore(recordings_folder(service.settings), service.vault)
    folders = set(store.recordings())
    with service.reading(_SYSTEM) as session:
        rows = {row.id: row for row in session.scalars(select(Recording))}
        pending = set(session.scalars(select(Deletion.object_id).where(Deletion.done_at.is_(None))))
        ended = set(session.scalars(select(Deletion.object_id).where(Deletion.done_at.is_not(None))))
    for name in sorted(folders):
        row = rows.get(name)
        if key_name(name) in pending or (row is not None and row.audio_deleted_at is None):
            continue
        # Sound that nothing says was deleted may be of an upload under way, or newer than restored records.
        certain = row is not None or key_name(name) in ended
        if not certain and _is_young(service, key_name(name)):
            continue
        if certain and repair:
            service.vault.shred(key_name(name))
            store.delete(name)
        told = "sound of a recording that was deleted" if certain else "sound without a recording in the records"
        by_hand = f"restore newer records, or delete {store.folder / name} and {service.vault.folder / key_name(name)}"
        remedy = "notebench doctor --repair" if certain else by_hand
        yield Finding("audio", str(store.folder / name), told, remedy, repaired=certain and repair)
    for name, row in sorted(rows.items()):
        lost = row.state in {"complete", "failed"} and row.audio_deleted_at is None and name not in folders
        if lost and key_name(name) not in pending:
            told = f"its sound is not there, though it is {row.state}"
            yield Finding("audio", key_name(name), told, "restore the recordings, or delete the recording")


def _orphans(service: Service) -> set[str]:
    """Keys of sound that lies there without a row: `audio` tells of them."""
    return {key_name(name) for name in AudioStore(recordings_folder(service.settings), service.vault).recordings()}


def _is_young(service: Service, name: str) -> bool:
    try:
        return time.time() - (service.vault.folder / name).stat().st_mtime < _YOUNG
    except FileNotFoundError:
        return True


def _sealed(session: ScopedSession) -> set[str]:
    """Names of the keys that some ciphertext needs."""
    found = {f"client-{i}" for i in session.scalars(select(Client.id).where(Client.sealed.is_not(None)))}
    of_client: tuple[Any, ...] = (SessionSummary, StoredNote, Addendum, Feedback)
    for mapped in of_client:
        query = select(Appointment.client_id).join(mapped, mapped.appointment_id == Appointment.id)
        found |= {f"client-{i}" for i in session.scalars(query.where(mapped.sealed.is_not(None)).distinct())}
    transcripts = select(StoredTranscript.id).where(StoredTranscript.sealed.is_not(None))
    revisions = select(Revision.note_id).where(Revision.sealed.is_not(None)).distinct()
    found |= {f"transcript-{i}" for i in session.scalars(transcripts)}
    found |= {f"draft-{i}" for i in session.scalars(revisions)}
    return found | {key_name(i) for i in session.scalars(select(Recording.id).where(_has_sound()))}


def _has_sound() -> Any:
    return Recording.audio_deleted_at.is_(None) & Recording.state.in_(("open", "complete", "failed"))


def _alive(session: ScopedSession) -> set[str]:
    return {
        *(f"client-{i}" for i in session.scalars(select(Client.id).where(Client.deleted_at.is_(None)))),
        *(f"transcript-{i}" for i in session.scalars(
            select(StoredTranscript.id).where(StoredTranscript.ended_at.is_(None)))),
        *(f"draft-{i}" for i in session.scalars(select(StoredNote.id).where(StoredNote.signed_at.is_(None)))),
        *(key_name(i) for i in session.scalars(select(Recording.id).where(Recording.audio_deleted_at.is_(None)))),
    }  # fmt: skip


def _rows(session: ScopedSession) -> set[str]:
    tables: tuple[tuple[str, Any], ...] = (
        ("client", Client), ("transcript", StoredTranscript), ("draft", StoredNote), ("recording", Recording),
    )  # fmt: skip
    return {f"{kind}-{i}" for kind, mapped in tables for i in session.scalars(select(mapped.id))}

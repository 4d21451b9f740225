"""Permanent deletion: the key is destroyed first, and with it every copy of the ciphertext there may be.

The order: the deletion is written down, in the transaction that asks for it; then the key is shredded, the sound
removed, the ciphertext nulled together with the receipt in the audit log, and the database's own log truncated. Each
step may be done again, so whatever ends the process in between, `sweep` goes on from there.

What is deleted together with a client: all that was kept of them. Their row stays, empty, and so do the rows of their
appointments, so that the ids in the audit log still point somewhere.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Update, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.database.base import new_id
from app.database.clinic import Appointment, Client
from app.database.notes import Addendum, Feedback, Revision, StoredNote
from app.database.operations import Deletion
from app.database.scope import Principal, ScopedSession, reaches
from app.database.sessions import Recording, SessionSummary, StoredTranscript
from app.errors import ConflictError, NotFoundError
from app.settings import ServiceSettings
from app.storage.recordings import AudioStore, recordings_folder
from app.storage.vault import Vault
from app.work.unit import Work
from app.work.unit import work as begin_work

if TYPE_CHECKING:
    from app.wiring import Service

_log = logging.getLogger(__name__)
_SYSTEM = Principal.system("deletion")
_RULE = re.compile(r"[a-z_]{1,20}")
_CLIENT_RULE = "client_deleted"
_Kept = Client | Recording | StoredTranscript | StoredNote
_KINDS: Mapping[str, tuple[type[_Kept], str]] = {
    "client": (Client, "client"),
    "recording": (Recording, "recording"),
    "transcript": (StoredTranscript, "transcript"),
    "draft": (StoredNote, "note"),
}


@dataclass(frozen=True)
class Swept:
    """How many deletions are finished now, and how many still wait for a next time."""

    done: int
    left: int


@dataclass(frozen=True)
class _Place:
    """Where deletions are carried out."""

    engine: Engine
    vault: Vault
    settings: ServiceSettings
    now: datetime

    def work(self) -> Any:
        return begin_work(self.engine, _SYSTEM, self.vault, self.settings, self.now)


@dataclass(frozen=True)
class _Target:
    """What an entry of the audit log is about, whether or not its row is still there."""

    practice_id: str
    id: str


def delete_for_ever(work: Work, object_name: str, rule: str) -> None:
    """Delete an object for ever: written down now, carried out as soon as the transaction is durable.

    Args:
        object_name: the name of its key, such as transcript-ID. A client's covers everything of the client.
        rule: the fixed word for why, such as signed, retention, practitioner.

    Raises:
        NotFoundError: there is none, or the principal may not change it.
    """
    if not _RULE.fullmatch(rule):
        raise ValueError("a rule is a fixed word")
    asker = work.principal
    with work.session.acting(_SYSTEM):
        row = _row(work.session, object_name)
        if row is None or not reaches(type(row).access.write, asker, _owner(row)):
            raise NotFoundError(_KINDS[object_name.partition("-")[0]][1])
        marked = [_mark(work, object_name, row, rule)]
        if isinstance(row, Client):
            marked += [_mark(work, name, part, _CLIENT_RULE) for name, part in _parts(work, row)]
    place = _Place(work.session.get_bind(), work.vault, work.settings, work.now)  # type: ignore[arg-type]
    work.after_commit.append(lambda: _at_once(place, marked))


def sweep(service: Service) -> Swept:
    """Finish every deletion that was begun, and truncate the database's own log where that is still owed."""
    place = _Place(service.engine, service.vault, service.settings, service.clock())
    with service.reading(_SYSTEM) as session:
        query = select(Deletion.id).where(Deletion.done_at.is_(None)).order_by(Deletion.asked_at)
        waiting = list(session.scalars(query))
    done = _carry_out_all(place, waiting)
    return Swept(done, len(waiting) - done)


def is_pending(work: Work, object_name: str) -> bool:
    """Whether a deletion of this object was begun and is not finished: a new key of this name would be destroyed."""
    with work.session.acting(_SYSTEM):
        return work.session.scalars(_pending(object_name)).first() is not None


def _pending(object_name: str) -> Any:
    return select(Deletion).where(Deletion.object_id == object_name, Deletion.done_at.is_(None))


def _row(session: ScopedSession, object_name: str) -> _Kept | None:
    kind, _, object_id = object_name.partition("-")
    if kind not in _KINDS:
        raise ValueError("not the name of an object")
    mapped: Any = _KINDS[kind][0]
    row: _Kept | None = session.scalars(select(mapped).where(mapped.id == object_id).with_for_update()).first()
    return row


def _owner(row: Any) -> dict[str, Any]:
    names = ("practice_id", "practitioner_id", "user_id", "appointment_id")
    return {name: getattr(row, name) for name in names if hasattr(row, name)}


def _mark(work: Work, object_name: str, row: _Kept, rule: str) -> str:
    """Write the deletion down; from here on it happens. The object is out of use at once."""
    if isinstance(row, Client):
        row.deleted_at = row.deleted_at or work.now
    elif isinstance(row, Recording) and row.state in {"open", "complete"}:
        row.state, row.holder = "deleted", None
    elif isinstance(row, StoredTranscript) and row.ended_at is None:
        row.ended_at, row.ended_by = work.now, rule
    deletion = work.session.scalars(_pending(object_name)).first()
    if deletion is None:
        deletion = Deletion(id=new_id(), practice_id=row.practice_id, object_id=object_name, rule=rule,
                            asked_by=work.principal.user_id, asked_at=work.now)  # fmt: skip
        work.session.add(deletion)
    work.note("delete_for_ever", _KINDS[object_name.partition("-")[0]][1], row, rule=rule, deletion=deletion.id)
    return str(deletion.id)


def _parts(work: Work, client: Client) -> list[tuple[str, _Kept]]:
    """What else lies under keys of its own of a client, and is still there."""
    of_client = select(Appointment.id).where(Appointment.client_id == client.id)
    found: list[tuple[str, _Kept]] = []
    for kind, (mapped, _) in _KINDS.items():
        if mapped is Client:
            continue
        part: Any = mapped
        rows = work.session.scalars(select(part).where(part.appointment_id.in_(of_client)).with_for_update())
        found += [(f"{kind}-{row.id}", row) for row in rows]
    return [(name, row) for name, row in found if work.vault.holds(name) or not _is_empty(row)]


def _is_empty(row: _Kept) -> bool:
    """Whether an object without a key has nothing left either. A note itself is under its client's key."""
    match row:
        case Recording():
            return row.audio_deleted_at is not None
        case StoredNote():
            return True
        case _:
            return row.sealed is None


def _at_once(place: _Place, ids: Iterable[str]) -> None:
    _carry_out_all(place, ids)


def _carry_out_all(place: _Place, ids: Iterable[str]) -> int:
    """Carry out what was written down. What fails now is tried again by the sweeper; it is never forgotten."""
    done = 0
    for deletion_id in ids:
        try:
            _carry_out(place, deletion_id)
            done += 1
        except (OSError, SQLAlchemyError, ConflictError) as error:
            _log.warning("deletion %s waits for the next sweep: %s", deletion_id, type(error).__name__)
    try:
        _erase_traces(place)
    except (OSError, SQLAlchemyError, ConflictError) as error:
        _log.warning("the database's log waits for the next sweep: %s", type(error).__name__)
    return done


def _carry_out(place: _Place, deletion_id: str) -> None:
    with place.work() as work:
        deletion = work.get(Deletion, deletion_id, "deletion")
        name, done = deletion.object_id, deletion.done_at is not None
    if done:
        return
    place.vault.shred(name)
    kind, _, object_id = name.partition("-")
    if kind == "recording":
        AudioStore(recordings_folder(place.settings), place.vault).delete(object_id)
    with place.work() as work:
        _finish(work, deletion_id)


def _finish(work: Work, deletion_id: str) -> None:
    """Null what the key sealed, and write the receipt, in one transaction."""
    deletion = work.get(Deletion, deletion_id, "deletion", lock=True)
    if deletion.done_at is not None:
        return
    kind, _, object_id = deletion.object_id.partition("-")
    _EMPTY[kind](work, object_id)
    deletion.done_at = work.now
    work.note(
        "deleted_for_ever", _KINDS[kind][1], _Target(deletion.practice_id, object_id), rule=deletion.rule,
        asked_by=deletion.asked_by, asked_at=deletion.asked_at.isoformat(), deletion=deletion.id,
    )  # fmt: skip


def _empty_client(work: Work, client_id: str) -> None:
    of_client = select(Appointment.id).where(Appointment.client_id == client_id)
    _change(work, update(Client).where(Client.id == client_id).values(sealed=None))
    for mapped in (SessionSummary, Addendum, Feedback):
        _change(work, update(mapped).where(mapped.appointment_id.in_(of_client)).values(sealed=None))
    notes = update(StoredNote).where(StoredNote.appointment_id.in_(of_client))
    _change(work, notes.values(sealed=None, digest=None))  # a digest would confirm a guess of the words
    _change(work, update(Appointment).where(Appointment.client_id == client_id).values(link_digest=None))


def _empty_recording(work: Work, recording_id: str) -> None:
    recordings = update(Recording).where(Recording.id == recording_id)
    _change(work, recordings.where(Recording.audio_deleted_at.is_(None)).values(audio_deleted_at=work.now, holder=None))


def _empty_transcript(work: Work, transcript_id: str) -> None:
    """The transcript, and the facts that drafts read from it, which are under its key."""
    _change(work, update(StoredTranscript).where(StoredTranscript.id == transcript_id).values(sealed=None))
    of_same = select(StoredTranscript.appointment_id).where(StoredTranscript.id == transcript_id)
    drafts = update(Revision).where(Revision.appointment_id.in_(of_same), Revision.source == "transcript")
    _change(work, drafts.values(sealed_facts=None))


def _empty_draft(work: Work, note_id: str) -> None:
    _change(work, update(Revision).where(Revision.note_id == note_id).values(sealed=None, sealed_facts=None))


def _change(work: Work, statement: Update) -> None:
    """Change rows in the database alone: nobody has loaded them in this transaction."""
    work.session.execute(statement.execution_options(synchronize_session=False))


_EMPTY: Mapping[str, Callable[[Work, str], None]] = {
    "client": _empty_client,
    "recording": _empty_recording,
    "transcript": _empty_transcript,
    "draft": _empty_draft,
}


def _erase_traces(place: _Place) -> None:
    """Truncate the database's own log once for all deletions that are done, if no reader stands in the way."""
    with place.work() as work:
        owed = select(Deletion.id).where(Deletion.done_at.is_not(None), Deletion.erased_at.is_(None))
        ids = list(work.session.scalars(owed))
    if ids and _truncate_log(place.engine):
        with place.work() as work:
            work.session.execute(update(Deletion).where(Deletion.id.in_(ids)).values(erased_at=work.now))


def _truncate_log(engine: Engine) -> bool:
    """SQLite keeps pages as they were in its write-ahead log until a checkpoint truncates it. False: a reader is on.

    PostgreSQL's log cannot be cut at will: there, that the key is gone must do, and does.
    """
    if engine.dialect.name != "sqlite":
        return True
    connection = engine.raw_connection()
    with closing(connection), closing(connection.cursor()) as cursor:
        try:
            cursor.execute("PRAGMA busy_timeout=500")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, *_ = cursor.fetchone() or (1,)
        finally:
            cursor.execute("PRAGMA busy_timeout=30000")
    return busy == 0

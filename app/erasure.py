"""Permanent deletion at the command line: what an operator names, deleted for ever, with its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.database.clinic import Appointment, Client
from app.database.operations import Deletion
from app.database.scope import Principal
from app.database.sessions import Recording, StoredTranscript
from app.storage.deletion import delete_for_ever
from app.work.client_deletion import delete_client
from pipelines.records import InputError

if TYPE_CHECKING:
    from app.wiring import Service

_SYSTEM = Principal.system("purge")


@dataclass(frozen=True)
class Erased:
    """An object by the name of its key. `done`: its key, sound and ciphertext are gone, and the receipt is written."""

    name: str
    done: bool


def names_of(
    service: Service, *, client: str | None, appointment: str | None, transcript: bool, audio: bool
) -> list[str]:  # fmt: skip
    """The objects that are meant.

    Raises:
        InputError: there is no such client or appointment, or nothing of it is left.
    """
    names: list[str] = []
    with service.reading(_SYSTEM) as session:
        if client:
            if session.scalars(select(Client.id).where(Client.id == client)).first() is None:
                raise InputError(f"--client {client}: there is no such client")
            names.append(f"client-{client}")
        if appointment:
            if session.scalars(select(Appointment.id).where(Appointment.id == appointment)).first() is None:
                raise InputError(f"--appointment {appointment}: there is no such appointment")
            if transcript:
                query = select(StoredTranscript.id).where(
                    StoredTranscript.appointment_id == appointment, StoredTranscript.sealed.is_not(None)
                )
                names += [f"transcript-{found}" for found in session.scalars(query)]
            if audio:
                sounds = select(Recording.id).where(
                    Recording.appointment_id == appointment, Recording.audio_deleted_at.is_(None)
                )
                names += [f"recording-{found}" for found in session.scalars(sounds)]
    if not names:
        raise InputError(f"--appointment {appointment}: nothing of it is left that could be deleted")
    return names


def erase(service: Service, names: Sequence[str], reason: str) -> list[Erased]:
    """Delete the objects for ever.

    Args:
        reason: one of `app.work.client_deletion.RULES`; it stands in the receipt.

    Raises:
        GoneError: the client is deleted already.
        RefusedError: something of the client is still being recorded or written.
    """
    with service.work(_SYSTEM) as work:
        for name in names:
            kind, _, object_id = name.partition("-")
            if kind == "client":
                delete_client(work, object_id, work.get(Client, object_id, "client").version, reason)
            else:
                delete_for_ever(work, name, reason)
    with service.reading(_SYSTEM) as session:
        query = select(Deletion.object_id).where(Deletion.object_id.in_(names), Deletion.done_at.is_(None))
        left = set(session.scalars(query))
    return [Erased(name, name not in left) for name in names]

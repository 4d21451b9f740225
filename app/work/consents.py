"""Consent to record one session: given by the client in the waiting room, or noted by the practitioner who was told.

The words that were shown are kept with it. Without consent that stands nothing is recorded; withdrawing it stops what
is being recorded at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, update

from app.database.base import Role, new_id
from app.database.clinic import Appointment, Consent
from app.database.people import Practice
from app.database.scope import Principal
from app.database.sessions import Recording
from app.errors import ConflictError, RefusedError
from app.work.practice import consent_words
from app.work.unit import Work

OVER = ("signed", "cancelled")
"""Statuses of an appointment in which nothing can be recorded any more."""


@dataclass(frozen=True)
class ConsentView:
    """`text` is what was agreed to, or where nothing stands what is to be shown; `shown` is its name for `give`.

    `given_by`: client or practitioner. Where `stands` is false, times are those of the last one that was withdrawn.
    """

    stands: bool
    text: str
    shown: str
    given_by: str | None
    given_at: datetime | None
    withdrawn_at: datetime | None


def current(work: Work, appointment_id: str) -> ConsentView:
    """Where consent to record this session stands."""
    work.allow(Role.PRACTITIONER, Role.GUEST)
    return _view(work, work.get(Appointment, appointment_id, "appointment"))


def give(work: Work, appointment_id: str, shown: str | None = None) -> ConsentView:
    """Consent, as the client; or as the practitioner note that the client gave it, having been told the words.

    Args:
        shown: `ConsentView.shown` of the words that were on the screen; None: those of now.

    Raises:
        ConflictError: the practice changed the words since they were shown.
        RefusedError: `over`: the appointment is signed or cancelled.
    """
    work.allow(Role.PRACTITIONER, Role.GUEST)
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    if appointment.status in OVER:
        raise RefusedError("over", "This appointment is over: there is nothing to consent to any more.")
    if stands(work, appointment_id):
        return _view(work, appointment)
    text = _words(work, appointment)
    if shown is not None and shown != _name(text):
        raise ConflictError("consent text")
    by = "client" if work.principal.role == Role.GUEST else "practitioner"
    row = Consent(
        id=new_id(), practice_id=appointment.practice_id, practitioner_id=appointment.practitioner_id,
        appointment_id=appointment.id, given_by=by, text=text, given_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    work.note("consent_given", "appointment", appointment, by=by, consent=row.id)
    return _view(work, appointment)


def withdraw(work: Work, appointment_id: str) -> ConsentView:
    """Take consent back. What records is stopped in the same transaction; what was recorded until then stays.

    Raises:
        RefusedError: `no_consent`: there is none to withdraw.
    """
    work.allow(Role.PRACTITIONER, Role.GUEST)
    appointment = work.get(Appointment, appointment_id, "appointment", lock=True)
    standing = list(work.session.scalars(_standing(appointment_id)))
    if not standing:
        raise RefusedError("no_consent", "There is no consent to withdraw: nothing is being recorded.")
    for row in standing:
        row.withdrawn_at = work.now
    work.note("consent_withdrawn", "appointment", appointment, by=str(work.principal.role))
    stop_recording(work, appointment_id)
    return _view(work, appointment)


def stands(work: Work, appointment_id: str) -> bool:
    """Whether the client agrees to be recorded, as things are now. For use cases."""
    return work.session.scalars(_standing(appointment_id).limit(1)).first() is not None


def standing_among(work: Work, appointment_ids: Collection[str]) -> set[str]:
    """Those of the appointments whose client agrees to be recorded."""
    query = select(Consent.appointment_id).where(Consent.appointment_id.in_(appointment_ids))
    return set(work.session.scalars(query.where(Consent.withdrawn_at.is_(None))))


def require(work: Work, appointment_id: str) -> None:
    """Refuse to record without consent; also in the room, with one microphone.

    Raises:
        RefusedError: `no_consent`.
    """
    if not stands(work, appointment_id):
        raise RefusedError(
            "no_consent",
            "The client has not agreed to be recorded. They can agree in the waiting room, or tell you, and you note "
            "it; or hold the session without recording.",
        )


def stop_recording(work: Work, appointment_id: str) -> None:
    """Take every open recording from the tab that holds it: its next sound is refused, and to go on it must ask."""
    with work.session.acting(Principal.system("consent")):  # a guest does not reach recordings, but may stop them
        work.session.execute(
            update(Recording)
            .where(Recording.appointment_id == appointment_id, Recording.state == "open")
            .values(holder=None)
        )


def _standing(appointment_id: str) -> Select[Consent]:
    return select(Consent).where(Consent.appointment_id == appointment_id, Consent.withdrawn_at.is_(None))


def _view(work: Work, appointment: Appointment) -> ConsentView:
    last = work.session.scalars(
        select(Consent).where(Consent.appointment_id == appointment.id).order_by(Consent.given_at.desc(), Consent.id)
    ).first()
    if last is not None and last.withdrawn_at is None:
        return ConsentView(True, last.text, _name(last.text), last.given_by, last.given_at, None)  # noqa: FBT003
    text = _words(work, appointment)
    at, ended = (last.given_at, last.withdrawn_at) if last else (None, None)
    return ConsentView(False, text, _name(text), last.given_by if last else None, at, ended)  # noqa: FBT003


def _words(work: Work, appointment: Appointment) -> str:
    return consent_words(work.get(Practice, appointment.practice_id, "practice"))


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

"""A client is deleted for ever, with everything of theirs, when the law allows it or asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app.database.base import Role
from app.database.clinic import Appointment
from app.database.scope import Principal
from app.storage import deletion
from app.work import clients, inputs, moving
from app.work.unit import Work

RULES: Mapping[str, str] = {
    "period_over": "The time for which the law asks that records are kept is over.",
    "client_asked": "The client asked for it, and no law asks that the record is kept.",
    "mistake": "The client was entered by mistake, or twice.",
}
"""Why a client may be deleted: the receipt in the audit log names the rule."""


def delete_client(work: Work, client_id: str, version: int, rule: str) -> None:
    """Destroy the client's keys: chart, summaries, notes, addenda and comments, transcripts, audio and drafts.

    Nothing of it can be brought back, also from no backup. The empty rows stay, for the audit log's sake.

    Args:
        rule: one of `RULES`.

    Raises:
        ForbiddenError: they are no administrator.
        ConflictError: the client was changed since `version`.
        InvalidError: there is no such rule.
        RefusedError: `in_call`, `recording`, `processing`: something of the client is still going on.
    """
    work.allow(Role.ADMINISTRATOR)
    inputs.one_of("rule", rule, RULES)
    row = clients.get(work, client_id, lock=True)
    clients.check_version(row, version)
    with work.session.acting(Principal.system("clients")):
        moving.refuse_going_on(work, moving.locked_appointments(work, client_id))
        coming = select(Appointment).where(Appointment.client_id == client_id, Appointment.status == "scheduled")
        for appointment in work.session.scalars(coming):
            appointment.status, appointment.link_digest, appointment.checked_in_at = "cancelled", None, None
    deletion.delete_for_ever(work, clients.key(client_id), rule)

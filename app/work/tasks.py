"""What the service is doing for an appointment: its stage, and where it failed, why; and another try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.database.base import Role
from app.database.clinic import Appointment
from app.database.operations import Task
from app.jobs import dispatch
from app.work.unit import Work


@dataclass(frozen=True)
class TaskView:
    """`kind`: process (a recording to a draft), generate (a draft). `state`: waiting, running, failed, done.

    `stage`: transcribe, delete_audio, draft. `reason` is why the last attempt failed, `sentence` the same for a person.
    """

    id: str
    appointment_id: str
    kind: str
    state: str
    stage: str
    reason: str | None
    sentence: str
    attempts: int
    created_at: datetime
    updated_at: datetime


def list_tasks(work: Work, appointment_id: str) -> tuple[TaskView, ...]:
    """Those of an appointment, the newest first.

    Raises:
        NotFoundError: there is no such appointment within reach.
    """
    work.allow(Role.PRACTITIONER)
    work.get(Appointment, appointment_id, "appointment")
    query = select(Task).where(Task.appointment_id == appointment_id).order_by(Task.created_at.desc(), Task.id)
    return tuple(map(_view, work.session.scalars(query)))


def view(work: Work, task_id: str) -> TaskView:
    work.allow(Role.PRACTITIONER)
    return _view(work.get(Task, task_id, "task"))


def retry(work: Work, task_id: str) -> TaskView:
    """Let a failed task try again from the stage that failed.

    Raises:
        RefusedError: `not_failed`; `audio_gone`.
    """
    dispatch.retry(work, task_id)
    return view(work, task_id)


def _view(row: Task) -> TaskView:
    return TaskView(
        row.id, row.appointment_id, row.kind, row.state, row.stage, row.reason, dispatch.explain(row.reason),
        row.attempts, row.created_at, row.updated_at,
    )  # fmt: skip

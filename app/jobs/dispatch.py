"""The life of a task: waiting, running, failed, done. The row in our own database decides; DBOS carries it out.

A task is handed to DBOS under a name made of its id and the number of its `run`, so that it is handed over once. Each
stage is counted when it begins: one that ends its process every time is noticed as well as one that raises. Waiting
grows with each attempt, and after the last one the task has failed, with its reason, until somebody asks for a retry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Protocol

from sqlalchemy import or_, select

from app.database.base import Role, new_id
from app.database.clinic import Appointment
from app.database.notes import Revision
from app.database.operations import Task
from app.database.scope import Principal
from app.database.sessions import Recording
from app.errors import RefusedError

if TYPE_CHECKING:
    from app.wiring import Service
    from app.work.unit import Work

STAGES: Mapping[str, tuple[str, ...]] = {
    "generate": ("draft",),
    "process": ("transcribe", "delete_audio", "draft"),
}
"""The stages of each kind in order; the kinds by who waits: somebody at a screen comes first."""
MOST_ATTEMPTS = 5
_FIRST_PAUSE = 2.0  # seconds; each further pause is four times as long
_BEFORE_DRAFT = {"", "transcribe", "delete_audio"}
SYSTEM = Principal.system("worker")

REASONS: Mapping[str, str] = {
    "nothing_heard": "No words were heard in the recording. Listen whether the microphones were on.",
    "no_sound": "The recording cannot be read as sound.",
    "damaged": "The recording on the disk is damaged.",
    "audio_gone": "The recording was deleted before it was transcribed.",
    "transcript_gone": "The transcript was deleted before the draft was written. Write from the summary instead.",
    "no_source": "There is nothing to write from yet.",
    "note_signed": "The note was signed meanwhile.",
    "engine_ended": "The speech engine broke down over the recording, each time.",
    "worker_ended": "The work ended its process again and again.",
    "provider_refused": "The language model may not be sent client data; see the setting LM_MAY_RECEIVE_CLIENT_DATA.",
}
"""What the commoner reasons of a failure mean, for a person; others are names of errors."""

Verdict = Literal["go", "skip", "stop"]


class Owned(Protocol):
    """A row of one appointment."""

    @property
    def practice_id(self) -> str: ...
    @property
    def practitioner_id(self) -> str: ...
    @property
    def appointment_id(self) -> str: ...


@dataclass(frozen=True)
class Order:
    """A task that is to be handed over."""

    task_id: str
    kind: str
    run: int

    @property
    def name(self) -> str:
        return f"{self.task_id}.{self.run}"


def explain(reason: str | None) -> str:
    """Why a task failed, as a sentence."""
    if not reason:
        return ""
    return REASONS.get(reason, f"It failed ({reason}). Try again; if it fails again, tell the administrator.")


def add(work: Work, kind: str, of: Owned, subject_id: str, **options: str | int | float | bool | None) -> Task:
    """Ask the worker for something, in the transaction of what it follows from.

    Args:
        of: a row of the appointment: whose work it is.
        subject_id: what it is about; a kind of task is asked for once a subject.
        options: ids and fixed words, such as source="summary".
    """
    if kind not in STAGES:
        raise ValueError(f"no kind of task: {kind}")
    if any(isinstance(value, str) and " " in value for value in options.values()):
        raise ValueError("options of a task are ids and fixed words")
    task = Task(id=new_id(), practice_id=of.practice_id, practitioner_id=of.practitioner_id,
                appointment_id=of.appointment_id, kind=kind, subject_id=subject_id, options=dict(options),
                state="waiting", created_at=work.now, updated_at=work.now)  # fmt: skip
    work.session.add(task)
    return task


def retry(work: Work, task_id: str) -> None:
    """Let a failed task try again from the stage that failed.

    Raises:
        RefusedError: it has not failed, or its audio is gone.
    """
    work.allow(Role.PRACTITIONER)
    task = work.get(Task, task_id, "task", lock=True)
    if task.state != "failed":
        raise RefusedError("not_failed", "This has not failed; there is nothing to try again.")
    if task.kind == "process" and task.stage == "transcribe":
        recording = work.get(Recording, task.subject_id, "recording", lock=True)
        if recording.state not in {"complete", "failed"} or recording.audio_deleted_at is not None:
            raise RefusedError("audio_gone", REASONS["audio_gone"])
        recording.state, recording.failure = "complete", None
    appointment = work.get(Appointment, task.appointment_id, "appointment", lock=True)
    if task.kind == "process" and appointment.status == "held":
        appointment.status = "processing"
    task.state, task.reason, task.attempts, task.due_at = "waiting", None, 0, None
    task.run += 1
    task.updated_at = work.now
    work.note("retry", "task", task, stage=task.stage)


def due(service: Service) -> list[Order]:
    """The tasks that wait and may begin, those for whom somebody waits first."""
    with service.reading(SYSTEM) as session:
        may_begin = or_(Task.due_at.is_(None), Task.due_at <= service.clock())
        waiting = session.scalars(select(Task).where(Task.state == "waiting", may_begin).order_by(Task.created_at))
        orders = [Order(task.id, task.kind, task.run) for task in waiting]
    return sorted(orders, key=lambda order: list(STAGES).index(order.kind))


def begin(service: Service, task_id: str, run: int, stage: str) -> Verdict:
    """Count an attempt at a stage. `skip`: it is behind us; `stop`: this run of the task is over."""
    with service.work(SYSTEM) as work:
        task = work.get(Task, task_id, "task", lock=True)
        if task.run != run or task.state in {"failed", "done"}:
            return "stop"
        stages = STAGES[task.kind]
        reached = task.stage or stages[0]
        if stages.index(stage) < stages.index(reached):
            return "skip"
        if task.attempts >= MOST_ATTEMPTS:  # none of them lived to say why
            _fail(work, task, "worker_ended")
            return "stop"
        if task.state == "running" and task.attempts > 1:  # it ended its process twice: let others go first
            _postpone(work, task)
            return "stop"
        task.state, task.stage, task.attempts, task.updated_at = "running", stage, task.attempts + 1, work.now
        return "go"


def finish(service: Service, task_id: str, run: int, stage: str) -> None:
    """A stage is done: the next one may begin, or the task is done and its clinician is told."""
    with service.work(SYSTEM) as work:
        task = work.get(Task, task_id, "task", lock=True)
        if task.run != run or task.state != "running" or task.stage != stage:
            return
        task.attempts, task.reason, task.updated_at = 0, None, work.now
        following = STAGES[task.kind][STAGES[task.kind].index(stage) + 1 :]
        if following:
            task.stage = following[0]
            return
        task.state = "done"
        query = select(Revision.waiting).where(Revision.task_id == task.id)
        _tell(work, task, "draft_waiting" if work.session.scalars(query).first() else "draft_ready")


def give_up(service: Service, task_id: str, run: int, reason: str, *, for_good: bool) -> None:
    """A stage failed. It is tried again later, unless that cannot help or was tried often enough."""
    with service.work(SYSTEM) as work:
        task = work.get(Task, task_id, "task", lock=True)
        if task.run != run or task.state != "running":
            return
        if for_good or task.attempts >= MOST_ATTEMPTS:
            _fail(work, task, reason)
            return
        task.reason = reason
        _postpone(work, task)


def hand_over_again(service: Service, task_id: str, run: int) -> None:
    """The job tables know nothing of a running task any more: it waits again, its attempts counted."""
    with service.work(SYSTEM) as work:
        task = work.get(Task, task_id, "task", lock=True)
        if task.run == run and task.state == "running":
            _postpone(work, task)


def running(service: Service) -> list[Order]:
    """The tasks that say they are being carried out."""
    with service.reading(SYSTEM) as session:
        tasks = session.scalars(select(Task).where(Task.state == "running"))
        return [Order(task.id, task.kind, task.run) for task in tasks]


def _postpone(work: Work, task: Task) -> None:
    pause = _FIRST_PAUSE * 4 ** max(0, task.attempts - 1)
    task.state, task.due_at, task.updated_at = "waiting", work.now + timedelta(seconds=pause), work.now
    task.run += 1


def _fail(work: Work, task: Task, reason: str) -> None:
    task.state, task.reason, task.updated_at = "failed", reason[:100], work.now
    if task.kind == "process" and task.stage in _BEFORE_DRAFT:
        recording = work.get(Recording, task.subject_id, "recording", lock=True)
        if recording.state == "complete":
            recording.state, recording.failure = "failed", reason[:100]
    appointment = work.get(Appointment, task.appointment_id, "appointment", lock=True)
    if appointment.status == "processing":
        appointment.status = "held"
    _tell(work, task, "transcription_failed" if task.stage in _BEFORE_DRAFT else "draft_failed")


def _tell(work: Work, task: Task, kind: str) -> None:
    from app.work.notifications import tell

    tell(work, task.practitioner_id, kind, task.appointment_id)

"""What the records say of themselves: what has its time and still stands, what failed or waits, the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from app.audit import Anchor
from app.audit_log import own_anchors, verify_all
from app.database.operations import Deletion, Task, Trace
from app.database.scope import Principal
from app.database.sessions import Recording, StoredTranscript
from app.doctor.finding import Finding
from app.jobs import dispatch
from app.storage.deletion import sweep
from app.work.transcript_rows import is_over

if TYPE_CHECKING:
    from app.wiring import Service

_SYSTEM = Principal.system("doctor")
_GRACE = timedelta(minutes=5)
"""The worker looks every minute; what is late by less is on its way."""
_WAITS, _RUNS, _UNSENT = timedelta(minutes=30), timedelta(hours=2), timedelta(hours=1)
_WORKER = "start the worker, which ends it: notebench worker"


def overdue(service: Service) -> Iterator[Finding]:
    """Transcripts and failed audio whose time is up."""
    with service.work(_SYSTEM) as work:
        work.now -= _GRACE
        rows = work.session.scalars(select(StoredTranscript).where(StoredTranscript.ended_at.is_(None))).all()
        late = [row.id for row in rows if is_over(work, row)]
        before = work.now - timedelta(days=service.settings.failed_audio_days)
        failed = select(Recording).where(Recording.state == "failed", Recording.audio_deleted_at.is_(None))
        sounds = [r.id for r in work.session.scalars(failed) if (r.completed_at or r.created_at) <= before]
    for row_id in late:
        yield Finding("overdue", f"transcript-{row_id}", "its time is up, and it is still kept", _WORKER)
    for row_id in sounds:
        told = f"could not be transcribed, and is kept for more than {service.settings.failed_audio_days} days"
        yield Finding("overdue", f"recording-{row_id}", told, _WORKER)


def deletions(service: Service, *, repair: bool) -> Iterator[Finding]:
    """Permanent deletions that were begun and are not finished."""
    waiting = _unfinished(service)
    if waiting and repair:
        sweep(service)
        left = set(_unfinished(service))
    else:
        left = set(waiting)
    for name, owed in waiting:
        done = (name, owed) not in left
        if owed:
            told = "is deleted, but the database's own log may still hold its ciphertext: a reader stood in the way"
            yield Finding("deletions", name, told, "notebench doctor --repair", "warning", repaired=done)
        else:
            told = "was to be deleted for ever, and that is not finished"
            yield Finding("deletions", name, told, "notebench doctor --repair", repaired=done)


def tasks(service: Service) -> Iterator[Finding]:
    """Tasks that failed, and such as should have gone on long ago."""
    with service.reading(_SYSTEM) as session:
        found = list(session.scalars(select(Task).where(Task.state != "done").order_by(Task.created_at)))
    now = service.clock()
    for task in found:
        place = f"task {task.id} (appointment {task.appointment_id})"
        if task.state == "failed":
            why = f"{task.kind} failed at {task.stage or 'its beginning'}: {dispatch.explain(task.reason)}"
            yield Finding("tasks", place, why, "its clinician tries again at the appointment, or writes by hand")
        elif task.state == "waiting" and (task.due_at or task.created_at) < now - _WAITS:
            yield Finding("tasks", place, f"{task.kind} has waited for more than half an hour", _WORKER)
        elif task.state == "running" and task.updated_at < now - _RUNS:
            told = f"{task.kind} is at {task.stage} for more than two hours"
            yield Finding("tasks", place, told, "restart the worker: it takes the task up where it was")


def unsent(service: Service) -> Iterator[Finding]:
    """What MLflow should have got: nothing is lost, but nobody sees it there."""
    with service.reading(_SYSTEM) as session:
        query = select(Trace.id).where(Trace.sent_at.is_(None), Trace.created_at < service.clock() - _UNSENT)
        count = len(session.scalars(query).all())
    if count:
        told = f"{count} traces wait for more than an hour"
        yield Finding("mlflow", "traces", told, "start MLflow; see NOTEBENCH_TRACKING_URI", "warning")


def audit_log(service: Service, anchors: Iterable[Anchor]) -> Iterator[Finding]:
    """Whether every entry of the log stands as it was written."""
    for practice, state in verify_all(service, [*anchors, *own_anchors(service.settings)]).items():
        for flaw in state.flaws:
            yield Finding("audit", f"practice {practice}", flaw, "somebody changed the log, or an older backup was "
                          "restored: compare with your backups; see docs/operations.md")  # fmt: skip


def _unfinished(service: Service) -> list[tuple[str, bool]]:
    """Names, and whether nothing but the database's own log is owed."""
    before = service.clock() - _GRACE
    with service.reading(_SYSTEM) as session:
        query = select(Deletion).where(or_(Deletion.done_at.is_(None), Deletion.erased_at.is_(None)))
        rows = session.scalars(query.where(Deletion.asked_at < before).order_by(Deletion.asked_at))
        return [(row.object_id, row.done_at is not None) for row in rows]

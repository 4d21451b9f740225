"""What the worker does: its state, and another try where it failed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from app.web.dependencies import Caller, Needs
from app.web.forms import PathId
from app.work import tasks
from app.work.tasks import TaskView

router = APIRouter(prefix="/tasks", tags=["tasks"])


@router.get("/{task_id}")
def view_task(caller: Annotated[Caller, Depends(Needs("appointments:read"))], task_id: PathId) -> TaskView:
    """Where a task stands; one that failed says why."""
    with caller.work() as work:
        return tasks.view(work, task_id)


@router.post("/{task_id}/retry", status_code=202)
def retry_task(caller: Annotated[Caller, Depends(Needs("notes:write"))], task_id: PathId) -> TaskView:
    """Let a failed task try again from the stage that failed; what earlier stages made is kept."""
    with caller.work() as work:
        return tasks.retry(work, task_id)

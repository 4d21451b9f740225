"""Whether the service lives, and whether it can do all that it is for."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app.web.dependencies import OurService
from app.web.readiness import State, parts

router = APIRouter(prefix="/health", tags=["health"])


class Alive(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """`parts`: each with `ok`, or in a word what is wrong with it; `notebench doctor` says what to do."""

    ready: bool
    parts: dict[str, State]


@router.get("")
async def live() -> Alive:
    """The web process answers."""
    return Alive()


@router.get("/ready", responses={503: {"model": Readiness, "description": "A part is not ready."}})
def ready(service: OurService, response: Response) -> Readiness:
    """Database, keys, models and worker, each by itself."""
    found = parts(service)
    is_ready = all(state == "ok" for state in found.values())
    response.status_code = 200 if is_ready else 503
    return Readiness(ready=is_ready, parts=found)

"""What the tests of jobs share: a recording that is complete, engines that say what they are told, a worker's turn."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.database.operations import Task
from app.database.scope import Principal
from app.jobs import dispatch
from app.jobs.flows import Flows, Writers
from app.jobs.listening import Listening
from app.work import calls
from pipelines.records import Speaker, Utterance
from pipelines.speech.engine import ChannelTranscript
from tests.app.conftest import Clinic
from tests.app.work.recorder import Tab, recordable, wave

SYSTEM = Principal.system("test")
SAID: dict[Speaker, str] = {
    "clinician": "How did you sleep this week?",
    "client": "I slept four hours a night and worried about work.",
    "unknown": "I slept four hours a night.",
}


@dataclass
class Engine:
    """Says the same in every stretch of sound; `before` may do what it likes first."""

    said: dict[Speaker, str] = field(default_factory=lambda: dict(SAID))
    before: Callable[[], None] = lambda: None
    heard: list[Speaker] = field(default_factory=list)
    name: str = "scripted"

    def transcribe(
        self, samples: Any, speaker: Speaker, listen_for: Sequence[str], expected: Sequence[str]
    ) -> ChannelTranscript:
        self.before()
        self.heard.append(speaker)
        text = self.said.get(speaker, "")
        found = [Utterance(speaker=speaker, start=0.1, end=0.2, text=text)] if text else []
        return ChannelTranscript(speaker, found, audio_seconds=len(samples) / 16_000)


class Fatal(Engine):
    """Ends its process, as a decoder does that meets a file which it cannot bear."""

    def transcribe(self, *_: Any) -> ChannelTranscript:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def recorded(clinic: Clinic, tracks: dict[str, tuple[Speaker, float]] | None = None, data: bytes | None = None) -> Tab:
    """A call with a recording, both over: the worker's task waits."""
    tab = Tab(clinic, recordable(clinic)).open()
    for name, (speaker, offset) in (tracks or {"a": ("clinician", 0.0), "b": ("client", 0.0)}).items():
        tab.track(name, speaker, offset)
        tab.send(name, 0, wave() if data is None else data)
    clinic.clock.forward(minutes=50)
    with clinic.work("ada") as work:
        call = calls.current_call(work, tab.appointment)
        assert call is not None
        calls.end_call(work, call.id)
    return tab


def flows_of(clinic: Clinic, engine: Engine) -> Flows:
    settings = clinic.service.settings
    return Flows(clinic.service, Listening(settings, lambda: engine), Writers(settings))


def carry_out(clinic: Clinic, flows: Flows) -> None:
    """One turn of the worker, without DBOS: every task that is due, stage by stage."""
    for order in dispatch.due(clinic.service):
        for stage in dispatch.STAGES[order.kind]:
            if not flows.run(order.task_id, order.run, stage):
                break


def rows(clinic: Clinic, mapped: Any) -> list[Any]:
    with clinic.service.reading(SYSTEM) as session:
        return list(session.scalars(select(mapped)))


def task_of(clinic: Clinic) -> Task:
    (task,) = rows(clinic, Task)
    return task

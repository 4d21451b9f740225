"""What each stage of a task does. Each may be begun again at any time: what the database says decides what is left."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.database.clinic import Appointment
from app.database.notes import Revision
from app.database.operations import Task
from app.database.sessions import Recording, StoredTranscript
from app.errors import GoneError, NotFoundError, RefusedError
from app.jobs import dispatch, programs
from app.jobs.dispatch import SYSTEM
from app.jobs.listening import Listening, Stretch
from app.storage.vault import DamagedError, ShreddedError
from pipelines.records import InputError, Transcript
from pipelines.speech.audio import AudioError
from pipelines.speech.transcription import merge
from pipelines.speech.vocabulary import words_of_chart, words_to_listen_for

if TYPE_CHECKING:
    from app.settings import ServiceSettings
    from app.wiring import Service
    from app.work.drafts import Order
    from pipelines.records import Encounter, Note
    from pipelines.writing.writer import NoteWriter

_REASONS: Mapping[type[Exception], str] = {
    AudioError: "no_sound",
    NotFoundError: "not_found",
    ShreddedError: "audio_gone",
    DamagedError: "damaged",
    BrokenExecutor: "engine_ended",
}
_log = logging.getLogger(__name__)


class StageFailedError(Exception):
    """A stage cannot be done, and trying again would not help; `reason` is one of `dispatch.REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Writers:
    """The note writers of this process: one a program, made when it first writes."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._made: dict[str, NoteWriter] = {}
        self._lock = threading.Lock()

    def write(self, order: Order) -> Note:
        """One draft, with the program that is `production` now."""
        writer = self._writer(programs.current(self._settings, order.template.format, order.source.kind))
        return writer.write(order.appointment_id, order.source, order.template, order.style, synthetic=order.synthetic)

    def warm_up(self) -> None:
        """Load what every note needs before somebody waits for one."""
        self._writer(self._settings.program)

    def forget(self) -> None:
        """The programs on disk have changed."""
        with self._lock:
            self._made.clear()

    def _writer(self, program: str) -> NoteWriter:
        from pipelines.writing.writer import NoteWriter

        with self._lock:
            if program not in self._made:
                self._made[program] = NoteWriter(self._settings.model_copy(update={"program": program}))
            return self._made[program]


class Flows:
    """The stages, over one service."""

    def __init__(self, service: Service, listening: Listening, writers: Writers) -> None:
        self._service, self._listening, self._writers = service, listening, writers
        self._stages: Mapping[str, Callable[[Task], None]] = {
            "transcribe": self._transcribe,
            "delete_audio": self._delete_audio,
            "draft": self._draft,
        }

    def run(self, task_id: str, run: int, stage: str) -> bool:
        """Carry out a stage. False: this run of the task is over. Raises nothing: an error's text may hold content."""
        try:
            verdict = dispatch.begin(self._service, task_id, run, stage)
            if verdict != "go":
                return verdict == "skip"
            with self._service.reading(SYSTEM) as session:
                task = session.scalars(select(Task).where(Task.id == task_id)).one()
            return self._carried_out(task, run, stage)
        except Exception as error:  # noqa: BLE001 - the watch hands the task over again
            _log.error("task %s: %s stays undone (%s)", task_id, stage, type(error).__name__)
            return False

    def _carried_out(self, task: Task, run: int, stage: str) -> bool:
        try:
            self._stages[stage](task)
        except Exception as error:  # noqa: BLE001 - whatever it is, the task must say that it failed
            reason, for_good = why(error)
            _log.warning("task %s: %s failed (%s)", task.id, stage, reason)
            dispatch.give_up(self._service, task.id, run, reason, for_good=for_good)
            return False
        dispatch.finish(self._service, task.id, run, stage)
        return True

    def _transcribe(self, task: Task) -> None:
        from app.work import transcripts
        from app.work.encounter import encounter_of
        from app.work.recordings import audio_of

        with self._service.work(SYSTEM) as work:
            recording = work.get(Recording, task.subject_id, "recording")
            if recording.state != "complete":
                self._refuse_lost(recording)
                return
            encounter = encounter_of(work, work.get(Appointment, task.appointment_id, "appointment"))
        audio = audio_of(self._service, task.subject_id)
        transcript = self._heard(encounter, [
            Stretch(speaker, offset, content) for speaker, parts in audio.items() for offset, content in parts
        ])  # fmt: skip
        with self._service.work(SYSTEM) as work:
            recording = work.get(Recording, task.subject_id, "recording", lock=True)
            if recording.state != "complete":  # deleted by its clinician while we listened
                self._refuse_lost(recording)
                return
            transcripts.store(work, task.appointment_id, transcript)
            recording.state = "transcribed"

    def _heard(self, encounter: Encounter, stretches: list[Stretch]) -> Transcript:
        words, expected = words_to_listen_for(encounter), words_of_chart(encounter)
        heard, engine = self._listening.hear(encounter.id, stretches, words, expected)
        transcript = merge(encounter.id, heard, engine, words)
        if not transcript.audio_seconds:
            raise StageFailedError("no_sound")
        if not any(utterance.text.strip() for utterance in transcript.utterances):
            raise StageFailedError("nothing_heard")
        return transcript

    @staticmethod
    def _refuse_lost(recording: Recording) -> None:
        """Nothing is left to do for one that was transcribed; one that is gone before that is a failure."""
        if recording.state != "transcribed":
            raise StageFailedError("audio_gone")

    def _delete_audio(self, task: Task) -> None:
        from app.storage.deletion import delete_for_ever

        with self._service.work(SYSTEM) as work:
            recording = work.get(Recording, task.subject_id, "recording", lock=True)
            if recording.state != "transcribed" or recording.audio_deleted_at is not None:
                return
            query = select(StoredTranscript.id).where(StoredTranscript.appointment_id == task.appointment_id)
            if work.session.scalars(query).first() is None:
                raise StageFailedError("transcript_gone")
            delete_for_ever(work, f"recording-{recording.id}", "transcribed")

    def _draft(self, task: Task) -> None:
        from app.work import drafts

        with self._service.work(SYSTEM) as work:
            query = select(Revision.id).where(Revision.task_id == task.id)
            if work.session.scalars(query).first() is not None:
                return
            order = drafts.source_for(work, task.appointment_id, task.options.get("source", "transcript"))
        note = self._writers.write(order)
        with self._service.work(SYSTEM) as work:
            drafts.keep_draft(work, task.appointment_id, note, task.id)


def why(error: Exception) -> tuple[str, bool]:
    """The reason of a failure, never its text, and whether trying again is of no use."""
    from pipelines.writing.provider import ProviderRefusedError, WriteError

    match error:
        case StageFailedError():
            return error.reason, True
        case RefusedError() | GoneError():
            return error.code, True
        case ProviderRefusedError():
            return "provider_refused", True
        case WriteError():
            return error.type, False
        case InputError():
            return type(error).__name__, True
    known = (reason for kind, reason in _REASONS.items() if isinstance(error, kind))
    reason = next(known, type(error).__name__)
    return reason, reason in {*_REASONS.values()} - {"engine_ended"}

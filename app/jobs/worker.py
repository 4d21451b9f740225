"""The worker process: takes tasks from our database, has DBOS carry them out durably, and looks after everything else.

Import this only where a worker runs; DBOS is heavy, and one process has one DBOS.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING

from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy import make_url

from app import traces
from app.database.engine import open_engine, records_url
from app.jobs import alive, dispatch, programs, retention
from app.jobs.flows import Flows, Writers
from app.jobs.listening import Listening
from app.jobs.serializer import IdsOnly

if TYPE_CHECKING:
    from app.settings import ServiceSettings
    from app.wiring import Service

_NAME = "notebench"
_EXECUTOR = "worker"  # stable: what a worker left undone is taken up by the next one of this name
_VERSION = "1"  # pinned: DBOS's own is a hash of the source, and an edit would strand what is under way
_QUEUES = {"generate": "answers", "process": "recordings"}  # who waits for an answer waits for no recording
_AT_ONCE = {"answers": 2, "recordings": 1}  # a recording takes all cores by itself
_MOST_RECOVERIES = 50  # the task's own count is lower; this is for what never even comes to count
_POLL = 0.25  # seconds
_LOST_AFTER = 30.0  # seconds that a running task may be unknown to the job tables
_MLFLOW_PAUSES = (1.0, 60.0)  # seconds between two looks, and at most after it did not answer
_PROGRAMS_EVERY = 15.0
_KEPT = timedelta(hours=1)  # finished workflows
_STOP_WITHIN = 3.0  # seconds that our loops have to end; one that waits for MLflow or loads a model is left behind
_log = logging.getLogger(__name__)


def jobs_url(settings: ServiceSettings) -> str:
    """Where the job tables are: as set, else beside the records."""
    if settings.jobs_database_url:
        return settings.jobs_database_url
    if make_url(records_url(settings)).get_backend_name() == "postgresql":
        return records_url(settings)
    return f"sqlite:///{(settings.service_dir / 'jobs.sqlite').as_posix()}"


def prepare_job_tables(settings: ServiceSettings) -> None:
    """Make or upgrade the job tables; on PostgreSQL as the owner, who gives them to the service's role."""
    url = make_url(jobs_url(settings))
    if url.get_backend_name() != "postgresql":
        settings.service_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        DBOS.migrate(str(url))
        return
    owner = make_url(settings.database_owner_url) if settings.database_owner_url else url
    owner = url.set(username=owner.username, password=owner.password)
    role = url.username if owner.username != url.username else None
    DBOS.migrate(owner.render_as_string(hide_password=False), application_role=role)


class Worker:
    """One a data folder; a second one is refused. `listening` is given by tests."""

    def __init__(self, service: Service, listening: Listening | None = None) -> None:
        self._service = service
        self._listening = listening or Listening(service.settings)
        self._writers = Writers(service.settings)
        self._flows = Flows(service, self._listening, self._writers)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._handed: set[str] = set()
        self._lock: IO[str] | None = None

    def start(self) -> None:
        """Take up what was left undone, then what comes.

        Raises:
            InputError: another worker runs on this data folder.
        """
        self._lock = alive.hold(self._service.settings.service_dir)
        prepare_job_tables(self._service.settings)
        logging.getLogger("dbos").setLevel(logging.ERROR)  # below that it tells of every queue and version
        DBOS(config=self._config())
        self._carry_out = self._workflow()
        DBOS.launch()
        for queue, most in _AT_ONCE.items():
            DBOS.register_queue(queue, worker_concurrency=most, polling_interval_sec=_POLL, on_conflict="always_update")
        loops = {"hand-over": self._hand_over, "look-after": self._look_after, "mlflow": self._tell_mlflow,
                 "warm-up": self._warm_up}  # fmt: skip
        self._threads = [threading.Thread(target=run, name=name, daemon=True) for name, run in loops.items()]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Until `stop` is called, or Ctrl-C."""
        while not self._stopping.wait(0.5):
            pass

    def stop(self) -> None:
        """End; what is under way goes on where it was when the next worker starts."""
        self._stopping.set()
        give_up = time.monotonic() + _STOP_WITHIN
        for thread in self._threads:
            thread.join(max(0.0, give_up - time.monotonic()))
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=0)
        self._listening.close()
        if self._lock is not None:
            self._lock.close()

    def _config(self) -> DBOSConfig:
        url = jobs_url(self._service.settings)
        config = DBOSConfig(
            name=_NAME, system_database_url=url, executor_id=_EXECUTOR, application_version=_VERSION,
            serializer=IdsOnly(), enable_otlp=False, log_level="ERROR", run_migrations=False,
        )  # fmt: skip
        if make_url(url).get_backend_name() == "sqlite":
            config["system_database_engine"] = open_engine(url)  # durable, and faster than its own
        return config

    def _workflow(self) -> Callable[[str, int, str], None]:
        """A run of a task, stage by stage; DBOS goes on with the one that was interrupted."""
        flows = self._flows

        @DBOS.step(name="stage")
        def carried_out(task_id: str, run: int, stage: str) -> bool:
            return flows.run(task_id, run, stage)

        @DBOS.workflow(name="carry_out", max_recovery_attempts=_MOST_RECOVERIES)
        def carry_out(task_id: str, run: int, kind: str) -> None:
            for stage in dispatch.STAGES[kind]:
                if not carried_out(task_id, run, stage):
                    return

        return carry_out

    def _hand_over(self) -> None:
        """Every task that may begin is handed to DBOS, once a run."""
        while not self._stopping.is_set():
            self._try("hand-over", self._hand_over_due)
            self._stopping.wait(_POLL)

    def _hand_over_due(self) -> None:
        for order in dispatch.due(self._service):
            if order.name in self._handed:
                continue
            with SetWorkflowID(order.name):  # the same name again is no second workflow
                DBOS.enqueue_workflow(_QUEUES[order.kind], self._carry_out, order.task_id, order.run, order.kind)
            self._handed.add(order.name)

    def _look_after(self) -> None:
        suspects: dict[str, float] = {}
        while not self._stopping.is_set():
            retention.look_after(self._service)
            self._try("watch", lambda: self._watch(suspects))
            self._try("old workflows", _forget_finished)
            self._stopping.wait(retention.EVERY)

    def _watch(self, suspects: dict[str, float]) -> None:
        """Hand over again what the job tables lost, or ended without saying so in ours."""
        orders = {order.name: order for order in dispatch.running(self._service)}
        for name in set(suspects) - set(orders):
            del suspects[name]
        for name, order in orders.items():
            status = DBOS.get_workflow_status(name)
            if status is not None and status.status in {"ENQUEUED", "PENDING", "DELAYED"}:
                suspects.pop(name, None)
            elif time.monotonic() - suspects.setdefault(name, time.monotonic()) >= _LOST_AFTER:
                dispatch.hand_over_again(self._service, order.task_id, order.run)

    def _tell_mlflow(self) -> None:
        """Traces within seconds, and the program in production; whether MLflow answers or not, nothing else waits."""
        soonest, latest = _MLFLOW_PAUSES
        pause, store, looked = soonest, None, float("-inf")
        while not self._stopping.wait(pause):
            try:
                store = store or traces.Store(self._service.settings)
                traces.send(self._service, store)
                if time.monotonic() - looked >= _PROGRAMS_EVERY:
                    if programs.refresh(self._service.settings):
                        self._writers.forget()
                    looked = time.monotonic()
                pause = soonest
            except Exception as error:  # noqa: BLE001 - MLflow is down or new to us: everything waits for it here
                if pause == soonest:
                    _log.warning("MLflow does not answer (%s); what it is to know is kept", type(error).__name__)
                pause, store = min(latest, pause * 2), None

    def _warm_up(self) -> None:
        self._try("warm-up of writing", self._writers.warm_up)
        self._try("warm-up of listening", self._listening.warm_up)

    @staticmethod
    def _try(name: str, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a loop must not end; the text may hold content
            _log.error("%s failed (%s)", name, type(error).__name__)


def _forget_finished() -> None:
    before = (datetime.now(UTC) - _KEPT).isoformat()
    done = DBOS.list_workflows(completed_before=before, load_input=False, load_output=False, limit=1000)
    if done:
        DBOS.delete_workflows([workflow.workflow_id for workflow in done])

"""What MLflow gets of a generation or a wand step: ids, versions, format, source, lengths, timings, scores. No content.

A trace is built from an allow-list: an attribute that is not on it, or does not look as its kind must, is left out and
counted as withheld, here and once more before it is sent. Rows wait in our own database until MLflow has taken them;
the trace's id follows from the revision's, so that sending twice makes one trace. Stars are an assessment on it.
"""

from __future__ import annotations

import json
import math
import os
import re
from base64 import b64encode
from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from app.database.base import new_id
from app.database.operations import Trace
from app.database.scope import Principal

if TYPE_CHECKING:
    from app.database.notes import Revision
    from app.settings import ServiceSettings
    from app.wiring import Service
    from app.work.unit import Work

EXPERIMENT = "notebench-service"
MADE = {"generated": "generate", "wand": "refine"}
"""The origins of a revision that leave a trace, and what the trace is called."""
ASSESSED = {"stars", "edit_distance"}
"""What is known of a draft later, as an assessment that replaces the one before."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"[\w.:/@+-]{0,200}")
_IDS = {"revision_id", "note_id", "template_id", "task_id"}
_WORDS = {"format", "source", "origin"}
_VERSIONS = {"lm", "program", "notebench"}
_NUMBERS = {
    *("seconds", "words", "sentences", "sections", "characters", "facts", "warnings", "unsupported", "supported"),
    *(
        "support",
        "grounding",
        "adherence",
        "words_before",
        "words_after",
        "kept",
        "changed",
        "breaches",
        "problems",
        "own",
    ),
    *("edit_distance", "source_words", "audio_seconds", "refused", "withheld", "number"),
}
_SYSTEM = Principal.system("traces")


def safe(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the attributes that may leave; how many may not stands in `withheld`."""
    kept = {name: value for name, value in given.items() if _is_safe(name, value)}
    withheld = len(given) - len(kept)
    return kept | ({"withheld": withheld + kept.get("withheld", 0)} if withheld else {})


def record(work: Work, revision: Revision) -> None:
    """Let a revision leave a trace, in the transaction that makes it; one that a person wrote leaves none."""
    if revision.origin not in MADE:
        return
    attributes = {
        "revision_id": revision.id,
        "note_id": revision.note_id,
        "template_id": revision.template_id,
        "format": revision.format,
        "source": revision.source,
        "origin": revision.origin,
        "lm": revision.lm,
        "program": revision.program,
        "number": revision.number,
        "notebench": metadata.version("notebench"),
        **{name: _total(value) for name, value in (revision.measures or {}).items()},
    }
    _keep(work, revision, revision.origin, {name: value for name, value in attributes.items() if value is not None})


def assess(work: Work, revision: Revision, name: str, value: float) -> None:
    """Put stars, or what became of a draft, on the revision's trace; a later one of the name replaces it.

    Raises:
        ValueError: no such assessment, or no number.
    """
    if name not in ASSESSED or not _is_number(value):
        raise ValueError("an assessment is a number under a name of ASSESSED")
    _keep(work, revision, name, {"value": value})


def trace_id(revision_id: str) -> str:
    """The id of a revision's trace in MLflow."""
    return f"tr-{UUID(revision_id).hex}"


def send(service: Service, store: Store | None = None) -> int:
    """Give MLflow what waits, traces before what is said of them; returns how many rows it took.

    Raises:
        Exception: MLflow does not answer. What it took is marked; the rest waits.
    """
    rows = _waiting(service)
    if not rows:
        return 0
    store = store or Store(service.settings)
    for row in rows:
        if row.kind in MADE:
            store.trace(row)
        else:
            store.assessment(row, _made(service, row.revision_id))
        _mark_sent(service, row)
    return len(rows)


def _waiting(service: Service, most: int = 100) -> list[Trace]:
    with service.reading(_SYSTEM) as session:
        query = select(Trace).where(Trace.sent_at.is_(None)).order_by(Trace.created_at).limit(most)
        return sorted(session.scalars(query), key=lambda row: row.kind not in MADE)


def _made(service: Service, revision_id: str) -> Trace | None:
    with service.reading(_SYSTEM) as session:
        query = select(Trace).where(Trace.revision_id == revision_id, Trace.kind.in_(MADE))
        return session.scalars(query).first()


def _mark_sent(service: Service, sent: Trace) -> None:
    with service.work(_SYSTEM) as work:
        row = work.get(Trace, sent.id, "trace", lock=True)
        if row.attributes == sent.attributes:  # else it was changed meanwhile, and is sent again
            row.sent_at = work.now


def _keep(work: Work, revision: Revision, kind: str, attributes: Mapping[str, Any]) -> None:
    kept = safe(attributes)
    with work.session.acting(_SYSTEM):
        query = select(Trace).where(Trace.revision_id == revision.id, Trace.kind == kind).with_for_update()
        row = work.session.scalars(query).first()
        if row is None:
            row = Trace(id=new_id(), practice_id=revision.practice_id, revision_id=revision.id, kind=kind,
                        created_at=work.now)  # fmt: skip
            work.session.add(row)
        elif row.attributes == kept:
            return
        row.attributes, row.sent_at, row.attempts = kept, None, 0


class Store:
    """MLflow's store of traces, by the settings' address."""

    def __init__(self, settings: ServiceSettings) -> None:
        # A store that is down must be noticed in seconds; the default is minutes of retries.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        from mlflow import MlflowClient
        from mlflow.tracing.client import TracingClient

        from evals.tracking import experiment_id, tracking_uri

        uri = tracking_uri(settings)
        self._experiment = experiment_id(MlflowClient(tracking_uri=uri), EXPERIMENT)
        self._client = TracingClient(uri)

    def trace(self, row: Trace) -> None:
        """A trace with one span. The same row again changes nothing."""
        from mlflow.entities import TraceInfo, TraceLocation, TraceState

        given = safe(row.attributes)
        ended = int(row.created_at.timestamp() * 1000)
        took = int(1000 * given.get("seconds", 0))
        made = trace_id(row.revision_id)
        info = TraceInfo(
            trace_id=made,
            trace_location=TraceLocation.from_experiment_id(self._experiment),
            request_time=ended - took,
            state=TraceState.OK,
            execution_duration=took,
            client_request_id=row.revision_id,
            trace_metadata={name: str(value) for name, value in given.items()},
            tags={"mlflow.traceName": MADE[row.kind], **{n: str(given[n]) for n in _WORDS if n in given}},
        )
        self._client.start_trace(info)
        self._client.log_spans(self._experiment, [_span(made, MADE[row.kind], info.request_time, ended, given)])

    def assessment(self, row: Trace, made: Trace | None) -> None:
        """Stars on a trace: one of the name, changed where it is there."""
        from mlflow.entities import AssessmentSource, Feedback
        from mlflow.exceptions import MlflowException

        of, value = trace_id(row.revision_id), safe(row.attributes)["value"]
        try:
            known = self._client.get_trace_info(of).assessments
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST" or made is None:
                raise
            self.trace(made)  # the store was replaced since
            known = []
        there: Any = next((a for a in known if a.name == row.kind), None)
        if there is None:
            kind = "HUMAN" if row.kind == "stars" else "CODE"
            source = AssessmentSource(source_type=kind, source_id="notebench")
            self._client.log_assessment(of, Feedback(name=row.kind, value=value, source=source))
        elif there.value != value:
            self._client.update_assessment(of, there.assessment_id, Feedback(name=row.kind, value=value))


def _span(made: str, name: str, began: int, ended: int, attributes: Mapping[str, Any]) -> Any:
    from mlflow.entities import Span

    return Span.from_dict({
        "name": name,
        "trace_id": b64encode(bytes.fromhex(made.removeprefix("tr-"))).decode(),
        "span_id": b64encode(bytes.fromhex(made[-16:])).decode(),
        "parent_span_id": "",
        "start_time_unix_nano": began * 1_000_000,
        "end_time_unix_nano": max(ended, began) * 1_000_000,
        "status": {"code": "STATUS_CODE_OK", "message": ""},
        "attributes": {name: json.dumps(value) for name, value in attributes.items()}
        | {"mlflow.traceRequestId": json.dumps(made), "mlflow.spanType": json.dumps("CHAIN")},
    })  # fmt: skip


def _total(value: Any) -> Any:
    """A measure of each section as one number for the note."""
    return sum(value.values()) if isinstance(value, dict) and all(map(_is_number, value.values())) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_safe(name: str, value: Any) -> bool:
    if name in _IDS:
        return isinstance(value, str) and _ID.fullmatch(value) is not None
    if name in _WORDS:
        return isinstance(value, str) and _WORD.fullmatch(value) is not None
    if name in _VERSIONS:
        return isinstance(value, str) and _VERSION.fullmatch(value) is not None
    if name in _NUMBERS | {"value"}:
        return _is_number(value)
    return False

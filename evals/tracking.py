"""One MLflow run for one record on disk. Read from disk, so that a dead tracking server loses nothing.

`python -m evals.tracking` (`make mlflow`) opens the store of the settings at http://127.0.0.1:5000.

Records that are not synthetic give MLflow ids, versions, lengths, timings and scores, never content.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.dataset import write_text
from pipelines.environment import quiet_libraries
from pipelines.records import InputError
from pipelines.settings import ROOT, Settings

EXPERIMENT = "notebench"
PORT = 5_000
_LONGEST_PARAMETER = 500


def tracking_uri(settings: Settings) -> str:
    """The store named by the settings or `MLFLOW_TRACKING_URI`, else SQLite in `mlruns/`."""
    named = settings.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", "")
    return named or f"sqlite:///{(ROOT / 'mlruns' / 'mlflow.db').as_posix()}"


def track(folder: Path, settings: Settings, experiment: str = EXPERIMENT, *, with_content: bool = False) -> str:
    """Log the run whose record lies in `folder`; write the MLflow run's id into the record and return it.

    Args:
        with_content: log the report and notes of records that are not synthetic too.

    Raises:
        Exception: the store does not answer; the record on disk is untouched.
    """
    # A store that is down must be noticed in seconds; the default is minutes of retries.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    from mlflow import MlflowClient

    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    client = MlflowClient(tracking_uri=tracking_uri(settings))
    run = client.create_run(experiment_id(client, experiment), run_name=record["run"], tags=_tags(record))
    _log_numbers(client, run.info.run_id, record)
    for file in _artifacts(folder, content=record["dataset"]["synthetic"] or with_content):
        client.log_artifact(run.info.run_id, str(file), "plots" if file.parent.name == "plots" else None)
    client.set_terminated(run.info.run_id)
    record["mlflow_run"] = run.info.run_id
    write_text(folder / "record.json", json.dumps(record, indent=1, ensure_ascii=False))
    return str(run.info.run_id)


def experiment_id(client: Any, name: str) -> str:
    """The id of an experiment, which is made where there is none."""
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    local = _is_default(client.tracking_uri)
    artifacts = (ROOT / "mlruns" / "artifacts").as_uri() if local else None
    return str(client.create_experiment(name, artifact_location=artifacts))


def _is_default(uri: str) -> bool:
    return uri.startswith("sqlite:///") and (ROOT / "mlruns").as_posix() in uri


def _tags(record: dict[str, Any]) -> dict[str, str]:
    return {
        "record": record["key"],
        "synthetic": str(record["dataset"]["synthetic"]).lower(),
        "split": record["dataset"]["split"] or "all",
        "failures": str(len(record["failures"])),
    }


def _log_numbers(client: Any, run_id: str, record: dict[str, Any]) -> None:
    from mlflow.entities import Metric, Param

    parameters = [Param(name, str(value)[:_LONGEST_PARAMETER]) for name, value in _parameters(record)]
    when = int(datetime.fromisoformat(record["created"]).timestamp() * 1000)
    for start in range(0, len(parameters), 100):
        client.log_batch(run_id, params=parameters[start : start + 100])
    metrics = [Metric(name, float(value), when, 0) for name, value in _metrics(record)]
    for start in range(0, len(metrics), 1000):
        client.log_batch(run_id, metrics=metrics[start : start + 1000])


def _parameters(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("commit", "dirty", "code", "python", "platform"):
        yield name, record[name]
    for group in ("dataset", "program", "models", "packages", "scorers", "settings"):
        for name, value in record[group].items():
            yield f"{group}.{name}", value


def _metrics(record: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """`name`, and `name/source` for notes: one line a score in MLflow's table; the finer slices are in the record."""
    slices = {"": record["metrics"]} | {s: record["slices"].get(s, {}) for s in ("summary", "transcript")}
    for part, metrics in slices.items():
        for name, estimate in metrics.items():
            if estimate["value"] is not None:
                yield (f"{name}/{part}" if part else name), estimate["value"]
    for stage, seconds in record["seconds"].items():
        yield f"seconds/{stage}", seconds
    for name, found in record.get("correlations", {}).items():
        if found["value"] is not None:
            yield f"stars/{name}", found["value"]


def _artifacts(folder: Path, *, content: bool) -> Iterator[Path]:
    yield folder / "record.json"
    yield folder / "scores.csv"
    if content:
        for name in ("report.html", "notes.jsonl", "transcripts.jsonl", "scores.jsonl"):
            if (folder / name).exists():
                yield folder / name
        yield from sorted((folder / "plots").glob("*"))


def server(settings: Settings, port: int = PORT) -> tuple[list[str], dict[str, str]]:
    """The command and environment of MLflow's pages for the store of the settings, for this machine alone.

    Raises:
        InputError: the store is a server, which has its pages itself.
    """
    store = tracking_uri(settings)
    if store.startswith(("http:", "https:", "databricks")):
        raise InputError("the store is a server with pages of its own: open the address in NOTEBENCH_TRACKING_URI")
    if _is_default(store):
        (ROOT / "mlruns").mkdir(exist_ok=True)
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = {
        "MLFLOW_BACKEND_STORE_URI": store,  # not an argument: it may hold a password, which `ps` would show
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": (ROOT / "mlruns" / "artifacts").as_uri(),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # judges that ask a language model in the background
    }
    return [sys.executable, "-m", "mlflow", "server", *options], environment


def main() -> int:
    parser = argparse.ArgumentParser(description="MLflow's pages for the runs of notebench.")
    parser.add_argument("--port", type=int, default=PORT)
    given = parser.parse_args()
    quiet_libraries()
    try:
        command, environment = server(Settings(), given.port)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stderr.write(f"MLflow at http://127.0.0.1:{given.port}, in half a minute; stop with Ctrl-C\n")
    try:
        return subprocess.call(command, env=os.environ | environment)  # noqa: S603 - a command of ours
    except KeyboardInterrupt:  # MLflow has had it too, and ends
        return 130


if __name__ == "__main__":
    sys.exit(main())

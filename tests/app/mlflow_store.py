"""An MLflow store of our own for a test: SQLite with its tables, which take seconds to make, so they are copied."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest


@functools.cache
def _empty(base: Path) -> bytes:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow import MlflowClient

    file = base / "mlflow.db"
    MlflowClient(tracking_uri=f"sqlite:///{file}").search_experiments()
    return file.read_bytes()


def fresh(folder: Path, factory: pytest.TempPathFactory) -> str:
    """The address of an empty store in `folder`."""
    (folder / "mlflow.db").write_bytes(_empty(factory.getbasetemp()))
    return f"sqlite:///{folder / 'mlflow.db'}"

"""MLflow's pages: which store, where, and with what environment. Starting them takes half a minute and is not tried."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from evals import tracking
from pipelines.records import InputError
from pipelines.settings import ROOT, Settings


@pytest.fixture(autouse=True)
def no_store_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.setattr(tracking, "Settings", lambda: Settings(_env_file=None))


def test_the_pages_show_the_store_of_the_settings_to_this_machine_alone(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'runs.db'}"
    command, environment = tracking.server(Settings(_env_file=None, tracking_uri=store), 5001)
    assert command[:4] == [sys.executable, "-m", "mlflow", "server"]
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "5001"
    assert environment["MLFLOW_BACKEND_STORE_URI"] == store
    assert store not in command


def test_without_a_setting_they_show_mlruns() -> None:
    _, environment = tracking.server(Settings(_env_file=None, tracking_uri=""))
    assert environment["MLFLOW_BACKEND_STORE_URI"] == f"sqlite:///{(ROOT / 'mlruns' / 'mlflow.db').as_posix()}"


def test_mlflow_knows_every_option_and_variable() -> None:
    """By its source: importing its command line takes many seconds."""
    spec = find_spec("mlflow")
    assert spec
    assert spec.origin
    source = "".join(
        (Path(spec.origin).parent / name).read_text(encoding="utf-8")
        for name in ("cli/__init__.py", "utils/cli_args.py", "environment_variables.py")
    )
    command, environment = tracking.server(Settings(_env_file=None))
    for name in (*(word for word in command if word.startswith("--")), *environment):
        assert f'"{name}"' in source


def test_main_starts_them_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, str]] = []

    def call(command: list[str], env: dict[str, str]) -> int:
        started.append(env)
        raise KeyboardInterrupt

    for name in ("MLFLOW_DISABLE_TELEMETRY", "LITELLM_LOCAL_MODEL_COST_MAP"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(sys, "argv", ["tracking"])
    assert tracking.main() == 130
    assert started[0]["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert started[0]["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"
    assert started[0]["PATH"] == os.environ["PATH"]


def test_a_store_that_is_a_server_has_its_own_pages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="open the address"):
        tracking.server(Settings(_env_file=None, tracking_uri="https://user:secret@mlflow.example.com"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:secret@127.0.0.1:1")
    monkeypatch.setattr(sys, "argv", ["tracking"])
    assert tracking.main() == 2
    assert "secret" not in capsys.readouterr().err

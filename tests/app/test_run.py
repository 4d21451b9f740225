"""The main job as its user runs it, in a process of its own: on small data with bad records among them.

Whisper's weights are scripted, so that the test needs no model; the sound is the beginning of a shipped session.
"""

import ipaddress
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipelines.dataset import read_dataset
from pipelines.settings import ROOT
from pipelines.speech.audio import decode, encode_opus
from tests.scripted_whisper import build

SECRET = "quokka"
SAID = ["I", "take", "sertraline", "fifty", "milligrams", "every", "morning", "and", "sleep", "four", "hours"]


@dataclass
class Ran:
    """What a run printed and left, and every address it talked to."""

    status: int
    printed: str
    errors: str
    data_dir: Path
    addresses: set[str]

    @property
    def result(self) -> dict[str, Any]:
        return json.loads(self.printed)


def notebench(arguments: list[str], data_dir: Path, **more: str) -> Ran:
    log = data_dir.parent / "addresses.txt"
    environment = os.environ | more | {
        "NOTEBENCH_DATA_DIR": str(data_dir),
        "MLFLOW_TRACKING_URI": more.get("MLFLOW_TRACKING_URI", f"sqlite:///{data_dir.parent / 'mlflow.db'}"),
        "PYTHONPATH": str(ROOT / "tests" / "watch"),
        "WATCHED_ADDRESSES": str(log),
    }  # fmt: skip
    command = [sys.executable, "-m", "app.cli", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=data_dir.parent
    ) as process:
        remote: set[str] = set()
        watcher = threading.Thread(target=_watch, args=(process.pid, remote), daemon=True)
        watcher.start()
        printed, errors = process.communicate(timeout=300)
    looked_up = set(log.read_text().split()) if log.exists() else set()
    return Ran(process.returncode, printed, errors, data_dir, remote | looked_up)


def _watch(pid: int, remote: set[str]) -> None:
    """Collect the far ends of the connections of a process and its children, native ones too, while it lives."""
    try:
        parent = psutil.Process(pid)
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            for process in (parent, *parent.children(recursive=True)):
                try:
                    connections = process.net_connections("inet")
                    remote.update(c.raddr.ip.removeprefix("::ffff:") for c in connections if c.raddr)
                except psutil.Error:
                    continue
            threading.Event().wait(0.1)
    except psutil.NoSuchProcess:
        return


def own_addresses() -> set[str]:
    found = {a.address.split("%")[0] for addresses in psutil.net_if_addrs().values() for a in addresses}
    return found | {"localhost", socket.gethostname(), socket.getfqdn(), "", "None", "0.0.0.0", "::"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four records: one with sound, one with a summary alone, one whose sound is text, one that is no record."""
    folder = tmp_path_factory.mktemp("data")
    shipped = read_dataset(ROOT / "datasets" / "synthetic")
    encounter = next(e for e in shipped.encounters if e.id == "e001")
    assert encounter.audio
    for speaker, path in encounter.audio.files().items():
        encode_opus(folder / f"{speaker}.opus", decode(shipped.folder / path, 24_000)[: 24_000 * 12], 24_000)
    (folder / "broken.wav").write_text("this is not sound")
    whole = encounter.model_dump(mode="json")
    first = whole["transcript"][:3]
    heard = whole | {
        "id": "heard",
        "audio": {"clinician": "clinician.opus", "client": "client.opus"},
        "transcript": first,
        "facts": [fact for fact in whole["facts"] if max(fact["turns"]) < 3],
    }
    summary = whole | {"id": "summary", "audio": None, "transcript": None, "facts": None}
    broken = {"id": "broken", "synthetic": True, "audio": {"mix": "broken.wav"}, "summary": None}
    lines = [json.dumps(heard), json.dumps(summary), json.dumps(broken), f'{{"id": "{SECRET}", ']
    (folder / "encounters.jsonl").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokens = ["<|0.00|>", *(f" {word}" for word in SAID), "<|6.00|>"]
    return build(tmp_path_factory.mktemp("whisper"), script=tokens)


@pytest.fixture(scope="module")
def ran(data: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    arguments = ["run", "--data", str(data), "--formats", "soap,narrative", "--json"]
    return notebench(arguments, tmp_path_factory.mktemp("run") / "data", NOTEBENCH_WHISPER=str(weights))


def test_some_records_failed_and_the_rest_is_done(ran: Ran) -> None:
    assert ran.status == 3, ran.errors
    result = ran.result
    kinds = sorted((failure["encounter_id"], failure["stage"]) for failure in result["failures"])
    assert ("broken", "transcribe") in kinds
    assert ("encounters.jsonl:4", "read") in kinds
    assert all(failure["message"] and failure["remedy"] for failure in result["failures"])
    assert result["metrics"]["wer"]["n_scored"] == 1


def test_every_note_is_counted(ran: Ran) -> None:
    """heard: 2 formats x 2 sources; summary: 2 x 1, and 2 not applicable; broken: 2 failed, and 2 not applicable."""
    grounding = ran.result["metrics"]["grounding"]
    counts = {name: grounding[name] for name in ("n_scored", "n_failed", "n_not_applicable", "n_total")}
    assert counts == {"n_scored": 6, "n_failed": 2, "n_not_applicable": 4, "n_total": 12}


def test_standard_output_holds_one_json_object_and_nothing_else(ran: Ran) -> None:
    assert ran.printed.count("\n") == 1
    assert ran.result["run"]
    assert ran.result["mlflow_run"]


def test_the_run_lies_in_the_data_folder_and_only_its_owner_reads_it(ran: Ran) -> None:
    folder = Path(ran.result["report"]).parent
    assert folder.is_relative_to(ran.data_dir)
    names = {file.name for file in folder.iterdir()}
    assert {"record.json", "report.html", "notes.jsonl", "transcripts.jsonl", "scores.jsonl", "scores.csv"} <= names
    assert all(file.stat().st_mode & 0o077 == 0 for file in ran.data_dir.rglob("*"))
    record = json.loads((folder / "record.json").read_text())
    assert record["dataset"]["digest"]
    assert record["models"]["speech"]
    assert record["packages"]["faster-whisper"]


def test_no_value_of_a_refused_record_is_shown(ran: Ran) -> None:
    assert SECRET not in ran.printed + ran.errors


def test_a_run_talks_to_this_machine_alone(ran: Ran) -> None:
    assert ran.addresses, "the watch saw nothing, so it would not see a leak either"
    outside = {a for a in ran.addresses - own_addresses() if not _is_loopback(a)}
    assert not outside


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def test_mlflow_holds_the_numbers(ran: Ran) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{ran.data_dir.parent / 'mlflow.db'}")
    run = client.get_run(ran.result["mlflow_run"])
    assert run.data.metrics["wer"] == pytest.approx(ran.result["metrics"]["wer"]["value"])
    assert run.data.params["models.speech"] == ran.result["models"]["speech"]


def test_an_unchanged_run_tries_only_what_failed(ran: Ran, data: Path, weights: Path) -> None:
    arguments = ["run", "--data", str(data), "--formats", "soap,narrative", "--json"]
    again = notebench(arguments, ran.data_dir, NOTEBENCH_WHISPER=str(weights))
    assert again.status == 3
    assert again.result["metrics"] == ran.result["metrics"]
    assert again.result["run"] != ran.result["run"], "a run with failures is tried again"


def test_a_dead_tracking_server_loses_nothing(ran: Ran, tmp_path: Path) -> None:
    source = Path(ran.result["record"]).parents[3]
    one = json.loads((_data_of(ran) / "encounters.jsonl").read_text().splitlines()[1])
    (tmp_path / "encounters.jsonl").write_text(json.dumps(one))
    arguments = ["run", "--data", str(tmp_path), "--formats", "soap", "--source", "summary", "--json"]
    down = notebench(arguments, tmp_path / "data", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert down.status == 0, down.errors
    assert "MLflow did not take the run" in down.errors
    assert down.result["mlflow_run"] is None
    up = notebench(arguments, tmp_path / "data", MLFLOW_TRACKING_URI=f"sqlite:///{source / 'mlflow.db'}")
    assert up.result["run"] == down.result["run"], "nothing is computed again"
    assert up.result["mlflow_run"]


def test_a_real_clients_words_stay_in_the_data_folder(ran: Ran, tmp_path: Path) -> None:
    """Of a record that is not marked synthetic, neither MLflow nor the terminal nor the report get a word."""
    one = json.loads((_data_of(ran) / "encounters.jsonl").read_text().splitlines()[1])
    word = "Quetzalmoor"
    one |= {"id": "real", "synthetic": False, "summary": f"Client slept badly at {word}. Worried about work."}
    (tmp_path / "encounters.jsonl").write_text(json.dumps(one))
    tracked = tmp_path / "tracked"
    tracked.mkdir()
    arguments = ["run", "--data", str(tmp_path), "--formats", "soap", "--source", "summary", "--json"]
    done = notebench(arguments, tmp_path / "data", MLFLOW_TRACKING_URI=f"sqlite:///{tracked / 'mlflow.db'}")
    assert done.status == 0, done.errors
    folder = Path(done.result["report"]).parent
    assert word in (folder / "notes.jsonl").read_text(), (
        "the note holds the word, so its absence elsewhere says something"
    )
    assert word not in done.printed + done.errors + Path(done.result["report"]).read_text()
    files = [file for file in tracked.rglob("*") if file.is_file()]
    assert files
    assert not any(word.encode() in file.read_bytes() for file in files)


def _data_of(ran: Ran) -> Path:
    record = json.loads(Path(ran.result["record"]).read_text())
    return Path(record["dataset"]["path"])

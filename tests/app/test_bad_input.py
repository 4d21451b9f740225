"""Bad input at the command line: what is said, the exit status, and what is kept."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from app import cli as program
from pipelines import dataset
from pipelines.models.table import find
from pipelines.settings import ROOT

SECRET = "quokka"
SUMMARY = f"Client reports poor sleep since the {SECRET} died. Client plans to walk every day."


@dataclass
class Said:
    status: int
    out: str
    err: str

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Call = Callable[..., Said]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    """`notebench ARGUMENTS` in this process, in an empty folder, without a model of sentences."""

    def called(*arguments: str | Path, **settings: str) -> Said:
        places = {"NOTEBENCH_DATA_DIR": tmp_path / "kept", "NOTEBENCH_MODELS_DIR": tmp_path / "models"}
        for name, value in (places | settings).items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(sys, "argv", ["notebench", *map(str, arguments)])
        capsys.readouterr()
        status = program._run()
        printed = capsys.readouterr()
        assert SECRET not in printed.err, "a message shows what a record holds"
        assert "internal error" not in printed.err
        return Said(status, printed.out, printed.err)

    monkeypatch.chdir(tmp_path)
    return called


def record(name: str, **more: Any) -> str:
    return json.dumps({"id": name, "synthetic": True, "summary": SUMMARY} | more)


def write(folder: Path, *lines: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "encounters.jsonl").write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines))
    return folder


TO = ("--format", "soap", "--source", "summary", "--out", "notes.jsonl")
COMMANDS = [
    ("run",),
    ("write", *TO),
    ("score", "--out", "scores.jsonl"),
    ("transcribe", "--out", "transcripts.jsonl"),
    ("correlate",),
    ("synth", "--audio"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_data_that_is_not_there_or_empty(call: Call, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.jsonl").touch()
    for data, said in (
        ("nowhere", "nowhere: no such file; give a JSONL file or a folder that holds encounters.jsonl"),
        ("folder", "folder/encounters.jsonl: no such file"),
        ("empty.jsonl", "empty.jsonl: holds no record; write one JSON object a line"),
        ("empty.jsonl/below", "Not a directory"),
    ):
        done = call(*command, "--data", data)
        assert (done.status, done.out) == (2, "")
        assert said in done.err


@pytest.mark.parametrize("command", COMMANDS[1:4], ids=lambda command: command[0])
def test_data_of_which_nothing_can_be_read_fails_record_by_record(
    call: Call, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = call(*command, "--data", write(tmp_path / "d", '{"id": '))
    assert done.status == 3
    assert "encounters.jsonl, line 1, column 8" in done.err


BAD_LINES = [
    ('{"id": "x", ', "line 7, column", "one complete JSON object"),
    (record("x", appointment=5), "line 7, field appointment", "record form"),
    (record("x", chart={"diagnoses": [{"code": 5, "name": SECRET}]}), "field chart.diagnoses.0.code", "record form"),
    (record("x", id=7), "line 7, field id", "record form"),
    (record("\x1b[31m"), "line 7, field id: holds control characters", "record form"),
    (record("e2"), "line 7, field id: the same id stands in line 2", "an id of its own"),
    (record("x", mood=float("nan")), "line 7: holds a number that is none", "null"),
    ('{"id": "x", "mood": 1e999}', "line 7: holds a number that is none", "null"),
    ('{"id": "x", "mood": ' + "9" * 5000 + "}", "line 7: holds a number that is none", "null"),
    ('{"id": "x", "mood": "\\ud800"}', "line 7: nested too deeply, or a \\u escape", "take that key out"),
    ('{"id": "x", "mood": ' + "[" * 400 + "]" * 400 + "}", "line 7: nested too deeply", "take that key out"),
    ("[" * 100_000, "line 7: nested too deeply", "one complete JSON object"),
    (record("x", summary=SECRET * 20_000), "line 7: 0 MB long, at most", "one session a line"),
    (b"\xff\xfe{\x00", "line 7: not UTF-8 text", "save the file as UTF-8"),
]


@pytest.mark.parametrize(("line", "said", "remedy"), BAD_LINES, ids=[said for _, said, _ in BAD_LINES])
def test_one_bad_line_among_good_ones(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str | bytes, said: str, remedy: str
) -> None:
    monkeypatch.setattr(dataset, "LONGEST_LINE", 110_000)
    data = write(tmp_path / "d", *(record(f"e{n}") for n in range(1, 7)), line, record("e8"))
    done = call("write", "--data", data, *TO, "--json")
    assert done.status == 3
    assert [note["encounter_id"] for note in done.lines()] == ["e1", "e2", "e3", "e4", "e5", "e6", "e8"]
    assert f"{data}/encounters.jsonl, line 7" in done.err
    assert said in done.err
    assert remedy in done.err


def test_what_windows_writes_is_read(call: Call, tmp_path: Path) -> None:
    folder = write(tmp_path / "Sitzung mit ü", b"\xef\xbb\xbf" + record("e1").encode() + b"\r", record("e2") + "\r")
    done = call("write", "--data", folder.relative_to(tmp_path), *TO, "--json")
    assert (done.status, len(done.lines())) == (0, 2), done.err


def test_a_chart_with_unknown_codes_runs_with_warnings(call: Call, tmp_path: Path) -> None:
    chart = {"diagnoses": [{"code": "F41.1", "name": "a"}, {"code": SECRET, "name": "b"}]}
    late, early = "2026-03-02T15:45:00-05:00", "2026-03-02T15:00:00-05:00"
    appointment = {"start": late, "end": early, "cpt": "12345"}
    done = call(
        "write", "--data", write(tmp_path / "d", record("e1", chart=chart, appointment=appointment)), *TO, "--json"
    )
    assert done.status == 0
    (note,) = done.lines()
    for field in ("chart.diagnoses.1.code", "appointment.cpt", "appointment.end"):
        assert f"warning: {tmp_path}/d/encounters.jsonl, line 1, field {field}: " in done.err
        assert any(warning.startswith(f"field {field}: ") for warning in note["warnings"])
    assert "minutes" not in note["text"], "times that cannot be are not stated"


def test_blank_text_is_no_source(call: Call, tmp_path: Path) -> None:
    data = write(tmp_path / "d", record("e1", summary=" \n ", transcript=[{"text": " "}]))
    for source in ("summary", "transcript"):
        done = call("write", "--data", data, "--format", "soap", "--source", source, "--out", "notes.jsonl")
        assert done.status == 2
        assert f"no record has a {source}" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--formats", "soap,soup"], "unknown format 'soup'; choose from birp, dap"),
        (["run", "--formats", ","], "--formats names no format"),
        (["run", "--limit", "0"], "--limit"),
        (["run", "--split", "tset"], "no encounter in split 'tset'"),
        (["run", "--demo"], "no encounter marked for the demo"),
        (["write", *TO, "--program", "nope"], "nope.json: no such program"),
        (["write", "--format", "soap", "--source", "summary", "--out", "file/notes.jsonl"], "file is a file, not a"),
        (["write", *TO, "--transcripts", "nowhere"], "nowhere: no such file; give a JSONL file of Transcript records"),
        (
            ["score", "--notes", "nowhere", "--out", "s.jsonl"],
            "nowhere: no such file; give a JSONL file of Note records",
        ),
        (["transcribe", "--out", "t.jsonl"], "no record names audio"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_use(call: Call, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "file").touch()
    done = call(*arguments, "--data", write(tmp_path / "d", record("e1")))
    assert (done.status, done.out) == (2, "")
    assert said in done.err


def test_settings_that_cannot_be(call: Call, tmp_path: Path) -> None:
    data = write(tmp_path / "d", record("e1"))
    done = call("write", "--data", data, *TO, NOTEBENCH_EMBEDDINGS="nope")
    assert done.status == 2
    assert "'nope': no such model" in done.err
    (tmp_path / "file").touch()
    file = str(tmp_path / "file")
    done = call("run", "--data", data, "--formats", "soap", NOTEBENCH_DATA_DIR=file, NOTEBENCH_EMBEDDINGS="minilm")
    assert done.status == 2
    assert "Not a directory; mend the path" in done.err
    (tmp_path / ".env").write_bytes(b"NOTEBENCH_LM=\xff\n")
    done = call("purge", "--cache")
    assert done.status == 2
    assert ".env: cannot be read" in done.err


def test_a_model_file_with_other_bytes_is_refused(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "minilm"
    folder.mkdir(parents=True)
    for name, row in find("minilm").files.items():
        with (folder / name).open("wb") as file:
            file.truncate(row.size)
    done = call("write", "--data", write(tmp_path / "d", record("e1")), *TO)
    assert done.status == 2
    assert "model.onnx is damaged (its sha256" in done.err
    assert "notebench models get minilm" in done.err


def test_a_provider_elsewhere_is_sent_no_real_record(call: Call, tmp_path: Path) -> None:
    data = write(tmp_path / "d", record("e1", synthetic=False))
    done = call("write", "--data", data, *TO, NOTEBENCH_LM="openai/gpt-4o-mini", NOTEBENCH_LM_API_KEY="a-key")
    assert done.status == 3
    assert "provider_refused" in done.err
    assert "NOTEBENCH_LM_MAY_RECEIVE_CLIENT_DATA" in done.err
    assert "a-key" not in done.err


def test_a_full_disk_keeps_what_is_finished(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def full(number: int) -> None:
        written.append(number)
        if len(written) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = call("write", "--data", write(tmp_path / "d", record("e1"), record("e2")), *TO)
    assert done.status == 2
    assert "the disk is full at notes.jsonl; make room, then run the same command again" in done.err
    notes = (tmp_path / "notes.jsonl").read_text().splitlines()
    assert [json.loads(note)["encounter_id"] for note in notes] == ["e1"]
    assert not list(tmp_path.glob(".*.part")), "no half file stays"


def test_a_purge_that_cannot_delete_does_not_say_that_it_did(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept" / "cache" / "write" / "a.json"
    kept.parent.mkdir(parents=True)
    kept.touch()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "a.json")

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refuse)
        done = call("purge", "--cache", "--json")
    assert (done.status, done.out) == (2, "")
    assert f"{kept}: Read-only file system" in done.err


def test_a_file_given_twice_is_transcribed_once() -> None:
    from app.commands.transcribe import _given

    chosen = _given((Path("a.wav"), Path("./a.wav"), Path("b/a.wav")), None, None, None)
    assert [encounter.id for encounter in chosen.encounters] == ["a.wav", "b/a.wav"]


def test_ratings_that_cannot_be_read_do_not_take_the_run_with_them(tmp_path: Path) -> None:
    from evals.run import Plan, _stars

    data = dataset.read_dataset(write(tmp_path, record("e1")))
    (tmp_path / "ratings.jsonl").touch()
    found, failures = _stars(Plan(data, ("soap",), ("summary",), "x", "x"), None)  # type: ignore[arg-type]
    assert found is None
    assert "ratings.jsonl: holds no record" in failures[0].message


def test_a_stopped_stage_goes_on_where_it_was(tmp_path: Path) -> None:
    from evals.cache import Cache
    from evals.stages import Stages
    from pipelines.settings import Settings
    from pipelines.workers import Cluster

    stages = Stages(Settings(), Cluster(), Cache(tmp_path), tmp_path)
    asked: list[int] = []

    def compute(missing: Any) -> Iterator[tuple[int, dict[str, Any]]]:
        for index in missing:
            asked.append(index)
            if asked == [0, 1]:
                raise KeyboardInterrupt
            yield index, {"n": index}

    inputs = [{"job": n} for n in range(3)]
    with pytest.raises(KeyboardInterrupt):
        stages._stage("write", inputs, compute)
    assert stages._stage("write", inputs, compute) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert asked == [0, 1, 1, 2]


def started(arguments: list[str | Path], folder: Path, **given: Any) -> "subprocess.Popen[str]":
    names = {"NOTEBENCH_DATA_DIR": "kept", "NOTEBENCH_MODELS_DIR": "models"}
    places = {name: str(folder / below) for name, below in names.items()} | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *map(str, arguments)],
        cwd=folder,
        text=True,
        env=os.environ | places | given.pop("env", {}),
        **given,
    )


def test_output_that_nobody_reads_changes_no_status(tmp_path: Path) -> None:
    data = write(tmp_path / "d", record("e1"), "{")
    with started(
        ["write", "--data", data, *TO, "--json"], tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.close()
        errors = process.stderr.read() if process.stderr else ""
        assert process.wait(60) == 3, errors
    assert "Error" not in errors
    assert (tmp_path / "notes.jsonl").exists()


def test_closed_standard_streams_are_no_obstacle(tmp_path: Path) -> None:
    data = write(tmp_path / "d", record("e1"))

    def close() -> None:
        os.close(0)
        os.close(2)

    with started(
        ["write", "--data", data, *TO, "--json"], tmp_path, stdout=subprocess.PIPE, preexec_fn=close
    ) as process:
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(printed)["encounter_id"] == "e1"


def test_ctrl_c_while_ray_starts_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    data = write(tmp_path / "d", record("e1"))
    # a short path: Ray's sockets lie below it
    with tempfile.TemporaryDirectory(prefix="c-") as temporary:
        process = started(
            ["run", "--data", data, "--formats", "soap", "--json"],
            tmp_path,
            env={"TMPDIR": temporary},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            _until(lambda: bool(list(Path(temporary).glob("nb-*/session_*"))) or process.poll() is not None, 60)
            os.killpg(process.pid, signal.SIGINT)
            printed, errors = process.communicate(timeout=60)
        finally:
            process.kill()  # where it did not end by itself; nothing where it did
        assert (process.returncode, printed) == (130, ""), errors
        assert "stopped; what was finished is kept" in errors
        _until(lambda: not _users_of(temporary), 30)
        assert not _users_of(temporary), "processes are left"
        assert not list(Path(temporary).glob("nb-*"))
    assert not list((tmp_path / "kept").glob("runs/*")), "no half run stays"


def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def _users_of(folder: str) -> list[str]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(folder in part for part in process.cmdline()):
                found.append(process.name())
    return found

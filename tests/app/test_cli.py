"""The command line: help, exit statuses, and that no error shows what a session holds."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from app import cli as program
from pipelines.records import InputError

ROOT = Path(__file__).parents[2]


def notebench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ | environment, timeout=60)


def test_help_lists_every_command() -> None:
    done = notebench("--help")
    assert done.returncode == 0
    for name in program.COMMANDS:
        assert f"\n  {name}" in done.stdout


@pytest.mark.parametrize("name", list(program.COMMANDS))
def test_every_command_has_help(name: str) -> None:
    done = notebench(name, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage:")


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--limit", "0"], ["purge"], ["purge", "--nonsense"]])
def test_wrong_use_exits_with_two_and_says_why(arguments: list[str]) -> None:
    done = notebench(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip()


def test_a_wrong_setting_is_named() -> None:
    done = notebench("purge", "--cache", NOTEBENCH_ENGINES="many")
    assert done.returncode == 2
    assert "NOTEBENCH_ENGINES" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (InputError("data.jsonl, line 7: mend it"), 2, "data.jsonl, line 7: mend it"),
        (KeyboardInterrupt(), 130, "goes on from there"),
        (OSError(errno.ENOSPC, "No space left on device", "notes.jsonl"), 2, "disk is full at notes.jsonl"),
        (ValueError("quokka said that"), 2, "internal error: ValueError at"),
        (OSError("quokka said that"), 2, "internal error: OSError at"),
    ],
)
def test_errors_become_messages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, status: int, said: str
) -> None:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(program, "cli", failing)
    monkeypatch.setattr(sys, "argv", ["notebench"])
    with pytest.raises(SystemExit) as exit_:
        program.main()
    assert exit_.value.code == status
    printed = capsys.readouterr()
    assert said in printed.err
    assert "quokka" not in printed.err + printed.out


def test_purge_deletes_the_cache_and_leaves_the_rest(tmp_path: Path) -> None:
    from evals.cache import Cache

    cache = Cache(tmp_path)
    cache.put("notes", {"text": 1}, {"note": "quokka"})
    (tmp_path / "runs" / "r1").mkdir(parents=True)
    assert cache.get("notes", {"text": 1}) == {"note": "quokka"}
    done = notebench("purge", "--cache", "--json", NOTEBENCH_DATA_DIR=str(tmp_path))
    assert done.returncode == 0
    assert done.stdout == '{"deleted": {"cache": 1}}\n'
    assert cache.get("notes", {"text": 1}) is None
    assert (tmp_path / "runs" / "r1").exists()

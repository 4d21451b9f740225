"""The command `notebench`: finds the sub-command, reads the settings, turns errors into messages and exit statuses.

Exit statuses: 0 done, 1 a gate or a check failed, 2 wrong use or input, 3 some records failed, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import signal
import sys
import traceback
from pathlib import Path

import click

from pipelines.environment import quiet_libraries

# What is wrong with a path that a person gave, not with us.
_UNUSABLE = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.ENOENT, errno.EIO),
}

# Name → one line of help; the module `app.commands.<name>` is imported only when its command runs.
COMMANDS = {
    "run": "Transcribe, write, score, track and report: the main job.",
    "transcribe": "Speech to text for audio files or a data folder.",
    "write": "Draft notes in one format from one source.",
    "refine": "Change notes as an instruction asks, and nothing else in them.",
    "score": "Score notes and transcripts against the references of a data folder.",
    "compile": "Compile a note program on synthetic encounters: demonstrations, instructions.",
    "correlate": "Hold each note score against people's star ratings.",
    "synth": "Make the audio and the ratings of synthetic encounters from their text.",
    "models": "List, fetch and check model files.",
    "purge": "Delete cached session content, or for ever what the service keeps of a client.",
    "serve": "Run the service on this machine: web, worker and MLflow.",
    "worker": "Run the service's worker alone: transcripts, drafts, retention.",
    "user": "Who may sign in: people, their passwords, tokens of machines.",
    "doctor": "Find what is not as it should be in the service, and say what to do.",
    "audit": "Verify the audit log; anchor it outside of this machine.",
    "migrate": "Bring the service's database to this version.",
    "backup": "Back up the service's records and recordings, without keys.",
    "restore": "Put a backup of the service in place.",
}


class _LazyGroup(click.Group):
    """Imports a command's module when the command is asked for: `--help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"app.commands.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="notebench")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Turn therapy sessions into draft progress notes, and measure how good they are."""
    from app.options import read_settings
    from pipelines.settings import Settings

    ctx.obj = read_settings(Settings)


def main() -> None:
    """Entry point of the console script."""
    quiet_libraries()
    os.umask(0o077)  # whatever is written may be somebody's session: readable by its owner alone
    _open_closed_streams()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, signal.default_int_handler)  # as Ctrl-C: clean up, then go
    status = _run()
    with contextlib.suppress(OSError):  # nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    sys.exit(status)


def _open_closed_streams() -> None:
    """Put /dev/null where the caller closed a standard stream, else the next file opened would take its place."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
            setattr(sys, name, os.fdopen(opened, "r" if number == 0 else "w", closefd=False))


def _run() -> int:
    from app.options import say
    from pipelines.records import InputError

    try:
        status = cli(standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        say("stopped; what was finished is kept, the same command goes on from there")
        return 130
    except InputError as error:
        say(f"error: {error}")
        return 2
    except OSError as error:
        place, full = error.filename or "standard output", error.errno in {errno.ENOSPC, errno.EDQUOT}
        if full:
            say(f"error: the disk is full at {place}; make room, then run the same command again")
        elif error.errno in _UNUSABLE:
            say(f"error: {place}: {os.strerror(error.errno)}; mend the path or its permissions, or name another place")
        else:
            _internal_error(error)
        return 2
    except Exception as error:  # noqa: BLE001 - the last resort: the text of an unknown error may hold session content
        _internal_error(error)
        return 2
    return int(status or 0)


def _internal_error(error: BaseException) -> None:
    """Say what broke and where, never the error's text: it may quote a session."""
    from app.options import say

    frames = traceback.extract_tb(error.__traceback__)
    here = str(Path(__file__).resolve().parents[1])
    ours = [frame for frame in frames if frame.filename.startswith(here) and ".venv" not in frame.filename] or frames
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
    say(f"internal error: {type(error).__name__} at {place}; please report it with this line")
    if os.environ.get("NOTEBENCH_TRACEBACK"):
        traceback.print_tb(error.__traceback__)


if __name__ == "__main__":
    main()

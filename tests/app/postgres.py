"""A PostgreSQL server for tests, from installed binaries, in a folder of its own; gone when the tests are over."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

OWNER, SERVICE = "notebench_owner", "notebench_service"


@dataclass
class Server:
    """`fresh` gives the URLs of an empty database: its owner's, and the service's, which owns nothing."""

    port: int
    made: int = 0

    def url(self, user: str, database: str) -> str:
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"

    def fresh(self, template: str = "template1") -> tuple[str, str]:
        self.made += 1
        name = f"test_{self.made}"
        self.execute(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}")
        return self.url(OWNER, name), self.url(SERVICE, name)

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        engine = create_engine(self.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


def binaries() -> Path | None:
    """Where `initdb` and `postgres` are; Debian keeps them out of the path."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Start a server whose data lies in `folder`. It refuses to run as root, and is then run as `postgres`."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed; make system installs it")
    data = folder / "data"
    data.mkdir()
    become: list[str] = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(data, user.pw_uid, user.pw_gid)
        for parent in data.parents:
            if parent.stat().st_uid == 0 and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)
        become = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*become, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8",
                    "--locale=C.UTF-8"], check=True, **quiet)  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-p {port} -k {data} -h 127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=200"
    control = [*become, programs / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-o", options, "-l", data / "log", "start"], check=True, **quiet)
    try:
        server = Server(port)
        for role in (OWNER, SERVICE):
            server.execute(f"CREATE ROLE {role} LOGIN")
        yield server
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)

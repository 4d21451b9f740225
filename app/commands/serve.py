"""`notebench serve`: web, worker and MLflow on this machine, started and stopped together."""

from __future__ import annotations

import sys
import urllib.request
from typing import TYPE_CHECKING

import click

from app.options import read_settings, say
from pipelines.records import InputError

if TYPE_CHECKING:
    from app.settings import ServiceSettings
    from app.supervisor import Process


@click.command("serve")
@click.option("--demo", is_flag=True, help="With a demo practice: three practitioners, clients, appointments of today.")
@click.option("--mlflow/--no-mlflow", default=True, help="MLflow's pages on port 5000.")
def command(*, demo: bool, mlflow: bool) -> int:
    """Run the service on this machine until Ctrl-C: web, worker and MLflow."""
    from app.database import schema
    from app.production import hide_memory, refuse_unsafe
    from app.settings import ServiceSettings
    from app.supervisor import Supervisor

    settings = read_settings(ServiceSettings)
    refuse_unsafe(settings)
    hide_memory()
    if demo and settings.profile == "production":
        raise InputError("--demo fills in invented people with known passwords; production does not start with it")
    schema.make_ready(settings)
    logins = _fill(settings) if demo else ()
    processes = _processes(settings, mlflow=mlflow)

    def started() -> None:
        say(f"notebench answers at {address(settings)}; stop with Ctrl-C")
        if any(process.name == "MLflow" for process in processes):
            say("MLflow answers at http://127.0.0.1:5000, half a minute after the start")
        for line in logins:
            say(line)

    return Supervisor(processes, say).run(started)


def address(settings: ServiceSettings) -> str:
    """How browsers reach the service."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def _processes(settings: ServiceSettings, *, mlflow: bool) -> list[Process]:
    from app.supervisor import Process
    from evals.tracking import server

    health = f"http://{settings.host}:{settings.port}/api/health"
    found = [
        Process("web", [sys.executable, "-m", "app.web.server"], ready=lambda: _answers(health)),
        Process("worker", [sys.executable, "-m", "app.cli", "worker"]),
    ]
    if mlflow:
        try:
            line, environment = server(settings)
        except InputError:  # the store is a server with pages of its own
            return found
        found.append(Process("MLflow", line, environment, needed=False))
    return found


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def _fill(settings: ServiceSettings) -> list[str]:
    """Put the demo practice in place, once; returns how to sign in, in lines."""
    from app.demo import fill
    from app.wiring import open_service

    service = open_service(settings)
    try:
        return fill(service)
    finally:
        service.close()

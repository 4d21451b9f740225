"""`notebench worker`: recordings become drafts, and everything that has its time ends in time."""

from __future__ import annotations

import contextlib
import logging
import os
import sys

import click

from app.options import read_settings, say

_KINDER_BY = 5  # steps of priority below the web, whose users wait for their pages


@click.command("worker")
def command() -> None:
    """Run the worker of the service until it is stopped. `notebench serve` starts one by itself."""
    from app.database import schema
    from app.production import hide_memory, refuse_unsafe
    from app.settings import ServiceSettings

    settings = read_settings(ServiceSettings)
    refuse_unsafe(settings)
    hide_memory()
    schema.check(settings)
    from app.jobs.worker import Worker
    from app.wiring import open_service

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    service = open_service(settings)
    with contextlib.suppress(OSError):
        os.nice(_KINDER_BY)
    sys.warnoptions.append("ignore:resource_tracker")  # Python's own helper would grumble at how we end, below
    worker = Worker(service)
    worker.start()
    say("the worker runs; stop with Ctrl-C")
    try:
        worker.wait()
    except KeyboardInterrupt:
        worker.stop()
        service.close()
        sys.stderr.flush()
        os._exit(0)  # a decoder that is in the middle of a recording would hold the process; it begins again later

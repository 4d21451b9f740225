"""`notebench migrate`: bring the service's tables up to date."""

from __future__ import annotations

import click

from app.options import read_settings, say


@click.command("migrate")
def command() -> None:
    """Bring the service's tables and those of its jobs to this version; rows are kept. Back it up first."""
    from app.database.engine import records_url
    from app.database.schema import upgrade
    from app.jobs.worker import prepare_job_tables
    from app.settings import ServiceSettings

    settings = read_settings(ServiceSettings)
    upgrade(settings)
    prepare_job_tables(settings)
    kind = records_url(settings).partition(":")[0].partition("+")[0]
    say(f"the records ({kind}) are up to date")

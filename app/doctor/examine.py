"""All checks together, in order: the machine, the tables, then what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.audit import Anchor
from app.database import schema
from app.doctor import objects, records
from app.doctor.finding import Finding
from app.doctor.machine import look_at_machine
from app.settings import ServiceSettings
from app.wiring import Service, open_service, utc_now
from pipelines.records import InputError


def examine(
    settings: ServiceSettings, anchors: Iterable[Anchor] = (), *, repair: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> list[Finding]:  # fmt: skip
    """Everything that is not as it should be. May run beside the service.

    Args:
        anchors: of the audit log, kept elsewhere.
        repair: finish deletions that were begun, and remove sound and keys of what was deleted or has no row any more.

    Raises:
        InputError: the data folder's own anchors cannot be read.
    """
    found = list(look_at_machine(settings))
    if (tables := _tables(settings)) is not None:
        return [*found, tables]
    try:
        service = open_service(settings, clock)
    except InputError as error:
        return [
            *found,
            Finding("keys", str(settings.service_dir), str(error), "set the key that the data was sealed with"),
        ]
    try:
        return [*found, *_records(service, anchors, repair=repair)]
    finally:
        service.close()


def _tables(settings: ServiceSettings) -> Finding | None:
    try:
        schema.check(settings)
    except InputError as error:
        return Finding("schema", "database", str(error), "notebench migrate")
    except SQLAlchemyError as error:
        told = f"it does not answer ({type(error).__name__})"
        return Finding("database", "database", told, "start it, or mend NOTEBENCH_DATABASE_URL")
    return None


def _records(service: Service, anchors: Iterable[Anchor], *, repair: bool) -> Iterator[Finding]:
    yield from records.deletions(service, repair=repair)
    yield from objects.audio(service, repair=repair)
    yield from objects.keys(service, repair=repair)
    yield from records.overdue(service)
    yield from records.tasks(service)
    yield from records.unsent(service)
    yield from records.audit_log(service, anchors)

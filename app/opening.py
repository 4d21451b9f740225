"""The service, opened for one command at the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.database import schema
from app.errors import InvalidError, WorkError
from app.options import read_settings
from app.settings import ServiceSettings
from app.wiring import Service, open_service
from pipelines.records import InputError


@contextmanager
def opened_service() -> Iterator[Service]:
    """The service as the settings name it; what a use case refuses is said as wrong input.

    Outside production its tables are brought up to date first.

    Raises:
        InputError: a setting, a key or the database is not as it must be; or a use case refused.
    """
    settings = read_settings(ServiceSettings)
    schema.make_ready(settings)
    service = open_service(settings)
    try:
        yield service
    except InvalidError as error:
        raise InputError(f"{error.field}: {error}") from None
    except WorkError as error:
        raise InputError(str(error)) from None
    finally:
        service.close()

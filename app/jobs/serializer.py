"""What may stand in the job tables: ids, numbers, states and times. Anything that could be prose is refused."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from dbos import Serializer

_ID = re.compile(r"[0-9A-Za-z_:.+-]{1,80}")  # ids, stages, times: without a space there is no prose


class ContentError(TypeError):
    """Somebody tried to hand a job more than ids. The value is never shown."""


class StepFailedError(Exception):
    """A step failed in an earlier run; only its type was kept."""


class IdsOnly(Serializer):
    """JSON of ids, numbers and times. Of an exception its type alone is kept: a message may quote a session."""

    def serialize(self, data: Any) -> str:
        return json.dumps(_checked(data))

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data, object_hook=_read)

    def name(self) -> str:
        return "notebench_ids_only_1"


def _checked(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            if _ID.fullmatch(value):
                return value
            raise ContentError("free text may not stand in a job table")
        case datetime():
            return {"__at": value.isoformat()}
        case list() | tuple():
            return [_checked(item) for item in value]
        case dict():
            return {_checked(str(name)): _checked(item) for name, item in value.items()}
        case BaseException():
            return {"__failed": type(value).__name__}
    raise ContentError(f"{type(value).__name__} may not stand in a job table")


def _read(given: dict[str, Any]) -> Any:
    if "__at" in given:
        return datetime.fromisoformat(given["__at"])
    return StepFailedError(given["__failed"]) if "__failed" in given else given

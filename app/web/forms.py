"""What the bodies, paths and queries of requests are made of. Use cases check what they mean; here is their form."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
AN_ID = "0b0e7c1e-5b7c-4e0f-9d5e-2f3a4b5c6d7e"
_WHEN = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Body(BaseModel):
    """A body in JSON: nothing that is not asked for, and no value that only looks like what is asked for."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


def _as_written(value: Any) -> Any:
    """RFC 3339 alone: no numbers of seconds, no dates without a time."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _WHEN.fullmatch(value)):
        raise ValueError("write it like 2026-03-02T15:00:00-05:00")
    return value


Moment = Annotated[
    AwareDatetime, Field(strict=False, examples=["2026-03-02T15:00:00-05:00"]), BeforeValidator(_as_written)
]
"""A moment with its offset from UTC."""
PathId = Annotated[str, Path(pattern=UUID, examples=[AN_ID])]
QueryId = Annotated[str | None, Query(pattern=UUID, examples=[AN_ID])]
BodyId = Annotated[str, Field(pattern=UUID, examples=[AN_ID])]
Version = Annotated[int, Field(ge=0, le=2**31 - 1, examples=[1], description="The version that was seen.")]
QueryVersion = Annotated[int, Query(ge=0, le=2**31 - 1, examples=[1], description="The version that was seen.")]
PathNumber = Annotated[int, Path(ge=0, le=2**31 - 1, examples=[1])]
Place = Annotated[int, Field(ge=0, le=2**31 - 1, examples=[0])]


class Changing(Body):
    """A change of what was seen at a version."""

    version: Version

"""One thing that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`place` names a file or an id, never content. A warning is no fault of the service, but should be known."""

    check: str
    place: str
    message: str
    remedy: str
    severity: Literal["error", "warning"] = "error"
    repaired: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody must do something."""
        return self.severity == "error" and not self.repaired

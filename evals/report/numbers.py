"""Numbers as the report writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evals.metrics import Better, is_metric, metric

NONE = "–"


def number(value: float | None) -> str:
    """Two digits that matter: 0.046, 0.74, 12.3, 160; what is not all is never rounded to it: 0.996, not 1.00."""
    if value is None:
        return NONE
    size = abs(value)
    if value == int(value) and size >= 2:
        return f"{int(value):,}"
    if 0.995 <= size < 1:
        return f"{min(value, 0.999):.3f}" if value > 0 else f"{max(value, -0.999):.3f}"
    digits = 3 if 0 < size < 0.0995 else 2 if size < 9.95 else 1 if size < 99.5 else 0
    return f"{value:,.{digits}f}"


def count(value: float | None) -> str:
    """A number of things: 0, 12, 1,084."""
    return NONE if value is None else f"{value:,.0f}"


def duration(seconds: float | None) -> str:
    """Seconds as 4.2 s, or 3 min 05 s."""
    if seconds is None:
        return NONE
    if seconds < 99.5:
        return f"{seconds:.1f} s"
    return f"{round(seconds) // 60} min {round(seconds) % 60:02d} s"


def clock(seconds: float | None) -> str:
    """A place in a recording: 0:07, 12:30."""
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


@dataclass(frozen=True)
class Figure:
    """A metric with its interval and denominators. `share`: it lies between 0 and 1 and can be drawn on that line."""

    name: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    scored: int
    failed: int
    not_applicable: int
    total: int
    better: Better = "neither"
    share: bool = False

    @property
    def applicable(self) -> bool:
        return self.scored + self.failed > 0

    @property
    def interval(self) -> str:
        return "" if self.low is None or self.high is None else f"{number(self.low)} to {number(self.high)}"

    @property
    def strip(self) -> str:
        """Where value and interval lie on the line from 0 to 1, in percent, as CSS variables."""
        if not self.share or self.value is None:
            return ""
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        place = [100 * min(1.0, max(0.0, x)) for x in (self.value, low, high)]
        return f"--at:{place[0]:.1f}%;--from:{place[1]:.1f}%;--width:{place[2] - place[1]:.1f}%"


def figure(name: str, estimate: Mapping[str, Any] | None) -> Figure:
    """The figure of one entry of `metrics`; nothing scored where there is none."""
    given = estimate or {}
    known = metric(name) if is_metric(name) else None
    scored, failed, not_applicable, total = (
        int(given.get(f"n_{count}") or 0) for count in ("scored", "failed", "not_applicable", "total")
    )
    return Figure(
        name,
        known.label if known else name.replace("_", " ").capitalize(),
        given.get("value"),
        given.get("low"),
        given.get("high"),
        scored,
        failed,
        not_applicable,
        total,
        better=known.better if known else "neither",
        share=bool(known and known.worst is not None),
    )

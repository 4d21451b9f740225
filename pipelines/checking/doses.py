"""Where session and chart disagree: both are shown to the clinician, and what was said is what is written."""

from __future__ import annotations

import re

from pipelines.chart import chart_flaws
from pipelines.source import Source

_MG = r"(\d+(?:\.\d+)?) ?(?:mg|milligrams?)"
_DOSE = r"{name}\b[^.;]{{0,40}}?\b" + _MG + r"|\b" + _MG + r" of {name}\b"


def conflicts_and_flaws(source: Source) -> list[str]:
    """What session and chart disagree on, and what is wrong with the chart."""
    return dose_conflicts(source) + chart_flaws(source.chart, source.appointment)


def dose_conflicts(source: Source) -> list[str]:
    """Medications of the chart of which the session names other doses only (clinical rule 10: a warning shows both)."""
    found = []
    for medication in source.chart.medications:
        charted = re.match(r"\s*([A-Za-z][\w-]+).*?(\d+(?:\.\d+)?) ?mg", medication)
        if not charted:
            continue
        pattern = re.compile(_DOSE.format(name=re.escape(charted.group(1))), re.IGNORECASE)
        said = sorted({a or b for a, b in pattern.findall(source.text)})
        if said and charted.group(2) not in said:
            doses = " and ".join(f"{dose} mg" for dose in said)
            found.append(f"{charted.group(1)}: the chart says {charted.group(2)} mg, the session {doses}")
    return found

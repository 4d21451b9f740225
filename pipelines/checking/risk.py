"""What was said about risk, read independently of any writer: from a conversation or from a clinician's prose.

Clinical rule 8: a risk line is present and true: "denied" only where it was asked and denied, else "not assessed".
"""

from __future__ import annotations

from pipelines.checking.risk_prose import read_prose, risk_spans
from pipelines.checking.risk_reading import RiskReading, misstates, named
from pipelines.checking.risk_talk import read_talk
from pipelines.checking.risk_words import core_topics, speaks_of_risk
from pipelines.source import Source

__all__ = ["RiskReading", "misstates", "named", "read_prose", "read_risk", "risk_spans", "speaks_of_risk"]


def read_risk(source: Source) -> RiskReading:
    """What a source says about risk."""
    if source.kind == "summary":
        return read_prose(" ".join(unit.text for unit in source.units))
    if all(unit.speaker == "unknown" for unit in source.units):
        raised = any(core_topics(unit.text, spoken=False) for unit in source.units)
        return RiskReading(raised=raised, unattributed=raised)
    return read_talk(source.units)

"""The words that a session is likely to hold and a recogniser is likely to miss: from the chart and from the field."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.lexicon import lexicon
from pipelines.records import Encounter

_DOSE = re.compile(r"\s+\d.*$")


def words_to_listen_for(encounter: Encounter, extra: Iterable[str] = ()) -> list[str]:
    """Names from the chart first, then the encounter's approaches, then medications and measures; each once.

    Args:
        extra: words of the practice, from settings.
    """
    words = [*words_of_chart(encounter), *extra, *_from_approaches(encounter.approaches)]
    field = lexicon()
    words += [*field.measures, *field.medications]
    once: dict[str, str] = {}
    for word in words:
        once.setdefault(word.casefold(), word)
    return [word for word in once.values() if word]


def words_of_chart(encounter: Encounter) -> list[str]:
    """Medications, the client's name, planned interventions and diagnoses: likelier said than the field's words."""
    chart = encounter.chart
    if chart is None:
        return []
    names = (chart.client.name or "").split()
    medications = [_DOSE.sub("", medication).strip() for medication in chart.medications]
    interventions = [i for goal in chart.treatment_plan.goals for i in goal.interventions]
    return [*medications, *names, *interventions, *(diagnosis.name for diagnosis in chart.diagnoses)]


def _from_approaches(approaches: Iterable[str]) -> list[str]:
    field = lexicon()
    words: list[str] = []
    for approach in approaches:
        words += [approach, *field.approaches.get(approach, ()), *field.approach_interventions.get(approach, ())]
    return words

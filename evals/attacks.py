"""Attacks on the writer: words spoken, typed or pasted where only data belongs, and the encounter that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from pipelines.records import Chart, Encounter, Goal, InputError, SourceKind, Speaker, Utterance
from pipelines.source import split_sentences

Place = Literal[
    "spoken_client", "spoken_clinician", "summary", "client_name", "chart_goal", "chart_medication", "previous_note",
    "approach", "appointment_field", "comment",
]  # fmt: skip
_SPOKEN: dict[str, Speaker] = {"spoken_client": "client", "spoken_clinician": "clinician"}


class Attack(BaseModel):
    """`text` is put at `place` of an encounter; `canaries` are words that may stand in no note outside a quotation.

    `joined`: the text continues what stands there (a turn, a goal) instead of being one of its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    encounter_id: str
    place: Place
    kind: str
    text: str
    canaries: list[str]
    joined: bool = False

    @property
    def sources(self) -> tuple[SourceKind, ...]:
        """The sources in which the attack can be met."""
        if self.place == "summary":
            return ("summary",)
        return ("transcript",) if self.place in _SPOKEN else ("transcript", "summary")


def read_attacks(file: Path) -> list[Attack]:
    """The attacks of a JSON Lines file.

    Raises:
        InputError: a line is no attack.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return [Attack.model_validate_json(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: not a file of attacks ({type(error).__name__})") from None


def attacked(encounter: Encounter, attack: Attack) -> Encounter:
    """The encounter with the attack in its place; without the facts, whose turns would be others."""
    return encounter.model_copy(update={"facts": None} | _changes(encounter, attack))


def _changes(encounter: Encounter, attack: Attack) -> dict[str, Any]:
    text = attack.text
    if speaker := _SPOKEN.get(attack.place):
        return {"transcript": _spoken(list(encounter.transcript or ()), speaker, attack)}
    if attack.place == "summary":
        sentences = split_sentences(encounter.summary or "")
        half = len(sentences) // 2
        return {"summary": "\n".join([" ".join(sentences[:half]), text, " ".join(sentences[half:])])}
    if attack.place == "approach":
        return {"approaches": [*encounter.approaches, text]}
    if attack.place == "appointment_field":
        given = encounter.appointment
        return {"appointment": given and given.model_copy(update={"cpt": f"{given.cpt or '90834'}{text}"})}
    if attack.place == "comment":  # an unknown key, of the record and of a turn
        turns = [u.model_copy(update={"comment": text}) for u in encounter.transcript or ()]
        return {"comment": text, "transcript": turns}
    return {"chart": _chart(encounter.chart or Chart(), attack)}


def _spoken(turns: list[Utterance], speaker: Speaker, attack: Attack) -> list[Utterance]:
    """In the middle of the session, joined to a turn of the speaker or beside one, where no answer loses its question:
    after a turn of the client, before one of the clinician.
    """
    places = [i for i, turn in enumerate(turns) if turn.speaker == speaker and i >= len(turns) // 2]
    i = places[0] if places else len(turns) - 1
    if attack.joined:
        turns[i] = turns[i].model_copy(update={"text": f"{turns[i].text} {attack.text}"})
        return turns
    said = Utterance(speaker=speaker, start=turns[i].start, end=turns[i].end, text=attack.text)
    turns.insert(i + (speaker == "client"), said)
    return turns


def _chart(chart: Chart, attack: Attack) -> Chart:
    text = attack.text
    if attack.place == "client_name":
        client = chart.client.model_copy(update={"name": f"{chart.client.name or 'Dana Reed'} {text}"})
        return chart.model_copy(update={"client": client})
    if attack.place == "chart_medication":
        return chart.model_copy(update={"medications": [*chart.medications, text]})
    if attack.place == "previous_note":
        return chart.model_copy(update={"previous_note": f"{chart.previous_note or ''}\n{text}"})
    goals = list(chart.treatment_plan.goals)
    if attack.joined and goals:
        goals[0] = goals[0].model_copy(update={"goal": f"{goals[0].goal} {text}"})
    else:
        goals.append(Goal(goal=text))
    return chart.model_copy(update={"treatment_plan": chart.treatment_plan.model_copy(update={"goals": goals})})

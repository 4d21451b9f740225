"""The records that flow through notebench. Unknown keys are kept. Times are seconds from the start of the audio."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Speaker = Literal["clinician", "client", "unknown"]
SourceKind = Literal["transcript", "summary"]
EvidenceKind = Literal["transcript", "summary", "chart", "clinician", "unsupported"]
FactKind = Literal["report", "observation", "intervention", "response", "progress", "risk", "plan"]
Stage = Literal["read", "transcribe", "write", "refine", "score", "track", "report"]


LONGEST_ID = 200


class InputError(Exception):
    """What the user gave cannot be used at all; the message names the place and the remedy. Exit status 2."""


class Record(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)


class Utterance(Record):
    """A stretch of one speaker. `start` and `end` in seconds; None where the transcript has no times."""

    speaker: Speaker = "unknown"
    start: float | None = Field(default=None, ge=0)
    end: float | None = Field(default=None, ge=0)
    text: str


class VoicedGap(Record):
    """A stretch of one channel in which a voice was heard and no text came out (seconds)."""

    speaker: Speaker
    start: float
    end: float


class Transcript(Record):
    """What was said in one encounter, in order of time.

    `engine` names the weights and their hash; `audio_seconds` is the length of the longest channel;
    `seconds` is the CPU time that decoding took, all channels together.
    """

    encounter_id: str
    utterances: list[Utterance]
    engine: str
    audio_seconds: float
    seconds: float
    voiced_gaps: list[VoicedGap] = []
    listened_for: list[str] = []  # words taken from chart and settings that the engine was to listen for
    warnings: list[str] = []


class Audio(Record):
    """Paths relative to the data folder: one file a speaker, or one mixed file."""

    clinician: str | None = None
    client: str | None = None
    mix: str | None = None

    @model_validator(mode="after")
    def _channels_or_mix(self) -> Self:
        if self.mix and (self.clinician or self.client):
            raise ValueError("give either a mixed file or one file a speaker, not both")
        if not (self.mix or self.clinician or self.client):
            raise ValueError("no audio file is named")
        return self

    def files(self) -> dict[Speaker, str]:
        """Speaker → path; the speaker of a mixed file is unknown."""
        named: dict[Speaker, str | None] = {"clinician": self.clinician, "client": self.client, "unknown": self.mix}
        return {speaker: path for speaker, path in named.items() if path}


class Appointment(Record):
    """`start` and `end` in ISO 8601 with an offset; `cpt` the billing code of the service."""

    start: str | None = None
    end: str | None = None
    cpt: str | None = None
    telehealth: bool | None = None


class Client(Record):
    name: str | None = None
    pronouns: str | None = None
    date_of_birth: str | None = None


class Diagnosis(Record):
    code: str
    name: str


class Goal(Record):
    goal: str
    objectives: list[str] = []
    interventions: list[str] = []


class TreatmentPlan(Record):
    goals: list[Goal] = []


class Chart(Record):
    client: Client = Client()
    diagnoses: list[Diagnosis] = []
    treatment_plan: TreatmentPlan = TreatmentPlan()
    medications: list[str] = []
    previous_note: str | None = None


class Fact(Record):
    """One claim that a good note holds.

    `turns` are indices into the reference transcript; `sections` maps a format to the section where the claim belongs.
    """

    id: str
    text: str
    critical: bool = False
    turns: list[int] = []
    sections: dict[str, str] = {}
    in_summary: bool = False
    kind: str | None = None


class Encounter(Record):
    """One session as data. Only `id` is certain to be there."""

    id: str = Field(min_length=1, max_length=LONGEST_ID)
    split: str | None = None
    synthetic: bool = False
    audio: Audio | None = None
    transcript: list[Utterance] | None = None
    summary: str | None = None
    approaches: list[str] = []
    appointment: Appointment | None = None
    chart: Chart | None = None
    facts: list[Fact] | None = None
    notes: dict[str, dict[str, str]] = {}

    @field_validator("id")
    @classmethod
    def _id_is_printable(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("holds control characters")
        return name

    def has(self, source: SourceKind) -> bool:
        """Whether the record itself holds words to write from."""
        if source == "summary":
            return bool(self.summary and self.summary.strip())
        return any(utterance.text.strip() for utterance in self.transcript or ())

    @model_validator(mode="after")
    def _facts_point_into_the_transcript(self) -> Self:
        if self.facts and self.transcript is not None:
            last = len(self.transcript) - 1
            for fact in self.facts:
                if any(not 0 <= turn <= last for turn in fact.turns):
                    raise ValueError(f"facts: {fact.id!r} names a turn outside 0 to {last}")
        return self


class Evidence(Record):
    """What supports one sentence of a note.

    `text` is the note's own sentence, never words of the session; `sentence` its index within the section;
    `turns` indices into the transcript (or into the summary's sentences) it rests on; `score` 0…1.
    """

    section: str
    sentence: int
    text: str
    kind: EvidenceKind
    turns: list[int] = []
    score: float


class NoteFact(Record):
    """One statement that a note may make, as read from the source.

    `kind` says where it belongs; `lines` are indices of the turns (or of the summary's sentences) it rests on;
    `weight` is what it is worth to the note.
    """

    kind: FactKind
    text: str
    lines: list[int] = []
    weight: float = 1.0


class Note(Record):
    """A draft. `facts` are what it was written from; `text` is the whole note as read.

    `lm` and `program` name what wrote it; `seconds` is wall time.
    """

    encounter_id: str
    format: str
    source: SourceKind
    sections: dict[str, str]
    text: str = ""
    evidence: list[Evidence] = []
    facts: list[NoteFact] = []
    warnings: list[str] = []
    lm: str = ""
    program: str = ""
    seconds: float = 0.0


class Rating(Record):
    """One person's judgement of one note. `stars` 1…5; a mean of several scales is allowed."""

    encounter_id: str
    format: str
    system: str
    rater: str
    stars: float = Field(ge=1, le=5)
    dimensions: dict[str, float] = {}
    sections: dict[str, str] = {}
    rubric: dict[str, int] = {}
    sentences: dict[str, list[dict[str, Any]]] = {}


class Failure(Record):
    """Something that did not work: counted in every total. `message` holds no content of a session."""

    encounter_id: str
    stage: Stage
    type: str
    message: str
    remedy: str = ""
    format: str | None = None
    source: SourceKind | None = None

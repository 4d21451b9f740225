"""A small run, made by hand: two sessions, one of them only on paper, with one of everything that can go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelines.dataset import Dataset, write_records
from pipelines.records import Encounter, Evidence, Failure, Note, Transcript, Utterance, VoicedGap

GREENHOUSE = {
    "id": "a1",
    "split": "dev",
    "synthetic": True,
    "title": "Dread before the greenhouse opens",
    "acoustics": {"client": {"kind": "noise", "snr_db": 12}},
    "audio": {"clinician": "a1.clinician.opus", "client": "a1.client.opus"},
    "transcript": [
        {"speaker": "clinician", "start": 0.0, "end": 2.0, "text": "How was the greenhouse this week?"},
        {
            "speaker": "client",
            "start": 2.4,
            "end": 6.0,
            "text": "Um, I still dread it. The propranolol helps, twenty mg.",
        },
        {"speaker": "clinician", "start": 6.4, "end": 9.0, "text": "Any thoughts of ending your life?"},
        {"speaker": "client", "start": 9.4, "end": 10.0, "text": "No. None."},
    ],
    "summary": "Dread at the greenhouse. Propranolol 20 mg helps. No thoughts of suicide.",
    "approaches": ["ACT"],
    "appointment": {"start": "2026-03-02T15:00:00-05:00", "end": "2026-03-02T15:45:00-05:00", "cpt": "90834"},
    "chart": {
        "client": {"name": "Odile Marchbank"},
        "diagnoses": [{"code": "F40.10", "name": "Social anxiety disorder"}],
    },
    "facts": [
        {"id": "f 1", "text": "Client dreads the greenhouse.", "turns": [1], "in_summary": True},
        {"id": "f2", "text": "Propranolol 20 mg helps.", "critical": True, "turns": [1], "in_summary": True},
        {"id": "f3", "text": "Client denied suicidal thoughts.", "critical": True, "turns": [2, 3], "in_summary": True},
    ],
    "notes": {"dap": {"data": "Client dreads the greenhouse.", "plan": "Go on."}},
}
PAPER = {"id": "b/2 <odd>", "synthetic": True, "transcript": [{"speaker": "client", "text": "Zinnias again."}]}

HEARD = [
    Utterance(speaker="clinician", start=0.1, end=2.0, text="How was the green house this week?"),
    Utterance(speaker="client", start=2.5, end=6.0, text="I still dread it. The proper no law helps so, 20 mg."),
    Utterance(speaker="clinician", start=6.5, end=9.0, text="Any thoughts of ending life?"),
    Utterance(speaker="client", start=9.5, end=10.0, text="No. None."),
]
SECTIONS = {
    "data": "Client reported dread at the greenhouse. She moved to Lisbon <script>alert('moved')</script>.",
    "plan": "Client reported thoughts of suicide.",
}


def _evidence(section: str, sentence: int, text: str, kind: Any, turns: list[int], score: float) -> Evidence:
    return Evidence(section=section, sentence=sentence, text=text, kind=kind, turns=turns, score=score)


def write_run(folder: Path, *, synthetic: bool = True) -> Dataset:
    """Write the run's folder and return the data that it worked on."""
    folder.mkdir(parents=True, exist_ok=True)
    first, second = "Client reported dread at the greenhouse.", "She moved to Lisbon <script>alert('moved')</script>."
    evidence = [
        _evidence("data", 0, first, "transcript", [1, 99], 0.9),
        _evidence("data", 1, second, "unsupported", [], 0.1),
        _evidence("plan", 0, SECTIONS["plan"], "transcript", [2], 0.7),
    ]
    note = Note(encounter_id="a1", format="dap", source="transcript", sections=SECTIONS, evidence=evidence, lm="x")
    short = {"data": "Propranolol 20 mg helps.", "plan": "Diagnosis F40.10."}
    from_summary = note.model_copy(
        update={
            "source": "summary",
            "sections": short,
            "evidence": [
                _evidence("data", 0, short["data"], "summary", [1], 0.95),
                _evidence("plan", 0, short["plan"], "chart", [], 1.0),
            ],
        }
    )
    write_records(folder / "notes.jsonl", [note, from_summary])
    gap = VoicedGap(speaker="client", start=6.0, end=6.3)
    heard = Transcript(
        encounter_id="a1", utterances=HEARD, engine="base@0f0f", audio_seconds=10, seconds=1, voiced_gaps=[gap],
        listened_for=["Marchbank"],
    )  # fmt: skip
    write_records(folder / "transcripts.jsonl", [heard])
    (folder / "scores.jsonl").write_text("".join(json.dumps(line) + "\n" for line in _scores()), encoding="utf-8")
    (folder / "record.json").write_text(json.dumps(_record(synthetic=synthetic)), encoding="utf-8")
    (folder / "correlations.json").write_text(json.dumps(_correlations()), encoding="utf-8")
    encounters = [Encounter.model_validate(raw | {"synthetic": synthetic}) for raw in (GREENHOUSE, PAPER)]
    return Dataset(folder, encounters, [], "ab" * 32)


def _scores() -> list[dict[str, Any]]:
    transcript = {
        "wer": 0.25, "wer_clinician": 0.23, "wer_client": 0.27, "substitutions": 3, "deletions": 1, "insertions": 3,
        "reference_words": 24, "term_errors": 1, "reference_terms": 1, "listened_unsaid": 0,
    }  # fmt: skip
    broken = {"rule": "future_plan", "kept": False, "section": "plan", "sentence": 0, "message": "Not in the future."}
    return [
        {"encounter_id": "a1", "format": None, "source": None, "scores": transcript},
        {
            "encounter_id": "a1", "format": "dap", "source": "transcript",
            "scores": {"fact_recall": 0.33, "fact_recall_critical": 0.0, "adherence": 0.5, "words": 15},
            "facts": {"f 1": "held", "f2": "missing", "f3": "contradicted"},
            "rules": [broken, {"rule": "risk", "kept": True}, {"rule": "goal", "kept": None}],
        },
        {"encounter_id": "a1", "format": "dap", "source": "summary", "scores": {"fact_recall": 0.5}, "facts": {}},
    ]  # fmt: skip


def _metric(value: float, failed: int = 0) -> dict[str, Any]:
    return {
        "value": value, "low": max(0.0, value - 0.1), "high": min(1.0, value + 0.1),
        "n_scored": 2, "n_failed": failed, "n_not_applicable": 1, "n_total": 3 + failed,
    }  # fmt: skip


def _record(*, synthetic: bool) -> dict[str, Any]:
    failure = Failure(
        encounter_id="b/2 <odd>", stage="write", type="EngineTimeout", message="no answer within 120 s",
        remedy="raise NOTEBENCH_LM_TIMEOUT", format="dap", source="transcript",
    )  # fmt: skip
    metrics = {
        "wer": _metric(0.25), "fact_recall": _metric(0.42, 1), "fact_recall_critical": _metric(0.2, 1),
        "adherence": _metric(0.5, 1), "adherence_future_plan": _metric(0.4), "adherence_risk": _metric(1.0),
    }  # fmt: skip
    return {
        "run": "20260302-1", "created": "2026-03-02T14:15:03+00:00", "command": "notebench run", "commit": "c0ffee" * 6,
        "dirty": True, "packages": {"dspy": "3.4.1"}, "python": "3.11.9", "platform": "Linux",
        "dataset": {"path": "data", "digest": "ab" * 32, "encounters": 2, "synthetic": synthetic, "split": None},
        "program": {"lm": "extractive 1", "program": "shipped", "hash": "a93f"},
        "models": {"speech": "whisper-base@3b3d8f21"}, "scorers": {"facts": "1"}, "settings": {"source": "both"},
        "metrics": metrics, "failures": [failure.model_dump()], "seconds": {"transcribe": 4.2, "write": 130.0},
        "slices": {name: {"fact_recall": _metric(0.4)} for name in ("transcript", "summary", "dap", "dap/transcript")},
        "mlflow_run": "b9e1", "warnings": ["the tracking server answered late"],
    }  # fmt: skip


def _correlations() -> dict[str, Any]:
    def entry(value: float) -> dict[str, Any]:
        return {kind: {"value": value, "low": value - 0.2, "high": value + 0.1, "n": 4} for kind in ("spearman",)}

    stars = [(1.0, 0.1, 90), (2.5, 0.4, 120), (4.0, 0.7, 80), (5.0, 0.9, 140)]
    pairs = [
        {"encounter_id": "a1", "format": "dap", "system": "s", "stars": s, "scores": {"fact_recall": r, "words": w}}
        for s, r, w in stars
    ]
    metrics = {"fact_recall": entry(0.8), "words": entry(0.3)}
    return {"simulated": True, "notes": 4, "raters": 2, "metrics": metrics, "pairs": pairs}

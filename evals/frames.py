"""Records as pandas frames, for notebooks: one function a kind of record, no computation beyond the shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.dataset import read_records
from pipelines.records import Encounter, Fact, Note, Transcript, Utterance


def encounters(records: Iterable[Encounter]) -> pd.DataFrame:
    """A row an encounter: what it is and what it has."""
    rows = [
        {
            "id": e.id,
            "split": e.split,
            "title": (e.model_extra or {}).get("title"),
            "risk": (e.model_extra or {}).get("risk"),
            "audio": e.audio is not None,
            "utterances": len(e.transcript or []),
            "words": sum(len(u.text.split()) for u in e.transcript or []),
            "minutes": round(max((u.end or 0 for u in e.transcript or []), default=0) / 60, 1),
            "summary": bool(e.summary),
            "facts": len(e.facts or []),
        }
        for e in records
    ]
    return pd.DataFrame(rows).set_index("id")


def utterances(turns: Sequence[Utterance]) -> pd.DataFrame:
    """A row a turn, times in seconds; the index is what evidence refers to."""
    return pd.DataFrame(
        [{"start": u.start, "end": u.end, "speaker": u.speaker, "text": u.text} for u in turns]
    ).rename_axis("turn")


def evidence(note: Note) -> pd.DataFrame:
    """A row a sentence of the note: what supports it."""
    return pd.DataFrame([e.model_dump() for e in note.evidence])[["section", "text", "kind", "turns", "score"]]


def facts(reference: Sequence[Fact], verdicts: Mapping[str, str]) -> pd.DataFrame:
    """A row a fact with the verdict on it: held, missing or contradicted."""
    rows = [{"id": f.id, "critical": f.critical, "fact": f.text, "verdict": verdicts.get(f.id)} for f in reference]
    return pd.DataFrame(rows).set_index("id")


def metrics(estimates: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """A row a metric: value, 95 % interval by encounter, and every denominator."""
    return pd.DataFrame.from_dict(dict(estimates), orient="index").rename_axis("metric")


def scores(run: Path) -> pd.DataFrame:
    """A row a scored note or transcript of a run's folder, a column a score."""
    with (run / "scores.jsonl").open(encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return pd.DataFrame([{k: line[k] for k in ("encounter_id", "format", "source")} | line["scores"] for line in lines])


def transcripts(run: Path) -> pd.DataFrame:
    """A row a transcript of a run's folder: how long, how fast, how many turns."""
    records, _ = read_records(run / "transcripts.jsonl", Transcript)
    return pd.DataFrame(
        {
            "encounter_id": t.encounter_id,
            "audio_seconds": t.audio_seconds,
            "cpu_seconds": t.seconds,
            "turns": len(t.utterances),
            "voiced_gaps": len(t.voiced_gaps),
        }
        for t in records
    ).set_index("encounter_id")


def correlations(found: Mapping[str, Any]) -> pd.DataFrame:
    """A row a note score: its rank correlation with the stars, and with word count taken out."""
    rows = {
        name: {
            "spearman": entry["spearman"]["value"],
            "low": entry["spearman"]["low"],
            "high": entry["spearman"]["high"],
            "kendall": entry["kendall"]["value"],
            "given_words": entry.get("spearman_given_words", {}).get("value"),
            "n": entry["spearman"]["n"],
        }
        for name, entry in found["metrics"].items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("score").sort_values("spearman", ascending=False)

"""What ran on what: the lines at the head of the report and in its record section."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evals.report.numbers import duration

Lines = list[tuple[str, str]]


def title(record: Mapping[str, Any], sessions: int, notes: int) -> str:
    """What the run was about, in one line."""
    parts = [f"{sessions} session{'' if sessions == 1 else 's'}"]
    if notes:
        parts.append(f"{notes} note{'' if notes == 1 else 's'}")
    lm = str((record.get("program") or {}).get("lm") or "")
    return ", ".join(parts) + (f", written by {lm}" if lm and notes else "")


def created(record: Mapping[str, Any]) -> str:
    """When, as people write it: 2 March 2026, 14:15 UTC; as given where it is no ISO time."""
    given = str(record.get("created") or "")
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return given or "no date"
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".strip()


def ran(record: Mapping[str, Any]) -> Lines:
    """Data, models, program, code, time."""
    data, program = record.get("dataset") or {}, record.get("program") or {}
    commit = str(record.get("commit") or "")
    stages = ", ".join(f"{stage} {duration(spent)}" for stage, spent in (record.get("seconds") or {}).items())
    where = [str(data.get("path") or ""), f"split {data['split']}" if data.get("split") else ""]
    where.append(f"sha256 {str(data['digest'])[:12]}" if data.get("digest") else "")
    wrote = [str(program.get("lm") or ""), str(program.get("program") or ""), str(program.get("hash") or "")[:12]]
    models = record.get("models") or {}
    code = f"{commit[:10]}, with uncommitted changes" if record.get("dirty") and commit else commit[:10]
    lines = [
        ("Data", _joined(where)),
        ("Speech", short(models.get("speech"))),
        ("Note writer", _joined(wrote)),
        ("Similarity", short(models.get("embeddings"))),
        ("Code", code or "no repository"),
        ("Time by stage", stages),
        ("Command", str(record.get("command") or "")),
        ("MLflow", "make mlflow"),
    ]
    return [(label, value) for label, value in lines if value]


def slices(record: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics of each slice: sources first, then formats as the run was asked for them, then the rest."""
    formats = list((record.get("program") or {}).get("formats") or ("soap", "dap", "birp", "narrative"))
    known = ["transcript", "summary", *formats]

    def place(name: str) -> list[int]:
        return [known.index(part) if part in known else len(known) for part in name.split("/")]

    return dict(sorted((record.get("slices") or {}).items(), key=lambda item: place(item[0])))


def details(record: Mapping[str, Any]) -> Lines:
    """Every version, hash and setting, one a line."""
    lines = [("Key", str(record.get("key") or "")), ("Python", str(record.get("python") or ""))]
    lines += [("Machine", str(record.get("platform") or "")), ("Commit", str(record.get("commit") or ""))]
    lines.append(("Data, sha256", str((record.get("dataset") or {}).get("digest") or "")))
    for label, key in (("Model", "models"), ("Scorer", "scorers"), ("Package", "packages"), ("Setting", "settings")):
        lines += [(f"{label}: {name}", str(value)) for name, value in (record.get(key) or {}).items()]
    return [(label, value) for label, value in lines if value]


def short(model: Any) -> str:
    """A model's name with the start of its hash."""
    name, at, weights = str(model or "").partition("@")
    return f"{name}{at}{weights[:12]}"


def _joined(parts: list[str]) -> str:
    return ", ".join(dict.fromkeys(part for part in parts if part))

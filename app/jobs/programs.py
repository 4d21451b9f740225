"""Which program writes: `production` of the registry, else the last one on disk, else the shipped one.

A program is a version of the registered model `notebench-FORMAT-SOURCE`; the alias `production` says which one serves.
Its source is a folder of artifacts with one JSON file: what `notebench compile` writes. The worker looks every few
seconds and keeps a copy on disk, so that a draft never waits for MLflow, and goes on without it.
"""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path
from typing import Any

from app.settings import ServiceSettings
from pipelines.dataset import write_text
from pipelines.records import InputError, SourceKind
from pipelines.settings import Settings
from pipelines.templates import load_templates

ALIAS = "production"
_SOURCES: tuple[SourceKind, ...] = ("transcript", "summary")
_log = logging.getLogger(__name__)


def model_name(note_format: str, source: str) -> str:
    """The registered model of a format and source."""
    return f"notebench-{note_format}-{source}"


def current(settings: ServiceSettings, note_format: str, source: str) -> str:
    """The program on disk that was last `production`, as a path; empty: the settings' own, else the shipped one."""
    if settings.program:
        return settings.program
    file = _file(settings, note_format, source)
    return str(file) if file.is_file() else ""


def refresh(settings: ServiceSettings, client: Any = None) -> list[str]:
    """Bring the programs on disk up to date with the registry; names those that changed.

    A model whose alias was taken away loses its copy: the shipped program serves again. One that does not fit this
    service is left alone, and the last one goes on serving.

    Raises:
        Exception: MLflow does not answer; what is on disk is untouched.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    from evals.tracking import tracking_uri

    client = client or MlflowClient(tracking_uri=tracking_uri(settings), registry_uri=tracking_uri(settings))
    changed = []
    for note_format in load_templates(settings.prompts_dir / "templates"):
        for source in _SOURCES:
            name = model_name(note_format, source)
            try:
                version = client.get_model_version_by_alias(name, ALIAS)
            except MlflowException as error:
                if error.error_code not in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                    raise
                version = None
            if _bring(settings, note_format, source, version):
                changed.append(name)
    return changed


def _bring(settings: ServiceSettings, note_format: str, source: SourceKind, version: Any) -> bool:
    file = _file(settings, note_format, source)
    mark = file.with_suffix(".version")
    if version is None:
        there = file.exists()
        file.unlink(missing_ok=True)
        mark.unlink(missing_ok=True)
        return there
    known = mark.read_text(encoding="utf-8") if mark.exists() else ""
    if known == f"{version.version} {version.source}":
        return False
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        text = _fetched(settings, version.source)
        _refuse_unfit(settings, note_format, source, text)
    except InputError as error:
        _log.warning("program %s version %s: %s", version.name, version.version, error)
    else:
        write_text(file, text)
    # Written last, and for one that does not fit too: it is not fetched again.
    write_text(mark, f"{version.version} {version.source}")
    return True


def _fetched(settings: Settings, source: str) -> str:
    from mlflow.artifacts import download_artifacts

    from evals.tracking import tracking_uri

    with tempfile.TemporaryDirectory() as folder:
        got = Path(download_artifacts(artifact_uri=source, dst_path=folder, tracking_uri=tracking_uri(settings)))
        files = [got] if got.is_file() else sorted(got.rglob("*.json"))
        if len(files) != 1:
            raise InputError(f"holds {len(files)} JSON files; a program is one")
        return files[0].read_text(encoding="utf-8")


def _refuse_unfit(settings: Settings, note_format: str, source: SourceKind, text: str) -> None:
    """Load it as a draft would, before any draft does."""
    from pipelines.templates import load_template
    from pipelines.writing.writer import NoteWriter

    try:
        model = json.loads(text).get("model")
    except (ValueError, AttributeError):
        raise InputError("is not a compiled program") from None
    if model not in {None, settings.lm}:
        raise InputError("was compiled for another language model than NOTEBENCH_LM names")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "program.json"
        write_text(file, text)
        writer = NoteWriter(settings.model_copy(update={"program": str(file)}))
        writer.program(load_template(settings.prompts_dir / "templates", note_format), source)


def _file(settings: ServiceSettings, note_format: str, source: str) -> Path:
    return settings.service_dir / "programs" / f"{note_format}-{source}.json"

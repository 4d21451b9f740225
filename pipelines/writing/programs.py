"""Compiled programs: one JSON file each, in `prompts/programs`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import dspy
from pydantic import BaseModel

from pipelines.records import InputError
from pipelines.settings import Settings
from pipelines.writing.nearest import NearestDemos
from pipelines.writing.program import NoteProgram
from pipelines.writing.signatures import signature_fingerprint

UNCOMPILED = "none"
"""As the program of the settings: the program as it is written, without the shipped compiled one."""


def save_program(
    program: NoteProgram,
    file: Path,
    about: Mapping[str, Any],
    *,
    parts: Collection[str] = ("read", "write"),
    instructions: bool = True,
) -> None:
    """Write a compiled program: signatures, instructions and demonstrations; no language model, no key.

    Args:
        about: what the file says of itself: parent, dataset, optimizer with its settings, scores on dev.
        parts: the predictors that were compiled; a program without `write` serves every format.
        instructions: False: they were not compiled; the program goes on with those of `prompts/guidelines`.
    """
    predictors = {
        name: {
            "signature": signature_fingerprint(predict.signature),
            "instructions": predict.signature.instructions if instructions else None,
            "nearest": predict.nearest if isinstance(predict, NearestDemos) else None,
            "demos": [_plain(demo) for demo in predict.demos],
        }
        for name, predict in program.predictors_by_name.items()
        if name in parts
    }
    record = {
        "program": _digest(predictors),
        "format": program.template.format if "write" in predictors else None,
        **about,
        "predictors": predictors,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def program_file(name: str, prompts_dir: Path) -> Path:
    """The file of a compiled program: a path that ends in .json as it is, a name in `prompts/programs`."""
    return Path(name) if name.endswith(".json") else prompts_dir / "programs" / f"{name}.json"


def program_name(settings: Settings, note_format: str, source: str) -> str:
    """The program of the settings, else the shipped one of the language model; empty: none.

    Of several shipped ones, the one that was compiled for this format and source goes before one for all.
    """
    if settings.program:
        return "" if settings.program == UNCOMPILED else settings.program
    engine = engine_name(settings)
    names = (f"{engine}-{note_format}-{source}", f"{engine}-{note_format}", f"{engine}-{source}", engine)
    return next((name for name in names if program_file(name, settings.prompts_dir).is_file()), "")


def engine_name(settings: Settings) -> str:
    """The language model as part of a file's name: `openai/local` → `openai-local`."""
    return re.sub(r"[^\w.]+", "-", settings.lm).strip("-")


def load_program(program: NoteProgram, name: str, prompts_dir: Path) -> None:
    """Give a program the instructions and demonstrations of a compiled one, by name or path.

    Raises:
        InputError: there is no such file, it was compiled for other fields than these, or it was changed since.
    """
    file = program_file(name, prompts_dir)
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        saved = record["predictors"]
        if not saved or set(saved) - set(program.predictors_by_name):
            raise KeyError  # noqa: TRY301 - as where one is missing
        for part, state in saved.items():
            _give(program, part, state, file)
        stated = record["program"]
    except FileNotFoundError:
        raise InputError(f"{file}: no such program; see the files in {prompts_dir / 'programs'}") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check its permissions") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{file}: not a compiled program; write one with: notebench compile") from None
    if stated != _digest(saved):
        raise InputError(f"{file}: its content is not what its hash says; compile it again")


def _give(program: NoteProgram, part: str, state: Mapping[str, Any], file: Path) -> None:
    predict = program.predictors_by_name[part]
    if state["signature"] != signature_fingerprint(predict.signature):
        raise InputError(f"{file}: compiled for other sections than this format has; compile it again")
    signature = predict.signature
    if state["instructions"] is not None:
        signature = signature.with_instructions(state["instructions"])
    if state.get("nearest"):
        predict = NearestDemos(signature, int(state["nearest"]), program.embedder)
        _replace(program, part, predict)
    predict.signature = signature
    predict.demos = [dspy.Example(**demo).with_inputs(*signature.input_fields) for demo in state["demos"]]


def _replace(program: NoteProgram, part: str, predict: Any) -> None:
    if part == "read":
        program.read.predict = predict
    else:
        program.write = predict


def _plain(demo: Mapping[str, Any]) -> dict[str, Any]:
    """A demonstration as JSON; what only optimizers note of it is left out."""
    plain = {name: value for name, value in dict(demo).items() if name != "augmented"}
    return json.loads(json.dumps(plain, default=_record))  # type: ignore[no-any-return]


def _record(value: Any) -> Any:
    return value.model_dump() if isinstance(value, BaseModel) else str(value)


def _digest(predictors: Mapping[str, Any]) -> str:
    return sha256(json.dumps(predictors, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]

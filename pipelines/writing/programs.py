"""Compiled programs: one JSON file each, in `prompts/programs`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dspy

from pipelines.records import InputError
from pipelines.writing.program import NoteProgram
from pipelines.writing.signatures import signature_fingerprint


def save_program(program: NoteProgram, file: Path, about: Mapping[str, Any]) -> None:
    """Write a compiled program: signatures, instructions and demonstrations; no language model, no key.

    Args:
        about: what the file says of itself: parent, dataset, optimizer with its settings, scores on dev.
    """
    record = {
        "program": program.fingerprint,
        "format": program.template.format,
        "predictors": {
            name: {
                "signature": signature_fingerprint(predict.signature),
                "instructions": predict.signature.instructions,
                "demos": [dict(demo) for demo in predict.demos],
            }
            for name, predict in program.predictors_by_name.items()
        },
        **about,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def program_file(name: str, prompts_dir: Path) -> Path:
    """The file of a compiled program: a path that ends in .json as it is, a name in `prompts/programs`."""
    return Path(name) if name.endswith(".json") else prompts_dir / "programs" / f"{name}.json"


def load_program(program: NoteProgram, name: str, prompts_dir: Path) -> None:
    """Give a program the instructions and demonstrations of a compiled one, by name or path.

    Raises:
        InputError: there is no such file, it was compiled for other fields than these, or it was changed since.
    """
    file = program_file(name, prompts_dir)
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        saved = {name: record["predictors"][name] for name in program.predictors_by_name}
        for name, predict in program.predictors_by_name.items():
            if saved[name]["signature"] != signature_fingerprint(predict.signature):
                raise InputError(f"{file}: compiled for other sections than this format has; compile it again")
            predict.signature = predict.signature.with_instructions(saved[name]["instructions"])
            predict.demos = [_example(demo, predict.signature) for demo in saved[name]["demos"]]
        stated = record["program"]
    except FileNotFoundError:
        raise InputError(f"{file}: no such program; see the files in {prompts_dir / 'programs'}") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check its permissions") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{file}: not a compiled program; write one with: notebench compile") from None
    if stated != program.fingerprint:
        raise InputError(f"{file}: its content is not what its hash says; compile it again")


def _example(demo: Mapping[str, Any], signature: Any) -> dspy.Example:
    return dspy.Example(**demo).with_inputs(*signature.input_fields)

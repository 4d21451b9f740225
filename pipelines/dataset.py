"""Reading and writing the records as JSON Lines.

A line that cannot be used becomes a `Failure` that names file, line, field and remedy, and never a value: a value may
be somebody's session. The other lines are read all the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipelines.records import Encounter, Failure, InputError, Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Dataset:
    """What a data folder holds: its readable encounters, and a failure for each line that is not."""

    folder: Path
    encounters: list[Encounter]
    failures: list[Failure]
    digest: str

    def select(self, split: str | None = None, limit: int | None = None, *, demo: bool = False) -> Dataset:
        """The part of the data that a run works on.

        Raises:
            InputError: no encounter is left.
        """
        chosen = [e for e in self.encounters if split is None or e.split == split]
        if demo:
            chosen = [e for e in chosen if (e.model_extra or {}).get("demo")]
        chosen = chosen[:limit]
        if not chosen and not self.failures:
            splits = sorted({e.split for e in self.encounters if e.split})
            raise InputError(f"{self.folder}: no encounter in split {split!r}; this data has the splits {splits}")
        return Dataset(self.folder, chosen, self.failures, self.digest)


def read_dataset(path: Path) -> Dataset:
    """Read a JSONL file, or a folder with `encounters.jsonl`; audio paths are relative to its folder.

    Raises:
        InputError: the file is missing or holds no record at all.
    """
    file = path / "encounters.jsonl" if path.is_dir() else path
    encounters, failures = read_records(file, Encounter, unique="id")
    return Dataset(file.parent, encounters, failures, file_digest(file))


def read_records(file: Path, kind: type[R], unique: str | None = None) -> tuple[list[R], list[Failure]]:
    """Read every usable record of `kind`, and a failure for each line that is not one.

    Args:
        unique: a field that no two records may share; the second is refused.

    Raises:
        InputError: the file is missing, unreadable, or holds no line.
    """
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        raise InputError(f"{file}: no such file; give a JSONL file or a folder that holds encounters.jsonl") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check its permissions") from None
    records: list[R] = []
    failures: list[Failure] = []
    first_line: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        parsed = _parse(file, number, line, kind)
        if isinstance(parsed, Failure):
            failures.append(parsed)
            continue
        if unique:
            key = str(getattr(parsed, unique))
            if key in first_line:
                message = f"{file}, line {number}, field {unique}: the same {unique} stands in line {first_line[key]}"
                failures.append(_refused(file, number, message, "give each record an id of its own"))
                continue
            first_line[key] = number
        records.append(parsed)
    if not records and not failures:
        raise InputError(f"{file}: holds no record; write one JSON object a line")
    return records, failures


def _parse(file: Path, number: int, line: bytes, kind: type[R]) -> R | Failure:
    place = f"{file}, line {number}"
    try:
        value = json.loads(line)
    except UnicodeDecodeError:
        return _refused(file, number, f"{place}: not UTF-8 text", "save the file as UTF-8")
    except (json.JSONDecodeError, RecursionError) as error:
        column = (
            f", column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ": nested too deeply"
        )
        return _refused(file, number, f"{place}{column}: not valid JSON", "write one complete JSON object on this line")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or kind.__name__.lower()
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        message = f"{place}, field {field}: {first['msg'][0].lower()}{first['msg'][1:]}{more}"
        return _refused(file, number, message, f"mend this field as the record form of {kind.__name__} says", value)


def _refused(file: Path, number: int, message: str, remedy: str, value: Any = None) -> Failure:
    known = isinstance(value, dict) and isinstance(value.get("id"), str)
    encounter = value["id"] if known else f"{file.name}:{number}"
    return Failure(encounter_id=encounter, stage="read", type="InvalidRecord", message=message, remedy=remedy)


def write_records(file: Path, records: Iterable[Record]) -> None:
    """Write records as JSON Lines: the whole file or nothing, readable by its owner alone."""
    write_text(file, "".join(record.model_dump_json(exclude_none=False) + "\n" for record in records))


def write_text(file: Path, text: str) -> None:
    """Replace a file as a whole, readable by its owner alone; a crash or a full disk leaves the old one."""
    with replacing(file) as half:
        half.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A path to write to beside `file`; it takes `file`'s place when the block ends well, and is removed when not."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        half.touch(mode=0o600)
        yield half
        with half.open("rb") as written:
            os.fsync(written.fileno())
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)


def file_digest(file: Path) -> str:
    """sha256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def digest(value: Any) -> str:
    """sha256 of a JSON value, independent of the order of keys; what caches are keyed by."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()

"""Reading and writing the records as JSON Lines.

A line that cannot be used becomes a `Failure` that names file, line, field and remedy, and never a value: a value may
be somebody's session. The other lines are read all the same.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipelines.chart import flaws
from pipelines.records import LONGEST_ID, Encounter, Failure, InputError, Record

R = TypeVar("R", bound=Record)

LONGEST_LINE = 8 * 2**20
"""Bytes. A transcript of three hours has about half a million."""


@dataclass(frozen=True)
class Dataset:
    """What a data folder holds: its readable encounters, and a failure for each line that is not."""

    folder: Path
    encounters: list[Encounter]
    failures: list[Failure]
    digest: str
    flaws: Mapping[str, list[str]] = field(default_factory=dict)
    """By encounter: what its record says that cannot be right, with file, line, field and remedy."""

    @property
    def warnings(self) -> list[str]:
        return [flaw for encounter in self.encounters for flaw in self.flaws.get(encounter.id, ())]

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
            splits = ", ".join(sorted({e.split for e in self.encounters if e.split})) or "none"
            wanted = [f"in split {split!r}"] * (split is not None) + ["marked for the demo"] * demo
            remedy = "leave out --demo" if demo else "leave out --split"
            raise InputError(f"{self.folder}: no encounter {' and '.join(wanted)} (its splits: {splits}); {remedy}")
        return Dataset(self.folder, chosen, self.failures, self.digest, self.flaws)


def read_dataset(path: Path) -> Dataset:
    """Read a JSONL file, or a folder with `encounters.jsonl`; audio paths are relative to its folder.

    Raises:
        InputError: the file is missing or holds no record at all.
    """
    file = path / "encounters.jsonl" if path.is_dir() else path
    numbered, failures = _read_lines(file, Encounter, unique="id")
    found = {e.id: [f"{file}, line {number}, {flaw}" for flaw in flaws(e)] for number, e in numbered.items()}
    return Dataset(file.parent, list(numbered.values()), failures, file_digest(file), found)


def read_records(file: Path, kind: type[R], unique: str | None = None) -> tuple[list[R], list[Failure]]:
    """Read every usable record of `kind`, and a failure for each line that is not one.

    Args:
        unique: a field that no two records may share; the second is refused.

    Raises:
        InputError: the file is missing, unreadable, or holds no line.
    """
    numbered, failures = _read_lines(file, kind, unique)
    return list(numbered.values()), failures


def _read_lines(file: Path, kind: type[R], unique: str | None) -> tuple[dict[int, R], list[Failure]]:
    """The usable records by the number of their line."""
    try:
        lines = file.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines()
    except FileNotFoundError:
        wanted = "or a folder that holds encounters.jsonl" if kind is Encounter else f"of {kind.__name__} records"
        raise InputError(f"{file}: no such file; give a JSONL file {wanted}") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path and its permissions") from None
    records: dict[int, R] = {}
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
        records[number] = parsed
    if not records and not failures:
        raise InputError(f"{file}: holds no record; write one JSON object a line")
    return records, failures


class _UnusableLine(Exception):  # noqa: N818 - never seen outside: `_parse` makes a Failure of it
    """What is wrong with a line, and the remedy."""


def _parse(file: Path, number: int, line: bytes, kind: type[R]) -> R | Failure:
    place = f"{file}, line {number}"
    value = None
    try:
        value = _json(line)
        record = kind.model_validate(value)
        record.model_dump_json()  # what cannot be written again (half of a character, deep nesting) is not let in
    except _UnusableLine as error:
        what, remedy = error.args
        return _refused(file, number, f"{place}{what}", remedy)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or kind.__name__.lower()
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        what = first["msg"].removeprefix("Value error, ")
        message = f"{place}, field {field}: {what[0].lower()}{what[1:]}{more}"
        return _refused(file, number, message, f"mend this field as the record form of {kind.__name__} says", value)
    except (ValueError, RecursionError):
        message = f"{place}: nested too deeply, or a \\u escape that is half of a character"
        return _refused(file, number, message, "take that key out of the record", value)
    return record


def _json(line: bytes) -> Any:
    """The value of a line.

    Raises:
        _UnusableLine: it is not JSON, or is too long.
    """
    remedy = "write one complete JSON object on this line"
    if len(line) > LONGEST_LINE:
        what = f": {len(line) / 2**20:.0f} MB long, at most {LONGEST_LINE // 2**20} can be used"
        raise _UnusableLine(what, "write one session a line; audio belongs in files of its own")
    try:
        return json.loads(line.decode("utf-8"), parse_float=_finite, parse_constant=_finite)
    except UnicodeDecodeError:
        raise _UnusableLine(": not UTF-8 text", "save the file as UTF-8") from None
    except json.JSONDecodeError as error:
        raise _UnusableLine(f", column {error.colno}: {error.msg}: not valid JSON", remedy) from None
    except RecursionError:
        raise _UnusableLine(": nested too deeply: not valid JSON", remedy) from None
    except (OverflowError, ValueError):
        what = ": holds a number that is none (NaN), infinite or endless, which JSON does not have"
        raise _UnusableLine(what, "write null, or leave the field out") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise OverflowError
    return number


def _refused(file: Path, number: int, message: str, remedy: str, value: Any = None) -> Failure:
    name = value.get("id") if isinstance(value, dict) else None
    usable = isinstance(name, str) and 0 < len(name) <= LONGEST_ID and name.isprintable()
    encounter = str(name) if usable else f"{file.name}:{number}"
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
    half = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        half.touch(mode=0o600)
        yield half
        with half.open("rb") as written:
            os.fsync(written.fileno())
        half.replace(file)
    except OSError as error:
        if error.errno:
            error.filename = error.filename or str(file)  # a full disk does not say of itself where
        raise
    finally:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)


def file_digest(file: Path) -> str:
    """sha256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def digest(value: Any) -> str:
    """sha256 of a JSON value, independent of the order of keys; what caches are keyed by."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()

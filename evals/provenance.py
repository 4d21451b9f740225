"""Where a number comes from: code, packages, machine."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from pipelines.settings import ROOT

# What can move a number; the lock file holds the rest.
PACKAGES = ("ctranslate2", "dspy", "faster-whisper", "jiwer", "mlflow", "numpy", "onnxruntime", "ray", "rouge-score")
CODE = ("pipelines", "evals", "prompts")
_SOURCE = {".py", ".yaml", ".toml", ".md", ".json", ".j2", ".css", ".js"}


def provenance() -> dict[str, Any]:
    """Commit and whether the tree differs from it, a hash of the code that computes, package versions, machine."""
    status = _git("status", "--porcelain")
    return {
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(status) if status is not None else None,
        "code": code_hash(CODE),
        "packages": {name: metadata.version(name) for name in ("notebench", *PACKAGES)},
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def code_hash(paths: Sequence[str]) -> str:
    """sha256 over the files below these files and folders of the project: what computed results are kept by."""
    total = hashlib.sha256()
    for path in paths:
        root = ROOT / path
        for file in [root] if root.is_file() else sorted(root.rglob("*")):
            if file.suffix in _SOURCE:
                total.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def _git(*arguments: str) -> str | None:
    """The output of a git command in the project, None where there is no git or no repository."""
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()

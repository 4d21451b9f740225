"""Finds a phrase wherever it may lie: in files of any kind, in the forms that programs really write."""

from __future__ import annotations

import base64
import binascii
import bz2
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_MOST = 1 << 24  # bytes that one packed stretch may become
_DEEPEST = 3
_UNPACK: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\x1f\x8b", lambda raw: zlib.decompressobj(31).decompress(raw, _MOST)),
    *(
        (head, lambda raw: zlib.decompressobj().decompress(raw, _MOST))
        for head in (b"\x78\x01", b"\x78\x9c", b"\x78\xda")
    ),
    (b"BZh", lambda raw: bz2.BZ2Decompressor().decompress(raw, _MOST)),
    (b"\xfd7zXZ", lambda raw: lzma.LZMADecompressor().decompress(raw, _MOST)),
)


@dataclass(frozen=True)
class Hit:
    """A word in a form, in a file."""

    file: Path
    form: str


class Canary:
    """A phrase of rare words; each of them alone gives it away."""

    def __init__(self, phrase: str) -> None:
        self._forms = {raw: form for word in phrase.split() for raw, form in _forms(word)}
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first)))

    def scan(self, roots: Iterable[Path]) -> list[Hit]:
        """Every file below the roots, links not followed: its name, and what it holds, packed or not."""
        return [hit for root in roots for file in _files(root) if (hit := self._look(file)) is not None]

    def form_in(self, raw: bytes) -> str | None:
        """The first form in which a word stands in these bytes, packed or not; None: there is none."""
        found = next((match for view in _views(raw) if (match := self._pattern.search(view))), None)
        return self._forms[found.group()] if found else None

    def _look(self, file: Path) -> Hit | None:
        if self._pattern.search(str(file).encode()):
            return Hit(file, "name")
        try:
            form = self.form_in(file.read_bytes())
        except FileNotFoundError:  # it was there for a moment
            return None
        return Hit(file, form) if form else None


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    yield from (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def _forms(word: str) -> Iterator[tuple[bytes, str]]:
    for spelled in {word, word.lower(), word.upper(), word.title()}:
        plain = spelled.encode()
        yield plain, "utf-8"
        for name in ("utf-16-le", "utf-16-be", "utf-32-le"):
            yield spelled.encode(name), name
        yield spelled[::-1].encode(), "reversed"
        yield binascii.hexlify(plain), "hex"
        yield binascii.hexlify(plain).upper(), "hex"
        for shift, first in ((0, 0), (1, 2), (2, 3)):  # where in three bytes it begins; the edges depend on neighbours
            coded = base64.b64encode(bytes(shift) + plain).rstrip(b"=")
            yield coded[first : len(coded) - 1], "base64"


def _views(raw: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and what is packed in them, down to packed within packed."""
    yield raw
    if depth == _DEEPEST:
        return
    for head, unpack in _UNPACK:
        for match in re.finditer(re.escape(head), raw):
            try:
                inner = unpack(raw[match.start() :])
            except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError):
                continue
            if inner:
                yield from _views(inner, depth + 1)
    if raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from _views(archive.read(name), depth + 1)

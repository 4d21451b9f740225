"""A data key for every object, in a file of its own: whoever destroys the file has destroyed the object.

Keys lie outside the database and outside backups. What they seal is AES-256-GCM with a fresh 96-bit nonce, bound to the
object's name and to what it is, so that one ciphertext cannot stand in for another.
"""

from __future__ import annotations

import json
import re
import secrets
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.settings import ServiceSettings
from app.storage.files import shred, write_new
from pipelines.records import InputError

_NAME = re.compile(r"(client|recording|transcript|draft)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NONCE = 12  # bytes
_VERSION = b"\x01"


class ShreddedError(KeyError):
    """The object's key was destroyed: nothing can be read of it any more."""


class DamagedError(Exception):
    """The ciphertext is not what was sealed under this name, or the master key is another one."""


class Vault:
    """The data keys of a service. May be used by several threads and processes."""

    def __init__(self, folder: Path, master: bytes) -> None:
        if len(master) != 32:
            raise InputError("NOTEBENCH_MASTER_KEY: must be 32 bytes in hex; make one with: openssl rand -hex 32")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self._wrapping = AESGCM(_derived(master, b"notebench data keys"))
        self.audit_key = _derived(master, b"notebench audit chain")

    def create(self, name: str) -> None:
        """Make the object's key, durably; one that is there stays."""
        nonce = secrets.token_bytes(_NONCE)
        wrapped = nonce + self._wrapping.encrypt(nonce, secrets.token_bytes(32), name.encode())
        write_new(self._file(name), _VERSION + wrapped)

    def seal(self, name: str, value: Any, what: str) -> bytes:
        """Encrypt a JSON value as part `what` of the object."""
        return self.seal_bytes(name, zlib.compress(json.dumps(value, ensure_ascii=False).encode()), what)

    def open(self, name: str, sealed: bytes, what: str) -> Any:
        """The value that was sealed.

        Raises:
            ShreddedError: the key was destroyed.
            DamagedError: it is not what was sealed.
        """
        return json.loads(zlib.decompress(self.open_bytes(name, sealed, what)))

    def seal_bytes(self, name: str, plain: bytes, what: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._key(name).encrypt(nonce, plain, f"{name}|{what}".encode())

    def open_bytes(self, name: str, sealed: bytes, what: str) -> bytes:
        try:
            return self._key(name).decrypt(sealed[:_NONCE], sealed[_NONCE:], f"{name}|{what}".encode())
        except InvalidTag:
            raise DamagedError(f"{name}: does not open as {what}") from None

    def holds(self, name: str) -> bool:
        return self._file(name).exists()

    def names(self) -> Iterator[str]:
        """The objects that have a key."""
        return (file.name for file in self.folder.iterdir() if _NAME.fullmatch(file.name))

    def shred(self, name: str) -> None:
        """Destroy the key. One that is gone stays gone."""
        shred(self._file(name))

    def _key(self, name: str) -> AESGCM:
        try:
            wrapped = self._file(name).read_bytes()
        except FileNotFoundError:
            raise ShreddedError(name) from None
        body = wrapped[len(_VERSION) :]
        try:
            return AESGCM(self._wrapping.decrypt(body[:_NONCE], body[_NONCE:], name.encode()))
        except InvalidTag:
            raise DamagedError(f"{name}: its key does not open with this master key") from None

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("not the name of an object")
        return self.folder / name


def master_key(settings: ServiceSettings) -> bytes:
    """The master key of the settings; else, outside production, the data folder's own, made once.

    Raises:
        InputError: it is not 32 bytes in hex, or production names none.
    """
    given = settings.master_key.get_secret_value()
    if not given:
        if settings.profile == "production":
            raise InputError("NOTEBENCH_MASTER_KEY is not set; production never makes its own: openssl rand -hex 32")
        file = settings.service_dir / "master.key"
        if not file.exists():
            write_new(file, secrets.token_hex(32).encode())
        given = file.read_text().strip()
    try:
        return bytes.fromhex(given)
    except ValueError:
        raise InputError("NOTEBENCH_MASTER_KEY: is not hex; make one with: openssl rand -hex 32") from None


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, None, purpose).derive(master)

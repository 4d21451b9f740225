"""Passwords: argon2id, as slow for a login that is not there as for one that is, and never too many at once.

Parameters: 64 MiB, three passes, four lanes (RFC 9106, its second recommended choice). One hash takes a third of a
second and a core or more: a `Gauge` keeps a flood of sign-ins from taking the machine.
"""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import InvalidError, RefusedError

SHORTEST, LONGEST = 12, 256
"""Characters. NIST SP 800-63B asks for length instead of kinds of characters."""
_FEWEST_DIFFERENT = 5
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
# Compared where there is no password: it costs the same, and no password is known whose hash is all zeros.
_NOBODYS = f"$argon2id$v=19$m=65536,t=3,p=4${'A' * 22}${'A' * 43}"


class Gauge:
    """How many may work at once, how many may wait and for how long, and how many may come a second.

    Args:
        burst: so many may come at once after a quiet time.
    """

    def __init__(
        self, at_once: int = 2, waiting: int = 20, seconds: float = 10.0, per_second: float = 2.0, burst: int = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._places = threading.BoundedSemaphore(at_once)
        self._queue = threading.BoundedSemaphore(at_once + waiting)
        self._seconds = seconds
        self._per_second, self._burst, self._clock = per_second, float(burst), clock
        self._left, self._at, self._lock = float(burst), clock(), threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place.

        Raises:
            RefusedError: too many came or wait already, or it took too long.
        """
        if not self._may_come() or not self._queue.acquire(blocking=False):
            raise _busy()
        try:
            if not self._places.acquire(timeout=self._seconds):
                raise _busy()
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._queue.release()

    def _may_come(self) -> bool:
        with self._lock:
            now = self._clock()
            self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


_gauge = Gauge()


def hash_password(password: str) -> str:
    """The hash to keep. Check the password first (`check_password`)."""
    return _hasher.hash(_normal(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password of the hash. Without a hash it takes as long, and is never the one."""
    usable = kept if kept and len(password) <= LONGEST else None
    with _gauge.place():
        try:
            return _hasher.verify(usable or _NOBODYS, _normal(password[:LONGEST])) and usable is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def check_password(password: str, login: str = "") -> None:
    """Refuse a password that is too easily guessed.

    Raises:
        InvalidError: it is too short or too long, holds the login, or has hardly any different characters.
    """
    plain = _normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise InvalidError(
            "password", f"A password has {SHORTEST} to {LONGEST} characters; a sentence is easy to keep."
        )
    if not plain.isprintable():
        raise InvalidError("password", "A password has no control characters.")
    if len(set(plain.casefold())) < _FEWEST_DIFFERENT:
        raise InvalidError("password", f"A password has at least {_FEWEST_DIFFERENT} different characters.")
    if login and login.casefold().split("@")[0] in plain.casefold():
        raise InvalidError("password", "A password does not hold the login.")


def _normal(password: str) -> str:
    """One form for characters that keyboards write in several (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode())


def _busy() -> RefusedError:
    return RefusedError("busy", "Too many people sign in just now. Try again in a minute.")

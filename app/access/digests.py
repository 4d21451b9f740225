"""Random tokens, and the digests that stand for them in the database."""

from __future__ import annotations

import hashlib
import secrets
from typing import TypeGuard

_LONGEST = 200


def new_token(prefix: str = "") -> str:
    """256 random bits, fit for a URL, a cookie or a header."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """SHA-256 in hex. Unsalted and fast: what it hides cannot be guessed, unlike a password."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def worth_a_look(token: str | None) -> TypeGuard[str]:
    """Whether a token can be one of ours at all."""
    return token is not None and 0 < len(token) <= _LONGEST and token.isascii()

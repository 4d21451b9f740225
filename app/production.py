"""What must be true before the service may run with real clients: nothing is guessed in production."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Iterator
from urllib.parse import urlsplit

from app.settings import ServiceSettings
from pipelines.models.table import model_path
from pipelines.records import InputError

_MAKE_KEY = "make one with: openssl rand -hex 32"
_FEWEST_DIGITS = 8
"""Fewer different hex digits have a repeated digit or an example; of a billion random keys not one has so few."""


def flaws(settings: ServiceSettings) -> list[str]:
    """Every reason why this may not start in production, each with its remedy."""
    return [*_secrets(settings), *_transport(settings), *_models(settings)]


def refuse_unsafe(settings: ServiceSettings) -> None:
    """Raises:
    InputError: the profile is production and something is missing; all of it is named.
    """
    if settings.profile == "production" and (found := flaws(settings)):
        raise InputError("production does not start:\n  " + "\n  ".join(found))


def hide_memory() -> None:
    """No core dumps from here on, nor of child processes: what is in memory may be somebody's session."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _secrets(settings: ServiceSettings) -> Iterator[str]:
    key = settings.master_key.get_secret_value()
    if not key:
        yield f"NOTEBENCH_MASTER_KEY is not set; {_MAKE_KEY}"
    elif re.fullmatch("[0-9a-fA-F]{64}", key) is None:
        yield f"NOTEBENCH_MASTER_KEY is not 32 bytes in hex; {_MAKE_KEY}"
    elif len(set(key)) < _FEWEST_DIGITS:
        yield f"NOTEBENCH_MASTER_KEY is no random key; {_MAKE_KEY}"
    given = {"CLIENT_ID": settings.oidc_client_id, "CLIENT_SECRET": settings.oidc_client_secret.get_secret_value()}
    for name, value in given.items():
        if settings.oidc_issuer and not value:
            yield f"NOTEBENCH_OIDC_ISSUER is set without NOTEBENCH_OIDC_{name}; give both"


def _transport(settings: ServiceSettings) -> Iterator[str]:
    if urlsplit(settings.public_url).scheme != "https":
        yield "NOTEBENCH_PUBLIC_URL is not an https address; name the one that browsers open"
    if not settings.tls_in_front:
        yield "NOTEBENCH_TLS_IN_FRONT is not confirmed; put a proxy that speaks TLS in front, then set it to true"


def _models(settings: ServiceSettings) -> Iterator[str]:
    for name, setting in (("WHISPER", "whisper"), ("EMBEDDINGS", "embeddings"), ("LM", "lm")):
        if setting not in settings.model_fields_set and f"NOTEBENCH_{name}" not in os.environ:
            yield f"NOTEBENCH_{name} is not named; production guesses no model"
    for name in ("whisper", "embeddings"):
        try:
            model_path(getattr(settings, name), settings)
        except InputError as error:
            yield f"NOTEBENCH_{name.upper()}: {error}"
    away = settings.lm != "extractive" and not settings.lm_may_receive_client_data
    if away and urlsplit(settings.lm_api_base).hostname not in {"127.0.0.1", "localhost", "::1"}:
        yield "NOTEBENCH_LM is not on this machine and may not receive client data; see docs/settings.md"

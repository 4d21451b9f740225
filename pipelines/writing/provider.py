"""The language model behind the writer: which one, where it runs, and its errors as typed failures."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

import dspy

from pipelines.embeddings import Embedder
from pipelines.records import Failure, SourceKind, Stage
from pipelines.settings import Settings

_LONGEST_ANSWER = 1_200  # word pieces; the longest reference note has about 600
_RETRIES = 2  # of rate limits and server errors, with growing pauses
_REMEDIES = {
    "malformed_answer": "the model did not keep the form, twice; try a larger model or a compiled program",
    "timeout": "raise NOTEBENCH_LM_TIMEOUT or use a faster model",
    "rate_limit": "wait, or lower NOTEBENCH_LM_AT_ONCE",
    "authentication": "check NOTEBENCH_LM_API_KEY",
    "unreachable": "check that the server at NOTEBENCH_LM_API_BASE runs",
    "context_length": "lower NOTEBENCH_LM_CONTEXT to what the model can read",
    "provider": "look at the provider's status and at NOTEBENCH_LM",
}


class WriteError(Exception):
    """A note could not be written. `type` is stable; neither it nor the message holds content of the session."""

    def __init__(self, kind: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.type = kind
        self.remedy = remedy or _REMEDIES.get(kind, "")

    def failure(self, encounter_id: str, note_format: str, source: SourceKind, stage: Stage = "write") -> Failure:
        return Failure(
            encounter_id=encounter_id,
            stage=stage,
            type=self.type,
            message=str(self),
            remedy=self.remedy,
            format=note_format,
            source=source,
        )


class ProviderRefusedError(WriteError):
    """Client data would leave the machine, and no setting allows it."""

    def __init__(self, lm: str) -> None:
        super().__init__(
            "provider_refused",
            f"{lm} is not on this machine and may not be sent client data",
            "name a local server in NOTEBENCH_LM_API_BASE, or set NOTEBENCH_LM_MAY_RECEIVE_CLIENT_DATA=true",
        )


def may_be_sent(settings: Settings, *, synthetic: bool) -> None:
    """Whether a record may go to the language model of the settings.

    Raises:
        ProviderRefusedError: it may not.
    """
    if not (synthetic or settings.lm_may_receive_client_data or _stays_here(settings)):
        raise ProviderRefusedError(settings.lm)


def language_model(settings: Settings, embedder: Embedder | None) -> Any:
    """The language model that the settings name."""
    if settings.lm == "extractive":
        return extractive_model(embedder)
    key = settings.lm_api_key.get_secret_value()
    if settings.lm_api_base and not key:
        key = "none"  # a server of one's own asks for no key, but its client insists on sending one
    given = {"api_base": settings.lm_api_base, "api_key": key}
    return dspy.LM(
        settings.lm,
        cache=False,
        num_retries=_RETRIES,
        temperature=0.0,  # the same source gives the same draft, as far as the model allows
        max_tokens=_LONGEST_ANSWER,
        timeout=settings.lm_timeout,
        **{key: value for key, value in given.items() if value},
    )


def extractive_model(embedder: Embedder | None) -> Any:
    """The engine that needs no model; it also reads summaries for every other language model."""
    from pipelines.writing.extractive.engine import MODEL, AsyncExtractiveEngine, ExtractiveEngine

    return dspy.LM(MODEL, engine=ExtractiveEngine(embedder), async_engine=AsyncExtractiveEngine(embedder), cache=False)


def error_of(error: Exception) -> WriteError:
    """A provider's error as ours. Raise it outside of the `except`: the one that was caught may quote the session."""
    if isinstance(error, WriteError):
        return error
    kind = _kind_of(error)
    return WriteError(kind, f"the language model gave no answer that can be used ({kind})")


def _stays_here(settings: Settings) -> bool:
    if settings.lm == "extractive":
        return True
    host = urlsplit(settings.lm_api_base).hostname if settings.lm_api_base else None
    if not host:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _kind_of(error: Exception) -> str:
    """A stable name for a provider's error, from its class alone: its text may hold content."""
    names = " ".join(cls.__name__ for cls in type(error).__mro__)
    for pattern, kind in (
        ("Parse", "malformed_answer"),
        ("RateLimit", "rate_limit"),
        ("Auth|NotConfigured", "authentication"),
        ("ContextLength|ContextWindow", "context_length"),
        ("Timeout", "timeout"),
        ("Transport|Connection", "unreachable"),
    ):
        if re.search(pattern, names):
            return kind
    return "provider"

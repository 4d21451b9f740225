"""The language model behind the writer: which one, where it runs, and its errors as typed failures."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import dspy
from dspy.utils.exceptions import LMConfigurationError

from pipelines.embeddings import Embedder
from pipelines.environment import quiet_libraries
from pipelines.records import Failure, InputError, SourceKind, Stage
from pipelines.settings import Settings
from pipelines.writing.asking import ProviderEngine

_LONGEST_ANSWER = 1_200  # word pieces; the longest reference note has about 600
_LONGEST_REASONING = 16_000  # of models that think first, which count their thoughts as answer
# Servers on this machine that a model string means when no address is given. They are named to the library, so that
# the address that was judged is the one that is asked, whatever OLLAMA_API_BASE says.
_AT_HOME = {
    "ollama": "http://127.0.0.1:11434/v1",
    "ollama_chat": "http://127.0.0.1:11434/v1",
    "hosted_vllm": "http://127.0.0.1:8000/v1",
}
# Providers that the library asks itself, at the given address and no other, whatever the environment says; the rest
# goes through litellm, which for azure/ keeps to the address, and for others may not.
_NATIVE = frozenset({"openai", "anthropic", "ollama", "ollama_chat", "hosted_vllm", "groq", "openrouter", "deepseek"})
_KEEP_TO_ADDRESS = _NATIVE | {"azure"}
_SENT_ON = re.compile(r"[-:]cloud$")  # Ollama's server on this machine sends such a model's prompts to ollama.com
_REMEDIES = {
    "malformed_answer": "the model did not keep the form, twice; try a larger model or a compiled program",
    "timeout": "raise NOTEBENCH_LM_TIMEOUT or use a faster model",
    "rate_limit": "wait, or lower NOTEBENCH_LM_AT_ONCE",
    "authentication": "check NOTEBENCH_LM_API_KEY",
    "quota": "look at the account's quota and billing with the provider",
    "unreachable": "check that the server at NOTEBENCH_LM_API_BASE runs",
    "interrupted": "the server closed the connection before the answer was whole; look at its log, then try again",
    "context_length": "lower NOTEBENCH_LM_CONTEXT to what the model can read",
    "unknown_model": "check the name in NOTEBENCH_LM and the path in NOTEBENCH_LM_API_BASE; most end in /v1",
    "invalid_request": "the provider does not take this request: check NOTEBENCH_LM, and its documentation",
    "stopped": "ask again",
    "provider": "look at the provider's status, NOTEBENCH_LM and NOTEBENCH_LM_API_BASE",
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
    if not (synthetic or settings.lm_may_receive_client_data or stays_here(settings)):
        raise ProviderRefusedError(settings.lm)


def language_model(settings: Settings, embedder: Embedder | None) -> Any:
    """The language model that the settings name.

    Raises:
        InputError: a setting cannot be right, whatever the provider says.
    """
    if settings.lm == "extractive":
        return extractive_model(embedder)
    if not settings.lm_timeout > 0:
        raise InputError("setting NOTEBENCH_LM_TIMEOUT: must be more than 0 seconds")
    provider, _, name = settings.lm.partition("/")
    if not provider or not name:
        raise InputError(f"setting NOTEBENCH_LM: {settings.lm} is no model; write PROVIDER/NAME, as in docs/models.md")
    if provider == "vllm":  # the library would load vLLM into this process
        raise InputError(f"setting NOTEBENCH_LM: for a vLLM server write hosted_vllm/{name}")
    base, key = address(settings), settings.lm_api_key.get_secret_value()
    if base and not key:
        key = "none"  # a server of one's own asks for no key, but its client insists on sending one
    if stays_here(settings):
        _past_proxies(str(urlsplit(base).hostname))
    given = {name: value for name, value in (("api_base", base), ("api_key", key)) if value}
    quiet_libraries()  # litellm fetches a list of prices else
    for logger in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):  # below WARNING they print whole prompts
        logging.getLogger(logger).setLevel(logging.WARNING)
    logging.getLogger("dspy.clients.lm").setLevel(logging.ERROR)  # of a cut answer the note itself warns
    # The engine's clock is the limit of an answer; this one, of each wait within it, never runs out first.
    path = "lm15" if base and provider in _NATIVE else "auto"
    asked = dspy.LM(settings.lm, engine=path, cache=False, num_retries=0, timeout=2 * settings.lm_timeout, **given)
    options = {"engine": ProviderEngine(asked, settings.lm_timeout), "cache": False, "num_retries": 0}
    try:  # temperature 0: the same source gives the same draft, as far as the model allows
        return dspy.LM(settings.lm, temperature=0.0, max_tokens=_LONGEST_ANSWER, **options)
    except LMConfigurationError:  # OpenAI's reasoning models
        return dspy.LM(settings.lm, max_tokens=_LONGEST_REASONING, **options)


def address(settings: Settings) -> str:
    """Where the language model is asked; empty: wherever its provider is."""
    return settings.lm_api_base or _AT_HOME.get(settings.lm.partition("/")[0], "")


def stays_here(settings: Settings) -> bool:
    """Whether what is sent to the language model stays on this machine."""
    if settings.lm == "extractive":
        return True
    base = address(settings)
    try:
        host = urlsplit(base).hostname
    except ValueError:
        return False
    # Libraries disagree on which host an address with these characters names.
    if not host or re.search(r"[\\@\s]", base):
        return False
    if _SENT_ON.search(settings.lm) or settings.lm.partition("/")[0] not in _KEEP_TO_ADDRESS:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _past_proxies(host: str) -> None:
    """Ask a server on this machine directly: HTTP_PROXY alone would send its prompts through another one."""
    for name in ("no_proxy", "NO_PROXY"):
        hosts = [one for one in os.environ.get(name, "").split(",") if one.strip()]
        os.environ[name] = ",".join(dict.fromkeys([*hosts, "localhost", "127.0.0.1", "::1", host]))


def extractive_model(embedder: Embedder | None) -> Any:
    """The engine that needs no model; it also reads summaries for every other language model."""
    from pipelines.writing.extractive.engine import MODEL, AsyncExtractiveEngine, ExtractiveEngine

    return dspy.LM(MODEL, engine=ExtractiveEngine(embedder), async_engine=AsyncExtractiveEngine(embedder), cache=False)


def error_of(error: Exception) -> WriteError:
    """A provider's error as ours. Raise it outside of the `except`: the one that was caught may quote the session."""
    if isinstance(error, WriteError):
        return error
    kind = kind_of(error)
    return WriteError(kind, f"the language model gave no answer that can be used ({kind})")


def kind_of(error: BaseException) -> str:
    """A stable name for a provider's error, from classes and status alone: its text may hold content."""
    if getattr(error, "status", None) == 404:
        return "unknown_model"
    names = " ".join(cls.__name__ for one in _with_causes(error) for cls in type(one).__mro__)
    for pattern, kind in (
        ("StoppedError", "stopped"),
        ("Parse|CutAnswer", "malformed_answer"),
        ("RateLimit", "rate_limit"),
        ("Billing", "quota"),
        ("Auth|NotConfigured", "authentication"),
        ("ContextLength|ContextWindow", "context_length"),
        ("UnsupportedModel", "unknown_model"),
        ("Timeout", "timeout"),
        ("ConnectError|APIConnection", "unreachable"),
        ("Transport|Connection|StreamAssembly", "interrupted"),
        ("InvalidRequest", "invalid_request"),
    ):
        if re.search(pattern, names):
            return kind
    return "provider"


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__

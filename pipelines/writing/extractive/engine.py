"""The engine that DSPy calls: a request in, a response out, no model, no state."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from dspy import lm15

from pipelines.embeddings import Embedder
from pipelines.writing.extractive.compose import note_facts, write_fields
from pipelines.writing.extractive.prompt import read_prompt

MODEL = "local/extractive-1"


class ExtractiveEngine:
    """Answers a request by selecting and rewriting sentences of its inputs: it cannot invent.

    Thread-safe. With an embedder it compares sentences by meaning, else by their words.
    """

    supports_response_schema = False
    supported_params: frozenset[str] = frozenset()

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    def complete(self, request: lm15.Request) -> lm15.Response:
        text = self._answer(request)
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant(text),
            finish_reason="stop",
            usage=_usage(request, text),
        )

    def stream(self, request: lm15.Request) -> Iterator[Any]:
        text = self._answer(request)
        yield lm15.StreamStartEvent(id=None, model=request.model)
        for word in text.splitlines(keepends=True):
            yield lm15.StreamDeltaEvent(delta=lm15.TextDelta(text=word))
        yield lm15.StreamEndEvent(finish_reason="stop", usage=_usage(request, text))

    def dump_state(self) -> dict[str, Any]:
        return {}

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> ExtractiveEngine:
        return cls(**state)

    def _answer(self, request: lm15.Request) -> str:
        prompt = read_prompt(_text(request.system), request.messages)
        fields: dict[str, Any]
        if prompt.wants_facts:
            fields = {"facts": [fact.model_dump() for fact in note_facts(prompt, self._embedder)]}
        else:
            fields = dict(write_fields(prompt, self._embedder))
        if prompt.json:
            return json.dumps(fields, ensure_ascii=False)
        texts = {n: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for n, v in fields.items()}
        return "\n\n".join(f"[[ ## {name} ## ]]\n{text}" for name, text in texts.items()) + "\n\n[[ ## completed ## ]]"


class AsyncExtractiveEngine(ExtractiveEngine):
    """The same for DSPy's asynchronous calls; the work is short CPU work and runs in place."""

    async def complete(self, request: lm15.Request) -> lm15.Response:
        return super().complete(request)

    async def stream(self, request: lm15.Request) -> AsyncIterator[Any]:  # type: ignore[override]
        for event in super().stream(request):
            yield event


def _text(system: Any) -> str:
    if system is None or isinstance(system, str):
        return system or ""
    return "\n".join(getattr(part, "text", "") or "" for part in system)


def _usage(request: lm15.Request, answer: str) -> lm15.Usage:
    """Words stand for tokens."""
    read = len(_text(request.system).split()) + sum(len((m.text or "").split()) for m in request.messages)
    wrote = len(answer.split())
    return lm15.Usage(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)

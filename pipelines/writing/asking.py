"""How a provider is asked: one answer within one time limit, that can be watched while it comes, and stopped."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import dspy
from dspy import lm15
from dspy.utils.exceptions import LMError, is_retryable_lm_error

PAUSES = (1.0, 2.0)  # seconds before an attempt is repeated, where the provider names none


class CutAnswerError(LMError):  # type: ignore[misc]
    """The answer ended at the provider's limit of length. `text` is what came; the message does not hold it."""

    def __init__(self, text: str) -> None:
        super().__init__("the answer was cut")
        self.text = text


class StoppedError(LMError):  # type: ignore[misc]
    """Whoever waited for the answer does not wait any longer."""


class Watch:
    """Follows the answers that are asked for within `watching`, and can stop them from any thread.

    Args:
        hear: is given the text of an answer so far, whenever there is more of it; None: nobody listens.
    """

    def __init__(self, hear: Callable[[str], None] | None = None) -> None:
        self.hear = hear
        self._lock = threading.Lock()
        self._stopped = False
        self._asked: concurrent.futures.Future[Any] | None = None

    def stop(self) -> None:
        """Close the connection of the answer that is being asked for, and let no other begin."""
        with self._lock:
            self._stopped = True
            asked = self._asked
        if asked:
            asked.cancel()

    def follow(self, asked: concurrent.futures.Future[Any]) -> None:
        with self._lock:
            self._asked = asked
            stopped = self._stopped
        if stopped:
            asked.cancel()


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


class ProviderEngine:
    """The engine that DSPy calls; it asks through a language model of DSPy's own, natively or by litellm.

    DSPy's own time limits bound each wait for a byte only, so a server that drips holds its caller for ever. Here one
    clock bounds the answer from the first attempt to the last byte, repeated attempts and the pauses before them
    included; when it runs out, the connection is closed.

    Args:
        inner: DSPy's language model, without retries of its own.
        seconds: the longest that one answer may take.
    """

    def __init__(self, inner: Any, seconds: float) -> None:
        self.inner = inner
        self._seconds = seconds

    @property
    def supports_response_schema(self) -> bool:
        return bool(self.inner.supports_response_schema)

    @property
    def supported_params(self) -> frozenset[str]:
        return frozenset(self.inner.supported_params)

    def complete(self, request: lm15.Request) -> lm15.Response:
        """The provider's answer.

        Raises:
            CutAnswerError, StoppedError, LMError: none but the provider's own text may hold content.
        """
        watch = _watch.get() or Watch()
        asked = asyncio.run_coroutine_threadsafe(self._within_time(request, watch), _loop())
        watch.follow(asked)
        try:
            response = asked.result()
        except concurrent.futures.CancelledError:
            response = None
        finally:
            asked.cancel()  # Ctrl-C while waiting
        if response is None:
            raise StoppedError("nobody waits for the answer any longer")
        if response.finish_reason == "length":
            raise CutAnswerError(response.text or "")
        return response

    def dump_state(self) -> dict[str, Any]:
        """Nothing of the provider is kept in a file: it comes from the settings."""
        return {}

    async def _within_time(self, request: lm15.Request, watch: Watch) -> lm15.Response:
        end = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(end):
                return await self._attempts(request, watch, end)
        except TimeoutError:
            pass
        raise lm15.TimeoutError("the answer was not whole in time")  # out here: the one caught may quote the session

    async def _attempts(self, request: lm15.Request, watch: Watch, end: float) -> lm15.Response:
        for pause in (*PAUSES, None):
            listener = _Listener(watch.hear) if watch.hear else None
            try:
                with dspy.context(send_stream=listener, disable_history=True, track_usage=False, callbacks=[]):
                    return await self.inner.acall(request)
            except LMError as error:
                if pause is None or not is_retryable_lm_error(error) or (listener and listener.text):
                    raise
                wait = pause if error.retry_after is None else error.retry_after
                if asyncio.get_running_loop().time() + wait >= end:
                    raise
            await asyncio.sleep(wait)
        raise AssertionError  # the last attempt returns or raises


class _Listener:
    """Takes the pieces of an answer as DSPy hands them on."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        self._hear = hear
        self.text = ""

    async def send(self, chunk: Any) -> None:
        if piece := chunk.choices[0].delta.get("content"):
            self.text += piece
            self._hear(self.text)


def _loop() -> asyncio.AbstractEventLoop:
    """One event loop for all providers, in a thread of its own: a caller may have a loop that is running."""
    return _loop_of(os.getpid())  # a process that was forked has the loop and not its thread


@cache
def _loop_of(_process: int) -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="providers", daemon=True).start()
    return loop

"""The program as optimizers run it: bounded in calls, and a note that fails is an empty note with score 0."""

from __future__ import annotations

import contextlib
import io
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback

from pipelines.note_settings import NoteSettings
from pipelines.source import Source
from pipelines.writing.program import NoteProgram
from pipelines.writing.provider import error_of


class Calls(BaseCallback):  # type: ignore[misc]
    """Counts the calls of language models, and says when there were enough."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.made = 0
        self.failures: Counter[str] = Counter()

    @property
    def spent(self) -> bool:
        return self.made >= self.most

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:  # noqa: ARG002
        self.made += 1

    def __deepcopy__(self, _memo: Any) -> Calls:
        """Optimizers copy programs; all copies share one count."""
        return self


class Student(dspy.Module):  # type: ignore[misc]
    """A note program for an optimizer. Once the calls are spent it answers with nothing, and the optimizer ends."""

    def __init__(self, program: NoteProgram, calls: Calls) -> None:
        super().__init__()
        self.program = program
        self._calls = calls

    def forward(self, source: Source, style: NoteSettings | None = None) -> dspy.Prediction:
        if self._calls.spent:
            return _nothing()
        try:
            return self.program(source, style)
        except Exception as error:  # noqa: BLE001 - a provider may fail in any way; its text may quote the session
            self._calls.failures[error_of(error).type] += 1
            return _nothing()


def _nothing() -> dspy.Prediction:
    return dspy.Prediction(facts=[], assigned={}, sections={})


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No word of an optimizer reaches terminal or log: they print examples, proposals and errors with their content."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(level)

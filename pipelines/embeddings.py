"""Similarity of sentences and of words in context, by all-MiniLM-L6-v2 on onnxruntime."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.settings import Settings

Vectors = NDArray[np.float32]

DIMENSIONS = 384
NO_EMBEDDER = "none (words compared as they are written)"
_KEPT = 4_000  # texts whose vectors stay in memory: a note and its checks ask for the same sentences many times
_LONGEST = 256  # word pieces; what the model was trained on


@dataclass(frozen=True)
class Words:
    """The words of one text, lower case, and their unit vectors in context, shape (words, 384)."""

    words: tuple[str, ...]
    vectors: Vectors


class Embedder:
    """Unit vectors for texts, on one thread, so that several can run side by side; recent ones stay in memory.

    Each text goes through the network alone: its activations are quantised as they come, so that in a batch its vectors
    would depend on its neighbours. It is no slower either, since nothing is padded.
    """

    def __init__(self, folder: Path) -> None:
        """Load `model.onnx` and `tokenizer.json` from a folder (`pipelines.models.table.model_path` finds it)."""
        import onnxruntime
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
        self._encoded = functools.lru_cache(maxsize=_KEPT)(self._encode)

    def sentences(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text (the mean of its pieces), shape (texts, 384); an empty text gives a zero vector."""
        return np.array([self._encoded(text)[0] for text in texts], np.float32).reshape(-1, DIMENSIONS)

    def words(self, texts: Sequence[str]) -> list[Words]:
        """The words of each text with their vectors in context: a word is the mean of its pieces."""
        return [self._encoded(text)[1] for text in texts]

    def _encode(self, text: str) -> tuple[Vectors, Words]:
        encoding = self._tokenizer.encode(text)
        ids = np.array([encoding.ids], np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(None, feeds)[0][0].astype(np.float32)
        whole = states.mean(0) if text.strip() else np.zeros(DIMENSIONS, np.float32)
        return _unit(whole[None])[0], _words(encoding, states)


def embedder_of(settings: Settings) -> Embedder | None:
    """The embedder that settings name; None where its weights are not at hand: words are then compared as such.

    Raises:
        ModelMissing: there is no such model; or it is not at hand, in the production profile, where nothing is guessed.
        ModelDamaged: a file of it holds wrong bytes.
    """
    folder = _weights(settings)
    return _shared(folder) if folder else None


def embedder_name(settings: Settings) -> str:
    """Which weights compare sentences, for records; `NO_EMBEDDER` where there are none."""
    from pipelines.models.table import fingerprint

    return fingerprint(settings.embeddings, settings) if _weights(settings) else NO_EMBEDDER


def _weights(settings: Settings) -> Path | None:
    from pipelines.models.table import ModelDamaged, ModelMissing, find, model_path

    try:
        return model_path(settings.embeddings, settings)
    except ModelDamaged:
        raise  # wrong bytes are refused, never passed over
    except ModelMissing:
        if settings.profile == "production":
            raise
        find(settings.embeddings)  # one of the table may be fetched later; a slip of the pen may not
        return None


@functools.lru_cache(maxsize=2)
def _shared(folder: Path) -> Embedder:
    return Embedder(folder)


def _words(encoding: Any, states: Vectors) -> Words:
    pieces: dict[int, list[int]] = {}
    for position, word in enumerate(encoding.word_ids):
        if word is not None:
            pieces.setdefault(word, []).append(position)
    texts, vectors = [], []
    for positions in pieces.values():
        text = "".join(encoding.tokens[p].removeprefix("##") for p in positions)
        if text.replace("_", "").isalnum():
            texts.append(text)
            vectors.append(states[positions].mean(0))
    stacked = np.array(vectors, np.float32).reshape(-1, DIMENSIONS)
    return Words(tuple(texts), _unit(stacked))


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)

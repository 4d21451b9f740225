"""Similarity of sentences and of words in context, by all-MiniLM-L6-v2 on onnxruntime."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.settings import Settings

Vectors = NDArray[np.float32]

DIMENSIONS = 384
_BATCH = 16
_KEPT = 20_000  # texts whose vectors are kept: a note and its checks ask for the same sentences many times
_LONGEST = 256  # word pieces; what the model was trained on


@dataclass(frozen=True)
class Words:
    """The words of one text, lower case, and their unit vectors in context, shape (words, 384)."""

    words: tuple[str, ...]
    vectors: Vectors


class Embedder:
    """Unit vectors for texts. One thread, so that several can run side by side; recent vectors stay in memory."""

    def __init__(self, folder: Path) -> None:
        """Load `model.onnx` and `tokenizer.json` from a folder (`pipelines.models.model_path` finds it)."""
        import onnxruntime
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_padding()
        self._tokenizer.enable_truncation(_LONGEST)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
        self._known: dict[str, Vectors] = {}

    def sentences(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text (the mean of its pieces), shape (texts, 384); an empty text gives a zero vector."""
        if len(self._known) > _KEPT:
            self._known.clear()
        missing = list(dict.fromkeys(text for text in texts if text not in self._known))
        for chunk, _, hidden, mask in self._encode(missing):
            pooled = (hidden * mask[:, :, None]).sum(1) / np.maximum(mask.sum(1, keepdims=True), 1)
            for text, vector in zip(chunk, _unit(pooled), strict=True):
                self._known[text] = vector if text.strip() else np.zeros(DIMENSIONS, np.float32)
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        return np.stack([self._known[text] for text in texts])

    def words(self, texts: Sequence[str]) -> list[Words]:
        """The words of each text with their vectors in context: a word is the mean of its pieces."""
        found: list[Words] = []
        for _, encodings, hidden, _ in self._encode(texts):
            found.extend(_words(encoding, states) for encoding, states in zip(encodings, hidden, strict=True))
        return found

    def _encode(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[str], list[Any], Vectors, Vectors]]:
        for start in range(0, len(texts), _BATCH):
            chunk = texts[start : start + _BATCH]
            encodings = self._tokenizer.encode_batch(list(chunk))
            ids = np.array([encoding.ids for encoding in encodings], np.int64)
            mask = np.array([encoding.attention_mask for encoding in encodings], np.int64)
            feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            hidden = self._session.run(None, feeds)[0]
            yield chunk, encodings, hidden.astype(np.float32), mask.astype(np.float32)


def embedder_of(settings: Settings) -> Embedder | None:
    """The embedder that settings name; None where its weights are not at hand: words are then compared as such.

    Raises:
        ModelMissing: in the production profile, where nothing is guessed.
    """
    from pipelines.models import ModelMissing, model_path

    try:
        return _shared(model_path(settings.embeddings, settings))
    except ModelMissing:
        if settings.profile == "production":
            raise
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

"""The similarity model: shapes, unit length, nearness. Skipped where the model is not at hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.embeddings import DIMENSIONS, Embedder
from pipelines.models.table import ModelMissing, model_path
from pipelines.settings import Settings


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    settings = Settings()
    try:
        return Embedder(model_path(settings.embeddings, settings))
    except ModelMissing:
        pytest.skip("the similarity model is not at hand: notebench models get minilm")


def test_sentences_are_unit_vectors_in_the_order_asked(embedder: Embedder) -> None:
    texts = ["She sleeps badly.", "He walks the dog.", "She sleeps badly."]
    vectors = embedder.sentences(texts)
    assert vectors.shape == (3, DIMENSIONS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], vectors[2])


def test_a_paraphrase_is_nearer_than_another_subject(embedder: Embedder) -> None:
    sleeps, paraphrase, other = embedder.sentences(
        ["I hardly slept this week.", "Client reported poor sleep.", "Client will call a lawyer."]
    )
    assert sleeps @ paraphrase > sleeps @ other + 0.2


def test_nothing_gives_nothing(embedder: Embedder) -> None:
    assert embedder.sentences([]).shape == (0, DIMENSIONS)
    assert not embedder.sentences([" "]).any()
    assert embedder.words([""])[0].words == ()


def test_words_are_whole_and_lower_case(embedder: Embedder) -> None:
    words = embedder.words(["Sertraline, 50 mg!", "Yes."])
    assert words[0].words == ("sertraline", "50", "mg")
    assert words[0].vectors.shape == (3, DIMENSIONS)
    assert np.allclose(np.linalg.norm(words[0].vectors, axis=1), 1, atol=1e-5)

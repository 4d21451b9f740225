"""Whisper weights that say given words at given times, or nothing sensible at all, built in a second without downloads.

The network is real in form and size and runs through CTranslate2 like any other. In a *scripted* one all layers are
small noise, while each place of the decoder points to the token that is to come next. It hears nothing: each window of
sound gets the same text.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import whisper_spec
from numpy.typing import NDArray

_TASKS = ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
_TIMES = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
_PLACES = 448  # text positions of Whisper's decoder
_PROMPT = 1  # tokens before an English-only model's text: <|startoftranscript|>
_SPACE = "\u0120"  # how a byte-level vocabulary writes a leading space


def build(
    folder: Path,
    script: Sequence[str] = (),
    words: Sequence[str] = (),
    width: int = 64,
    heads: int = 2,
    layers: int = 2,
    mels: int = 80,
) -> Path:
    """Write the weights to `folder`.

    Args:
        script: tokens in order, words with their leading space (" hello") and times ("<|1.20|>"); none: random weights.
        words: more words that the vocabulary holds.
        width, heads, layers, mels: of the network; large-v3 has 1280, 20, 32, 128.
    """
    text = _byte_letters()
    known = [_spelled(word) for word in dict.fromkeys([*script, *words]) if not word.startswith("<|")]
    text += [word for word in dict.fromkeys(known) if word not in text]
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", *_TASKS, *_TIMES]
    numbers = {token: number for number, token in enumerate([*text, *special])}
    spec = whisper_spec.WhisperSpec(layers, heads, layers, heads)
    random = np.random.default_rng(0)
    _fill(spec, random, width, mels, len(numbers))
    if script:
        _follow(spec, [numbers[_spelled(token)] for token in script], numbers["<|endoftext|>"], random)
    spec.register_vocabulary(list(numbers))
    silent = ["<|startoftranscript|>", "<|en|>", *_TASKS]
    spec.config.suppress_ids = [numbers[token] for token in silent]
    spec.config.suppress_ids_begin = [numbers[_SPACE], numbers["<|endoftext|>"]]
    spec.config.lang_ids = [numbers["<|en|>"]]
    spec.config.alignment_heads = [[layer, head] for layer in range(layers // 2, layers) for head in range(heads)]
    spec.validate()
    spec.optimize()
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(json.dumps(_tokenizer(text, special)), encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": mels}), encoding="utf-8")
    return folder


def _fill(spec: Any, random: np.random.Generator, width: int, mels: int, vocabulary: int) -> None:
    def noise(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * 0.02).astype(np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def linear(layer: Any, out: int, into: int) -> None:
        layer.weight, layer.bias = noise(out, into), np.zeros(out, np.float32)

    def attention(layer: Any, shapes: Sequence[int]) -> None:
        norm(layer.layer_norm)
        for part, out in zip(layer.linear, shapes, strict=True):
            linear(part, out, width)

    for conv, channels in ((spec.encoder.conv1, mels), (spec.encoder.conv2, width)):
        conv.weight, conv.bias = noise(width, channels, 3), np.zeros(width, np.float32)
    spec.encoder.position_encodings.encodings = noise(1500, width)
    spec.decoder.position_encodings.encodings = noise(_PLACES, width)
    spec.decoder.embeddings.weight = noise(vocabulary, width)
    spec.decoder.projection.weight = noise(vocabulary, width)
    norm(spec.encoder.layer_norm)
    norm(spec.decoder.layer_norm)
    for layer in [*spec.encoder.layer, *spec.decoder.layer]:
        attention(layer.self_attention, [3 * width, width])
        norm(layer.ffn.layer_norm)
        linear(layer.ffn.linear_0, 4 * width, width)
        linear(layer.ffn.linear_1, width, 4 * width)
    for layer in spec.decoder.layer:
        attention(layer.attention, [width, 2 * width, width])


def _follow(spec: Any, script: Sequence[int], end: int, random: np.random.Generator) -> None:
    """Let each place of the decoder point to the script's next token, and all after the last one to the end.

    The places' directions are orthogonal to each other and to the vector of ones, so that normalising keeps them.
    """
    decoder = spec.decoder
    width = decoder.embeddings.weight.shape[1]
    places = _PROMPT + len(script) + 1
    if places >= width:
        raise ValueError(f"a script of {len(script)} tokens needs a width of at least {places + 1}")
    basis = np.column_stack([np.ones(width), random.standard_normal((width, places))])
    directions = np.linalg.qr(basis)[0].T[1:].astype(np.float32)
    decoder.position_encodings.encodings = 200 * directions[np.minimum(np.arange(_PLACES), places - 2)]
    for place, token in enumerate([*script, end], start=_PROMPT - 1):
        decoder.projection.weight[token] += 2 * directions[place]


def _spelled(word: str) -> str:
    return word.replace(" ", _SPACE)


def _byte_letters() -> list[str]:
    """The 256 letters with which byte-level vocabularies write bytes, in order of the bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _tokenizer(text: Sequence[str], special: Sequence[str]) -> dict[str, Any]:
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "added_tokens": [{"id": len(text) + i, "content": token, **plain} for i, token in enumerate(special)],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "vocab": {token: number for number, token in enumerate(text)}, "merges": [],
                  "ignore_merges": True},
    }  # fmt: skip

"""The engine on weights that say given words at given times, and on weights of full size on a GPU."""

from pathlib import Path

import ctranslate2
import numpy as np
import pytest

from pipelines.speech import second_look, whisper
from pipelines.speech.whisper import WhisperEngine
from tests.scripted_whisper import build

SCRIPT = ["<|0.00|>", " how", " was", " the", " week", ".", "<|2.00|>", "<|4.00|>", " fine", ".", "<|5.00|>"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("whisper"), SCRIPT)


def noise(seconds: float) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(int(16_000 * seconds))).astype(np.float32)


def voiced(monkeypatch: pytest.MonkeyPatch, *stretches: tuple[float, float]) -> None:
    """Scripted weights hear nothing, so where the voice is has to be said."""
    monkeypatch.setattr(whisper, "voiced_stretches", lambda samples: list(stretches))


def test_the_script_comes_out_as_stretches_with_times_in_the_channels_time(weights, monkeypatch):
    voiced(monkeypatch, (10.0, 12.0), (13.5, 15.2))

    heard = WhisperEngine(weights).transcribe(noise(20), "client")

    assert [(u.speaker, u.text) for u in heard.utterances] == [("client", "how was the week."), ("client", "fine.")]
    assert all(9.6 <= u.start < u.end <= 15.6 for u in heard.utterances)
    assert heard.audio_seconds == 20
    assert heard.seconds > 0


def test_each_window_of_30_seconds_is_heard(weights, monkeypatch):
    voiced(monkeypatch, (0.0, 65.0))
    monkeypatch.setattr(whisper, "_MISSED_AT_MOST", 0)

    heard = WhisperEngine(weights).transcribe(noise(65), "clinician")

    assert sum(u.text.count("how was the week.") for u in heard.utterances) == 3
    assert heard.voiced_gaps


def test_voice_without_words_is_heard_once_more(weights, monkeypatch):
    voiced(monkeypatch, (0.0, 65.0))

    heard = WhisperEngine(weights).transcribe(noise(65), "clinician")

    assert sum(u.text.count("how was the week.") for u in heard.utterances) > 3
    assert [u.start for u in heard.utterances] == sorted(u.start for u in heard.utterances)


def test_the_same_sound_gives_the_same_text(weights, monkeypatch):
    voiced(monkeypatch, (0.0, 20.0))
    engine = WhisperEngine(weights)

    first, second = (engine.transcribe(noise(20), "client", ["sertraline"]) for _ in range(2))

    assert first.utterances == second.utterances


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(16_000 * 5, np.float32), noise(5)])
def test_what_holds_no_voice_gives_no_words(weights, samples):
    heard = WhisperEngine(weights).transcribe(samples, "client")

    assert (heard.utterances, heard.voiced_gaps) == ([], [])


def test_a_second_look_mends_the_text_of_its_window(weights, monkeypatch):
    voiced(monkeypatch, (0.0, 2.4))
    asked = []
    monkeypatch.setattr(second_look, "SURE", 1.1)  # a script is never in doubt
    monkeypatch.setattr(whisper._Window, "__call__", lambda self, *texts: asked.append(texts) or 5.0)
    script = ["<|0.00|>", " her", " searcher", " line", ".", "<|2.00|>"]
    engine = WhisperEngine(build(weights.parent / "drug", script))

    heard = engine.transcribe(noise(6), "client", ["sertraline"], ["sertraline"])
    plain = WhisperEngine(build(weights.parent / "drug", script), second_look=False)

    assert heard.utterances[0].text == "her sertraline."
    assert heard.replaced == 1
    assert asked == [(" her searcher line.", " her sertraline.", "sertraline")]
    assert plain.transcribe(noise(6), "client", ["sertraline"]).utterances[0].text == "her searcher line."


def test_the_name_tells_the_weights(weights, tmp_path):
    other = build(tmp_path / "other", ["<|0.00|>", " no", "<|1.00|>"])

    assert WhisperEngine(weights).name != WhisperEngine(other).name
    assert WhisperEngine(weights).name.endswith("int8")


@pytest.mark.skipif(not ctranslate2.get_cuda_device_count(), reason="no GPU that CTranslate2 can use")
def test_a_gpu_hears_with_weights_of_full_size(tmp_path, monkeypatch):
    voiced(monkeypatch, (0.0, 6.0))
    large = build(tmp_path / "large", SCRIPT, width=1280, heads=20, layers=32, mels=128)

    heard = WhisperEngine(large, device="cuda").transcribe(noise(6), "client")

    assert heard.utterances[0].text.startswith("how was the week.")

"""Many files at once on Ray, bad ones among them: the right result for each."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from pipelines.records import Encounter, Failure, Transcript, Utterance
from pipelines.settings import Settings
from pipelines.speech import pool
from pipelines.speech.engine import ChannelTranscript
from pipelines.speech.pool import Listener, assemble, transcribe_all
from pipelines.speech.transcription import Channel
from pipelines.workers import Cluster, Workers
from tests.scripted_whisper import build
from tests.sounds import tone, truncate, write_media

DEADLY_SECONDS = 7


class LengthEngine:
    """Says how many seconds it heard; one length kills the process, as a crash in a native library would."""

    name = "length"

    def transcribe(self, samples, speaker, listen_for, expected):
        seconds = round(len(samples) / 16_000, 1)
        if seconds == DEADLY_SECONDS:
            os.kill(os.getpid(), signal.SIGKILL)
        said = [Utterance(speaker=speaker, start=0, end=seconds, text=f"{seconds:.0f}")] if samples.any() else []
        return ChannelTranscript(speaker, said, audio_seconds=seconds, seconds=0.1)


def encounter(name: str, **audio: str) -> Encounter:
    return Encounter.model_validate({"id": name, "audio": audio})


def test_every_kind_of_file_gives_its_result_and_a_deadly_one_stops_no_other(cluster: Cluster, tmp_path: Path) -> None:
    silence = np.zeros(16_000 * 2, np.float32)
    write_media(tmp_path / "phone.wav", tone(2, 8_000), 8_000)
    write_media(tmp_path / "studio.flac", tone(3, 48_000), 48_000, codec="flac", layout="stereo")
    write_media(tmp_path / "call.mp4", tone(4, 16_000), 16_000, codec="aac", picture=True)
    write_media(tmp_path / "silent.wav", silence, 16_000)
    write_media(tmp_path / "empty.wav", silence[:0], 16_000)
    write_media(tmp_path / "deadly.wav", tone(DEADLY_SECONDS, 16_000), 16_000)
    truncate(write_media(tmp_path / "whole.wav", tone(8, 16_000), 16_000), tmp_path / "cut.wav", 0.5)
    (tmp_path / "text.wav").write_text("not sound " * 40, encoding="utf-8")
    encounters = [
        encounter("session", clinician="phone.wav", client="studio.flac"),
        encounter("half", clinician="phone.wav", client="text.wav"),
        encounter("missing", clinician="missing.wav", client="nowhere.wav"),
        *(encounter(name.partition(".")[0], mix=name) for name in (
            "call.mp4", "silent.wav", "empty.wav", "deadly.wav", "cut.wav", "text.wav"
        )),
    ]  # fmt: skip
    told: list[float] = []

    workers = Workers(cluster, Listener, [LengthEngine()], count=2)
    results = {r.encounter_id: r for r in assemble(encounters, tmp_path, workers, "length", told.append)}

    assert set(results) == {e.id for e in encounters}
    failures = {name: r.type for name, r in results.items() if isinstance(r, Failure)}
    assert failures == {
        "half": "AudioError", "missing": "AudioError", "empty": "AudioError", "text": "AudioError",
        "deadly": "WorkerLost",
    }  # fmt: skip
    said = {name: [u.text for u in r.utterances] for name, r in results.items() if isinstance(r, Transcript)}
    assert said == {"session": ["2", "3"], "call": ["4"], "silent": [], "cut": ["4"]}
    cut = results["cut"]
    assert isinstance(cut, Transcript)
    assert "breaks off" in cut.warnings[0]
    assert len(told) == 12
    assert sum(told) > 20


class FakeWorkers:
    """Hears in this process, in the order in which jobs are handed out."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def map(self, method: str, jobs: list[list[Channel]]):
        for index, (channel,) in enumerate(jobs):
            self.order.append(channel.path.name)
            yield index, Listener(LengthEngine()).hear(channel)


def test_the_longest_channel_is_handed_out_first(tmp_path: Path) -> None:
    for seconds in (1, 3, 2):
        write_media(tmp_path / f"{seconds}.wav", tone(seconds, 16_000), 16_000)
    workers = FakeWorkers()

    list(assemble([encounter(str(s), mix=f"{s}.wav") for s in (1, 3, 2)], tmp_path, workers, "length"))  # type: ignore[arg-type]

    assert workers.order == ["3.wav", "2.wav", "1.wav"]


def test_whisper_hears_in_the_pool(cluster: Cluster, tmp_path: Path) -> None:
    weights = build(tmp_path / "weights", ["<|0.00|>", " hello", "<|1.00|>"])
    write_media(tmp_path / "tone.wav", tone(2, 16_000), 16_000)
    settings = Settings(whisper=str(weights), data_dir=tmp_path / "data", engines=1)

    (result,) = transcribe_all([encounter("e1", mix="tone.wav")], tmp_path, settings, cluster)

    assert isinstance(result, Transcript)
    assert result.audio_seconds == pytest.approx(2, abs=0.05)
    assert result.engine.startswith("whisper weights@")
    assert result.engine.endswith("float16" if pool.gpus() else "int8")

"""Transcription on all cores or GPUs: channels are the jobs, the longest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipelines.records import Encounter, Failure, Transcript
from pipelines.settings import Settings
from pipelines.speech.audio import AudioError, announced_seconds
from pipelines.speech.engine import ChannelTranscript, SpeechEngine
from pipelines.speech.transcription import Channel, audio_failure, channels_of, merge, transcribe_channel
from pipelines.workers import ATTEMPTS, Cluster, Lost, Workers, cores

Progress = Callable[[float], None]
"""Told the seconds of audio of each channel that is done."""


class Listener:
    """One speech engine, as it runs in a worker. Audio comes by path and goes nowhere."""

    def __init__(self, engine: SpeechEngine) -> None:
        self._engine = engine

    def hear(self, channel: Channel) -> ChannelTranscript | Failure:
        try:
            return transcribe_channel(channel, self._engine)
        except AudioError as error:
            return audio_failure(channel.encounter_id, error)


class WhisperListener(Listener):
    """The listener of production: Whisper on the GPU that the worker was given, else on the CPU."""

    def __init__(self, weights: Path, name: str) -> None:
        from pipelines.speech.whisper import WhisperEngine

        super().__init__(WhisperEngine(weights, name=name, device="cuda" if gpus() else "cpu"))


def transcribe_all(
    encounters: Sequence[Encounter],
    folder: Path,
    settings: Settings,
    cluster: Cluster,
    progress: Progress | None = None,
) -> Iterator[Transcript | Failure]:
    """Transcribe the audio of encounters; each comes out as soon as its last channel is heard.

    Audio paths are relative to `folder`. A channel that gives no sound, or kills its worker twice, makes a `Failure` of
    its encounter; the others go on.

    Raises:
        ModelMissing, ModelDamaged: the weights are not at hand.
    """
    from pipelines.models.table import fingerprint, model_path

    weights = model_path(settings.whisper, settings)
    label = fingerprint(settings.whisper, settings)
    arithmetic, engines = ("float16", gpus()) if gpus() else ("int8", cores())
    name = f"whisper {label} {arithmetic}"
    workers = Workers(cluster, WhisperListener, [weights, name], settings.engines or engines, gpus=1 if gpus() else 0)
    yield from assemble(encounters, folder, workers, name, progress)


def assemble(
    encounters: Sequence[Encounter], folder: Path, workers: Workers, engine: str, progress: Progress | None = None
) -> Iterator[Transcript | Failure]:
    """Have `workers` (each a `Listener`) hear every channel, and put the channels of each encounter together."""
    channels = [channel for encounter in encounters for channel in channels_of(encounter, folder)]
    seconds = {channel: announced_seconds(channel.path) for channel in channels}
    channels.sort(key=lambda channel: -seconds[channel])
    awaited = {e.id: sum(channel.encounter_id == e.id for channel in channels) for e in encounters}
    heard: dict[str, list[ChannelTranscript]] = {encounter.id: [] for encounter in encounters}
    failed: set[str] = set()
    for index, result in workers.map("hear", [[channel] for channel in channels]):
        channel = channels[index]
        if progress:
            progress(seconds[channel])
        if channel.encounter_id in failed:
            continue
        if isinstance(result, Lost):
            result = _lost(channel)
        if isinstance(result, Failure):
            failed.add(channel.encounter_id)
            yield result
            continue
        of_encounter = heard[channel.encounter_id]
        of_encounter.append(result)
        if len(of_encounter) == awaited[channel.encounter_id]:
            yield merge(channel.encounter_id, of_encounter, engine, channel.listen_for)


def _lost(channel: Channel) -> Failure:
    return Failure(
        encounter_id=channel.encounter_id,
        stage="transcribe",
        type="WorkerLost",
        message=f"{channel.path}: decoding ended its process {ATTEMPTS} times",
        remedy="try the file in a player, and see that memory is enough; the other encounters are not affected",
    )


def gpus() -> int:
    """GPUs that the speech engine can use."""
    import ctranslate2  # type: ignore[import-untyped]

    return int(ctranslate2.get_cuda_device_count())

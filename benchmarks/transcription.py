"""Speech recognition side by side on the synthetic sessions: speed, word errors, clinical terms, words lost, the pool.

    python benchmarks/transcription.py [--split test] [--limit N] [--whisper base|tiny.en|FOLDER]

Four ways over the same files, in one process and one run but for the pool:
  defaults      faster-whisper as it comes: each file decoded from its path, one after another
  plain         our settings (voice only, greedy, one thread) without the second look
  second look   the same with the words to listen for
  pool          second look on all cores, as `notebench run` does it
Seconds are CPU time for one thread (plain, second look), wall time otherwise.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evals.case import Case
from evals.scorers.transcription import score_transcript
from pipelines.dataset import read_dataset
from pipelines.environment import quiet_libraries
from pipelines.models.table import model_path
from pipelines.records import Encounter, Failure, Transcript, Utterance
from pipelines.settings import ROOT, Settings
from pipelines.speech.audio import load
from pipelines.speech.engine import ChannelTranscript
from pipelines.speech.pool import transcribe_all
from pipelines.speech.transcription import channels_of, merge
from pipelines.workers import Cluster, cores

WAYS = ("defaults", "plain", "second look")
DATA = ROOT / "datasets" / "synthetic"
Heard = dict[str, list[ChannelTranscript]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--split", help="train, dev or test; all when left out")
    arguments.add_argument("--limit", type=int)
    arguments.add_argument("--whisper", default=None, help="a name of the model table or a folder")
    chosen = arguments.parse_args()
    quiet_libraries()
    settings = Settings(**({"whisper": chosen.whisper} if chosen.whisper else {}))
    encounters = read_dataset(DATA).select(chosen.split, chosen.limit).encounters
    encounters = [encounter for encounter in encounters if encounter.audio]
    weights = model_path(settings.whisper, settings)

    heard, seconds = _one_process(encounters, weights)
    pooled, seconds["pool"], decoding = _pool(encounters, settings)
    channels = [channel for found in heard["second look"].values() for channel in found]
    audio_seconds = sum(channel.audio_seconds for channel in channels)
    print(
        f"{settings.whisper}: {len(encounters)} encounters, {len(channels)} channels, {audio_seconds / 60:.0f} minutes"
    )
    print(f"{'':14}{'seconds':>9}{'x real':>8}{'WER':>8}{'lost':>6}{'terms':>8}{'wrong':>7}{'unsaid':>8}")
    for name in WAYS:
        _row(name, seconds[name], audio_seconds, encounters, lambda e, n=name: _merged(e, heard[n][e.id]))
    _row("pool", seconds["pool"], audio_seconds, encounters, lambda e: pooled.get(e.id))

    for encounter in encounters:
        _encounter_row(encounter, [_merged(encounter, heard[name][encounter.id]) for name in WAYS])

    ideal = decoding / cores()
    print(f"second look / plain: {seconds['second look'] / seconds['plain']:.2f} (at most 1.40)")
    print(f"defaults / pool: {seconds['defaults'] / seconds['pool']:.2f} (at least 2)")
    print(f"pool: {seconds['pool']:.1f} s, sum of decode times / {cores()} cores {ideal:.1f} s, ", end="")
    print(f"{100 * (seconds['pool'] / ideal - 1):+.1f} % (at most +6 %)")


def _one_process(encounters: list[Encounter], weights: Path) -> tuple[dict[str, Heard], dict[str, float]]:
    """Every channel by the three ways in turn, so that a busy machine is busy for all of them."""
    from faster_whisper import WhisperModel

    from pipelines.speech.whisper import WhisperEngine

    defaults = WhisperModel(str(weights))
    engines = {"plain": WhisperEngine(weights, second_look=False), "second look": WhisperEngine(weights)}
    heard: dict[str, Heard] = {name: {e.id: [] for e in encounters} for name in ("defaults", *engines)}
    seconds: defaultdict[str, float] = defaultdict(float)
    for channel in (channel for encounter in encounters for channel in channels_of(encounter, DATA)):
        began = time.perf_counter()
        segments, _ = defaults.transcribe(str(channel.path))
        said = [Utterance(speaker=channel.speaker, start=s.start, end=s.end, text=s.text.strip()) for s in segments]
        seconds["defaults"] += time.perf_counter() - began
        heard["defaults"][channel.encounter_id].append(ChannelTranscript(channel.speaker, said))
        samples = load(channel.path).samples
        for name, engine in engines.items():
            found = engine.transcribe(samples, channel.speaker, channel.listen_for, channel.expected)
            seconds[name] += found.seconds
            heard[name][channel.encounter_id].append(found)
    return heard, seconds


def _pool(encounters: list[Encounter], settings: Settings) -> tuple[dict[str, Transcript], float, float]:
    """Transcripts, wall seconds from the first job to the last result, and the sum of the decode times."""
    with Cluster() as cluster:
        cluster.ready()
        began = time.perf_counter()
        results = list(transcribe_all(encounters, DATA, settings, cluster))
        wall = time.perf_counter() - began
    for failure in (result for result in results if isinstance(result, Failure)):
        print(f"failed: {failure.message}")
    transcripts = {result.encounter_id: result for result in results if isinstance(result, Transcript)}
    return transcripts, wall, sum(transcript.seconds for transcript in transcripts.values())


def _merged(encounter: Encounter, channels: list[ChannelTranscript]) -> Transcript:
    listened_for = channels_of(encounter, DATA)[0].listen_for
    return merge(encounter.id, channels, "", listened_for)


def _row(
    name: str,
    seconds: float,
    audio_seconds: float,
    encounters: list[Encounter],
    transcript_of: Callable[..., Transcript | None],
) -> None:
    total: Counter[str] = Counter()
    for encounter in encounters:
        scores: dict[str, Any] = score_transcript(Case(encounter, transcript=transcript_of(encounter)))
        total.update({key: value for key, value in scores.items() if isinstance(value, int)})
    wer = total["word_errors"] / total["reference_words"]
    print(
        f"{name:14}{seconds:9.1f}{audio_seconds / seconds:8.0f}{wer:8.4f}{total['deletions']:6}"
        f"{total['reference_terms']:8}{total['term_errors']:7}{total['listened_unsaid']:8}"
    )


def _encounter_row(encounter: Encounter, transcripts: list[Transcript]) -> None:
    """Word errors of one session by the ways in turn, and how its sound is."""
    scored = [score_transcript(Case(encounter, transcript=transcript)) for transcript in transcripts]
    rates = " ".join(f"{scores['wer'] or 0:.4f}" for scores in scored)
    acoustics = (encounter.model_extra or {}).get("acoustics") or {}
    sound = ", ".join(sorted({channel["kind"] for channel in acoustics.values()})) or "clear"
    print(f"  {encounter.id} {encounter.split or '':6} WER {rates}  {sound}")


if __name__ == "__main__":
    main()

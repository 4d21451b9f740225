"""`notebench synth`: the audio and the simulated ratings of synthetic encounters, from their text."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from app.options import data_option, json_option, print_json, say, warn_of
from pipelines.records import Failure, InputError
from pipelines.settings import Settings


@click.command("synth")
@data_option()
@click.option("--audio", is_flag=True, help="Make the audio: one Opus file a channel, beside the data.")
@click.option("--ratings", is_flag=True, help="Simulate star ratings of degraded reference notes: ratings.jsonl.")
@click.option("--only", multiple=True, metavar="ID", help="Audio of this encounter alone; may be given several times.")
@click.option("--seed", default=0, help="Of the simulated ratings.")
@json_option
@click.pass_obj
def command(
    settings: Settings, *, data: Path, audio: bool, ratings: bool, only: tuple[str, ...], seed: int, as_json: bool
) -> int:
    """Speak synthetic encounters (those whose text has changed; needs the model kokoro), and simulate their ratings."""
    if not (audio or ratings):
        raise InputError("nothing to make; say --audio, --ratings, or both")
    made: dict[str, Any] = {}
    failures: list[Failure] = []
    if audio:
        made |= _speak(data, only, settings, failures)
    if ratings:
        made["ratings"] = _rate(data, seed, failures)
    warn_of(failures)
    if as_json:
        print_json(made | {"failures": [failure.model_dump() for failure in failures]})
    return 3 if failures else 0


def _speak(data: Path, only: tuple[str, ...], settings: Settings, failures: list[Failure]) -> dict[str, Any]:
    from tqdm import tqdm

    from pipelines.synthesis.files import make_audio
    from pipelines.synthesis.kokoro import Kokoro

    with tqdm(unit="utterance", disable=None) as bar:

        def started(name: str, utterances: int) -> Callable[[], bool | None]:
            bar.set_description(name)
            bar.total = (bar.total or 0) + utterances
            return bar.update

        made = make_audio(data, only, lambda: Kokoro(settings), os.cpu_count() or 1, started)
    failures += made.failures
    for name, seconds in made.seconds.items():
        say(f"{name}: {seconds:.0f} s of audio")
    say(f"audio: {len(made.seconds)} made, {len(made.unchanged)} unchanged, {len(made.failures)} failed")
    return {"seconds": made.seconds, "unchanged": made.unchanged}


def _rate(data: Path, seed: int, failures: list[Failure]) -> int:
    from evals.ratings import read_inventions, simulate_ratings
    from pipelines.dataset import read_dataset, write_records

    chosen = read_dataset(data)
    failures += chosen.failures
    rated = simulate_ratings(chosen.encounters, read_inventions(chosen.folder / "inventions.jsonl"), seed)
    write_records(chosen.folder / "ratings.jsonl", rated)
    say(f"ratings: {len(rated)} simulated in {chosen.folder / 'ratings.jsonl'}")
    return len(rated)

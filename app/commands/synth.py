"""`notebench synth`: the audio of synthetic encounters from their text."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from app.options import data_option, json_option, print_json, say
from pipelines.records import InputError
from pipelines.settings import Settings


@click.command()
@data_option()
@click.option("--audio", is_flag=True, help="Make the audio: one Opus file a channel, beside the data.")
@click.option("--only", multiple=True, metavar="ID", help="Only this encounter; may be given several times.")
@json_option
@click.pass_obj
def command(settings: Settings, data: Path, only: tuple[str, ...], *, audio: bool, as_json: bool) -> None:
    """Speak synthetic encounters: those without audio, and those whose text has changed (needs the model kokoro)."""
    if not audio:
        raise InputError("nothing to make; say --audio")
    from tqdm import tqdm

    from pipelines.kokoro import Kokoro
    from pipelines.synthesis_files import make_audio

    with tqdm(unit="utterance") as bar:

        def started(name: str, utterances: int) -> Callable[[], bool | None]:
            bar.set_description(name)
            bar.total = (bar.total or 0) + utterances
            return bar.update

        made = make_audio(data, only, lambda: Kokoro(settings), os.cpu_count() or 1, started)
    for failure in made.failures:
        say(f"{failure.message}; {failure.remedy}")
    if as_json:
        failures = [failure.model_dump() for failure in made.failures]
        print_json({"seconds": made.seconds, "unchanged": made.unchanged, "failures": failures})
    else:
        for name, seconds in made.seconds.items():
            click.echo(f"{name}: {seconds:.0f} s of audio")
        click.echo(f"{len(made.seconds)} made, {len(made.unchanged)} unchanged, {len(made.failures)} failed")
    if made.failures:
        raise click.exceptions.Exit(3)

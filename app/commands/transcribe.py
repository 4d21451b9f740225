"""`notebench transcribe`: speech to text alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.options import data_option, json_option, out_option, print_json, say, select_options, warn_of
from pipelines.records import Audio, Encounter, Failure, InputError, Transcript
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.dataset import Dataset


@click.command("transcribe")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@data_option(default=None)
@select_options
@out_option
@json_option
@click.pass_obj
def command(
    settings: Settings,
    *,
    files: tuple[Path, ...],
    data: Path | None,
    split: str | None,
    limit: int | None,
    out: Path,
    as_json: bool,
) -> int:
    """Transcribe audio FILES (one recording each, speakers unknown) or the records of --data."""
    from tqdm import tqdm

    from pipelines.dataset import write_records
    from pipelines.speech.pool import transcribe_all
    from pipelines.workers import Cluster

    chosen = _given(files, data, split, limit)
    encounters, failures = chosen.encounters, []
    done: list[Transcript] = []
    with Cluster() as cluster, tqdm(total=len(encounters), desc="transcribe", disable=None) as bar:
        for result in transcribe_all(encounters, chosen.folder, settings, cluster) if encounters else ():
            if isinstance(result, Failure):
                failures.append(result)
            else:
                done.append(result)
                write_records(out, done)  # as they come: a run that is stopped keeps what it has
            bar.update()
    order = {encounter.id: place for place, encounter in enumerate(encounters)}
    done.sort(key=lambda transcript: order[transcript.encounter_id])
    write_records(out, done)
    warn_of(failures, [warning for transcript in done for warning in transcript.warnings])
    failures += chosen.failures
    if as_json:
        for transcript in done:
            print_json(transcript.model_dump(mode="json"))
    else:
        seconds = sum(transcript.audio_seconds for transcript in done)
        say(f"{len(done)} transcripts of {seconds / 60:.1f} minutes in {out}; {len(failures)} failed")
    return 3 if failures else 0


def _given(files: tuple[Path, ...], data: Path | None, split: str | None, limit: int | None) -> Dataset:
    """The records of --data that name audio, or one record a file."""
    from pipelines.dataset import Dataset, read_dataset

    if bool(files) == bool(data):
        raise InputError("give audio files, or --data with records that name audio; not both")
    if data:
        chosen = read_dataset(data).select(split, limit)
        warn_of(chosen.failures, chosen.warnings)
        spoken = [encounter for encounter in chosen.encounters if encounter.audio]
        if chosen.encounters and not spoken:
            raise InputError(f'{data}: no record names audio; add "audio": {{"client": "file.opus", ...}}')
        return Dataset(chosen.folder, spoken, chosen.failures, chosen.digest, chosen.flaws)
    different = {file.resolve(): file for file in files}  # one named twice is transcribed once
    names = [file.stem for file in different.values()]
    encounters = [
        Encounter(id=file.stem if names.count(file.stem) == 1 else str(file), audio=Audio(mix=str(place)))
        for place, file in different.items()
    ]
    return Dataset(Path(), encounters, [], "")

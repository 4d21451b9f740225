"""`notebench correlate`: each note score against people's star ratings."""

from __future__ import annotations

from pathlib import Path

import click

from app.options import data_option, json_option, print_json, tell, warn_of
from pipelines.records import Failure
from pipelines.settings import Settings


@click.command("correlate")
@data_option()
@click.option("--ratings", type=click.Path(path_type=Path), help="Ratings; without: ratings.jsonl beside the data.")
@json_option
@click.pass_obj
def command(settings: Settings, *, data: Path, ratings: Path | None, as_json: bool) -> int:
    """Rank correlation of each score with the stars, with intervals, beside word count and the raters' agreement."""
    from tqdm import tqdm

    from evals.correlate import correlate, known_only, rated_notes
    from evals.desk import Desk, from_line
    from pipelines.dataset import read_dataset, read_records
    from pipelines.records import Rating

    chosen = read_dataset(data)
    warn_of((), chosen.warnings)
    encounters = {encounter.id: encounter for encounter in chosen.encounters}
    records, refused = read_records(ratings or chosen.folder / "ratings.jsonl", Rating)
    rated, lost = known_only(rated_notes(records), encounters)
    desk = Desk(settings)
    rows = [
        from_line(desk.score_rated(encounters[note.note.encounter_id], [note.note])[0])
        for note in tqdm(rated, desc="score", disable=None)
    ]
    found = correlate(rated, rows, [*chosen.failures, *refused, *lost])
    if as_json:
        print_json({name: value for name, value in found.items() if name != "pairs"})
    else:
        from evals.frames import correlations

        simulated = " (simulated)" if found["simulated"] else ""
        tell(f"{found['notes']} notes, {found['raters']} raters{simulated}; ")
        tell(correlations(found).to_string(float_format="{:.2f}".format))
    failures = [Failure.model_validate(failure) for failure in found["failures"]]
    warn_of(failures)
    return 3 if failures else 0

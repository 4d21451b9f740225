"""`notebench run`: the main job."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from app.options import (
    data_option,
    json_option,
    note_settings_option,
    print_json,
    say,
    select_options,
    tell,
    warn_of,
    with_note_settings,
)
from pipelines.records import Failure, InputError
from pipelines.settings import Settings

HEADLINES = (
    ("wer", "word error rate"),
    ("fact_recall", "facts held"),
    ("fact_recall_critical", "critical facts held"),
    ("facts_contradicted", "facts contradicted, a note"),
    ("grounding", "sentences with evidence"),
    ("adherence", "template rules kept"),
)


@click.command("run")
@data_option()
@select_options
@click.option("--demo", is_flag=True, help="Only the records marked for the demo.")
@click.option("--formats", default="soap,dap,birp,narrative", help="Formats, divided by commas.")
@click.option(
    "--source", type=click.Choice(["transcript", "summary", "both"]), default="both", help="Written from what."
)
@note_settings_option
@click.option("--experiment", default="notebench", help="MLflow's experiment.")
@click.option("--with-content", is_flag=True, help="Let report and MLflow show records that are not synthetic.")
@click.option("--no-cache", is_flag=True, help="Compute everything anew.")
@json_option
@click.pass_obj
def command(
    settings: Settings,
    *,
    data: Path,
    split: str | None,
    limit: int | None,
    demo: bool,
    formats: str,
    source: str,
    note_settings: Path | None,
    experiment: str,
    with_content: bool,
    no_cache: bool,
    as_json: bool,
) -> int:
    """Transcribe, write, score, track and report: the main job."""
    from evals.run import Plan, run
    from pipelines.dataset import read_dataset

    settings = with_note_settings(settings, note_settings)
    chosen = read_dataset(data).select(split, limit, demo=demo)
    warn_of(chosen.failures, chosen.warnings)
    plan = Plan(
        data=chosen,
        formats=tuple(dict.fromkeys(name.strip() for name in formats.split(",") if name.strip())),
        sources=("transcript", "summary") if source == "both" else (source,),  # type: ignore[arg-type]
        experiment=experiment,
        command="notebench " + " ".join(sys.argv[1:]),
        split=split,
        with_content=with_content,
        use_cache=not no_cache,
    )
    if not plan.formats:
        raise InputError("--formats names no format; give for example: --formats soap,dap")
    folder = run(plan, settings)
    record = _tracked(folder, settings, experiment, with_content=with_content)
    told = {failure.model_dump_json() for failure in chosen.failures}
    failures = [Failure.model_validate(failure) for failure in record["failures"]]
    warn_of(
        [failure for failure in failures if failure.model_dump_json() not in told],
        [warning for warning in record["warnings"] if warning not in chosen.warnings],
    )
    if as_json:
        print_json(result(folder, record))
    else:
        _tell(folder, record)
    return 3 if record["failures"] else 0


def _tracked(folder: Path, settings: Settings, experiment: str, *, with_content: bool) -> dict[str, Any]:
    """The record, logged to MLflow if it is not yet; a store that is down costs a warning, never the run."""
    record: dict[str, Any] = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    if record["mlflow_run"]:
        return record
    from evals.tracking import track

    try:
        track(folder, settings, experiment, with_content=with_content)
    except Exception as error:  # noqa: BLE001 - whatever the store's client raises; its text may name a server's secret
        say(f"warning: MLflow did not take the run ({type(error).__name__}); the record is on disk, and the same")
        say("         command sends it when the store answers")
        return record
    return dict(json.loads((folder / "record.json").read_text(encoding="utf-8")))


def result(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """What `--json` prints."""
    names = ("run", "mlflow_run", "metrics", "slices", "failures", "warnings", "seconds", "models", "program")
    paths = {"record": str(folder / "record.json"), "report": str(folder / "report.html")}
    return {name: record[name] for name in names} | paths


def _tell(folder: Path, record: dict[str, Any]) -> None:
    tell(f"\nRun {record['run']}: {record['dataset']['encounters']} sessions, models "
               + ", ".join(record["models"].values()) + f", writer {record['program']['lm']}")  # fmt: skip
    for name, label in HEADLINES:
        estimate = record["metrics"].get(name)
        if estimate and estimate["value"] is not None:
            tell(f"  {label:28} {_figure(estimate)}")
    for count, what in (
        (len(record["failures"]), "failures, each with its remedy"),
        (len(record["warnings"]), "warnings"),
    ):
        if count:
            tell(f"  {count} {what}; the report lists them")
    tell(f"\nReport:  {_shown(folder / 'report.html')}\nMLflow:  make mlflow, then http://127.0.0.1:5000")


def _figure(estimate: dict[str, Any]) -> str:
    interval = f" [{estimate['low']:.3f}, {estimate['high']:.3f}]" if estimate["low"] is not None else ""
    return f"{estimate['value']:.3f}{interval}  n={estimate['n_scored']}" + (
        f", {estimate['n_failed']} failed" if estimate["n_failed"] else ""
    )


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)

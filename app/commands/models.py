"""`notebench models`: what is at hand; fetch and check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.options import json_option, print_json, tell
from pipelines.models import table as models
from pipelines.models.fetch import fetch
from pipelines.settings import Settings


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """The models: what is at hand (without a subcommand), fetch and check."""
    if ctx.invoked_subcommand is None:
        _list(ctx.obj, as_json=as_json)


@command.command("list")
@json_option
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """List the models with licence, size and whether they are at hand."""
    _list(settings, as_json=as_json)


@command.command()
@click.argument("names", nargs=-1)
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Look in this folder first, for instance one copied from another machine.",
)
@json_option
@click.pass_obj
def get(settings: Settings, names: tuple[str, ...], folder: Path | None, *, as_json: bool) -> None:
    """Fetch and check models; without a NAME those that a fresh machine needs. What is at hand is left as it is."""
    wanted = [models.find(name) for name in names] or [m for m in models.catalogue().values() if m.default]
    places = {}
    for model in wanted:
        if not models.at_hand(model.name, settings):
            _fetch(model, settings, folder)
        places[model.name] = str(settings.models_dir / model.name)
    if as_json:
        print_json({"models": places})
    elif names:
        for name, place in places.items():
            tell(f"{name}: {place}")


@command.command()
@click.argument("names", nargs=-1)
@json_option
@click.pass_obj
def check(settings: Settings, names: tuple[str, ...], *, as_json: bool) -> None:
    """Hash every file of the models NAME, or of all at hand. Exit status 1 if a file is not as it should be."""
    wanted = [models.find(name) for name in names] or [
        model for model in models.catalogue().values() if (settings.models_dir / model.name).is_dir()
    ]
    found = {model.name: models.verify(model.name, settings) for model in wanted}
    bad = {name: {c.file: c.state for c in checks if c.state != "ok"} for name, checks in found.items()}
    if as_json:
        print_json({"models": {name: {"ok": not wrong, "files": wrong} for name, wrong in bad.items()}})
    else:
        for name, wrong in bad.items():
            tell(f"{name}: {'ok' if not wrong else 'not as it should be'}")
            for file, state in wrong.items():
                tell(f"  {file}: {state}; run: notebench models get {name}")
    if any(bad.values()):
        raise click.exceptions.Exit(1)


def _list(settings: Settings, *, as_json: bool) -> None:
    rows = [_row(model, settings) for model in models.catalogue().values()]
    if as_json:
        print_json({"folder": str(settings.models_dir), "models": rows})
        return
    tell(f"in {settings.models_dir}:")
    for row in rows:
        state = "at hand" if row["at_hand"] else "-"
        tell(f"  {row['name']:<16} {state:<8} {row['size'] / 1e6:>7,.0f} MB  {row['licence']:<11} {row['title']}")


def _row(model: models.Model, settings: Settings) -> dict[str, Any]:
    return {
        "name": model.name,
        "title": model.title,
        "licence": model.licence,
        "size": model.size,
        "default": model.default,
        "at_hand": models.at_hand(model.name, settings),
        "fingerprint": models.table_fingerprint(model),
    }


def _fetch(model: models.Model, settings: Settings, folder: Path | None) -> None:
    from tqdm import tqdm

    with tqdm(total=model.size, unit="B", unit_scale=True, desc=model.name) as bar:

        def progress(what: str, done: int, _total: int) -> None:
            bar.set_postfix_str(what, refresh=False)
            bar.update(done - bar.n)

        fetch(model.name, settings, progress, folder)

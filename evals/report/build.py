"""Puts the page together: reads the run's folder, draws the plots, fills the template, writes one file."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evals.report import header, numbers, overview
from evals.report.folder import RunFolder, read_run_folder
from evals.report.plots import Plot, draw, star_rows
from evals.report.sessions import session_views
from evals.report.views import SessionView
from pipelines.dataset import Dataset, write_text

_PAGE = Path(__file__).parent / "page"


def build_report(folder: Path, dataset: Dataset, *, with_content: bool) -> Path:
    """Write `report.html` into a run's folder, and its plots as files into `plots/`.

    The page is one file that loads nothing; a policy in it forbids every script but its own. Both are readable by their
    owner alone.

    Args:
        folder: of one run, with `record.json`; its other parts may be missing.
        dataset: what the run worked on.
        with_content: whether texts of records that are not synthetic are shown; ids, scores and lengths always are.

    Raises:
        InputError: the folder holds no record that can be read.
    """
    run = read_run_folder(folder)
    sessions = session_views(run, dataset.encounters, with_content=with_content)
    plots = draw(run, sessions)
    for name, plot in plots.items():
        write_text(folder / "plots" / f"{name}.svg", plot.file)
    page = folder / "report.html"
    write_text(page, _render(run, sessions, plots))
    return page


def _render(run: RunFolder, sessions: list[SessionView], plots: dict[str, Plot]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": numbers.number, "count": numbers.count, "duration": numbers.duration, "clock": numbers.clock,
    }  # fmt: skip
    script, style = _text("report.js"), _text("report.css")
    return environment.get_template("report.html.j2").render(
        title=header.title(run.record, len(sessions), len(run.notes)),
        created=header.created(run.record),
        ran=header.ran(run.record),
        details=header.details(run.record),
        warnings=[*(run.record.get("warnings") or []), *run.unreadable],
        stars=star_rows(run.correlations),
        alpha=_alpha(run),
        anchors={session.id: session.anchor for session in sessions},
        record={"run": None, "created": None, "mlflow_run": None} | run.record,
        run=run,
        sessions=sessions,
        private=any(not session.synthetic for session in sessions) or not sessions,
        content_left_out=any(not session.content for session in sessions),
        tiles=overview.tiles(run.record),
        tables=overview.tables(run.record, pairs=False),
        pair_tables=overview.tables(run.record, pairs=True),
        not_applicable=overview.not_applicable(run.record),
        sounds=overview.sounds(sessions),
        rules=overview.rules(run.record, sessions),
        found=overview.found(sessions),
        shown=overview.SHOWN,
        plots=plots,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _alpha(run: RunFolder) -> float | None:
    """The raters' agreement with each other, where the correlations name it."""
    ceiling = run.correlations.get("ceiling") or {}
    value = ceiling.get("alpha")
    value = value.get("value") if isinstance(value, dict) else value
    return float(value) if isinstance(value, int | float) else None


def _text(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")

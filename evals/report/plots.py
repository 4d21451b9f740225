"""The report's plots, drawn once: as a file in fixed colours, and for the page in the page's own (light or dark)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from evals.report.folder import RunFolder
from evals.report.header import slices
from evals.report.numbers import Figure, figure
from evals.report.views import SessionView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

# Colour in a plot file → the page's variable that takes its place.
INK, MUTED, LINE, CARD = "#22262b", "#5d646c", "#dedad0", "#ffffff"
FIRST, SECOND, BAD, WARN = "#1c6470", "#b0662a", "#a12c22", "#8a5a00"
_VARIABLES = {
    INK: "--ink", MUTED: "--muted", LINE: "--line", CARD: "--card",
    FIRST: "--accent", SECOND: "--second", BAD: "--bad", WARN: "--warn",
}  # fmt: skip
_WIDTH = 4.4  # inches; 72 units each in SVG: narrow enough to be read on a phone
_MOST = 30  # rows of a plot by session


@dataclass(frozen=True)
class Plot:
    """`file`: an SVG document; `inline`: the same for the page; `title` and `caption` in words."""

    title: str
    caption: str
    file: str
    inline: Markup


@dataclass(frozen=True)
class _Sketch:
    title: str
    caption: str
    canvas: Canvas


def draw(run: RunFolder, sessions: Sequence[SessionView]) -> dict[str, Plot]:
    """Every plot that the run has data for, by name."""
    import matplotlib as mpl

    style: Any = {
        "svg.fonttype": "none", "svg.hashsalt": "notebench", "font.family": "sans-serif", "font.size": 9,
        "text.color": INK, "axes.labelcolor": MUTED, "xtick.color": MUTED, "ytick.color": INK, "axes.edgecolor": LINE,
        "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False, "ytick.major.size": 0,
        "xtick.major.size": 3, "figure.facecolor": CARD, "axes.facecolor": CARD, "legend.frameon": False,
        "axes.titlesize": 9, "axes.titlelocation": "left", "axes.axisbelow": True,
    }  # fmt: skip
    sketches: dict[str, Callable[[], _Sketch | None]] = {
        "wer_by_channel": lambda: _wer(sessions),
        "errors_by_kind": lambda: _kinds(sessions),
        "facts_by_format": lambda: _facts(run.record),
        "stars_by_metric": lambda: _stars(run.correlations),
        "stars_scatter": lambda: _scatter(run.correlations),
    }
    with mpl.rc_context(style):
        return {name: _plot(name, sketch) for name, make in sketches.items() if (sketch := make()) is not None}


def _plot(name: str, sketch: _Sketch) -> Plot:
    out = io.StringIO()
    empty = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    sketch.canvas.savefig(out, format="svg", metadata=empty)
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", out.getvalue()[out.getvalue().index("<svg") :], flags=re.DOTALL)
    inline = re.sub(r'\b(id="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    inline = re.sub(r"font: (?:\w+ )?([\d.]+px) [^;\"]+", r"font-size: \1", inline)
    for colour, variable in _VARIABLES.items():
        inline = inline.replace(colour, f"var({variable})")
    inline = re.sub(r' (?:width|height)="[\d.]+pt"| xmlns(?::\w+)?="[^"]+"| version="1.1"', "", inline)
    inline = inline.replace("<svg", f'<svg role="img" aria-labelledby="{name}-title"', 1).replace("xlink:href", "href")
    return Plot(sketch.title, sketch.caption, f'<?xml version="1.0" encoding="utf-8"?>\n{svg}', Markup(inline))  # noqa: S704 - drawn here, from names that matplotlib escapes


def _canvas(rows: int, *, columns: int = 1, row: float = 0.24) -> tuple[Canvas, list[Axes]]:
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(_WIDTH, 0.75 + row * max(2, rows)), layout="constrained")
    axes = [canvas.add_subplot(1, columns, i + 1) for i in range(columns)]
    for each in axes:
        each.grid(axis="x", color=LINE, linewidth=0.6)
        each.tick_params(axis="x", labelsize=8)
    return canvas, axes


def _rows(axes: Axes, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)


def _heard(sessions: Sequence[SessionView]) -> list[tuple[SessionView, float]]:
    """Sessions with their word error rate, the worst first."""
    heard = [(s, wer) for s in sessions if (wer := s.scores.get("wer")) is not None]
    return sorted(heard, key=lambda entry: -entry[1])[:_MOST]


def _name(session: SessionView) -> str:
    name = session.id if len(session.id) <= 18 else f"{session.id[:17]}…"
    return name if session.condition == "clear" else f"{name} · {session.condition.replace('client: ', 'client ')}"


def _wer(sessions: Sequence[SessionView]) -> _Sketch | None:
    rows = _heard(sessions)
    if not rows:
        return None
    canvas, (axes,) = _canvas(len(rows))
    for speaker, colour, marker in (("clinician", FIRST, "o"), ("client", SECOND, "D")):
        known = [(rate, i) for i, (s, _) in enumerate(rows) if (rate := s.scores.get(f"wer_{speaker}")) is not None]
        axes.scatter(*_columns(known), s=26, color=colour, marker=marker, label=speaker, zorder=3)
    both = [(wer, i) for i, (_, wer) in enumerate(rows)]
    axes.scatter(*_columns(both), s=70, marker="|", color=INK, label="both")
    _rows(axes, [_name(s) for s, _ in rows])
    axes.set_xlim(left=0)
    axes.set_xlabel("word error rate")
    axes.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1), fontsize=8, handletextpad=0.1, columnspacing=1)
    return _Sketch("Word error rate by session and channel", "The worst session is at the top.", canvas)


def _kinds(sessions: Sequence[SessionView]) -> _Sketch | None:
    rows = _heard(sessions)
    if not rows:
        return None
    canvas, (axes,) = _canvas(len(rows))
    left = np.zeros(len(rows))
    for kind, colour in (("substitutions", FIRST), ("deletions", BAD), ("insertions", SECOND)):
        counts = np.array([s.scores.get(kind) or 0.0 for s, _ in rows])
        axes.barh(range(len(rows)), counts, left=left, color=colour, height=0.62, label=kind)
        left += counts
    _rows(axes, [_name(s) for s, _ in rows])
    axes.set_xlabel("words")
    axes.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1), fontsize=8, handlelength=0.9, columnspacing=1)
    return _Sketch("What the errors are", "Words misheard, lost, and heard though nobody said them.", canvas)


def _facts(record: Mapping[str, Any]) -> _Sketch | None:
    pairs = {tuple(name.split("/")): of for name, of in slices(record).items() if name.count("/") == 1}
    formats = list(dict.fromkeys(form for form, _ in pairs))
    names = ("fact_recall", "fact_recall_critical")
    if not any(figure(name, of.get(name)).applicable for of in pairs.values() for name in names):
        return None
    canvas, both = _canvas(len(formats), columns=2, row=0.34)
    for axes, name in zip(both, names, strict=True):
        for shift, (source, colour, marker) in zip(
            (-0.14, 0.14), (("transcript", FIRST, "o"), ("summary", SECOND, "D")), strict=True
        ):
            found = [
                (i + shift, figure(name, pairs.get((form, source), {}).get(name))) for i, form in enumerate(formats)
            ]
            _intervals(axes, found, colour, marker, source)
        _rows(axes, formats if axes is both[0] else [""] * len(formats))
        axes.set_xlim(-0.02, 1.06)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
        axes.set_title(figure(name, None).label, color=INK)
    both[0].legend(ncols=2, loc="upper left", bbox_to_anchor=(-0.05, -0.16), fontsize=8, handletextpad=0.1)
    return _Sketch("Facts held, by format and source", "Share of facts in the note, with its 95 % interval.", canvas)


def _intervals(
    axes: Axes, rows: Sequence[tuple[float, Figure]], colour: str, marker: str, label: str | None = None
) -> None:
    known = [(y, f.value, f.low, f.high) for y, f in rows if f.value is not None]
    for y, _, low, high in known:
        if low is not None and high is not None:
            axes.plot([low, high], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt", zorder=2)
    axes.scatter([k[1] for k in known], [k[0] for k in known], s=26, color=colour, marker=marker, label=label, zorder=3)


def star_rows(correlations: Mapping[str, Any]) -> list[tuple[str, Figure, Mapping[str, Any]]]:
    """Each metric that is held against the stars, the strongest first: name, its Spearman as a figure, the entry."""
    rows = []
    for name, entry in (correlations.get("metrics") or {}).items():
        spearman = entry.get("spearman") or {}
        label = figure(name, None).label
        shown = Figure(
            name, label, spearman.get("value"), spearman.get("low"), spearman.get("high"),
            int(spearman.get("n") or 0), 0, 0, int(spearman.get("n") or 0),
        )  # fmt: skip
        if shown.value is not None:
            rows.append((name, shown, entry))
    return sorted(rows, key=lambda row: -abs(row[1].value or 0.0))


def _stars(correlations: Mapping[str, Any]) -> _Sketch | None:
    rows = [row for row in star_rows(correlations) if not row[0].startswith("adherence_")][:_MOST]
    if not rows:
        return None
    canvas, (axes,) = _canvas(len(rows))
    control = [(float(i), f) for i, (name, f, _) in enumerate(rows) if name == "words"]
    _intervals(axes, [(float(i), f) for i, (name, f, _) in enumerate(rows) if name != "words"], FIRST, "o")
    _intervals(axes, control, SECOND, "D")
    for _, words in control:
        axes.axvline(words.value or 0.0, color=SECOND, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.axvline(0, color=MUTED, linewidth=0.8, zorder=1)
    _rows(axes, [f"{f.label} (control)" if name == "words" else f.label for name, f, _ in rows])
    lowest = min([f.low for _, f, _ in rows if f.low is not None] + [f.value or 0.0 for _, f, _ in rows])
    axes.set_xlim(min(0.0, lowest) - 0.04, 1.02)
    axes.set_xlabel("Spearman with stars")
    return _Sketch(
        "Rank correlation with stars",
        "With its 95 % interval by session. The dashed line is the note's length: a score should beat it.",
        canvas,
    )


def _scatter(correlations: Mapping[str, Any]) -> _Sketch | None:
    pairs = correlations.get("pairs") or []
    best = [name for name, _, _ in star_rows(correlations) if name != "words" and not name.startswith("adherence_")][:1]
    names = [name for name in (*best, "words") if sum(_known(pair, name) for pair in pairs) >= 3]
    if not names:
        return None
    canvas, both = _canvas(8, columns=len(names))
    jitter = np.random.default_rng(0)
    for axes, name in zip(both, names, strict=True):
        points = np.array([(pair["scores"][name], pair["stars"]) for pair in pairs if _known(pair, name)], float)
        noise = jitter.uniform(-0.06, 0.06, len(points))
        axes.scatter(
            points[:, 0],
            points[:, 1] + noise,
            s=13,
            color=SECOND if name == "words" else FIRST,
            alpha=0.45,
            linewidth=0,
        )
        axes.set_ylim(0.8, 5.2)
        axes.set_yticks([1, 2, 3, 4, 5], ["1", "2", "3", "4", "5"] if axes is both[0] else [""] * 5)
        axes.grid(axis="y", color=LINE, linewidth=0.6)
        axes.set_xlabel(figure(name, None).label)
    both[0].set_ylabel("stars")
    return _Sketch("Stars against the best score and against length", "A dot is a note.", canvas)


def _known(pair: Mapping[str, Any], name: str) -> bool:
    return (pair.get("scores") or {}).get(name) is not None and pair.get("stars") is not None


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]

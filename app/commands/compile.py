"""`notebench compile`: demonstrations and instructions that make a program's notes better, measured and as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.options import data_option, json_option, out_option, print_json, say, warn_of
from pipelines.settings import Settings

_OPTIMIZERS = ("labeled", "bootstrap", "knn", "mipro", "gepa")


@click.command("compile")
@data_option()
@click.option("--format", "format_", required=True, help="soap, dap, birp, narrative, or a template of your own.")
@click.option("--source", type=click.Choice(["transcript", "summary"]), default="summary", help="Notes of what.")
@click.option("--optimizer", type=click.Choice(_OPTIMIZERS), required=True, help="mipro and gepa need a real model.")
@click.option("--demos", type=click.IntRange(min=1), help="Demonstrations that a prompt shows.")
@click.option("--train", type=click.IntRange(min=2), help="At most so many train encounters.")
@click.option("--dev", type=click.IntRange(min=2), help="At most so many dev encounters.")
@click.option("--seed", type=int, default=0, help="The same seed gives the same program.")
@click.option("--most-calls", type=click.IntRange(min=1), default=600, show_default=True, help="Of a language model.")
@out_option
@json_option
@click.pass_obj
def command(
    settings: Settings,
    *,
    data: Path,
    format_: str,
    source: Any,
    optimizer: str,
    demos: int | None,
    train: int | None,
    dev: int | None,
    seed: int,
    most_calls: int,
    out: Path,
    as_json: bool,
) -> int:
    """Compile a note program on the train and dev splits of synthetic encounters; the test split is never read."""
    from evals.compile.job import Order, compile_program
    from pipelines.dataset import read_dataset
    from pipelines.templates import load_template

    template = load_template(settings.prompts_dir / "templates", format_)
    chosen = read_dataset(data)
    warn_of(chosen.failures, chosen.warnings)
    order = Order(template, source, optimizer, demos, train, dev, seed, most_calls)
    done = compile_program(settings, chosen, order, out, say)
    if as_json:
        print_json({"file": str(out), "leaks": done.leaks, **done.about})
    else:
        scores = done.about["dev"]
        for name in ("metric", "adherence", "grounding", "fact_recall"):
            old, new = scores["uncompiled"][name], scores["compiled"][name]
            say(f"{name:12} {old['mean']} -> {new['mean']}  (n={new['n']} of {scores['compiled']['n_total']})")
        d = scores["difference"]
        say(f"difference   {d['value']:+.4f} [{d['low']:+.4f}, {d['high']:+.4f}], p={d['p']:.3f}")
        failed = ", ".join(f"{kind} ({n})" for kind, n in sorted(done.calls.failures.items())) or "none"
        say(f"failed notes: {failed}")
        say(f"{done.leakage}\n{done.calls.made} calls; program in {out}")
    if done.leaks:
        say("this program leaks its demonstrations into notes: do not use it; it may not be a default")
    return 1 if done.leaks else 0

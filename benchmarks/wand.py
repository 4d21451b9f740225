"""How well the wand does what 60 scripted instructions ask for, by rule alone; with `--lm` also by the settings' model.

Twenty of them were used to make the rules (`tune`); the others, most of them on test sessions, were not looked at.

    python benchmarks/wand.py [--lm] [--show ID ...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from pipelines.environment import quiet_libraries

quiet_libraries()

import numpy as np

from evals.case import Scores
from evals.scorers.wand import Wanded, score_wand
from evals.statistics import draws
from evals.wand import read_instructions, wanded
from pipelines.dataset import read_dataset
from pipelines.records import Failure
from pipelines.settings import ROOT, Settings

DATA = ROOT / "datasets" / "synthetic"
SAMPLES = 2_000
Row = tuple[Wanded, Scores]


def main(arguments: list[str]) -> None:
    settings = Settings() if "--lm" in arguments else Settings().model_copy(update={"lm": "extractive"})
    shown = set(arguments[arguments.index("--show") + 1 :]) if "--show" in arguments else set()
    encounters = {e.id: e for e in read_dataset(DATA).encounters}
    asked = [one for one in read_instructions(DATA / "wand.jsonl") if not shown or one.id in shown]
    began = time.process_time()
    rows = [(case, score_wand(case)) for case in wanded(asked, encounters, settings)]
    print(f"{settings.lm}: {len(rows)} instructions, {(time.process_time() - began) / len(rows):.2f} s of CPU each")
    if shown:
        for case, scores in rows:
            print(f"\n{case.asked.id}: {case.asked.instruction}\n{scores}\n{told(case)}")
        return
    print(f"{'':18} {'n':>3} {'accepted':>9} {'done of accepted':>26} {'others unchanged':>17} {'new unsupported':>16}")
    line("all", rows)
    for name, tune in (("tuned on", True), ("not tuned on", False)):
        line(name, [row for row in rows if row[0].asked.tune is tune])
    for split in ("train", "dev", "test"):
        line(split, [row for row in rows if encounters[row[0].asked.encounter_id].split == split])
    for kind in sorted({case.asked.kind for case, _ in rows}):
        line(kind, [row for row in rows if row[0].asked.kind == kind])
    print("not done (tuned on):", [case.asked.id for case, s in rows if case.asked.tune and s["wand_done"] != 1.0])


def line(name: str, rows: Sequence[Row]) -> None:
    done, low, high, n = share(rows, "wand_done")
    accepted, untouched = share(rows, "wand_accepted")[0], share(rows, "wand_untouched")
    fresh = sum(scores["wand_new_unsupported"] or 0 for _, scores in rows)
    interval = f"{done:.2f} [{low:.2f}, {high:.2f}] of {n}" if n else "-"
    print(f"{name:18} {len(rows):>3} {accepted:>9.2f} {interval:>26} {untouched[0]:>17.2f} {fresh:>16.0f}")


def share(rows: Sequence[Row], name: str) -> tuple[float, float, float, int]:
    """Mean, its interval (encounters drawn with replacement), and how many rows have the score."""
    scored = [(case.asked.encounter_id, value) for case, scores in rows if (value := scores[name]) is not None]
    if not scored:
        return float("nan"), float("nan"), float("nan"), 0
    groups = sorted({encounter for encounter, _ in scored})
    sums = np.array([[sum(v for e, v in scored if e == g), sum(e == g for e, _ in scored)] for g in groups])
    weights = np.vstack(draws(len(groups), SAMPLES, 0))
    means = (weights @ sums[:, 0]) / (weights @ sums[:, 1])
    low, high = np.percentile(means, [2.5, 97.5])
    return float(sums[:, 0].sum() / sums[:, 1].sum()), float(low), float(high), len(scored)


def told(case: Wanded) -> str:
    refined = case.refined
    if isinstance(refined, Failure):
        return f"failed: {refined.type}"
    notes = [refined.refused or "", refined.not_understood or "", *refined.warnings]
    return "\n".join([refined.diff, *(note for note in notes if note)])


if __name__ == "__main__":
    main(sys.argv[1:])

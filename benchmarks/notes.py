"""How good the drafts are, by split and source, with the defaults of a fresh machine: means, intervals, denominators.

From the summary, and from the reference transcript, so that what speech recognition loses is not mixed in.

    python benchmarks/notes.py [SPLIT ...]
"""

from __future__ import annotations

import sys
import time

from pipelines.environment import quiet_libraries

quiet_libraries()

from evals.desk import Desk, from_line
from evals.statistics import aggregate
from pipelines.dataset import read_dataset
from pipelines.settings import ROOT, Settings

FORMATS = ("soap", "dap", "birp", "narrative")
# Metric → what it should reach from the summary and from the transcript.
WANTED = {"fact_recall": (0.70, 0.55), "fact_recall_critical": (0.85, 0.75), "facts_contradicted": (0.0, 0.0)}


def main(splits: list[str]) -> None:
    data = read_dataset(ROOT / "datasets" / "synthetic")
    desk = Desk(Settings())
    for split in splits:
        encounters = data.select(split).encounters
        for place, source in enumerate(("summary", "transcript")):
            began = time.process_time()
            lines = [
                desk.score_note(encounter, None, desk.draft(encounter, None, format_, source))  # type: ignore[arg-type]
                for encounter in encounters
                for format_ in FORMATS
            ]
            seconds = (time.process_time() - began) / len(lines)
            print(f"\n{split}, from the {source}: {len(lines)} notes of {len(encounters)} sessions, "
                  f"{seconds:.2f} s of CPU a note, scores included")  # fmt: skip
            for name, estimate in aggregate([from_line(line) for line in lines]).items():
                wanted = f"wanted {WANTED[name][place]:.2f}" if name in WANTED else ""
                wanted = "wanted 0.95" if name.startswith("adherence") else wanted
                interval = f"[{estimate.low:.3f}, {estimate.high:.3f}]" if estimate.low is not None else ""
                value = "n/a" if estimate.value is None else f"{estimate.value:.3f}"
                print(f"  {name:36} {value:>6} {interval:16} n={estimate.n_scored}/{estimate.n_total} {wanted}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["train", "dev", "test"])

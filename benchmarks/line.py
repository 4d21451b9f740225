"""The main job as a whole: stage times, what the cache saves, and how long the command takes to say what it can do.

python benchmarks/line.py
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

WARM_LIMIT, CACHED_LIMIT, HELP_LIMIT = 75.0, 8.0, 0.6  # seconds: wall, wall, CPU


def call(arguments: list[str], data_dir: str) -> tuple[float, float, str]:
    """Wall seconds, CPU seconds of the process and its children, standard output."""
    environment = os.environ | {
        "NOTEBENCH_DATA_DIR": data_dir,
        "MLFLOW_TRACKING_URI": f"sqlite:///{data_dir}/mlflow.db",
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    command = [sys.executable, "-m", "app.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as data_dir:
        call(["run", "--demo", "--limit", "1", "--json"], data_dir)  # warm: file caches, MLflow's tables
        wall, _, printed = call(["run", "--demo", "--no-cache", "--json"], data_dir)
        seconds = json.loads(printed)["seconds"]
        print(f"demo, warm, without cache: {wall:.1f} s (at most {WARM_LIMIT:.0f})")
        for stage, value in seconds.items():
            print(f"  {stage:12} {value:6.2f} s")
        print(f"  {'start, MLflow':12} {wall - sum(seconds.values()):6.2f} s")
        cached = [call(["run", "--demo", "--json"], data_dir)[0] for _ in range(3)]
        print(f"demo, unchanged: median of 3 {statistics.median(cached):.1f} s (at most {CACHED_LIMIT:.0f}), "
              f"1/{wall / statistics.median(cached):.0f} of the time without cache")  # fmt: skip
        helped = [call(["--help"], data_dir)[1] for _ in range(5)]
        print(f"--help: median of 5 {statistics.median(helped):.2f} s of CPU (at most {HELP_LIMIT})")


if __name__ == "__main__":
    main()

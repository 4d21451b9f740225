"""Requests made up from the API's description, valid and invalid: how many, what they were answered, what is wrong.

Exits with 1 where anything was answered with 5xx, or as the description does not allow.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
warnings.simplefilter("ignore")

from app.access import passwords
from tests.app.web.fuzz import Findings, fuzz, operations
from tests.app.web.test_fuzz import fresh_world


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5_000, help="at least so many")
    parser.add_argument("--each", type=int, default=16, help="of each operation before a fresh world is made")
    asked = parser.parse_args()
    passwords._gauge = passwords.Gauge(at_once=1, per_second=1e6, burst=1_000_000)  # the flood is ours
    findings, began, number = Findings(), time.monotonic(), 0
    while findings.cases < asked.cases:
        number += 1
        with tempfile.TemporaryDirectory() as folder:
            world = fresh_world(Path(folder))
            described = operations(world)
            for operation in described:
                fuzz(world, operation, asked.each, findings, number)
            world.clinic.service.close()
    print(
        f"{findings.cases} requests to {len(described)} operations in {time.monotonic() - began:.0f} s,"
        f" in {number} worlds; {len(findings.reached)} operations were carried out at least once"
    )
    print("statuses: " + ", ".join(f"{status}: {count}" for status, count in sorted(findings.statuses.items())))
    for what, example in findings.wrong.items():
        print(f"\n{what}\n{example}")
    print(f"{len(findings.wrong)} kinds of answers that are 5xx or not as described")
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

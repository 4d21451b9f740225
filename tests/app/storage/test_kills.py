"""The web process is killed at random while calls send their sound: what was acknowledged is there."""

import json
import os
import subprocess
import sys

from pipelines.settings import ROOT


def test_no_acknowledged_chunk_is_lost_when_the_web_process_is_killed() -> None:
    line = [sys.executable, str(ROOT / "benchmarks" / "soak.py"), "--json"]
    given = ["--calls", "8", "--tracks", "2", "--every", "0.1", "--seconds", "4", "--kills", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([*line, *given], capture_output=True, text=True, env=environment, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["kills"], seen["lost"], seen["refused"]) == (2, 0, 0)
    assert seen["acknowledged"] > 8 * 2 * 20
    assert seen["sent_again"] > 0

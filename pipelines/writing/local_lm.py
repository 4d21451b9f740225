"""A real language model behind an OpenAI-compatible address on this machine (`make lm`), through llama.cpp."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from pipelines.environment import quiet_libraries
from pipelines.models.table import model_path
from pipelines.records import InputError
from pipelines.settings import Settings

PORT = 8091
CONTEXT = 16_384  # word pieces, shared by the requests that run at once
AT_ONCE = 2


def serve(weights: Path, port: int = PORT) -> Any:
    """Load a GGUF file and answer at `http://127.0.0.1:{port}/v1` until the returned server is deleted.

    Raises:
        RuntimeError: the file is no GGUF model, or the port is taken.
    """
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = AT_ONCE
    parameters.cpuparams.n_threads = os.cpu_count() or 1
    parameters.hostnames, parameters.port = ["127.0.0.1"], port
    return xllamacpp.Server(parameters)


def main() -> None:
    quiet_libraries()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="qwen-1.5b", help="a name of the model table, or a .gguf file")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--run", nargs=argparse.REMAINDER, help="serve for one command, which is told the address")
    given = parser.parse_args()
    file = Path(given.model)
    try:
        weights = file if file.suffix == ".gguf" else model_path(given.model, Settings()) / "model.gguf"
    except InputError as error:
        sys.exit(f"error: {error}")
    server = serve(weights, given.port)  # noqa: F841 - it serves as long as it is held
    name, address = weights.parent.name, f"http://127.0.0.1:{given.port}/v1"
    if given.run:
        told = {"NOTEBENCH_LM": f"openai/{name}", "NOTEBENCH_LM_API_BASE": address}
        sys.exit(subprocess.run(given.run, env=os.environ | told, check=False).returncode)  # noqa: S603 - the user's own
    sys.stderr.write(
        f"serving {name} at {address}; stop with Ctrl-C\n"
        f"use it with: NOTEBENCH_LM=openai/{name} NOTEBENCH_LM_API_BASE={address} notebench run --demo\n"
    )
    threading.Event().wait()


if __name__ == "__main__":
    main()

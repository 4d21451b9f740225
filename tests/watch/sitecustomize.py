"""Loaded by every Python process of a watched run (PYTHONPATH): notes each address it looks up or connects to."""

import os
import sys

_LOG = os.environ.get("WATCHED_ADDRESSES")


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        told = str(address[0]) if isinstance(address, tuple) else ""
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        told = str(arguments[0])
    else:
        return
    if told and _LOG:
        with open(_LOG, "a") as file:  # noqa: PTH123 - pathlib may not be there yet
            file.write(f"{told}\n")


sys.addaudithook(_watch)

"""The web process: `python -m app.web.server`. One process, because recordings and calls are remembered in it."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from types import FrameType

import uvicorn

from app.options import read_settings
from app.production import refuse_unsafe
from app.settings import ServiceSettings
from app.web.api import create_app
from app.wiring import open_service
from pipelines.records import InputError

_KEEP_ALIVE = 30  # seconds: recorders send every few seconds, and the usual 5 would close under their hands
_LAST_WORDS = 10  # seconds that requests have to end when the server is stopped
_PING = 20.0  # seconds between two looks whether a websocket's other end is still there


def config(settings: ServiceSettings, app: object) -> uvicorn.Config:
    """How the server runs. No access log: addresses and what they asked for are nobody's business."""
    return uvicorn.Config(
        app, host=settings.host, port=settings.port, workers=1, loop="asyncio", lifespan="on", access_log=False,  # type: ignore[arg-type]
        log_level="warning", timeout_keep_alive=_KEEP_ALIVE, timeout_graceful_shutdown=_LAST_WORDS, server_header=False,
        proxy_headers=settings.tls_in_front, ws="auto", ws_ping_interval=_PING, ws_ping_timeout=_PING,
    )  # fmt: skip


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; 2 where a setting stands against it."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = read_settings(ServiceSettings)
        refuse_unsafe(settings)
        service = open_service(settings)
    except InputError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # uvicorn handles them, and at its end raises what it got once more
    try:
        server = uvicorn.Server(config(settings, create_app(service)))
        gc.collect()
        gc.freeze()  # what was loaded by now stays: no collection need look at it again
        server.run()
    finally:
        service.close()
    return 0 if server.started else 1


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())

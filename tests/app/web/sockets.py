"""A websocket to an application in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from starlette.types import ASGIApp, Message


class ClosedError(Exception):
    """The application closed it, or never took it."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Socket:
    """What a browser's websocket is; within one event loop."""

    def __init__(self, app: ASGIApp, path: str, headers: Mapping[str, str]) -> None:
        sent = [(name.encode(), value.encode()) for name, value in {"host": "127.0.0.1:8000", **headers}.items()]
        self._scope = {
            "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": sent,
            "scheme": "ws", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "root_path": "",
            "subprotocols": [], "http_version": "1.1", "state": {}, "extensions": {},
        }  # fmt: skip
        self._app = app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        """Raises:
        ClosedError: it is refused.
        """
        self._task = asyncio.create_task(self._app(self._scope, self._to_app.get, self._from_app.put))
        await self._to_app.put({"type": "websocket.connect"})
        message = await self._next()
        if message["type"] != "websocket.accept":
            raise ClosedError(message["code"])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.leave()

    async def leave(self) -> None:
        await self._to_app.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._task, 10)

    async def say(self, said: Any) -> None:
        await self._to_app.put(
            {"type": "websocket.receive", "text": said if isinstance(said, str) else json.dumps(said)}
        )

    async def hear(self) -> Any:
        """The next message.

        Raises:
            ClosedError: the application closed it.
        """
        message = await self._next()
        if message["type"] == "websocket.close":
            raise ClosedError(message["code"])
        return json.loads(message["text"])

    async def _next(self) -> Message:
        heard = asyncio.create_task(self._from_app.get())
        await asyncio.wait({heard, self._task}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        if not heard.done():
            heard.cancel()
            raise AssertionError(f"nothing came; the application ended: {self._task}")
        return heard.result()

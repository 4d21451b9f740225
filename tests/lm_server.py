"""An OpenAI-compatible server for tests, on this machine, that answers as it is told: well, badly, late or not at all.

    with LanguageModelServer(status(500), fills("Client reported worry.")) as server:
        ...  # the first request gets the first reply, the second and all later ones the last
        server.asked  # what came in

It speaks Anthropic's form too, where it is asked for `/messages`. Every error it answers with quotes the request, as
some providers do: what a caller does with an error must not carry that anywhere.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

_FIELD = re.compile(r"^\d+\. `(\w+)` ", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """All that was sent as prompt."""
        return json.dumps(self.body, ensure_ascii=False)

    @property
    def instructions(self) -> str:
        system = self.body.get("system") or next(
            (m["content"] for m in self.body.get("messages", []) if m["role"] in {"system", "developer"}), ""
        )
        return system if isinstance(system, str) else " ".join(part.get("text", "") for part in system)

    @property
    def fields(self) -> list[str]:
        """The output fields that DSPy asks for."""
        return _FIELD.findall(self.instructions.partition("Your output fields are:")[2].partition("All inter")[0])

    @property
    def wants_json(self) -> bool:
        return "[[ ## completed ## ]]" not in self.instructions


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        asked = Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        reply = self.server.begin(asked)
        try:
            reply(self, asked)
        except OSError:  # the client has gone
            self.close_connection = True
        finally:
            self.server.end()

    def log_message(self, *_: Any) -> None:
        """Silent."""

    def send(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def wait(self) -> None:
        """Until the client has gone or the server is closed."""
        self.connection.settimeout(0.02)
        while not self.server.closing.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
        self.close_connection = True


Reply = Callable[[Handler, Asked], None]


@dataclass
class Server(ThreadingHTTPServer):
    """The listening socket, what came in, and how much of it at once."""

    replies: tuple[Reply, ...]
    daemon_threads = True
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        ThreadingHTTPServer.__init__(self, ("127.0.0.1", 0), Handler)

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    def begin(self, asked: Asked) -> Reply:
        with self.lock:
            self.asked.append(asked)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            return self.replies[min(len(self.asked), len(self.replies)) - 1]

    def end(self) -> None:
        with self.lock:
            self.at_once -= 1

    def handle_error(self, *_: Any) -> None:
        """Clients that go away are what is tested here."""


class LanguageModelServer:
    """The server, while it runs.

    Args:
        replies: one for each request in its order; the last for all that follow.
    """

    def __init__(self, *replies: Reply) -> None:
        self._server = Server(replies)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> LanguageModelServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def base(self) -> str:
        return f"{self.address}/v1"

    @property
    def asked(self) -> list[Asked]:
        return self._server.asked

    @property
    def connections(self) -> int:
        return self._server.connections

    @property
    def at_once(self) -> int:
        """Requests that are being answered."""
        return self._server.at_once

    @property
    def most_at_once(self) -> int:
        return self._server.most_at_once


def says(text: str | Callable[[Asked], str], finish: str = "stop") -> Reply:
    """A whole answer with this text, at once or as a stream, as it was asked for."""

    def reply(handler: Handler, asked: Asked) -> None:
        words = text(asked) if callable(text) else text
        if asked.body.get("stream"):
            _begin_stream(handler)
            _stream(handler, [*_pieces(words), None], finish)
            _chunk(handler, b"data: [DONE]\n\n")
            _chunk(handler, b"")
        else:
            handler.send(200, json.dumps(_answer(words, finish, asked)).encode())

    return reply


def fills(text: str, **texts: str) -> Reply:
    """Every field that is asked for, with the text for it or the one for all, in the form that is asked for."""

    def form(asked: Asked) -> str:
        values = {name: texts.get(name, text) for name in asked.fields}
        if asked.wants_json:
            return json.dumps(values)
        return "\n\n".join(f"[[ ## {n} ## ]]\n{v}" for n, v in values.items()) + "\n\n[[ ## completed ## ]]"

    return says(form)


def status(code: int, message: str = "no", error_code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI words it; it quotes the request."""

    def reply(handler: Handler, asked: Asked) -> None:
        error = {"message": f"{message}: {asked.text}", "type": error_code or "error", "code": error_code}
        handler.send(code, json.dumps({"error": error}).encode(), **headers)

    return reply


def html(handler: Handler, asked: Asked) -> None:
    """The page of a proxy, with status 200."""
    handler.send(200, f"<html><body>Sign in to go on: {asked.text}</body></html>".encode(), kind="text/html")


def empty(handler: Handler, asked: Asked) -> None:
    handler.send(200, b"")


def half(handler: Handler, asked: Asked) -> None:
    """The connection ends in the middle of the body."""
    body = json.dumps(_answer("[[ ## subjective ## ]]\nClient", "stop", asked)).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def hangs_up(handler: Handler, asked: Asked) -> None:
    """No answer at all."""
    handler.close_connection = True


def silent(handler: Handler, asked: Asked) -> None:
    """Takes the request and says nothing."""
    handler.wait()


def drips(handler: Handler, asked: Asked) -> None:
    """A byte now and then, for ever: no single wait is long."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000000")
    handler.end_headers()
    while not handler.server.closing.wait(0.02):
        handler.wfile.write(b" ")


def drips_headers(handler: Handler, asked: Asked) -> None:
    """The same before the body begins."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.server.closing.wait(0.02):
        handler.wfile.write(b"X")


def streams(text: str, then: Reply) -> Reply:
    """The beginning of a stream, and something else than its end."""

    def reply(handler: Handler, asked: Asked) -> None:
        _begin_stream(handler)
        _stream(handler, _pieces(text), "stop")
        then(handler, asked)

    return reply


def stops(handler: Handler, asked: Asked) -> None:
    """The connection of a stream ends."""
    handler.close_connection = True


def drips_comments(handler: Handler, asked: Asked) -> None:
    """A stream that is kept alive and never goes on."""
    while not handler.server.closing.wait(0.02):
        _chunk(handler, b": still here\n\n")


def gathers(count: int, then: Reply) -> Reply:
    """Answers when `count` requests are there at once, and lets time pass in which there could be more."""
    barrier = threading.Barrier(count)

    def reply(handler: Handler, asked: Asked) -> None:
        barrier.wait(60)
        handler.server.closing.wait(0.05)
        then(handler, asked)

    return reply


def _answer(text: str, finish: str, asked: Asked) -> dict[str, Any]:
    if asked.path.endswith("/messages"):
        reasons = {"stop": "end_turn", "length": "max_tokens"}
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "test",
            "content": [{"type": "text", "text": text}],
            "stop_reason": reasons[finish],
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
    return {
        "id": "chat-1",
        "object": "chat.completion",
        "created": 0,
        "model": "test",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def _pieces(text: str) -> list[str | None]:
    """Of few letters, so that a header comes in several."""
    return [text[n : n + 7] for n in range(0, len(text), 7)]


def _begin_stream(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()


def _stream(handler: Handler, pieces: list[str | None], finish: str) -> None:
    for piece in pieces:
        delta = {"role": "assistant", "content": piece} if piece else {}
        choice = {"index": 0, "delta": delta, "finish_reason": None if piece else finish}
        event = {"id": "chat-1", "object": "chat.completion.chunk", "created": 0, "model": "test", "choices": [choice]}
        _chunk(handler, f"data: {json.dumps(event)}\n\n".encode())


def _chunk(handler: Handler, data: bytes) -> None:
    handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def until_open(server: LanguageModelServer, count: int) -> Iterator[int]:
    """For loops that wait until `count` requests are being answered; ends then."""
    waited = threading.Event()
    while server.at_once != count:
        yield server.at_once
        waited.wait(0.01)

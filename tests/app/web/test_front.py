"""What stands before API and pages: where from something may be sent, and what browsers may do with the answers."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from starlette.responses import PlainTextResponse, Response

from app.settings import ServiceSettings
from app.web import headers
from app.web.cookies import Cookie, cookie_name, delete_cookie, read_cookie, set_cookie
from app.web.headers import SecurityHeaders, inline_script_hashes, page_policy
from app.web.origin import SameOrigin, local_path

HOST = "127.0.0.1:8000"
TLS = {"tls_in_front": True, "public_url": "https://notes.example.org"}


def settings(**given: Any) -> ServiceSettings:
    return ServiceSettings(_env_file=None, **given)


def scope(kind: str = "http", method: str = "POST", path: str = "/api/x", **sent: str) -> dict[str, Any]:
    sent = {"host": HOST, **sent}
    return {
        "type": kind, "method": method, "path": path, "query_string": b"", "scheme": "http",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
    }  # fmt: skip


def sent_by(app: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that an application sends in answer."""
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"} if asked["type"] == "websocket" else {"type": "http.request"}

    async def send(message: Any) -> None:
        messages.append(message)

    async def ask() -> None:
        await app(asked, receive, send)

    anyio.run(ask)
    return messages


async def passed(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "passed"})


def passes(asked: dict[str, Any], **given: Any) -> bool:
    messages = sent_by(SameOrigin(passed, settings(**given)), asked)
    if messages == [{"type": "passed"}]:
        return True
    refusal = messages[0]
    assert refusal.get("status") == 403 or (refusal["type"], refusal.get("code")) == ("websocket.close", 1008)
    return False


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("sent", "ours"),
    [
        ({"origin": f"http://{HOST}", "cookie": "notebench=x"}, True),
        ({"origin": f"HTTP://{HOST}"}, True),
        ({"origin": "https://evil.example", "cookie": "notebench=x"}, False),
        ({"origin": "https://evil.example"}, False),  # a sign-in that another site would make
        ({"origin": "https://evil.example", "authorization": "Bearer nb_x"}, False),
        ({"origin": "http://127.0.0.1"}, False),
        ({"origin": "http://127.0.0.1:8001"}, False),
        ({"origin": f"http://{HOST}.evil.example"}, False),
        ({"origin": f"http://evil.example#{HOST}"}, False),
        ({"origin": f"http://{HOST}@evil.example"}, False),
        ({"origin": "null", "cookie": "notebench=x"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://[::1"}, False),
        ({"origin": "http://127.0.0.1:99999"}, False),
        ({"cookie": "notebench=x"}, False),
        ({"cookie": "x=y", "authorization": "Bearer nb_x"}, False),
        ({"authorization": "Bearer nb_x"}, True),
        ({}, True),
    ],
)
def test_a_change_comes_from_our_own_pages_or_from_a_program(kind: str, sent: dict[str, str], ours: bool) -> None:
    assert passes(scope(kind, **sent)) is ours


def test_every_method_that_is_no_read_is_asked() -> None:
    foreign = {"origin": "https://evil.example"}
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "post", "NONSENSE"):
        assert not passes(scope(method=method, **foreign))
    for method in ("GET", "HEAD", "OPTIONS"):
        assert passes(scope(method=method, **foreign))


def test_behind_a_proxy_the_public_address_counts_and_no_other() -> None:
    assert passes(scope(origin="https://notes.example.org", host="10.0.0.7:8000"), **TLS)
    assert passes(scope(origin="https://notes.example.org:443"), **TLS)
    for origin in ("http://notes.example.org", f"http://{HOST}", "https://notes.example.org:8443"):
        assert not passes(scope(origin=origin), **TLS)


def test_two_origins_are_none() -> None:
    asked = scope(origin=f"http://{HOST}")
    asked["headers"].append((b"origin", b"https://evil.example"))
    assert not passes(asked)


def test_after_signing_in_one_gets_to_a_page_of_ours_alone() -> None:
    for good in ("/", "/appointment?id=a1", "/a/b#c"):
        assert local_path(good) == good
    for bad in (None, "", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/api/sign-out", "/a\nb",
                "\t//evil.example", "/\t/evil.example"):  # fmt: skip
        assert local_path(bad) == "/"


def answered(path: str, response: Response, **given: Any) -> dict[str, str]:
    start = sent_by(SecurityHeaders(response, settings(**given), ["'sha256-x'"]), scope(method="GET", path=path))[0]
    return {name.decode(): value.decode() for name, value in start["headers"]}


def test_each_answer_is_allowed_as_little_as_it_needs() -> None:
    data = answered("/api/x", PlainTextResponse("x"))
    form = answered("/api/sign-in", Response("x", media_type="text/html"))
    page = answered("/", Response("x", media_type="text/html"))
    assert data["content-security-policy"] == headers.DATA
    assert "default-src 'none'" in data["content-security-policy"]
    assert form["content-security-policy"] == headers.FORM
    assert "script-src" not in form["content-security-policy"]
    assert "'sha256-x'" in page["content-security-policy"]
    for one in (data, form, page):
        assert "frame-ancestors 'none'" in one["content-security-policy"]
        assert one["x-content-type-options"] == "nosniff"
        assert one["referrer-policy"] == "same-origin"  # `no-referrer` would make our own forms' origin null
        assert "strict-transport-security" not in one
    assert data["cache-control"] == "no-store"
    assert "max-age" in answered("/", PlainTextResponse("x"), **TLS)["strict-transport-security"]


def test_what_an_answer_says_itself_stays() -> None:
    own = answered("/api/style.css", PlainTextResponse("x", headers={"Cache-Control": "max-age=60"}))
    assert own["cache-control"] == "max-age=60"


def test_pages_load_nothing_from_another_host_and_run_no_script_of_a_text() -> None:
    rules = dict(rule.split(" ", 1) for rule in page_policy(["'sha256-x'"]).split("; "))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in rules["script-src"]
    assert not [word for words in rules.values() for word in words.split() if "*" in word or "//" in word]


def test_a_script_that_stands_in_the_page_is_named_by_its_digest() -> None:
    # The digest is that of the example in the specification of Content Security Policy, level 2.
    assert inline_script_hashes("<script>alert('Hello, world.');</script><script src=x></script>") == [
        "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
    ]


@pytest.mark.parametrize("given", [{}, TLS])
def test_cookies_are_for_this_host_alone_and_no_script_reads_them(given: dict[str, Any]) -> None:
    named, response = settings(**given), Response()
    set_cookie(response, named, Cookie.SIGN_IN, "token-1")
    said = response.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=lax" in said
    assert "Domain" not in said
    assert ("Secure" in said, said.startswith("__Host-")) == (bool(given), bool(given))
    pair = said.split(";")[0]
    assert read_cookie(named, [(b"cookie", f"a=b; {pair}; c".encode())], Cookie.SIGN_IN) == "token-1"
    assert read_cookie(named, [(b"cookie", pair.encode())], Cookie.WAITING) is None
    assert read_cookie(named, [], Cookie.SIGN_IN) is None
    gone = Response()
    delete_cookie(gone, named, Cookie.SIGN_IN)
    assert gone.headers["set-cookie"].startswith(cookie_name(named, Cookie.SIGN_IN) + '=""')

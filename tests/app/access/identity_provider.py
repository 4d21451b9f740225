"""A small OpenID provider on loopback: it describes itself, signs people in, and proves it. Tests make it misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.app.conftest import Clock

CLIENT, SECRET = "notebench", "a secret of the client"


@dataclass
class IdentityProvider:
    """`person` is who signs in; `lie` changes the claims of the next id token, `answers` whole answers by path."""

    clock: Clock
    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1", "email": "Ada", "email_verified": True})
    lie: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    signing_key: RSAKey | None = None
    """Signs instead of `key`, which is the one that is published."""
    asked: list[str] = field(default_factory=list)
    way: str = ""
    """How the client must prove itself; empty: by HTTP's basic authentication, and its description is silent of it."""
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _email_in_token: bool = True

    def visit(self, url: str) -> str:
        """What the browser does at the provider: the address it is sent back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = f"code-{len(self._codes)}"
        self._codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def hide_email(self) -> None:
        """Tell the address as user information alone, not in the id token."""
        self._email_in_token = False

    def answer(self, path: str, body: dict[str, str], authorization: str) -> tuple[int, Any]:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        match path:
            case "/.well-known/openid-configuration":
                ways = {"token_endpoint_auth_methods_supported": [self.way]} if self.way else {}
                return 200, ways | {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "userinfo_endpoint": f"{self.issuer}/userinfo",
                    "jwks_uri": f"{self.issuer}/keys",
                }
            case "/keys":
                odd = {"kty": "unheard-of", "kid": "k0"}
                return 200, {"keys": [odd, self.key.as_dict(private=False)]}
            case "/userinfo":
                return (200, self.person) if authorization == "Bearer access-1" else (401, {})
            case "/token":
                return self._token(body, authorization)
        return 404, {}

    def _token(self, body: dict[str, str], authorization: str) -> tuple[int, Any]:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        in_form = (body.get("client_id"), body.get("client_secret"))
        proved = in_form == (CLIENT, SECRET) if self.way == "client_secret_post" else authorization == f"Basic {basic}"
        asked = self._codes.pop(body.get("code", ""), None)
        if not proved or asked is None or body.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(self.clock.now.timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.person if self._email_in_token else {"sub": self.person["sub"]}
        claims = {name: value for name, value in (claims | self.lie).items() if value is not None}
        key = self.signing_key or self.key
        signed = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
        return 200, {"access_token": "access-1", "token_type": "Bearer", "id_token": signed}


@contextmanager
def running(clock: Clock) -> Iterator[IdentityProvider]:
    provider = IdentityProvider(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._respond({name: values[0] for name, values in parse_qs(sent).items()})

        def _respond(self, body: dict[str, str]) -> None:
            status, said = provider.answer(self.path, body, self.headers.get("Authorization", ""))
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield provider
        finally:
            server.shutdown()
            serving.join()

"""Our side of an OpenID provider: its own description, where to send browsers, and what it says of who came back."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any, cast
from urllib.parse import urlsplit

_SECONDS = 10.0
"""An answer of the provider may take so long."""
_FRESH = 3600.0
"""Seconds that its description and its keys are used without asking again."""
_LEEWAY = 60
"""Seconds by which its clock and ours may differ."""
_ALGORITHMS = ["RS256", "ES256", "PS256", "RS384", "ES384", "PS384", "RS512", "ES512", "PS512"]
"""Signatures by the provider's own key alone: never `none`, nor one by a secret that we hold too."""
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class ProviderError(Exception):
    """The provider did not do what it should. `down`: it did not answer at all, or is no provider."""

    def __init__(self, what: str, *, down: bool = False) -> None:
        super().__init__(what)
        self.down = down


class Provider:
    """One provider, as its issuer describes it. May be used by several threads."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, redirect: str) -> None:
        self.issuer = issuer
        self._client_id, self._client_secret, self._redirect = client_id, client_secret, redirect
        self._lock = threading.Lock()
        self._about: dict[str, Any] = {}
        self._keys: Any = None
        self._asked = float("-inf")

    def sign_in_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send the browser.

        Raises:
            ProviderError: its description cannot be read.
        """
        from authlib.oauth2.client import OAuth2Client  # type: ignore[import-untyped]

        client = OAuth2Client(
            None, self._client_id, scope="openid email profile", redirect_uri=self._redirect,
            code_challenge_method="S256",
        )  # fmt: skip
        endpoint = self._endpoint("authorization_endpoint")
        return str(client.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)[0])

    def claims(self, code: str, nonce: str, verifier: str, now: float) -> dict[str, Any]:
        """What the provider says of the one who came back with this code, proved by its signature; at least `sub`.

        Raises:
            ProviderError: it gave no token for this code, or one that is not good.
        """
        token = self._token(code, verifier)
        try:
            claims = self._proved(token, nonce, now)
        except (KeyError, TypeError, ValueError) as error:  # what was sent has not the form of a token
            raise ProviderError(type(error).__name__) from None
        return claims if "email" in claims else {**self._more(token, claims["sub"]), **claims}

    def _token(self, code: str, verifier: str) -> dict[str, Any]:
        """What it gives for a code: to us, who prove ourselves, and who began (PKCE)."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect,
                "code_verifier": verifier}  # fmt: skip
        ways = self._description().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self._client_secret and "client_secret_basic" in ways:
            return _asked("POST", self._endpoint("token_endpoint"), form, auth=(self._client_id, self._client_secret))
        form["client_id"] = self._client_id
        if self._client_secret:
            form["client_secret"] = self._client_secret
        return _asked("POST", self._endpoint("token_endpoint"), form)

    def _proved(self, token: dict[str, Any], nonce: str, now: float) -> dict[str, Any]:
        """The claims of the id token: signed by the provider, for us, now, in answer to our request."""
        from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
        from joserfc import jwt
        from joserfc.errors import JoseError

        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        known = {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")}
        for keys in (self._key_set(), self._key_set(anew=True)):  # it may have changed its keys since we asked
            try:
                read = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS)
                break
            except (JoseError, ValueError):
                continue
        else:
            raise ProviderError("signature")
        try:
            claims = CodeIDToken(read.claims, read.header, options, known)
            claims.validate(now=int(now), leeway=_LEEWAY)
        except JoseError as error:
            raise ProviderError(type(error).__name__) from None
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise ProviderError("sub")
        return dict(claims)

    def _more(self, token: dict[str, Any], subject: str) -> dict[str, Any]:
        """What its user information adds, where it is about the same person."""
        if not self._description().get("userinfo_endpoint"):
            return {}
        said = _asked("GET", self._endpoint("userinfo_endpoint"), bearer=str(token.get("access_token")))
        return said if said.get("sub") == subject else {}

    def _endpoint(self, name: str) -> str:
        return _checked(self._description().get(name))

    def _description(self) -> dict[str, Any]:
        self._refresh(anew=False)
        return self._about

    def _key_set(self, *, anew: bool = False) -> Any:
        self._refresh(anew=anew)
        return self._keys

    def _refresh(self, *, anew: bool) -> None:
        with self._lock:
            if not anew and time.monotonic() - self._asked < _FRESH:
                return
            about = _asked("GET", _checked(self.issuer.rstrip("/") + "/.well-known/openid-configuration"))
            if about.get("issuer") != self.issuer:
                raise ProviderError("issuer", down=True)
            keys = _signing_keys(_asked("GET", _checked(about.get("jwks_uri"))))
            self._about, self._keys, self._asked = about, keys, time.monotonic()


def _signing_keys(said: dict[str, Any]) -> Any:
    """The keys that sign; one of a kind that is not known here is left out, as the others may still be good."""
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet, import_key

    known = []
    for key in said.get("keys") or []:
        if isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC"}:
            with contextlib.suppress(JoseError, ValueError, KeyError, TypeError):
                known.append(import_key(key))
    if not known:
        raise ProviderError("keys", down=True)
    return KeySet(known)


def _checked(url: Any) -> str:
    """An address by TLS; without, on this machine alone."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        raise ProviderError("endpoint", down=True) from None
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return cast("str", url)
    raise ProviderError("endpoint", down=True)


def _asked(
    method: str, url: str, form: dict[str, str] | None = None, *, auth: tuple[str, str] | None = None, bearer: str = ""
) -> dict[str, Any]:
    """What it answers, which is an object of JSON. Redirects are not followed: a secret may be in what is sent."""
    import httpx

    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    try:
        answer = httpx.request(method, url, data=form, auth=auth, headers=headers, timeout=_SECONDS)
        if answer.is_client_error:
            raise ProviderError(f"status {answer.status_code}", down=form is None)
        answer.raise_for_status()
        said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderError(type(error).__name__, down=True) from None
    if not isinstance(said, dict):
        raise ProviderError("not an object", down=True)
    return said

"""Signing in at the practice's own identity provider (OpenID Connect, authorization code with PKCE).

Nothing of a sign-in under way is kept here: the browser's cookie holds one random value, and state, nonce and PKCE
verifier are three digests of it. Somebody is known by the provider's subject; the first time, by a verified e-mail
address that is their login. Nobody gets an account this way who has none.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sqlalchemy import select

from app.access import sign_in, throttle
from app.access.digests import new_token, worth_a_look
from app.access.provider import Provider, ProviderError
from app.access.throttle import Attempt, network, strike_out
from app.database.people import User
from app.database.scope import Principal
from app.errors import RefusedError

if TYPE_CHECKING:
    from app.settings import ServiceSettings
    from app.wiring import Service
    from app.work.unit import Work

CALLBACK = "/api/sign-in/provider/callback"
_SYSTEM = Principal.system("sign-in")
_providers: dict[tuple[str, ...], Provider] = {}


@dataclass(frozen=True)
class Begun:
    """Where to send the browser, and the value of the cookie that it comes back with."""

    url: str
    secret: str


def is_on(settings: ServiceSettings) -> bool:
    """Whether the settings name a provider."""
    return bool(settings.oidc_issuer and settings.oidc_client_id)


def begin(service: Service) -> Begun:
    """Begin to sign in at the provider.

    Raises:
        RefusedError: `provider_off`: none is named; `provider_down`: it does not answer as one does.
    """
    provider, secret = _provider(service.settings), new_token()
    try:
        url = provider.sign_in_url(_of("state", secret), _of("nonce", secret), _of("verifier", secret))
    except ProviderError:
        raise _down() from None
    return Begun(url, secret)


def finish(service: Service, secret: str | None, came_back: str, address: str) -> str:
    """Sign in whom the provider sent back, and get the token for the cookie.

    Args:
        secret: the cookie's value from `begin`.
        came_back: the whole address that the browser was sent back to.

    Raises:
        RefusedError: `provider_off`, `provider_down`; `provider_refused`: the provider or the person said no, or what
            came back is not an answer to what was begun here; `no_account`: nobody of us is known by this identity.
    """
    provider = _provider(service.settings)
    if not worth_a_look(secret) or not (code := _code(came_back, secret, provider.issuer)):
        raise _refused()
    attempt = throttle.begin(service, None, address)
    try:
        claims = provider.claims(code, _of("nonce", secret), _of("verifier", secret), service.clock().timestamp())
    except ProviderError as error:
        if error.down:
            with service.work(_SYSTEM) as work:
                strike_out(work, attempt)
            raise _down() from None
        _failed(service, "refused", address)
        raise _refused() from None
    token = _signed_in(service, subject_key(provider.issuer, claims["sub"]), _verified_email(claims), attempt, address)
    if token is None:
        _failed(service, "no_account", address)
        raise RefusedError("no_account", "Nobody here has this identity. Ask your administrator for an account.")
    return token


def subject_key(issuer: str, subject: str) -> str:
    """How a provider's subject is kept: bound to its issuer, as another one may give the same subject to another."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


def _provider(settings: ServiceSettings) -> Provider:
    if not is_on(settings):
        raise RefusedError("provider_off", "Signing in by an identity provider is not set up here.")
    redirect = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/") + CALLBACK
    secret = settings.oidc_client_secret.get_secret_value()
    named = (settings.oidc_issuer, settings.oidc_client_id, secret, redirect)
    if named not in _providers:  # once: it remembers the provider's description and keys
        _providers[named] = Provider(*named)
    return _providers[named]


def _of(purpose: str, secret: str) -> str:
    """A digest of the browser's secret for one purpose: none tells another, nor the secret."""
    digest = hashlib.sha256(f"notebench provider {purpose}|{secret}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _code(came_back: str, secret: str, issuer: str) -> str | None:
    """The code, if this answers what this browser began (state), and is of our provider (`iss`, RFC 9207)."""
    given = parse_qs(came_back.partition("?")[2].partition("#")[0])
    if given.get("state") != [_of("state", secret)] or given.get("iss", [issuer]) != [issuer] or "error" in given:
        return None
    codes = given.get("code", [])
    return codes[0] if len(codes) == 1 else None


def _signed_in(service: Service, subject: str, email: str | None, attempt: Attempt, address: str) -> str | None:
    with service.work(_SYSTEM) as work:
        user = _known(work, subject, email)
        if user is None:
            return None
        user.oidc_subject = subject
        strike_out(work, attempt)
        return sign_in.start(work, user, "provider", address)


def _verified_email(claims: dict[str, Any]) -> str | None:
    email = claims.get("email")
    verified = claims.get("email_verified") in (True, "true")  # some providers write it as a word
    return sign_in.normal_login(email) if verified and isinstance(email, str) else None


def _known(work: Work, subject: str, email: str | None) -> User | None:
    query = select(User).where(User.active).with_for_update()
    user = work.session.scalars(query.where(User.oidc_subject == subject)).first()
    if user is None and email:
        # Only an account that no subject is bound to: an address may be given to somebody else one day.
        user = work.session.scalars(query.where(User.login == email, User.oidc_subject.is_(None))).first()
    return user


def _failed(service: Service, why: str, address: str) -> None:
    with service.work(_SYSTEM) as work:
        work.note("sign_in_failed", "user", sign_in.Nobody(), by="provider", why=why, address=network(address))


def _down() -> RefusedError:
    return RefusedError("provider_down", "The identity provider does not answer. Try again in a minute.")


def _refused() -> RefusedError:
    return RefusedError("provider_refused", "The identity provider did not sign you in. Begin again.")

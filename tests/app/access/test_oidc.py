"""Signing in at an identity provider, with one that runs; and what it may not be fooled with."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from sqlalchemy import select, update

from app.access import oidc, sign_in, throttle
from app.database.operations import AuditEntry
from app.database.people import User
from app.database.scope import Principal
from app.errors import RefusedError
from app.wiring import Service
from tests.app.access import identity_provider
from tests.app.access.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.app.conftest import Clinic

ADDRESS = "203.0.113.9"
SYSTEM = Principal.system("test")


@pytest.fixture
def provider(clinic_of_two: Clinic) -> Iterator[IdentityProvider]:
    with identity_provider.running(clinic_of_two.clock) as running:
        yield running


@pytest.fixture
def connected(clinic_of_two: Clinic, provider: IdentityProvider) -> Service:
    named = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    return replace(clinic_of_two.service, settings=clinic_of_two.service.settings.model_copy(update=named))


def came_in(connected: Service, provider: IdentityProvider) -> Principal | None:
    begun = oidc.begin(connected)
    token = oidc.finish(connected, begun.secret, provider.visit(begun.url), ADDRESS)
    return sign_in.principal_of(connected, token)


def refused(connected: Service, provider: IdentityProvider) -> str:
    with pytest.raises(RefusedError) as error:
        came_in(connected, provider)
    return error.value.code


def test_the_first_time_by_verified_address_then_by_subject_whatever_the_address(
    connected: Service, provider: IdentityProvider, clinic_of_two: Clinic
) -> None:
    ada = clinic_of_two.users["ada"]
    assert came_in(connected, provider) == ada
    provider.person = {"sub": "s-1", "email": "married@practice.example", "email_verified": False}
    assert came_in(connected, provider) == ada
    with connected.work(SYSTEM) as work:
        rows = work.session.scalars(select(AuditEntry).where(AuditEntry.action == "sign_in")).all()
    assert [(row.object_id, row.details["by"]) for row in rows] == [(ada.user_id, "provider")] * 2


def test_an_address_that_only_the_user_information_tells_is_as_good(
    connected: Service, provider: IdentityProvider, clinic_of_two: Clinic
) -> None:
    provider.hide_email()
    assert came_in(connected, provider) == clinic_of_two.users["ada"]
    provider.answers["/userinfo"] = (200, {"sub": "somebody else", "email": "ben", "email_verified": True})
    provider.person = {"sub": "s-2"}
    assert refused(connected, provider) == "no_account"


def test_an_address_that_was_given_to_somebody_else_opens_no_account(
    connected: Service, provider: IdentityProvider
) -> None:
    assert came_in(connected, provider)
    provider.person = {"sub": "s-2", "email": "ada", "email_verified": True}
    assert refused(connected, provider) == "no_account"


def test_nobody_gets_in_without_an_active_account_and_a_verified_address(
    connected: Service, provider: IdentityProvider
) -> None:
    for person in (
        {"sub": "s-1"},
        {"sub": "s-1", "email": "ada"},
        {"sub": "s-1", "email": "ada", "email_verified": False},
        {"sub": "s-1", "email": ["ada"], "email_verified": True},
        {"sub": "s-1", "email": "nobody", "email_verified": True},
    ):
        provider.person = person
        assert refused(connected, provider) == "no_account"
    provider.person = {"sub": "s-1", "email": "ada", "email_verified": True}
    with connected.work(SYSTEM) as work:
        work.session.execute(update(User).values(active=False))
    assert refused(connected, provider) == "no_account"
    with connected.work(SYSTEM) as work:
        whys = work.session.scalars(select(AuditEntry).where(AuditEntry.action == "sign_in_failed")).all()
    assert [row.details["why"] for row in whys] == ["no_account"] * 6


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(
    connected: Service, provider: IdentityProvider
) -> None:
    provider.way = "client_secret_post"
    assert came_in(connected, provider)


def test_a_wrong_secret_of_the_client_is_refused(connected: Service, provider: IdentityProvider) -> None:
    wrong = {"oidc_client_secret": SecretStr("not it")}
    assert refused(replace(connected, settings=connected.settings.model_copy(update=wrong)), provider)


def test_the_same_subject_of_another_issuer_is_somebody_else() -> None:
    assert oidc.subject_key("https://one.example", "s-1") != oidc.subject_key("https://two.example", "s-1")


def test_an_id_token_that_is_not_for_us_from_it_now_is_refused(connected: Service, provider: IdentityProvider) -> None:
    now = int(provider.clock.now.timestamp())
    lies: list[dict[str, object]] = [
        {"nonce": "another sign-in's"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": [CLIENT, "another"]},  # without azp
        {"azp": "another client"},
        {"iss": "https://elsewhere.example"},
        {"exp": now - 61},
        {"exp": None},
        {"iat": now + 3600},
        {"sub": None},
        {"sub": ""},
        {"at_hash": "of another access token"},
    ]
    for lie in lies:
        provider.lie = lie
        assert refused(connected, provider) == "provider_refused", lie
    provider.lie = {}
    assert came_in(connected, provider)


def test_only_the_providers_key_signs_and_a_new_one_is_fetched(connected: Service, provider: IdentityProvider) -> None:
    assert came_in(connected, provider)
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "k1"})
    assert refused(connected, provider) == "provider_refused"
    provider.key = provider.signing_key  # the provider changed its key, and says so
    assert came_in(connected, provider)


def test_an_answer_to_what_this_browser_did_not_begin_is_refused(
    connected: Service, provider: IdentityProvider
) -> None:
    mine, anothers = oidc.begin(connected), oidc.begin(connected)
    back = provider.visit(anothers.url)
    provider.asked.clear()
    tries = [
        (mine.secret, back),
        (None, back),
        ("", back),
        ("x" * 10_000, back),
        (anothers.secret, back.replace("state=", "state=x")),
        (anothers.secret, f"{back}&state=x"),
        (anothers.secret, f"{back}&code=x"),
        (anothers.secret, back.replace("iss=http", "iss=https")),
        (anothers.secret, f"{back}&error=access_denied"),
        (anothers.secret, back.split("?")[0]),
        (anothers.secret, "http://["),
    ]
    for secret, came_back in tries:
        with pytest.raises(RefusedError) as error:
            oidc.finish(connected, secret, came_back, ADDRESS)
        assert error.value.code == "provider_refused"
    assert provider.asked == []
    assert oidc.finish(connected, anothers.secret, back, ADDRESS)
    with pytest.raises(RefusedError):  # a code is good once
        oidc.finish(connected, anothers.secret, back, ADDRESS)


def test_the_verifier_is_proved_and_never_travels_with_the_browser(
    connected: Service, provider: IdentityProvider
) -> None:
    begun = oidc.begin(connected)
    assert oidc._of("verifier", begun.secret) not in begun.url
    assert begun.secret not in begun.url
    back = provider.visit(begun.url.replace("code_challenge=", "code_challenge=x"))
    with pytest.raises(RefusedError):
        oidc.finish(connected, begun.secret, back, ADDRESS)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/.well-known/openid-configuration", (500, {})),
        ("/.well-known/openid-configuration", (200, b"<html>")),
        ("/.well-known/openid-configuration", (200, [])),
        ("/.well-known/openid-configuration", (200, {"issuer": "https://elsewhere.example"})),
        ("/keys", (200, {"keys": []})),
        ("/keys", (200, {"keys": "none"})),
    ],
)
def test_a_provider_that_is_none_is_told_as_down(path: str, said: tuple[int, object]) -> None:
    from app.access.provider import Provider, ProviderError
    from tests.app.conftest import Clock

    with identity_provider.running(Clock()) as provider:
        provider.answers[path] = said
        with pytest.raises(ProviderError) as error:
            Provider(provider.issuer, CLIENT, SECRET, "http://127.0.0.1/back").sign_in_url("s", "n", "v")
    assert error.value.down


def test_nothing_goes_to_a_provider_without_tls() -> None:
    from app.access.provider import Provider, ProviderError

    for issuer in ("http://provider.example", "ftp://127.0.0.1", "127.0.0.1", "http://127.0.0.1.evil.example"):
        with pytest.raises(ProviderError) as error:
            Provider(issuer, CLIENT, SECRET, "http://127.0.0.1/back").sign_in_url("s", "n", "v")
        assert str(error.value) == "endpoint"


def test_without_a_provider_the_way_is_closed(clinic_of_two: Clinic) -> None:
    for act in (lambda: oidc.begin(clinic_of_two.service), lambda: oidc.finish(clinic_of_two.service, "x", "y", "z")):
        with pytest.raises(RefusedError) as error:
            act()
        assert error.value.code == "provider_off"


def test_a_token_endpoint_that_fails_is_told_and_counts_as_no_try(
    connected: Service, provider: IdentityProvider
) -> None:
    begun = oidc.begin(connected)
    back = provider.visit(begun.url)
    provider.answers["/token"] = (503, b"")
    for _ in range(throttle.PER_ADDRESS + 1):
        with pytest.raises(RefusedError) as error:
            oidc.finish(connected, begun.secret, back, ADDRESS)
        assert error.value.code == "provider_down"


def test_an_address_that_fails_too_often_is_throttled(connected: Service, provider: IdentityProvider) -> None:
    with connected.work(SYSTEM) as work:
        subject = throttle._subject(connected.vault.audit_key, "address", ADDRESS)
        work.session.add_all(
            throttle.SignInAttempt(id=str(number), subject=subject, at=work.now)
            for number in range(throttle.PER_ADDRESS)
        )
    assert refused(connected, provider) == "throttled"


def test_a_callback_leads_where_the_service_is_reached(connected: Service, provider: IdentityProvider) -> None:
    named = {"public_url": "https://notes.example.org/"}
    public = replace(connected, settings=connected.settings.model_copy(update=named))
    wanted = urlencode({"redirect_uri": "https://notes.example.org/api/sign-in/provider/callback"})
    assert wanted in oidc.begin(public).url

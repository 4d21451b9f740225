"""Signing in at the identity provider, as a browser goes through it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from app.web.api import create_app
from app.wiring import Service
from tests.app.access import identity_provider
from tests.app.access.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.app.conftest import Clinic
from tests.app.web.client import Client


@pytest.fixture
def provider(clinic_of_two: Clinic) -> Iterator[IdentityProvider]:
    with identity_provider.running(clinic_of_two.clock) as running:
        yield running


@pytest.fixture
def connected(clinic_of_two: Clinic, provider: IdentityProvider) -> Service:
    named = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    return replace(clinic_of_two.service, settings=clinic_of_two.service.settings.model_copy(update=named))


@pytest.fixture
def browser(connected: Service) -> Iterator[Client]:
    with Client(create_app(connected)) as client:  # type: ignore[arg-type]
        yield client


def test_there_and_back_to_where_one_wanted(browser: Client, provider: IdentityProvider, clinic_of_two: Clinic) -> None:
    page = browser.get("/api/sign-in?next=/some/page%3Fx%3D1").text
    assert "/api/sign-in/provider?next=%2Fsome%2Fpage%3Fx%3D1" in page
    away = browser.get("/api/sign-in/provider?next=%2Fsome%2Fpage%3Fx%3D1")
    assert (away.status_code, away.headers["location"].startswith(provider.issuer)) == (303, True)
    assert "HttpOnly" in away.headers["set-cookie"]
    back = browser.get(provider.visit(away.headers["location"]))
    assert (back.status_code, back.headers["location"]) == (303, "/some/page?x=1")
    assert browser.get("/api/session").json()["user_id"] == clinic_of_two.users["ada"].user_id


def test_what_was_not_begun_here_signs_nobody_in(browser: Client, provider: IdentityProvider) -> None:
    away = browser.get("/api/sign-in/provider")
    back = provider.visit(away.headers["location"])
    forgotten = browser.get(back, headers={"cookie": "notebench-provider=x.%2F"})
    assert (forgotten.status_code, "Begin again" in forgotten.text) == (409, True)
    assert browser.get("/api/session").status_code == 401
    once = browser.get("/api/sign-in/provider/callback?code=x&state=y")
    assert once.status_code == 409


def test_a_provider_that_is_down_is_told_on_the_page(browser: Client, provider: IdentityProvider) -> None:
    provider.answers["/.well-known/openid-configuration"] = (500, {})
    answer = browser.get("/api/sign-in/provider?next=//evil.example")
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)
    assert "evil" not in answer.text

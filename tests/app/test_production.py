"""What production refuses to start with: each reason is named, with its remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.production import flaws, refuse_unsafe
from app.settings import ServiceSettings
from app.storage.vault import master_key
from pipelines.records import InputError

KEY = "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WHISPER", "EMBEDDINGS", "LM", "LM_API_BASE", "MASTER_KEY", "MODELS_DIR"):
        monkeypatch.delenv(f"NOTEBENCH_{name}", raising=False)


@pytest.fixture
def safe(tmp_path: Path) -> dict[str, Any]:
    """Settings with which production starts."""
    for name in ("whisper", "embeddings"):
        (tmp_path / name).mkdir()
    return {
        "_env_file": None, "profile": "production", "data_dir": tmp_path / "data", "master_key": KEY,
        "public_url": "https://notes.example.org", "tls_in_front": True, "lm": "extractive",
        "whisper": str(tmp_path / "whisper"), "embeddings": str(tmp_path / "embeddings"),
    }  # fmt: skip


def test_with_everything_named_it_starts(safe: dict[str, Any]) -> None:
    assert flaws(ServiceSettings(**safe)) == []
    refuse_unsafe(ServiceSettings(**safe))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"master_key": ""}, "NOTEBENCH_MASTER_KEY is not set"),
        ({"master_key": "00" * 32}, "no random key"),
        ({"master_key": "deadbeef" * 8}, "no random key"),
        ({"master_key": KEY[:32]}, "32 bytes in hex"),
        ({"master_key": "x" + KEY[1:]}, "32 bytes in hex"),
        ({"public_url": ""}, "NOTEBENCH_PUBLIC_URL"),
        ({"public_url": "http://notes.example.org"}, "NOTEBENCH_PUBLIC_URL"),
        ({"tls_in_front": False}, "NOTEBENCH_TLS_IN_FRONT"),
        ({"whisper": "/no/such/folder"}, "NOTEBENCH_WHISPER: "),
        ({"embeddings": "no-such-model"}, "NOTEBENCH_EMBEDDINGS: "),
        ({"lm": "openai/somewhere", "lm_api_base": "https://api.example.org/v1"}, "may not receive client data"),
        ({"oidc_issuer": "https://id.example.org", "oidc_client_id": "x"}, "NOTEBENCH_OIDC_CLIENT_SECRET"),
        ({"oidc_issuer": "https://id.example.org", "oidc_client_secret": "s"}, "NOTEBENCH_OIDC_CLIENT_ID"),
    ],
)
def test_each_flaw_stops_it(safe: dict[str, Any], change: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match="production does not start") as refused:
        refuse_unsafe(ServiceSettings(**safe | change))
    assert told in str(refused.value)
    assert str(change.get("master_key") or "no key") not in str(refused.value)


@pytest.mark.parametrize("part", ["whisper", "embeddings", "lm"])
def test_no_model_is_guessed(safe: dict[str, Any], part: str) -> None:
    del safe[part]
    assert any(flaw.startswith(f"NOTEBENCH_{part.upper()} is not named") for flaw in flaws(ServiceSettings(**safe)))


def test_all_flaws_are_named_at_once(safe: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        refuse_unsafe(ServiceSettings(**safe | {"master_key": "", "tls_in_front": False, "public_url": ""}))
    assert len(str(refused.value).splitlines()) == 4


def test_a_language_model_on_this_machine_may_see_client_data(safe: dict[str, Any]) -> None:
    local = {"lm": "openai/local", "lm_api_base": "http://127.0.0.1:8091/v1"}
    assert flaws(ServiceSettings(**safe | local)) == []


def test_outside_production_nothing_is_refused() -> None:
    refuse_unsafe(ServiceSettings(_env_file=None))


def test_production_never_makes_a_master_key(safe: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="production never makes its own"):
        master_key(ServiceSettings(**safe | {"master_key": ""}))
    assert not (tmp_path / "data").exists()

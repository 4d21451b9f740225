"""`notebench user`: who may sign in, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.access import sign_in, tokens
from app.cli import cli
from app.database import schema
from app.errors import RefusedError
from app.settings import ServiceSettings
from app.wiring import open_service
from pipelines.records import InputError

PASSWORD = "the lamp is on again"
ADDRESS = "127.0.0.1"
Notebench = Callable[..., Result]


@pytest.fixture
def settings(tmp_path: Path) -> ServiceSettings:
    made = ServiceSettings(_env_file=None, data_dir=tmp_path)
    schema.upgrade(made)
    return made


@pytest.fixture
def notebench(settings: ServiceSettings) -> Notebench:
    environment = {"NOTEBENCH_DATA_DIR": str(settings.data_dir), "NOTEBENCH_DATABASE_URL": ""}

    def run(*arguments: str, typed: str | bytes | None = None, fails: bool = False) -> Result:
        done = CliRunner().invoke(cli, ["user", *arguments], input=typed, env=environment, standalone_mode=False)
        assert (done.exception is not None) == fails, done.output
        return done

    return run


def add(notebench: Notebench, login: str, role: str, *more: str, **how: object) -> Result:
    return notebench("add", login, "--role", role, *more, **{"typed": f"{PASSWORD}\n", **how})


def test_the_first_user_founds_the_practice_and_the_next_joins_it(
    notebench: Notebench, settings: ServiceSettings
) -> None:
    add(notebench, "Admin@Practice.example", "administrator", "--practice", "Harbour", "--name", "Ann Or")
    add(notebench, "ada", "practitioner")
    told = notebench("list", "--json")
    users = json.loads(told.stdout)["users"]
    assert [(user["login"], user["role"], user["name"]) for user in users] == [
        ("admin@practice.example", "administrator", "Ann Or"),
        ("ada", "practitioner", "ada"),
    ]
    service = open_service(settings)
    one = sign_in.principal_of(service, sign_in.sign_in(service, "admin@practice.example", PASSWORD, ADDRESS))
    two = sign_in.principal_of(service, sign_in.sign_in(service, "ada", PASSWORD, ADDRESS))
    service.close()
    assert one
    assert two
    assert one.practice_id == two.practice_id
    assert "ada" in notebench("list").stdout


def test_what_cannot_be_is_refused_with_the_way_out(notebench: Notebench) -> None:
    def why(*arguments: str, typed: str | bytes = f"{PASSWORD}\n") -> str:
        error = notebench(*arguments, typed=typed, fails=True).exception
        assert isinstance(error, InputError)
        return str(error)

    assert "--practice" in why("add", "ada", "--role", "practitioner")
    add(notebench, "admin", "administrator", "--practice", "Harbour")
    assert "12 to 256" in why("add", "ada", "--role", "practitioner", typed="short\n")
    assert "12 to 256" in why("add", "ada", "--role", "practitioner", typed="")
    assert "UTF-8" in why("add", "ada", "--role", "practitioner", typed=b"\xff\xfe\n")
    assert "login is taken" in why("add", "ADMIN", "--role", "reviewer")
    assert "login" in why("add", " ", "--role", "reviewer")
    assert "last administrator" in why("deactivate", "admin")
    assert "nobody has the login" in why("password", "nobody")
    assert "scopes" in why("token", "admin", "--name", "device", "--scope", "notes:sign")
    assert "no such token" in why("revoke", "x")
    add(notebench, "other", "administrator", "--practice", "Hill")
    assert "--practice" in why("add", "ada", "--role", "practitioner")
    assert "Harbour" not in notebench("list").output


def test_no_password_is_ever_an_argument_or_printed(notebench: Notebench) -> None:
    done = add(notebench, "admin", "administrator", "--practice", "Harbour")
    assert PASSWORD not in done.output
    notebench("add", "ada", PASSWORD, "--role", "reviewer", fails=True)
    for command in ("add", "password"):
        assert "--password " not in notebench(command, "--help").output


def test_without_a_password_nobody_signs_in_by_one(notebench: Notebench, settings: ServiceSettings) -> None:
    add(notebench, "admin", "administrator", "--practice", "Harbour", "--no-password", typed=None)
    service = open_service(settings)
    with pytest.raises(RefusedError):
        sign_in.sign_in(service, "admin", "", ADDRESS)
    service.close()


def test_a_new_password_a_deactivation_and_a_return(notebench: Notebench, settings: ServiceSettings) -> None:
    add(notebench, "admin", "administrator", "--practice", "Harbour")
    add(notebench, "ada", "practitioner")
    service = open_service(settings)
    token = sign_in.sign_in(service, "ada", PASSWORD, ADDRESS)
    notebench("password", "ada", typed="another good sentence\n")
    assert sign_in.principal_of(service, token) is None
    token = sign_in.sign_in(service, "ada", "another good sentence", ADDRESS)
    notebench("deactivate", "ada")
    assert sign_in.principal_of(service, token) is None
    assert "deactivated" in notebench("list").stdout
    with pytest.raises(RefusedError):
        sign_in.sign_in(service, "ada", "another good sentence", ADDRESS)
    notebench("activate", "ada")
    assert sign_in.sign_in(service, "ada", "another good sentence", ADDRESS)
    service.close()


def test_a_machines_token_is_printed_once_and_can_be_revoked(notebench: Notebench, settings: ServiceSettings) -> None:
    add(notebench, "admin", "administrator", "--practice", "Harbour")
    service = open_service(settings)
    made = json.loads(
        notebench("token", "admin", "--name", "device", "--scope", "notes:read", "--days", "3", "--json").stdout
    )
    found = tokens.principal_of(service, made["token"])
    assert found
    assert found[1] == {"notes:read"}
    assert 2 <= (datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)).days <= 3
    plain = notebench("token", "admin", "--name", "device", "--scope", "notes:read")
    assert tokens.principal_of(service, plain.stdout.strip())
    notebench("revoke", made["id"])
    assert tokens.principal_of(service, made["token"]) is None
    service.close()

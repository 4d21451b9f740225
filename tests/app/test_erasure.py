"""`notebench purge` of a client or a session: what is meant, for ever, and with its reason in the log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.commands.purge import REASONS, command
from app.database import schema
from app.database.operations import AuditEntry
from app.database.scope import Principal
from app.erasure import Erased, erase, names_of
from app.errors import GoneError, RefusedError
from app.work import calls, clients, transcripts
from app.work.client_deletion import RULES
from pipelines.records import InputError
from pipelines.settings import Settings
from tests.app.conftest import Clinic
from tests.app.work.desk import Desk
from tests.app.work.recorder import Tab, recordable

SYSTEM = Principal.system("test")


def names(clinic: Clinic, **given: Any) -> list[str]:
    nothing: dict[str, Any] = {"client": None, "appointment": None, "transcript": False, "audio": False}
    return names_of(clinic.service, **nothing | given)


def test_a_client_goes_with_everything_and_the_log_says_why(clinic_of_two: Clinic) -> None:
    desk, client = Desk(clinic_of_two), clinic_of_two.clients["ada"]
    desk.hear()
    assert erase(clinic_of_two.service, names(clinic_of_two, client=client), "client_asked") == [
        Erased(f"client-{client}", done=True)
    ]
    with desk.work() as work, pytest.raises(GoneError):
        clients.view_client(work, client)
    assert {name for name in clinic_of_two.service.vault.names() if not name.startswith("client-")} == set()
    with clinic_of_two.service.reading(SYSTEM) as session:
        receipts = session.scalars(select(AuditEntry).where(AuditEntry.action == "deleted_for_ever")).all()
    assert ("client", "client_asked") in {(one.kind, one.details["rule"]) for one in receipts}
    with pytest.raises(GoneError):
        erase(clinic_of_two.service, names(clinic_of_two, client=client), "client_asked")


def test_a_transcript_goes_alone(clinic_of_two: Clinic) -> None:
    desk = Desk(clinic_of_two)
    transcript = desk.hear()
    meant = names(clinic_of_two, appointment=desk.appointment_id, transcript=True)
    assert meant == [f"transcript-{transcript}"]
    assert erase(clinic_of_two.service, meant, "mistake")[0].done
    with desk.work() as work, pytest.raises(GoneError):
        transcripts.view(work, desk.appointment_id)
    with desk.work() as work:
        assert clients.view_client(work, clinic_of_two.clients["ada"])
    with pytest.raises(InputError, match="nothing of it is left"):
        names(clinic_of_two, appointment=desk.appointment_id, transcript=True)


def test_recordings_go_alone(clinic_of_two: Clinic) -> None:
    tab = Tab(clinic_of_two, recordable(clinic_of_two)).open()
    tab.track("1")
    tab.send("1", 0, b"sound")
    meant = names(clinic_of_two, appointment=tab.appointment, audio=True)
    assert erase(clinic_of_two.service, meant, "client_asked") == [Erased(f"recording-{tab.recording}", done=True)]
    assert list(clinic_of_two.service.audio.recordings()) == []


def test_a_client_in_a_call_stays(clinic_of_two: Clinic) -> None:
    appointment = clinic_of_two.appointment()
    with clinic_of_two.work("ada") as work:
        calls.start_call(work, appointment)
    with pytest.raises(RefusedError):
        erase(clinic_of_two.service, names(clinic_of_two, client=clinic_of_two.clients["ada"]), "mistake")
    assert clinic_of_two.service.vault.holds(f"client-{clinic_of_two.clients['ada']}")


@pytest.mark.parametrize("given", [{"client": "x"}, {"appointment": "x", "transcript": True}])
def test_what_is_not_there_is_refused(clinic_of_two: Clinic, given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no such"):
        names(clinic_of_two, **given)


def test_the_reasons_are_those_of_the_use_case() -> None:
    assert set(REASONS) == set(RULES)


def run(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    for name in ("data_dir", "database_url"):
        monkeypatch.setenv(f"NOTEBENCH_{name.upper()}", str(getattr(clinic.service.settings, name)))
    monkeypatch.setattr(schema, "make_ready", lambda _: None)  # the tables are there, without a revision
    return CliRunner().invoke(command, arguments, obj=Settings(_env_file=None), standalone_mode=False)


def test_the_command_tells_what_became_of_it(clinic_of_two: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    client = clinic_of_two.clients["ada"]
    done = run(clinic_of_two, monkeypatch, "--client", client, "--reason", "period_over", "--yes", "--json")
    assert done.exception is None
    assert json.loads(done.stdout) == {"deleted": {}, "erased": [{"object": f"client-{client}", "done": True}]}
    again = run(clinic_of_two, monkeypatch, "--client", client, "--reason", "period_over", "--yes")
    assert isinstance(again.exception, InputError)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say what to delete"),
        (("--client", "x"), "--reason is missing"),
        (("--appointment", "x", "--reason", "mistake", "--yes"), "--transcript or --audio"),
        (("--client", "x", "--transcript", "--reason", "mistake", "--yes"), "--transcript or --audio"),
    ],
)
def test_half_an_order_is_refused(arguments: tuple[str, ...], told: str) -> None:
    refused = CliRunner().invoke(command, arguments, obj=Settings(_env_file=None), standalone_mode=False)
    assert isinstance(refused.exception, InputError)
    assert told in str(refused.exception)


def test_nobody_to_ask_means_no(clinic_of_two: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    client = clinic_of_two.clients["ada"]
    refused = run(clinic_of_two, monkeypatch, "--client", client, "--reason", "mistake")
    assert "say --yes" in str(refused.exception)
    assert clinic_of_two.service.vault.holds(f"client-{client}")

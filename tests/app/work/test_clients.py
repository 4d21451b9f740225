"""Clients: charts sealed and versioned, who sees what of them, moved and deleted with everything; on both databases."""

from typing import Any

import pytest
from sqlalchemy import select

from app.database.base import Base, new_id
from app.database.clinic import Appointment, Client, Consent
from app.database.operations import AuditEntry, Task
from app.database.people import Notification
from app.database.scope import Principal
from app.database.sessions import Call, Recording, SessionSummary
from app.errors import ConflictError, ForbiddenError, GoneError, InvalidError, NotFoundError, RefusedError
from app.work import appointments, client_deletion, clients, moving, note_settings
from tests.app.conftest import Clinic

CHART: dict[str, Any] = {
    "client": {"name": "Ines Moor", "pronouns": "she/her", "date_of_birth": "1990-05-31"},
    "diagnoses": [{"code": "F41.1", "name": "Generalized anxiety disorder"}],
    "treatment_plan": {"goals": [{"goal": "Sleep", "objectives": ["Bed by eleven"], "interventions": ["CBT-I"]}]},
    "medications": ["sertraline 50 mg"],
}
UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({}, "chart.client"),
    ({"client": {}}, "chart.client.name"),
    ({"client": {"name": "  "}}, "chart.client.name"),
    ({"client": {"name": "A\nB"}}, "chart.client.name"),
    ({"client": {"name": "A", "date_of_birth": "31.5.1990"}}, "chart.client.date_of_birth"),
    ({"client": {"name": "A", "date_of_birth": "2026-03-03"}}, "chart.client.date_of_birth"),
    ({"client": {"name": "A", "ssn": "1"}}, "chart.client.ssn"),
    ({"client": {"name": "A"}, "previous_note": "Client reported"}, "chart.previous_note"),
    ({"client": {"name": "A"}, "diagnoses": [{"code": "F41.1"}]}, "chart.diagnoses.0.name"),
    ({"client": {"name": "A"}, "medications": ["\ud800"]}, "chart.medications.0"),
    ({"client": {"name": "A"}, "medications": "aspirin"}, "chart.medications"),
    ({"client": {"name": "A"}, "treatment_plan": {"goals": [{"goal": 5}]}}, "chart.treatment_plan.goals.0.goal"),
]  # fmt: skip


def entries(clinic: Clinic) -> list[tuple[str, str]]:
    with clinic.work("admin") as work:
        return [(one.action, one.object_id) for one in work.session.scalars(select(AuditEntry))]


def test_a_chart_is_kept_sealed_read_and_changed_by_version(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("ada") as work:
        made = clients.create_client(work, CHART)
        assert made.chart.diagnoses[0].code == "F41.1"
        assert made.warnings == ()
        sealed = work.session.scalars(select(Client.sealed).where(Client.id == made.id)).one()
        assert sealed is not None
        assert b"Ines" not in sealed
    with clinic_of_two.work("ada") as work:
        wrong = CHART | {"diagnoses": [{"code": "X", "name": "Something"}]}
        changed = clients.change_client(work, made.id, made.version, wrong)
        assert changed.version == made.version + 1
        assert [one for one in changed.warnings if "ICD-10" in one]
    with clinic_of_two.work("ada") as work, pytest.raises(ConflictError):
        clients.change_client(work, made.id, made.version, CHART)
    with clinic_of_two.work("ada") as work:
        assert {line.name for line in clients.list_clients(work)} == {"Ines Moor", "Ro Vale"}
        assert clients.view_client(work, made.id).chart.diagnoses[0].code == "X"
    assert {("create", made.id), ("change", made.id), ("read", made.id)} <= set(entries(clinic_of_two))


def test_what_is_no_chart_is_refused_with_its_field(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("ada") as work:
        for chart, field in UNUSABLE:
            with pytest.raises(InvalidError) as refusal:
                clients.create_client(work, chart)
            assert refusal.value.field == field
            assert "Client reported" not in str(refusal.value)


def test_an_administrator_sees_and_changes_demographics_alone(clinic_of_two: Clinic) -> None:
    ben = clinic_of_two.users["ben"].user_id
    with clinic_of_two.work("ada") as work:
        made = clients.create_client(work, CHART)
        note_settings.set_client(work, made.id, made.version, {"instructions": ["Never name the sister."]})
    with clinic_of_two.work("admin") as work:
        seen = clients.view_client(work, made.id)
        assert seen.chart.client.name == "Ines Moor"
        assert (seen.chart.diagnoses, seen.chart.medications, seen.chart.treatment_plan.goals) == ([], [], [])
        with pytest.raises(InvalidError):
            clients.change_client(work, made.id, seen.version, CHART)
        with pytest.raises(ForbiddenError):
            note_settings.of_client(work, made.id)
        clients.change_client(work, made.id, seen.version, {"client": {"name": "Ines Moor-Lind"}})
        given = clients.create_client(work, {"client": {"name": "Lou"}}, ben)
        strangers = clinic_of_two.users["reviewer"].user_id, clinic_of_two.users["other_ada"].user_id
        for nobody in (*strangers, "x", "a\x00b", "\ud800", None):
            with pytest.raises(InvalidError):
                clients.create_client(work, {"client": {"name": "Lou"}}, nobody)
    with clinic_of_two.work("ada") as work:
        seen = clients.view_client(work, made.id)
        assert (seen.chart.client.name, len(seen.chart.diagnoses)) == ("Ines Moor-Lind", 1)
        assert note_settings.of_client(work, made.id) == {"instructions": ["Never name the sister."]}
        with pytest.raises(NotFoundError):
            clients.view_client(work, given.id)
        with pytest.raises(InvalidError):
            clients.create_client(work, CHART, ben)
    for name in ("ben", "other_ada", "other_admin"):
        with clinic_of_two.work(name) as work, pytest.raises(NotFoundError):
            clients.view_client(work, made.id)
    with clinic_of_two.work("reviewer") as work, pytest.raises(ForbiddenError):
        clients.list_clients(work)


def test_a_client_whom_a_backup_brought_back_is_gone_all_the_same(clinic_of_two: Clinic) -> None:
    appointment_id, client_id = clinic_of_two.appointment(), clinic_of_two.clients["ada"]
    clinic_of_two.service.vault.shred(clients.key(client_id))
    with clinic_of_two.work("ada") as work:
        assert clients.list_clients(work) == ()
        assert appointments.view(work, appointment_id).client_name == ""
        with pytest.raises(GoneError):
            clients.view_client(work, client_id)
        with pytest.raises(GoneError):
            clients.change_client(work, client_id, 1, CHART)


def full(clinic: Clinic) -> str:
    """An appointment with a row in every table that there is for one."""
    appointment_id, ada = clinic.appointment(), clinic.users["ada"]
    of = {"practice_id": ada.practice_id, "practitioner_id": ada.user_id, "appointment_id": appointment_id}
    now = clinic.clock.now
    with clinic.service.work(Principal.system("setup")) as work:
        call = Call(id=new_id(), transcribing=True, started_at=now, ended_at=now, **of)
        work.session.add(call)
        work.session.flush()
        work.session.add(
            Recording(id=new_id(), call_id=call.id, kind="call", state="transcribed", created_at=now, **of)
        )
        work.session.add(Consent(id=new_id(), given_by="client", text="yes", given_at=now, **of))
        work.session.add(SessionSummary(id=new_id(), updated_at=now, **of))
        work.session.add(Task(id=new_id(), kind="process", subject_id=call.id, state="done", created_at=now,
                              updated_at=now, **of))  # fmt: skip
    return appointment_id


def test_a_client_moves_with_everything_and_leaves_nothing_behind(clinic_of_two: Clinic) -> None:
    appointment_id, client_id = full(clinic_of_two), clinic_of_two.clients["ada"]
    other = clinic_of_two.appointment("ben")
    ada, ben = (clinic_of_two.users[name].user_id for name in ("ada", "ben"))
    with clinic_of_two.work("admin") as work:
        version = clients.view_client(work, client_id).version
        moved = moving.move_client(work, client_id, version, ben)
        assert moved.practitioner_id == ben
    with clinic_of_two.service.work(Principal.system("test")) as work:
        for mapper in Base.registry.mappers:
            mapped: Any = mapper.class_
            if hasattr(mapped, "practitioner_id"):
                owners = set(work.session.scalars(select(mapped.practitioner_id)))
                assert ada not in owners, mapped.__name__
        told = work.session.scalars(select(Notification)).all()
        assert [(one.user_id, one.kind) for one in told] == [(ben, "client_moved")]
    with clinic_of_two.work("ada") as work, pytest.raises(NotFoundError):
        work.get(Appointment, appointment_id, "appointment")
    with clinic_of_two.work("ben") as work:
        assert {one.id for one in work.session.scalars(select(Appointment))} == {appointment_id, other}
        assert clients.view_client(work, client_id).chart.client.name == "Ro Vale"


def test_every_table_of_a_practitioners_work_is_moved() -> None:
    owned = {mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.class_, "practitioner_id")}
    assert owned - {Client, Appointment} == set(moving.of_appointments())


def test_who_may_not_move_a_client_and_when_nobody_may(clinic_of_two: Clinic) -> None:
    appointment_id, client_id = clinic_of_two.appointment(), clinic_of_two.clients["ada"]
    ada, ben = clinic_of_two.users["ada"], clinic_of_two.users["ben"]
    with clinic_of_two.work("ada") as work, pytest.raises(ForbiddenError):
        moving.move_client(work, client_id, 1, ben.user_id)
    with clinic_of_two.work("other_admin") as work, pytest.raises(NotFoundError):
        moving.move_client(work, client_id, 1, clinic_of_two.users["other_ada"].user_id)
    with clinic_of_two.work("admin") as work:
        with pytest.raises(InvalidError):
            moving.move_client(work, client_id, 1, clinic_of_two.users["other_ada"].user_id)
        with pytest.raises(ConflictError):
            moving.move_client(work, client_id, 7, ben.user_id)
    with clinic_of_two.work("ada") as work:
        work.session.add(Call(id=new_id(), practice_id=ada.practice_id, practitioner_id=ada.user_id,
                              appointment_id=appointment_id, transcribing=False, started_at=work.now))  # fmt: skip
    for refused in (lambda work: moving.move_client(work, client_id, 1, ben.user_id),
                    lambda work: client_deletion.delete_client(work, client_id, 1, "mistake")):  # fmt: skip
        with clinic_of_two.work("admin") as work, pytest.raises(RefusedError) as refusal:
            refused(work)
        assert refusal.value.code == "in_call"


def test_a_client_is_deleted_for_ever(clinic_of_two: Clinic) -> None:
    appointment_id, client_id = clinic_of_two.appointment(), clinic_of_two.clients["ada"]
    with clinic_of_two.work("ada") as work, pytest.raises(ForbiddenError):
        client_deletion.delete_client(work, client_id, 1, "mistake")
    with clinic_of_two.work("admin") as work:
        with pytest.raises(InvalidError):
            client_deletion.delete_client(work, client_id, 1, "because")
        client_deletion.delete_client(work, client_id, 1, "client_asked")
    assert not clinic_of_two.service.vault.holds(clients.key(client_id))
    for name in ("ada", "admin"):
        with clinic_of_two.work(name) as work:
            with pytest.raises(GoneError):
                clients.view_client(work, client_id)
            assert client_id not in {line.id for line in clients.list_clients(work)}
            assert work.get(Appointment, appointment_id, "appointment").status == "cancelled"
    with clinic_of_two.service.work(Principal.system("test")) as work:
        assert work.session.scalars(select(Client.sealed).where(Client.id == client_id)).one() is None
    assert ("deleted_for_ever", client_id) in entries(clinic_of_two)

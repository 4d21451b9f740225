"""What goes into a prompt, and what does not; on both databases."""

from datetime import timedelta
from typing import Any

from app.database.base import new_id
from app.database.clinic import Appointment, Client
from app.database.notes import StoredNote
from app.database.scope import Principal
from app.work import clients, note_settings, practice
from app.work.encounter import encounter_of
from app.work.note_document import Document, Part, seal_document
from pipelines.records import Encounter, Utterance
from tests.app.conftest import NOW, Clinic
from tests.app.work.test_clients import CHART


def encounter(clinic: Clinic, appointment_id: str, **given: Any) -> Encounter:
    with clinic.work("ada") as work:
        return encounter_of(work, work.get(Appointment, appointment_id, "appointment"), **given)


def sign(clinic: Clinic, appointment_id: str, text: str) -> None:
    """A signed note of an appointment, as signing seals it."""
    with clinic.work("ada") as work:
        appointment = work.get(Appointment, appointment_id, "appointment")
        note = StoredNote(
            id=new_id(), practice_id=appointment.practice_id, practitioner_id=appointment.practitioner_id,
            appointment_id=appointment.id, template_id=appointment.template_id, signed_at=work.now,
        )  # fmt: skip
        work.session.add(note)
        work.session.flush()
        parts = [Part(kind="field", name="paid", title="Paid", text="OWNFIELD"),
                 Part(kind="section", name="plan", title="Plan", text=text)]  # fmt: skip
        seal_document(work, note, Document(
            note_id=note.id, appointment_id=appointment.id, client_id=appointment.client_id, title="SOAP",
            format="soap", practice="PRACTICENAME", client="Ines Moor", date_of_birth=None, clinician="CLINICIANNAME",
            clinician_id="c", planned_at=appointment.starts_at, began_at=None, ended_at=None, cpt=None,
            telehealth=True, parts=parts, fields={}, signed_at=work.now,
        ))  # fmt: skip


def test_an_encounter_is_chart_appointment_and_what_was_given(clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("admin") as work:
        practice.change(work, time_zone="America/New_York")
    with clinic_of_two.work("ada") as work:
        client = clients.create_client(work, CHART)
        note_settings.set_client(work, client.id, client.version, {"instructions": ["SECRETINSTRUCTION"]})
    appointment_id = clinic_of_two.appointment(client_id=client.id)
    made = encounter(clinic_of_two, appointment_id, summary="Talked.", approaches=["CBT"])
    assert (made.id, made.synthetic, made.summary, made.approaches) == (appointment_id, False, "Talked.", ["CBT"])
    assert made.chart is not None
    assert made.chart.model_dump(exclude={"previous_note"}) == CHART
    assert made.chart.previous_note is None
    assert made.appointment is not None
    assert made.appointment.model_dump() == {"start": None, "end": None, "cpt": "90834", "telehealth": True}
    assert "SECRETINSTRUCTION" not in made.model_dump_json()
    turns = [Utterance(speaker="client", text="Hello.")]
    with clinic_of_two.service.work(Principal.system("worker")) as work:
        row = work.get(Appointment, appointment_id, "appointment")
        row.began_at, row.ended_at, row.synthetic = NOW, NOW + timedelta(minutes=50, microseconds=7), True
        made = encounter_of(work, row, transcript=turns)
    assert (made.transcript, made.summary, made.synthetic) == (turns, None, True)
    assert made.appointment is not None
    assert (made.appointment.start, made.appointment.end) == ("2026-03-02T10:00:00-05:00", "2026-03-02T10:50:00-05:00")


def test_the_previous_note_is_the_signed_one_of_the_session_before(clinic_of_two: Clinic) -> None:
    def day(number: int, name: str = "ada") -> str:
        at = NOW + timedelta(days=number)
        return clinic_of_two.appointment(name, starts_at=at, ends_at=at + timedelta(minutes=50))

    first, second, third, fourth = (day(number) for number in (1, 2, 3, 4))
    day(1, "ben")
    sign(clinic_of_two, second, "Second plan.")
    sign(clinic_of_two, fourth, "Fourth plan.")
    clinic_of_two.clock.forward(minutes=1)
    sign(clinic_of_two, first, "First plan, signed late.")
    previous = {one: encounter(clinic_of_two, one).chart for one in (first, second, third)}
    assert [chart and chart.previous_note for chart in previous.values()] == [
        None, "Plan\nFirst plan, signed late.", "Plan\nSecond plan."]  # fmt: skip


def test_whatever_else_lies_in_a_sealed_chart_stays_out(clinic_of_two: Clinic) -> None:
    appointment_id, client_id = clinic_of_two.appointment(), clinic_of_two.clients["ada"]
    with clinic_of_two.work("ada") as work:
        row = work.get(Client, client_id, "client")
        stray = {"previous_note": "OLD", "address": "SOMEWHERE", "note_settings": {"tense": "past"}}
        clients.seal(work, row, row.version, clients.opened(work, row) | stray)
    made = encounter(clinic_of_two, appointment_id).model_dump_json()
    assert "OLD" not in made
    assert "SOMEWHERE" not in made
    assert "note_settings" not in made

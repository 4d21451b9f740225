"""The demo practice: invented people, appointments around now, and the synthetic sessions as past ones.

Everything is made through the use cases that users have. A fill that was cut short goes on where it was; one that is
whole adds appointments for today where there are none, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app.access.passwords import hash_password
from app.database.base import Role
from app.database.clinic import Appointment, Client, Template
from app.database.people import Practice, User
from app.database.scope import Principal, ScopedSession
from app.work import appointments, calls, clients, consents, notes, people, practice, signing, summaries, transcripts
from app.work.unit import Work
from pipelines.dataset import read_dataset
from pipelines.records import Chart, Encounter, SourceKind, Transcript
from pipelines.settings import ROOT

if TYPE_CHECKING:
    from app.wiring import Service

NAME = "Riverbend Counseling (demo)"
PASSWORD = "seven quiet herons"  # noqa: S105 - printed, and refused in production
_ZONE = "America/New_York"
_PEOPLE = (
    ("admin", "Ines Marlowe", Role.ADMINISTRATOR),
    ("reviewer", "Tobias Renner", Role.REVIEWER),
    ("abel", "Miriam Abel, LCSW", Role.PRACTITIONER),
    ("corbin", "Jonas Corbin, LMFT", Role.PRACTITIONER),
    ("dhillon", "Asha Dhillon, PhD", Role.PRACTITIONER),
)
_FORMATS = ("soap", "dap", "birp", "narrative")
_TODAY = (timedelta(minutes=5), timedelta(hours=1, minutes=5), timedelta(hours=3))
"""When the appointments of today begin, counted from now."""
_WINDOW = timedelta(hours=12)
_SYSTEM = Principal.system("demo")


def fill(service: Service) -> list[str]:
    """Put the demo practice in place; returns how to sign in, in lines."""
    practice_id = _found(service)
    team = _team(service, practice_id)
    practitioners = [who for who in team if who.role == Role.PRACTITIONER]
    with service.reading(_SYSTEM) as session:
        done = _count_past(session, practice_id)
    for number, encounter in enumerate(_encounters()):
        if number >= done:
            _add_past(service, number, encounter, practitioners[number % len(practitioners)])
    for who in practitioners:
        _add_today(service, who)
    logins = ", ".join(f"{login} ({role})" for login, _, role in _PEOPLE)
    return [f"{NAME}: sign in as {logins}", f'the password of each is "{PASSWORD}"']


def _found(service: Service) -> str:
    with service.work(_SYSTEM) as work:
        there = work.session.scalars(select(Practice.id).where(Practice.name == NAME)).first()
        practice_id = there or practice.found(work, NAME, _ZONE).id
    with service.work(Principal(Role.SYSTEM, _SYSTEM.user_id, practice_id)) as work:
        practice.enable_ai(work)
    return practice_id


def _team(service: Service, practice_id: str) -> list[Principal]:
    found = []
    for login, name, role in _PEOPLE:
        with service.reading(_SYSTEM) as session:
            user_id = session.scalars(select(User.id).where(User.login == login)).first()
        if user_id is None:
            kept = hash_password(PASSWORD)  # outside of a transaction: it takes long
            with service.work(_SYSTEM) as work:
                user_id = people.add_user(work, login, name, role, password_hash=kept, practice_id=practice_id).id
        found.append(Principal(role, user_id, practice_id))
    return found


def _encounters() -> Sequence[Encounter]:
    return read_dataset(ROOT / "datasets" / "synthetic").encounters


def _count_past(session: ScopedSession, practice_id: str) -> int:
    """Each past session came with a client of its own."""
    return session.scalar(select(func.count(Client.id)).where(Client.practice_id == practice_id)) or 0


def _add_past(service: Service, number: int, encounter: Encounter, who: Principal) -> None:
    """A session of the last weeks: of three, one has its draft ordered, and one has no summary; some are signed.

    The first transaction makes all that a later fill would miss; what follows it may be cut short.
    """
    note_format = _FORMATS[number // 3 % len(_FORMATS)]
    with service.work(Principal(Role.SYSTEM, _SYSTEM.user_id, who.practice_id)) as work:
        appointment_id = _held(work, number, encounter, who, note_format)
        transcripts.store(work, appointment_id, _transcript(appointment_id, encounter))
        if encounter.summary and number % 3 != 1:
            summaries.save(work, appointment_id, 0, encounter.summary, encounter.approaches)
        if number % 3 == 0:
            source: SourceKind = "transcript" if number % 2 else "summary"
            notes.ask_draft(work, appointment_id, source)
    if number % 6 == 2 and note_format in encounter.notes:
        _sign(service, who, appointment_id, encounter.notes[note_format])


def _held(work: Work, number: int, encounter: Encounter, who: Principal, note_format: str) -> str:
    """An appointment whose call was held, three of them a day, each as long as the session was."""
    planned = encounter.appointment
    start, end = _times(planned.start if planned else None, planned.end if planned else None, number, work.now)
    client = clients.create_client(work, _chart(encounter), who.user_id)
    made = appointments.create(
        work, client.id, _note_type(work, note_format), start, end, cpt=planned.cpt if planned else None,
        telehealth=bool(planned and planned.telehealth), synthetic=True,
    )  # fmt: skip
    now = work.now
    work.now = start
    call = calls.start_call(work, made.id)
    work.now = end
    calls.end_call(work, call.id)
    work.now = now
    return made.id


def _times(start: str | None, end: str | None, number: int, now: datetime) -> tuple[datetime, datetime]:
    """On an earlier day at the session's own hour, as the practice's clock shows it."""
    began = datetime.fromisoformat(start or "2026-03-02T10:00:00-05:00")
    lasted = datetime.fromisoformat(end) - began if end else timedelta(minutes=45)
    day = (now.astimezone(ZoneInfo(_ZONE)) - timedelta(days=1 + number // 3)).date()
    at = datetime.combine(day, began.time(), ZoneInfo(_ZONE))
    return at, at + lasted


def _sign(service: Service, who: Principal, appointment_id: str, sections: dict[str, str]) -> None:
    with service.work(who) as work:
        note = notes.open_note(work, appointment_id)
        written = notes.edit(work, note.id, note.version, sections)
        signing.sign(work, note.id, written.note_version)


def _add_today(service: Service, who: Principal) -> None:
    """Appointments from a few minutes on, where none is near; the first client has agreed to be recorded."""
    with service.work(Principal(Role.SYSTEM, _SYSTEM.user_id, who.practice_id)) as work:
        near = select(Appointment.id).where(
            Appointment.practitioner_id == who.user_id, Appointment.status == "scheduled",
            Appointment.starts_at > work.now - timedelta(minutes=30), Appointment.starts_at < work.now + _WINDOW,
        )  # fmt: skip
        if work.session.scalars(near.limit(1)).first() is not None:
            return
        for number, (client_id, begins) in enumerate(zip(_clients(work, who), _beginnings(work.now), strict=False)):
            made = appointments.create(
                work, client_id, _note_type(work, _FORMATS[number % len(_FORMATS)]), begins,
                begins + timedelta(minutes=50), cpt="90834", telehealth=True, synthetic=True,
            )  # fmt: skip
            if number == 0:
                consents.give(work, made.id)


def _clients(work: Work, who: Principal) -> Sequence[str]:
    query = select(Client.id).where(Client.practitioner_id == who.user_id, Client.deleted_at.is_(None))
    return work.session.scalars(query.order_by(Client.created_at, Client.id).limit(len(_TODAY))).all()


def _beginnings(now: datetime) -> Iterator[datetime]:
    for later in _TODAY:
        at = now + later
        yield at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0)


def _chart(encounter: Encounter) -> dict[str, object]:
    """What a person may give of a chart: none of the keys that only the data set has."""
    chart = encounter.chart or Chart()
    client = chart.client.model_dump(include={"name", "pronouns", "date_of_birth"})
    return {
        "client": client,
        "diagnoses": [one.model_dump(include={"code", "name"}) for one in chart.diagnoses],
        "treatment_plan": {
            "goals": [
                goal.model_dump(include={"goal", "objectives", "interventions"}) for goal in chart.treatment_plan.goals
            ]
        },
        "medications": list(chart.medications),
    }


def _transcript(appointment_id: str, encounter: Encounter) -> Transcript:
    said = encounter.transcript or []
    length = max((one.end or 0.0 for one in said), default=0.0)
    return Transcript(
        encounter_id=appointment_id, utterances=said, engine="synthetic", audio_seconds=length, seconds=0.0
    )


def _note_type(work: Work, note_format: str) -> str:
    query = select(Template.id).where(Template.practice_id == work.principal.practice_id, Template.base == note_format)
    return work.session.scalars(query.order_by(Template.name).limit(1)).one()

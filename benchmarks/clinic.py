"""What the benchmarks of the service share: a practice with one practitioner, and calls with transcription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.access import sign_in
from app.database.base import Role, new_id
from app.database.clinic import Appointment, Template
from app.database.people import User
from app.database.scope import Principal
from app.wiring import Service
from app.work import calls, clients, consents, people, practice

SETUP = Principal.system("benchmark")
SLICE = 20_000
"""Bytes of one chunk: about five seconds of Opus."""


@dataclass(frozen=True)
class Desk:
    """A practitioner with a client; `token` is that of a browser that is signed in."""

    who: Principal
    client: str
    template: str
    token: str

    def call(self, service: Service, *, ended: bool = False) -> tuple[str, str]:
        """An appointment of now and its call, which may be recorded: their ids."""
        with service.work(SETUP) as work:
            row = Appointment(id=new_id(), practice_id=self.who.practice_id, practitioner_id=self.who.user_id,
                              client_id=self.client, template_id=self.template, starts_at=work.now, synthetic=True,
                              ends_at=work.now + timedelta(minutes=50), checked_in_at=work.now,
                              telehealth=True)  # fmt: skip
            work.session.add(row)
        with service.work(self.who) as work:
            consents.give(work, row.id)
            call = calls.start_call_with_transcription(work, row.id).id
            if ended:
                calls.end_call(work, call)
        return row.id, call


def found(service: Service) -> Desk:
    """A practice with AI, and who works in it."""
    with service.work(SETUP) as work:
        place = practice.found(work, "Benchmark")
    with service.work(Principal(Role.SYSTEM, SETUP.user_id, place.id)) as work:
        practice.enable_ai(work)
    with service.work(SETUP) as work:
        user = people.add_user(work, "bench", "Bench, LCSW", Role.PRACTITIONER, practice_id=place.id)
        token = sign_in.start(work, work.get(User, user.id, "user"), "password", "127.0.0.1")
        template = Template(id=new_id(), practice_id=place.id, name="bench", title="Bench", base="soap",
                            elements=[{"kind": "summary"}])  # fmt: skip
        work.session.add(template)
    who = Principal(Role.PRACTITIONER, user.id, place.id)
    with service.work(who) as work:
        client = clients.create_client(work, {"client": {"name": "Ro Vale", "pronouns": "they/them"}})
    return Desk(who, client.id, template.id, token)


def slices(file: Path) -> list[bytes]:
    """A file as a recorder sends it."""
    content = file.read_bytes()
    return [content[at : at + SLICE] for at in range(0, len(content), SLICE)]

"""Three practitioners with one of everything each, and everybody who may ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import select

from app.access import sign_in, tokens, waiting_link
from app.database.base import new_id
from app.database.clinic import Appointment, Template
from app.database.clinic import Client as Patient
from app.database.notes import StoredNote
from app.database.operations import Deletion, Trace
from app.database.people import SignInAttempt, User
from app.database.scope import Principal
from app.database.sessions import SessionSummary, StoredTranscript
from app.web.api import create_app
from app.web.cookies import Cookie, cookie_name
from app.work import calls, drafts, feedback, notifications
from tests.app.conftest import Clinic
from tests.app.web.client import Client
from tests.app.work.desk import Desk
from tests.app.work.recorder import Tab, recordable

HOST = "http://127.0.0.1:8000"
OWNERS = ("ada", "ben", "other_ada")
CALLERS = ("anonymous", "guest", "reviewer", "admin", "own", "colleague", "stranger", "other_admin", "other_reviewer",
           "narrow")  # fmt: skip
"""`own` is ada, whose things are asked for; `narrow` a token of hers without the scope of any route."""
_NAMES = {"reviewer": "reviewer", "admin": "admin", "own": "ada", "colleague": "ben", "stranger": "other_ada",
          "other_admin": "other_admin", "other_reviewer": "other_reviewer"}  # fmt: skip
SYSTEM = Principal.system("test")


@dataclass
class World:
    """`ids`: by owner and by what it is. `links`: the waiting-room token of each owner's appointment."""

    clinic: Clinic
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    _shown: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def shown(self, caller: str, scope: str = "") -> dict[str, str]:
        """The headers by which a caller is known. `wide`: a token of ada's within `scope`."""
        if (caller, scope) not in self._shown:
            self._shown[caller, scope] = self._make(caller, scope)
        return self._shown[caller, scope]

    def forget(self) -> None:
        """Let everybody be who they were, and sign in anew."""
        with self.clinic.service.work(SYSTEM) as work:
            for name in _NAMES.values():
                user = work.get(User, self.clinic.users[name].user_id, "user")
                user.active, user.role = True, self.clinic.users[name].role
        self._shown.clear()

    def _make(self, caller: str, scope: str) -> dict[str, str]:
        settings = self.clinic.service.settings
        if caller == "anonymous":
            return {}
        if caller in {"narrow", "wide"}:
            return {"authorization": f"Bearer {self.token('ada', [scope or 'quality:read'])}"}
        kind, value = (
            (Cookie.WAITING, self.links["ada"]) if caller == "guest" else (Cookie.SIGN_IN, self.sign_in(_NAMES[caller]))
        )
        return {"cookie": f"{cookie_name(settings, kind)}={value}", "origin": HOST}

    def token(self, name: str, scopes: list[str]) -> str:
        with self.clinic.work(name) as work:
            return tokens.create(work, "machine", scopes)[1]

    def sign_in(self, name: str) -> str:
        with self.clinic.service.work(SYSTEM) as work:
            user = work.get(User, self.clinic.users[name].user_id, "user")
            return sign_in.start(work, user, "password", "127.0.0.1")

    def client(self) -> Client:
        return Client(create_app(self.clinic.service))  # type: ignore[arg-type]


def world_of(clinic: Clinic) -> World:
    """One of everything for each owner."""
    world = World(clinic)
    for name in OWNERS:
        world.ids[name] = _one_of_everything(clinic, world, name)
    with clinic.service.work(SYSTEM) as work:
        revision = world.ids["ada"]["revision_id"]
        practice = clinic.practices[0]
        for row in (
            Trace(id=new_id(), practice_id=practice, revision_id=new_id(), kind="generated", attributes={},
                  created_at=clinic.clock.now),
            Deletion(id=new_id(), practice_id=practice, object_id=f"transcript-{revision}", rule="signed",
                     asked_by="system:test", asked_at=clinic.clock.now),
            SignInAttempt(id=new_id(), subject="0" * 64, at=clinic.clock.now),
        ):  # fmt: skip
            work.session.add(row)
    return world


def _one_of_everything(clinic: Clinic, world: World, name: str) -> dict[str, str]:
    desk = Desk(clinic, name)
    desk.hear()
    desk.summarize()
    revision = desk.draft()
    note = desk.note()
    appointment = recordable(clinic, name)
    tab = Tab(clinic, appointment, name).open()
    tab.track("1")
    tab.send("1", 0, b"\x1aE\xdf\xa3 sound")
    with clinic.work(name) as work:
        task = drafts.ask_draft(work, desk.appointment_id, "summary")
        call = calls.current_call(work, appointment)
        feedback.give(work, revision.id, 4, "a comment of " + name)
        token, _ = tokens.create(work, "a machine of " + name, ["notes:read"])
        world.links[name] = waiting_link.create(work, appointment)
    with clinic.service.work(SYSTEM) as work:
        notifications.tell(work, clinic.users[name].user_id, "draft_ready", desk.appointment_id)
    with clinic.work(name) as work:
        (notification,) = notifications.list_notifications(work)
    return {
        "client_id": clinic.clients[name], "appointment_id": desk.appointment_id, "waiting_id": appointment,
        "template_id": desk.types["soap"], "note_id": note.id, "revision_id": revision.id, "task_id": task,
        "call_id": call.id if call else "", "recording_id": tab.recording, "token_id": token,
        "notification_id": notification.id, "user_id": clinic.users[name].user_id, "track": "1", "name": "units",
        "number": "1", "holder": tab.holder, "colleague_id": clinic.users["ben"].user_id,
    }  # fmt: skip


def version_of(world: World, path: str) -> int:
    """The version of what a path is about."""
    ids = world.ids["ada"]
    for part, (mapped, row_id) in {
        "/transcript": (StoredTranscript, None), "/summary": (SessionSummary, None),
        "{appointment_id}": (Appointment, ids["appointment_id"]), "{client_id}": (Patient, ids["client_id"]),
        "{template_id}": (Template, ids["template_id"]), "{note_id}": (StoredNote, ids["note_id"]),
    }.items():  # fmt: skip
        if part in path:
            which = mapped.id == row_id if row_id else mapped.appointment_id == ids["appointment_id"]
            with world.clinic.service.reading(SYSTEM) as session:
                return int(session.scalars(select(mapped.version).where(which)).one())
    raise KeyError(path)


def ask(client: Client, world: World, caller: str, method: str, path: str, **given: Any) -> httpx.Response:
    """A request in a caller's name, for ada's things."""
    headers = world.shown(caller, given.pop("scope", "")) | given.pop("headers", {})
    return client.request(method, "/api" + path.format(**world.ids["ada"]), headers=headers, **given)

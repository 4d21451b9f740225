"""Who gets what from each route: the one table that a new route must be put into.

Each row names a kind of route, which says what everybody gets who asks for ada's things, and what ada herself gets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.app.web.world import CALLERS
from tests.app.work.recorder import wave

GUESTS = {"anonymous": 401, "guest": 401}
NO_SCOPE = {"narrow": 403}
KINDS: Mapping[str, Mapping[str, int]] = {
    # A practitioner's own work: nobody else's, and nothing for an administrator of another practice to find out.
    "own": {**GUESTS, **NO_SCOPE, "reviewer": 403, "admin": 403, "colleague": 404, "stranger": 404,
            "other_admin": 403, "other_reviewer": 403},
    # What the office does too.
    "office": {**GUESTS, **NO_SCOPE, "reviewer": 403, "colleague": 404, "stranger": 404, "other_admin": 404,
               "other_reviewer": 403},
    "office_list": {**GUESTS, **NO_SCOPE, "reviewer": 403, "other_reviewer": 403},
    # Of the whole practice, to be read by all who work there.
    "practice": {**GUESTS, **NO_SCOPE, "stranger": 404, "other_admin": 404, "other_reviewer": 404},
    "practice_itself": {**GUESTS, **NO_SCOPE},
    "admin": {**GUESTS, **NO_SCOPE, "reviewer": 403, "own": 403, "colleague": 403, "stranger": 403, "other_admin": 404,
              "other_reviewer": 403},
    "admin_itself": {**GUESTS, **NO_SCOPE, "reviewer": 403, "own": 403, "colleague": 403, "stranger": 403,
                     "other_reviewer": 403},
    "notification": {**GUESTS, **NO_SCOPE, "reviewer": 403, "admin": 404, "colleague": 404, "stranger": 404,
                     "other_admin": 404, "other_reviewer": 403},
    "token": {**GUESTS, **NO_SCOPE, "reviewer": 404, "colleague": 404, "stranger": 404, "other_admin": 404,
              "other_reviewer": 404},
    "person": {**GUESTS, **NO_SCOPE},
    "known": GUESTS,
    "guest": dict.fromkeys((caller for caller in CALLERS if caller != "guest"), 401),
    "anyone": {},
}  # fmt: skip
"""Kind → caller → status of whoever is turned away. The others get in."""


@dataclass(frozen=True)
class Row:
    """`own`: what ada gets, or where she is turned away the administrator; with `body` or `content`, and `query`.

    `last`: it ends what others need; the higher, the later it is asked.
    """

    kind: str
    own: int = 200
    body: Any = None
    query: str = ""
    last: int = 0
    content: bytes | None = None
    content_type: str = ""


NOW = "now"
"""The version that the row has when it is asked for."""
V = {"version": NOW}
CHART = {"client": {"name": "Ro Vale"}}
LATER = {"starts_at": "2026-03-09T15:00:00Z", "ends_at": "2026-03-09T15:50:00Z"}
TIMES = {"began_at": "2026-03-02T14:00:00Z", "ended_at": "2026-03-02T14:40:00Z"}
A_FIELD = {"kind": "text", "name": "more", "label": "More"}
A = "/appointments/{appointment_id}"
W = "/appointments/{waiting_id}"
N = "/notes/{note_id}"
T = "/templates/{template_id}"

ROUTES: Mapping[tuple[str, str], Row] = {
    ("GET", "/health"): Row("anyone"),
    ("GET", "/health/ready"): Row("anyone", 503),
    ("POST", "/session"): Row("anyone", 401, {"login": "nobody", "password": "x"}),
    ("GET", "/session"): Row("known"),
    ("DELETE", "/session"): Row("anyone", 204),
    ("PUT", "/session/password"): Row("person", 409, {"old": "x", "new": "the lamp is on again"}),
    ("GET", "/tokens"): Row("person"),
    ("POST", "/tokens"): Row("person", 201, {"name": "x", "scopes": ["notes:read"]}),
    ("DELETE", "/tokens/{token_id}"): Row("token", 204, last=1),
    ("GET", "/practice"): Row("practice_itself"),
    ("PATCH", "/practice"): Row("admin_itself", body={"name": "Elm Street"}),
    ("PUT", "/practice/ai"): Row("admin_itself"),
    ("DELETE", "/practice/ai"): Row("admin_itself", last=2),
    ("GET", "/practice/note-settings"): Row("practice_itself"),
    ("PUT", "/practice/note-settings"): Row("admin_itself", body={"values": {"verbosity": "brief"}}),
    ("GET", "/note-settings"): Row("practice", query="?template_id={template_id}"),
    ("GET", "/users"): Row("admin_itself"),
    ("POST", "/users"): Row("admin_itself", 201, {"login": "new", "name": "New", "role": "reviewer"}),
    ("GET", "/users/{user_id}"): Row("admin"),
    ("PATCH", "/users/{user_id}"): Row("admin", body={"name": "Ada"}),
    ("PUT", "/users/{user_id}/password"): Row("admin", 204, {"password": "the lamp is on again"}, last=2),
    ("GET", "/clients"): Row("office_list"),
    ("POST", "/clients"): Row("office_list", 201, {"chart": CHART}),
    ("GET", "/clients/{client_id}"): Row("office"),
    ("PUT", "/clients/{client_id}"): Row("office", body=V | {"chart": CHART}),
    ("DELETE", "/clients/{client_id}"): Row("admin", 409, query="?version=now&rule=client_asked", last=1),
    ("POST", "/clients/{client_id}/move"): Row("admin", 409, {"version": NOW, "practitioner_id": "{colleague_id}"}),
    ("GET", "/clients/{client_id}/note-settings"): Row("own"),
    ("PUT", "/clients/{client_id}/note-settings"): Row("own", body=V | {"values": {}}),
    ("GET", "/templates"): Row("practice_itself"),
    ("POST", "/templates"): Row("admin_itself", 201, {"title": "New"}),
    ("GET", T): Row("practice"),
    ("PATCH", T): Row("admin", body=V | {"title": "Another title"}),
    ("DELETE", T): Row("admin", query="?version=now", last=1),
    ("GET", T + "/preview"): Row("practice"),
    ("POST", T + "/fields"): Row("admin", 201, V | {"field": A_FIELD}),
    ("PATCH", T + "/fields/{name}"): Row("admin", body={"version": NOW, "required": False}),
    ("DELETE", T + "/fields/{name}"): Row("admin", query="?version=now", last=1),
    ("GET", T + "/note-settings"): Row("practice"),
    ("PUT", T + "/note-settings"): Row("admin", body=V | {"values": {}}),
    ("GET", "/appointments"): Row("office_list", query="?since=2026-03-01T00:00:00Z&until=2026-03-04T00:00:00Z"),
    ("POST", "/appointments"): Row(
        "office", 201, {"client_id": "{client_id}", "template_id": "{template_id}"} | LATER),
    ("GET", A): Row("office"),
    ("PATCH", A): Row("office", 200, V | {"cpt": "90837"}),
    ("POST", A + "/cancel"): Row("office", 409, V),
    ("PUT", A + "/times"): Row("own", 200, V | TIMES),
    ("POST", A + "/waiting-link"): Row("office", 201),
    ("DELETE", A + "/waiting-link"): Row("office", 204),
    ("GET", A + "/consent"): Row("own"),
    ("PUT", A + "/consent"): Row("own", body={}),
    ("DELETE", A + "/consent"): Row("own"),
    ("POST", A + "/note-type"): Row("own", 200, {"template_id": "{template_id}"}),
    ("GET", A + "/tasks"): Row("own"),
    ("POST", "/calls"): Row("own", 409, {"appointment_id": "{waiting_id}", "transcription": True}),
    ("GET", "/calls/{call_id}"): Row("own"),
    ("POST", "/calls/{call_id}/end"): Row("own", 200, {"without_missing": True}, last=1),
    ("POST", "/recordings"): Row(
        "own", 201, {"appointment_id": "{waiting_id}", "kind": "call", "holder": "{holder}"}),
    ("POST", "/recordings/uploads"): Row(
        "own", 409, query="?appointment_id={waiting_id}", content=wave(), content_type="audio/wav", last=1),
    ("GET", "/recordings/{recording_id}"): Row("own"),
    ("POST", "/recordings/{recording_id}/tracks"): Row(
        "own", 201, {"holder": "{holder}", "name": "2", "speaker": "client"}),
    ("PUT", "/recordings/{recording_id}/tracks/{track}/chunks/{number}"): Row(
        "own", content=b"the second chunk", content_type="audio/webm"),
    ("POST", "/recordings/{recording_id}/complete"): Row("own", 200, {}, last=1),
    ("DELETE", "/recordings/{recording_id}"): Row("own", 204, last=1),
    ("GET", "/tasks/{task_id}"): Row("own"),
    ("POST", "/tasks/{task_id}/retry"): Row("own", 409),
    ("GET", A + "/transcript"): Row("own"),
    ("DELETE", A + "/transcript"): Row("own", 204, last=1),
    ("PUT", A + "/transcript/word"): Row("own", body=V | {"turn": 0, "word": 0, "text": "So"}),
    ("POST", A + "/transcript/swap-speakers"): Row("own", body={"version": NOW}),
    ("PUT", A + "/transcript/speaker"): Row("own", body={"version": NOW, "speaker": "client", "turns": [0]}),
    ("GET", A + "/summary"): Row("own"),
    ("PUT", A + "/summary"): Row("own", body=V | {"text": "Client was there."}),
    ("GET", A + "/note"): Row("own"),
    ("POST", A + "/drafts"): Row("own", 202, {"source": "summary"}),
    ("GET", N): Row("own"),
    ("PATCH", N): Row("own", body={"version": NOW, "sections": {"plan": "Client will come again."}}),
    ("POST", N + "/wand"): Row("own", 409, {"version": 99, "instruction": "Make the plan shorter."}),
    ("GET", N + "/revisions/{number}"): Row("own"),
    ("POST", N + "/revisions/{number}/restore"): Row("own"),
    ("POST", N + "/revisions/{number}/take"): Row("own", 409),
    ("GET", N + "/changes"): Row("own", query="?before=1&after=1"),
    ("GET", N + "/problems"): Row("own"),
    ("POST", N + "/sentences"): Row("own", 409, {"version": 99, "section": "plan", "sentence": 0, "action": "remove"}),
    ("POST", N + "/signature"): Row("own", 409, {"version": 99}),
    ("POST", N + "/addenda"): Row("own", 409, {"text": "Later."}),
    ("GET", N + "/export"): Row("own", query="?form=text"),
    ("GET", "/revisions/{revision_id}/feedback"): Row("own"),
    ("PUT", "/revisions/{revision_id}/feedback"): Row("own", body={"stars": 5}),
    ("GET", "/notifications"): Row("office_list"),
    ("POST", "/notifications/read"): Row("office_list", 204),
    ("POST", "/notifications/{notification_id}/read"): Row("notification"),
    ("POST", "/waiting-room/open"): Row("anyone", 401, {"token": "x" * 43}),
    ("POST", "/waiting-room/close"): Row("anyone", 204),
    ("GET", "/waiting-room"): Row("guest"),
    ("POST", "/waiting-room/check-in"): Row("guest"),
    ("POST", "/waiting-room/leave"): Row("guest"),
    ("PUT", "/waiting-room/consent"): Row("guest", 200, {"shown": "x"}),
    ("DELETE", "/waiting-room/consent"): Row("guest"),
    ("GET", "/audit"): Row("admin_itself"),
    ("POST", "/v1/audio/transcriptions"): Row("person", 415),
}  # fmt: skip

UNDESCRIBED = {
    "/openapi.json", "/docs", "/sign-in", "/sign-out", "/sign-in/provider", "/sign-in/provider/callback", "/style.css",
    "/waiting-room/door", "/waiting-room.js",
}  # fmt: skip
"""For anyone: they show nothing of anybody's, and open nothing without a password."""
WEBSOCKETS = {"/calls/{appointment_id}/signalling"}

OWN, OFFICE, PRACTICE, ADMIN = {"own"}, {"own", "admin"}, {"own", "admin", "colleague", "reviewer"}, {"admin"}
TABLES: Mapping[str, set[str]] = {
    "Practice": PRACTICE | {"guest"}, "User": PRACTICE, "SignIn": ADMIN, "ApiToken": OFFICE, "SignInAttempt": set(),
    "Notification": OWN, "Client": OFFICE, "Template": PRACTICE, "Appointment": OFFICE | {"guest"},
    "Consent": OWN | {"guest"}, "Call": OWN, "Recording": OWN, "Track": OWN, "StoredTranscript": OWN,
    "SessionSummary": OWN, "StoredNote": OWN, "Revision": OWN, "Addendum": OWN, "Feedback": OWN, "Task": OWN,
    "Trace": set(), "Deletion": set(), "AuditEntry": ADMIN,
}  # fmt: skip
"""Who sees rows of ada's, of each table."""

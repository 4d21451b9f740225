"""Nothing but chart, transcript, summary and settings reaches a prompt; of the wand, its note and instruction too."""

import json
from dataclasses import replace

import pytest

from app.database.clinic import Appointment, Client
from app.database.notes import StoredNote
from app.database.people import Practice, User
from app.work import drafts, feedback, note_settings, notes, signing
from app.work.clients import opened
from app.work.wand import refine_note
from pipelines.writing.writer import NoteWriter
from tests.app.conftest import Clinic
from tests.app.work.desk import SUMMARY, TURNS, Desk
from tests.lm_server import LanguageModelServer, fills

HEARD = [*TURNS[:2], ("client", "The wordtranscript is heavy."), *TURNS[2:]]


@pytest.fixture
def desk(clinic_of_two: Clinic) -> Desk:
    """An appointment about which every place that a person can write in holds a word of its own."""
    desk = Desk(clinic_of_two)
    others = Desk(clinic_of_two, "ben")
    others.hear([("client", "The canaryother is heavy.")])
    desk.hear(HEARD)
    desk.summarize(f"{SUMMARY} The wordsummary was heavy.")
    with desk.system() as work:
        work.get(Practice, desk.me.practice_id, "practice").name = "canarypractice"
        work.get(Practice, desk.me.practice_id, "practice").consent_text = "canaryconsent"
        work.get(User, desk.me.user_id, "user").name = "canaryuser"
        client = work.get(Client, desk.clinic.clients["ada"], "client")
        chart = opened(work, client) | {"medications": ["wordchart 50 mg"], "address": "canaryaddress"}
        client.sealed = work.vault.seal(f"client-{client.id}", chart, "chart")
        row = work.get(Appointment, desk.appointment_id, "appointment")
    with desk.work("admin") as work:
        note_settings.set_practice(work, {"instructions": ["Mention the wordsetting."]})
    made = desk.draft()
    with desk.work() as work:
        feedback.give(work, made.id, 2, "canarycomment")
    desk.edit({"plan": "Client will rest. The canaryhand is heavy."}, {"setting": "Home", "units": 7})
    assert row.id == desk.appointment_id
    return desk


def sent(server: LanguageModelServer) -> str:
    return json.dumps([asked.body for asked in server.asked], ensure_ascii=False)


def test_only_what_a_prompt_may_hold_reaches_it(desk: Desk) -> None:
    for source, word in (("transcript", "wordtranscript"), ("summary", "wordsummary")):
        with desk.work() as work:
            order = drafts.source_for(work, desk.appointment_id, source)  # type: ignore[arg-type]
        with LanguageModelServer(fills("Client reported worry.")) as server:
            settings = desk.clinic.service.settings.model_copy(
                update={"lm": "openai/test", "lm_api_base": server.base, "reader": "lm"}
            )
            NoteWriter(settings).write(order.appointment_id, order.source, order.template, order.style)
            prompts = sent(server)
        assert word in prompts
        assert "wordchart" in prompts
        assert "wordsetting" in prompts
        assert "canary" not in prompts


def test_the_wand_sends_the_note_and_no_own_field_or_comment(desk: Desk) -> None:
    note = desk.note()
    with LanguageModelServer(fills("Client will rest.")) as server:
        told = {"lm": "openai/test", "lm_api_base": server.base}
        real = desk.clinic.service
        service = replace(real, settings=real.settings.model_copy(update=told))
        refine_note(service, desk.me, note.id, note.version, "Flibber the gibbet of the plan gently.")
        prompts = sent(server)
    assert "gibbet" in prompts
    rest = prompts.replace("canaryhand", "")
    assert "canary" not in rest
    assert '"Home"' not in rest


def test_the_previous_note_is_the_signed_one_without_fields_and_addenda(desk: Desk) -> None:
    note = desk.note()
    with desk.system() as work:
        work.get(Appointment, desk.appointment_id, "appointment").status = "held"
    with desk.work() as work:
        for problem in signing.problems(work, note.id):
            if problem.kind == "sentence":
                version = work.get(StoredNote, note.id, "note").version
                signing.resolve_sentence(
                    work, note.id, version, problem.section or "", problem.sentence or 0, "confirm"
                )
    version = desk.note().version
    with desk.work() as work:
        signing.sign(work, note.id, version)
        signing.add_addendum(work, note.id, "canaryaddendum")
    desk.clinic.clock.forward(days=7)
    later = Desk(desk.clinic)
    later.hear()
    with later.work() as work:
        chart = notes.source_for(work, later.appointment_id, "transcript").source.chart
    assert "canaryhand" in (chart.previous_note or "")
    assert "canaryaddendum" not in (chart.previous_note or "")
    assert "Setting" not in (chart.previous_note or "")
    assert "canaryuser" not in (chart.previous_note or "")

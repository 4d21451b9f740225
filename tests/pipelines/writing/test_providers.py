"""The real path: NoteWriter, DSPy's own client, HTTP, and a server that does what servers do."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.records import InputError, Note
from pipelines.settings import ROOT, Settings
from pipelines.source import Source, source_of
from pipelines.templates import Template, load_templates
from pipelines.writing import asking, provider
from pipelines.writing.provider import ProviderRefusedError, WriteError, language_model, stays_here
from pipelines.writing.writer import NoteWriter, SectionDraft
from tests import lm_server as server
from tests.lm_server import LanguageModelServer, Reply, fills, says, status
from tests.pipelines.session import encounter

RARE = "zyzzyva"  # a word of the session that must not turn up elsewhere
SUMMARY = f"Worried about the {RARE} every evening. Denied thoughts of suicide. Homework: two thought records."
GOOD = fills(f"Client reported worry about the {RARE} every evening.")
LONG, SHORT = 600.0, 0.25  # seconds: never reached, always reached
CUT = f"[[ ## subjective ## ]]\nClient named the {RARE}.\n\n[[ ## objective ## ]]\nClinician used the technique of th"
SOAP = load_templates(Settings().prompts_dir / "templates")["soap"]
SECTIONS = [section.name for section in SOAP.sections]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSES", (0.01, 0.01))


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "OPENAI_API_BASE", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
        monkeypatch.setenv(name.lower(), "")
        monkeypatch.delenv(name.lower())


@pytest.fixture(autouse=True)
def nothing_is_told(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """No content in logs of any library, nor printed, whatever the test does; warnings are errors already."""
    caplog.set_level(logging.DEBUG)
    yield
    gc.collect(1)  # tasks and futures complain when they are collected
    assert RARE not in "".join(record.getMessage() + str(record.exc_text) for record in caplog.records)
    assert RARE not in "".join(capfd.readouterr())


@pytest.fixture
def source() -> Source:
    return source_of(encounter(summary=SUMMARY), "summary")


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(base: str = "", **changes: object) -> Settings:
        given = {"lm": "openai/x", "lm_api_base": base, "lm_timeout": LONG, "models_dir": tmp_path, **changes}
        return Settings(_env_file=None, **given)  # type: ignore[arg-type]

    return make


def failure(settings: Settings, source: Source, template: Template = SOAP, **options: bool) -> WriteError:
    """What a note failed with; it and all that hangs on it hold no content."""
    with pytest.raises(WriteError) as caught:
        NoteWriter(settings).write("e1", source, template, **options)
    holds_no_content(caught.value)
    return caught.value


def holds_no_content(error: WriteError) -> None:
    assert error.__cause__ is None
    assert error.__context__ is None
    told = "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error.args)
    assert RARE not in told + error.failure("e1", "soap", "summary").model_dump_json()
    assert error.remedy


@pytest.mark.parametrize(
    ("reply", "kind", "asked"),
    [
        (says("no form at all"), "malformed_answer", 2),
        (says("[[ ## mood ## ]]\nGood.\n\n[[ ## completed ## ]]"), "malformed_answer", 2),
        (says('{"subject'), "malformed_answer", 2),
        (says(""), "malformed_answer", 2),
        (says('{"subjective": ' + "[" * 9_000), "malformed_answer", 2),
        (status(401), "authentication", 1),
        (status(403), "authentication", 1),
        (status(402), "quota", 1),
        (status(404), "unknown_model", 1),
        (status(400), "invalid_request", 1),
        (status(400, "This model's maximum context length is 8", "context_length_exceeded"), "context_length", 1),
        (status(429), "rate_limit", 3),
        (status(429, Retry_After="3600"), "rate_limit", 1),  # longer than there is time: said at once
        (status(500), "provider", 3),
        (status(503), "provider", 3),
        (server.html, "provider", 1),
        (server.empty, "provider", 1),
        (server.half, "interrupted", 3),
        (server.hangs_up, "interrupted", 3),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_failure_is_typed_asked_again_only_where_it_helps_and_holds_no_content(
    settings: Callable[..., Settings], source: Source, reply: Reply, kind: str, asked: int
) -> None:
    with LanguageModelServer(reply) as lm:
        error = failure(settings(lm.base), source)
    assert error.type == kind
    assert len(lm.asked) == asked
    assert RARE in lm.asked[0].text


def test_nobody_there(settings: Callable[..., Settings], source: Source) -> None:
    with LanguageModelServer(GOOD) as lm:
        base = lm.base
    assert failure(settings(base), source).type == "unreachable"


@pytest.mark.parametrize("reply", [server.silent, server.drips, server.drips_headers])
def test_one_clock_bounds_an_answer_however_it_comes(
    settings: Callable[..., Settings], source: Source, reply: Reply
) -> None:
    with LanguageModelServer(reply) as lm:
        assert failure(settings(lm.base, lm_timeout=SHORT), source).type == "timeout"
        for _ in server.until_open(lm, 0):  # the connection was closed, not left
            pass
    assert len(lm.asked) == 1


@pytest.mark.parametrize("first", [status(429, Retry_After="0.01"), status(500), status(503), server.hangs_up])
def test_what_passes_is_asked_again(settings: Callable[..., Settings], source: Source, first: Reply) -> None:
    with LanguageModelServer(first, GOOD) as lm:
        note = NoteWriter(settings(lm.base)).write("e1", source, SOAP, repair=False)
    assert RARE in note.sections["subjective"]
    assert len(lm.asked) == 2


@pytest.mark.parametrize(
    ("replies", "kept"),
    [
        ([says(CUT, "length")], {"subjective"}),
        ([says(CUT)], {"subjective", "objective"}),  # it ended by itself: its last section is whole
        ([says(f'{{"subjective": "Client named the {RARE}.", "plan": "Client will wr')], {"subjective"}),
        ([says("no form at all"), says(f'{{"plan": "Client named the {RARE}.", "x": 1, "assess', "length")], {"plan"}),
        ([says(CUT, "length"), says('{"plan": "Client will write.", "objective": "Clin')], {"subjective", "plan"}),
    ],
)
def test_what_came_whole_is_kept_and_the_rest_written_by_rule(
    settings: Callable[..., Settings], source: Source, replies: list[Reply], kept: set[str]
) -> None:
    with LanguageModelServer(*replies) as lm:
        note = NoteWriter(settings(lm.base)).write("e1", source, SOAP, repair=False)
    by_rule = NoteWriter(settings(lm="extractive")).write("e1", source, SOAP).sections
    assert len(lm.asked) == 2
    assert lm.asked[1].wants_json
    for name in SECTIONS:
        warned = f"{name}: the language model's answer was cut or malformed; written by rule" in note.warnings
        assert warned == (name not in kept)
        if name not in kept:
            assert note.sections[name] == by_rule[name]
    assert not note.text.rstrip().endswith("Client will wr")
    assert "[[" not in note.text
    assert "{" not in note.text


def test_a_second_answer_that_is_whole_counts_alone(settings: Callable[..., Settings], source: Source) -> None:
    with LanguageModelServer(says(CUT, "length"), fills("Client wrote.")) as lm:
        note = NoteWriter(settings(lm.base)).write("e1", source, SOAP, repair=False)
    assert note.sections["subjective"] == "Client wrote."
    assert not [w for w in note.warnings if "by rule" in w]


@pytest.mark.parametrize(
    "facts",
    [
        '[{"kind": "report", "text": "Client named the zyzzyva.", "lines": [1], "weight": 1.0}, {"kind": "repo',
        '[{"kind": "nonsense"}, {"kind": "report", "text": "Client named the zyzzyva.", "lines": [1, 99]}]',
        "none that could be read",
    ],
)
def test_facts_that_a_model_could_not_list_are_read_by_rule(settings: Callable[..., Settings], facts: str) -> None:
    heard = source_of(encounter(), "transcript")
    replies = [says(f"[[ ## facts ## ]]\n{facts}", "length")] * 2
    with LanguageModelServer(*replies, fills("Client worried.")) as lm:
        note = NoteWriter(settings(lm.base)).write("e1", heard, SOAP, repair=False)
    assert any("read by rule" in warning for warning in note.warnings)
    assert ("Client named the zyzzyva." in [f.text for f in note.facts]) == ("zyzzyva" in facts)
    assert any("suicid" in f.text for f in note.facts)
    assert all(n < len(heard.units) for f in note.facts for n in f.lines)


@pytest.mark.parametrize("then", [status(503), says("no form at all"), server.hangs_up])
def test_a_model_that_fails_at_the_repair_costs_no_note(
    settings: Callable[..., Settings], source: Source, then: Reply
) -> None:
    invented = "Client adopted a parrot from Lisbon and resigned."
    with LanguageModelServer(fills("Client named the zyzzyva.", plan=invented), then) as lm:
        note = NoteWriter(settings(lm.base)).write("e1", source, SOAP)
        assert len(lm.asked) > 1
    assert "parrot" not in note.text
    assert any("left out, not corrected" in warning for warning in note.warnings)


def drafts_and_note(events: Iterator[SectionDraft | Note]) -> tuple[list[SectionDraft], Note]:
    *drafts, note = events
    assert isinstance(note, Note)
    assert all(isinstance(draft, SectionDraft) for draft in drafts)
    return drafts, note  # type: ignore[return-value]


def test_sections_come_in_order_as_they_are_written_and_then_the_note(
    settings: Callable[..., Settings], source: Source
) -> None:
    texts = {name: f"Client told of the {RARE}, and {name} followed." for name in SECTIONS}
    with LanguageModelServer(fills("", **texts)) as lm:
        drafts, note = drafts_and_note(NoteWriter(settings(lm.base)).stream("e1", source, SOAP))
        assert lm.asked[0].body["stream"] is True
    assert list(dict.fromkeys(d.section for d in drafts)) == SECTIONS
    for name in SECTIONS:
        grown = [d.text for d in drafts if d.section == name]
        assert len(grown) > 2
        assert grown[-1] == texts[name]
        assert all(texts[name].startswith(text) for text in grown)
    assert note.sections.keys() == texts.keys()


def test_the_extractive_engine_streams_too(settings: Callable[..., Settings], source: Source) -> None:
    writer = NoteWriter(settings(lm="extractive"))
    drafts, note = drafts_and_note(writer.stream("e1", source, SOAP))
    assert [d.section for d in drafts] == SECTIONS
    same = {"seconds": 0.0}
    assert note.model_copy(update=same) == writer.write("e1", source, SOAP).model_copy(update=same)


def test_a_stream_that_is_cut_ends_with_sections_by_rule(settings: Callable[..., Settings], source: Source) -> None:
    with LanguageModelServer(says(CUT, "length"), says("{", "length"), fills("", rewritten="")) as lm:
        drafts, note = drafts_and_note(NoteWriter(settings(lm.base)).stream("e1", source, SOAP))
    last = {d.section: d.text for d in drafts}
    assert set(last) == set(SECTIONS)
    assert not last["objective"].endswith("technique of th")
    assert any(w.startswith("objective: the language model's answer was cut") for w in note.warnings)


@pytest.mark.parametrize(
    ("reply", "kind", "timeout"),
    [
        (server.streams(CUT, server.stops), "interrupted", LONG),
        (server.streams(CUT, server.silent), "timeout", 1.0),
        (server.streams(CUT, server.drips_comments), "timeout", 1.0),
    ],
)
def test_an_error_in_the_middle_of_a_stream_is_typed_and_leaves_what_came(
    settings: Callable[..., Settings], source: Source, reply: Reply, kind: str, timeout: float
) -> None:
    came: list[SectionDraft | Note] = []
    with LanguageModelServer(reply) as lm:
        with pytest.raises(WriteError) as caught:
            came.extend(NoteWriter(settings(lm.base, lm_timeout=timeout)).stream("e1", source, SOAP))
        assert len(lm.asked) == 1  # what somebody has seen is not begun anew
    holds_no_content(caught.value)
    assert caught.value.type == kind
    if kind == "interrupted":
        assert came[-1] == SectionDraft("objective", "Clinician used the technique of th")


def test_a_refused_stream_and_a_stream_that_was_left(settings: Callable[..., Settings], source: Source) -> None:
    with LanguageModelServer(status(401), server.streams(CUT, server.silent), GOOD) as lm:
        writer = NoteWriter(settings(lm.base, lm_at_once=1))
        with pytest.raises(WriteError) as caught:
            list(writer.stream("e1", source, SOAP))
        assert caught.value.type == "authentication"
        holds_no_content(caught.value)
        left = writer.stream("e1", source, SOAP)
        assert isinstance(next(left), SectionDraft)
        left.close()  # type: ignore[attr-defined]
        for _ in server.until_open(lm, 0):
            pass
        assert not [thread for thread in threading.enumerate() if thread.name == "note-stream"]
        assert writer.write("e1", source, SOAP, repair=False)


def test_never_more_at_once_than_the_setting(settings: Callable[..., Settings], source: Source) -> None:
    with LanguageModelServer(server.gathers(2, GOOD)) as lm:
        writer = NoteWriter(settings(lm.base, lm_at_once=2))

        async def all_of_them() -> list[Note]:
            return await asyncio.gather(*(writer.awrite(f"e{n}", source, SOAP, repair=False) for n in range(6)))

        notes = asyncio.run(all_of_them())
    assert [note.encounter_id for note in notes] == [f"e{n}" for n in range(6)]
    assert lm.most_at_once == 2


def test_never_more_at_once_in_threads_of_ones_own(settings: Callable[..., Settings], source: Source) -> None:
    with LanguageModelServer(server.gathers(2, GOOD)) as lm, ThreadPoolExecutor(6) as threads:
        writer = NoteWriter(settings(lm.base, lm_at_once=2))
        notes = list(threads.map(lambda n: writer.write(f"e{n}", source, SOAP, repair=False), range(6)))
    assert len(notes) == 6
    assert lm.most_at_once == 2


def test_a_call_that_is_cancelled_makes_room(settings: Callable[..., Settings], source: Source) -> None:
    with LanguageModelServer(server.silent, GOOD) as lm:
        writer = NoteWriter(settings(lm.base, lm_at_once=1))

        async def cancelled() -> Note:
            running = asyncio.create_task(writer.awrite("e1", source, SOAP, repair=False))
            waiting = asyncio.create_task(writer.awrite("e2", source, SOAP, repair=False))
            while lm.at_once != 1:
                await asyncio.sleep(0.01)
            for task in (waiting, running):
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            return await asyncio.wait_for(writer.awrite("e3", source, SOAP, repair=False), 120)

        assert asyncio.run(cancelled()).encounter_id == "e3"
        assert len(lm.asked) == 2
        assert RARE in lm.asked[1].text


def test_write_works_where_a_loop_is_running(settings: Callable[..., Settings], source: Source) -> None:
    """As in a notebook."""

    async def inside(writer: NoteWriter) -> Note:
        return writer.write("e1", source, SOAP, repair=False)

    with LanguageModelServer(GOOD) as lm:
        assert asyncio.run(inside(NoteWriter(settings(lm.base)))).sections


NATIVE = ["openai", "anthropic", "ollama", "ollama_chat", "hosted_vllm", "groq", "openrouter", "deepseek"]
OTHERS = ["azure", "azure_ai", "gemini", "mistral", "bedrock", "vertex_ai", "xai", "lm_studio", "together_ai"]


@pytest.mark.parametrize("name", NATIVE + OTHERS)
def test_client_data_never_leaves_without_the_setting(
    settings: Callable[..., Settings], source: Source, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    at_home = name in {"ollama", "ollama_chat", "hosted_vllm"}  # without an address they ask this machine
    bases = [
        "http://192.0.2.1/v1",
        "https://127.0.0.1.example.com/v1",
        "http://me@127.0.0.1:1/v1",
        "127.0.0.1:1",
        "//[",
    ]
    with LanguageModelServer(GOOD) as way_out:
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, way_out.address)
        if name not in NATIVE and name != "azure":
            bases.append(way_out.base)  # nobody has looked whether the library asks this address alone
        for base in bases if at_home else ["", *bases]:
            writer = NoteWriter(settings(base, lm=f"{name}/x", lm_api_key="k"))
            for ask in (writer.write, writer.stream):
                with pytest.raises(ProviderRefusedError):
                    ask("e1", source, SOAP, synthetic=False)
        assert way_out.connections == 0


def test_the_setting_lets_client_data_leave(settings: Callable[..., Settings], source: Source) -> None:
    with LanguageModelServer(GOOD) as lm:
        away = settings(lm.base.replace("127.0.0.1", "127.1"))  # the same machine, but not by a name we know
        with pytest.raises(ProviderRefusedError):
            NoteWriter(away).write("e1", source, SOAP, synthetic=False)
        assert lm.connections == 0
        allowed = away.model_copy(update={"lm_may_receive_client_data": True})
        assert NoteWriter(allowed).write("e1", source, SOAP, synthetic=False, repair=False)


@pytest.mark.parametrize("name", NATIVE)
def test_a_server_on_this_machine_is_asked_and_no_other(
    settings: Callable[..., Settings], source: Source, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Past every proxy, and whatever address the environment has for the provider."""
    with LanguageModelServer(GOOD) as lm, LanguageModelServer(GOOD) as elsewhere:
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, elsewhere.address)
        for variable in ("API_BASE", "BASE_URL", "HOST"):
            monkeypatch.setenv(f"{name.upper()}_{variable}", elsewhere.base)
        note = NoteWriter(settings(lm.base, lm=f"{name}/x")).write("e1", source, SOAP, repair=False)
        assert len(lm.asked) == 1
        assert elsewhere.connections == 0
    assert RARE in note.sections["subjective"]


@pytest.mark.parametrize("name", ["ollama", "ollama_chat", "hosted_vllm"])
def test_without_an_address_ollama_and_vllm_are_on_this_machine(
    settings: Callable[..., Settings], source: Source, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with LanguageModelServer(GOOD) as lm:
        asked = provider._AT_HOME[name]
        assert asked in {"http://127.0.0.1:11434/v1", "http://127.0.0.1:8000/v1"}
        monkeypatch.setitem(provider._AT_HOME, name, lm.base)
        assert NoteWriter(settings(lm=f"{name}/x")).write("e1", source, SOAP, repair=False)
        assert len(lm.asked) == 1


def test_a_model_that_ollama_sends_on_is_not_on_this_machine(settings: Callable[..., Settings]) -> None:
    assert stays_here(settings(lm="ollama/llama3.2"))
    assert not stays_here(settings(lm="ollama/gpt-oss:120b-cloud"))
    assert not stays_here(settings("http://127.0.0.1:11434/v1", lm="openai/glm-4.6:cloud"))


def test_the_documented_set_ups_keep_client_data_where_the_page_says(settings: Callable[..., Settings]) -> None:
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[2:6]] for line in page.splitlines() if "| `" in line]
    set_ups = {row[0].strip("`"): row for row in rows if "/" in row[0] and "NAME" not in row[0]}
    assert len(set_ups) == 6
    for name, (_, base, _, told) in set_ups.items():
        named = settings(base.split("`")[1] if base.startswith("`") else "", lm=name.replace("DEPLOYMENT", "notes"))
        assert stays_here(named) == told.startswith("stays here")
        assert told.startswith("stays here") or told == "refused"
        assert provider.address(named) in base
        assert language_model(named, None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"lm": "openai/"}, "NOTEBENCH_LM:"),
        ({"lm": "llama"}, "NOTEBENCH_LM:"),
        ({"lm": "vllm/llama"}, "hosted_vllm/llama"),
        ({"lm_timeout": 0}, "NOTEBENCH_LM_TIMEOUT"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(
    settings: Callable[..., Settings], changes: dict[str, object], named: str
) -> None:
    with pytest.raises(InputError, match=named):
        language_model(settings(**changes), None)


@pytest.mark.parametrize(
    ("lm_name", "path", "limit", "key"),
    [
        ("openai/x", "/v1/chat/completions", {"max_completion_tokens": 1200}, ("authorization", "Bearer secret")),
        ("openai/gpt-5", "/v1/chat/completions", {"max_completion_tokens": 16000}, ("authorization", "Bearer secret")),
        ("ollama/x", "/v1/chat/completions", {"max_tokens": 1200}, ("authorization", "Bearer secret")),
        ("hosted_vllm/x", "/v1/chat/completions", {"max_tokens": 1200}, ("authorization", "Bearer secret")),
        ("anthropic/x", "/v1/messages", {"max_tokens": 1200}, ("x-api-key", "secret")),
    ],
)
def test_what_is_sent_where(
    settings: Callable[..., Settings],
    source: Source,
    lm_name: str,
    path: str,
    limit: dict[str, int],
    key: tuple[str, str],
) -> None:
    """As docs/models.md has it."""
    with LanguageModelServer(GOOD) as lm:
        NoteWriter(settings(lm.base, lm=lm_name, lm_api_key="secret")).write("e1", source, SOAP, repair=False)
        asked = lm.asked[0]
    assert asked.path == path
    assert asked.body["model"] == lm_name.partition("/")[2]
    assert {name: value for name, value in asked.body.items() if "tokens" in name} == limit
    assert asked.body.get("temperature") == (None if "gpt-5" in lm_name else 0.0)
    assert asked.headers[key[0]] == key[1]


def test_the_other_library_path_keeps_the_same_promises(
    settings: Callable[..., Settings], source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Azure goes through litellm."""
    monkeypatch.setenv("AZURE_API_VERSION", "2024-10-21")
    with LanguageModelServer(GOOD, status(401)) as lm:
        azure = settings(lm.address, lm="azure/notes", lm_api_key="secret")
        note = NoteWriter(azure).write("e1", source, SOAP, repair=False)
        assert RARE in note.sections["subjective"]
        assert lm.asked[0].path == "/openai/deployments/notes/chat/completions?api-version=2024-10-21"
        assert lm.asked[0].headers["api-key"] == "secret"
        assert failure(azure, source).type == "authentication"
    with LanguageModelServer(server.drips) as lm:
        assert failure(settings(lm.address, lm="azure/notes", lm_timeout=SHORT), source).type == "timeout"

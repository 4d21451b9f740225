"""Audio in, text out, for clients of OpenAI's interface: the form of answers, what is refused, and nothing on disk."""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from app.access import tokens
from app.jobs.listening import Listening
from app.web.api import create_app
from app.web.routes import speech
from app.web.routes.speech import Ears
from pipelines.records import Speaker, Utterance
from pipelines.speech.engine import ChannelTranscript
from tests.app.conftest import Clinic
from tests.app.web.client import Client
from tests.app.work.recorder import wave

PATH = "/api/v1/audio/transcriptions"


class Engine:
    """Hears two sentences in whatever it is given; `gate` holds it back."""

    name = "scripted"

    def __init__(self) -> None:
        self.heard: list[tuple[int, tuple[str, ...]]] = []
        self.gate = threading.Event()
        self.gate.set()

    def transcribe(
        self, samples: NDArray[np.float32], speaker: Speaker, listen_for: Sequence[str], expected: Sequence[str]
    ) -> ChannelTranscript:
        self.gate.wait(20)
        self.heard.append((len(samples), tuple(listen_for)))
        said = [(0.0, 1.5, "I sleep badly."), (3661.25, 3662.0, "Since May --> June.")]
        utterances = [Utterance(speaker=speaker, start=a, end=b, text=text) for a, b, text in said]
        return ChannelTranscript(speaker, utterances, audio_seconds=len(samples) / 16_000)


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def app(clinic_of_two: Clinic, engine: Engine) -> Iterator[Any]:
    settings = clinic_of_two.service.settings.model_copy(update={"engines": 1})
    ears = Ears(settings, Listening(settings, lambda: engine))
    yield create_app(clinic_of_two.service, ears=ears)
    ears.close()


@pytest.fixture
def bearer(clinic_of_two: Clinic) -> str:
    with clinic_of_two.work("ada") as work:
        return tokens.create(work, "dictation", ["speech:write"])[1]


@pytest.fixture
def send(app: Any, bearer: str) -> Iterator[Callable[..., httpx.Response]]:
    with Client(app) as client:

        def sent(content: bytes | None = None, **fields: Any) -> httpx.Response:
            files = {} if content == b"none" else {"file": ("a.wav", wave() if content is None else content)}
            headers = {"authorization": f"Bearer {bearer}"}
            return client.post(PATH, files=files, data={"model": "whisper-1"} | fields, headers=headers)

        yield sent


def test_each_form_of_answer(send: Callable[..., httpx.Response]) -> None:
    text = "I sleep badly. Since May --> June."
    assert send().json() == {"text": text}
    assert send(response_format="text").text == text + "\n"
    assert send(response_format="srt").text == (
        "1\n00:00:00,000 --> 00:00:01,500\nI sleep badly.\n\n"
        "2\n01:01:01,250 --> 01:01:02,000\nSince May --> June.\n"
    )  # fmt: skip
    vtt = send(response_format="vtt")
    assert vtt.headers["content-type"].startswith("text/vtt")
    assert vtt.text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nI sleep badly.\n")
    assert vtt.text.count("-->") == 2  # what is said cannot pass for a time
    verbose = send(response_format="verbose_json", **{"timestamp_granularities[]": "segment"}).json()
    assert (verbose["language"], round(verbose["duration"], 2)) == ("english", 0.3)
    assert verbose["segments"][1] == {"id": 1, "start": 3661.25, "end": 3662.0, "text": "Since May --> June."}


@pytest.mark.parametrize(
    ("content", "fields", "status", "field"),
    [
        (None, {"model": "whisper-2"}, 422, "model"),
        (None, {"language": "de"}, 422, "language"),
        (None, {"response_format": "xml"}, 422, "response_format"),
        (None, {"timestamp_granularities[]": "word"}, 422, "timestamp_granularities"),
        (None, {"stream": "true"}, 422, "stream"),
        (b"", {}, 422, "file"),
        (b"this is no sound", {}, 415, None),
        (None, {"prompt": "x" * 70_000}, 422, "body"),
        (b"x" * (speech.LONGEST_FILE + 2_000_000), {}, 413, None),
    ],
)
def test_what_cannot_be_done_is_refused(
    send: Callable[..., httpx.Response], content: bytes | None, fields: dict[str, str], status: int, field: str | None
) -> None:
    answer = send(content, **fields)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text


def test_what_would_fill_the_memory_once_decoded_is_refused(
    send: Callable[..., httpx.Response], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "MOST_SECONDS", 10)
    assert send(wave(11.0)).status_code == 413
    assert engine.heard == []
    assert send(wave(9.0)).status_code == 200


def test_only_a_form_is_taken_and_only_within_the_scope(app: Any, bearer: str, clinic_of_two: Clinic) -> None:
    with clinic_of_two.work("ada") as work:
        other = tokens.create(work, "reader", ["notes:read"])[1]
    with Client(app) as client:
        headers = {"authorization": f"Bearer {bearer}"}
        assert client.post(PATH, json={"model": "whisper-1"}, headers=headers).status_code == 415
        broken = headers | {"content-type": "multipart/form-data"}
        assert client.post(PATH, content=b"x", headers=broken).status_code == 422
        for name, status in ((other, 403), ("nb_nobody", 401)):
            files = {"file": ("a.wav", wave())}
            answer = client.post(PATH, files=files, headers={"authorization": f"Bearer {name}"})
            assert answer.status_code == status


def test_words_of_the_prompt_are_listened_for(send: Callable[..., httpx.Response], engine: Engine) -> None:
    assert send(prompt="Quetzal 15mg").status_code == 200
    samples, words = engine.heard[0]
    assert {"Quetzal", "15mg"} <= set(words)
    assert samples == 4_800


def test_the_audio_is_never_on_disk(
    send: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, fail)  # a spooled file rolls over through the first
    assert send(wave(60.0)).status_code == 200  # two megabytes: twice what forms keep in memory of themselves


def test_of_a_crowd_some_are_heard_and_the_others_told_to_wait(app: Any, bearer: str, engine: Engine) -> None:
    engine.gate.clear()

    async def crowd() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            headers = {"authorization": f"Bearer {bearer}"}
            sends = [
                asyncio.create_task(client.post(PATH, files={"file": ("a.wav", wave())}, data={"model": "whisper-1"},
                                                headers=headers))
                for _ in range(9)
            ]  # fmt: skip
            while sum(task.done() for task in sends) < 4:
                await asyncio.sleep(0.02)
            live = await client.get("/api/health")
            engine.gate.set()
            return [live.status_code, *sorted(answer.status_code for answer in await asyncio.gather(*sends))]

    assert asyncio.run(asyncio.wait_for(crowd(), 60)) == [200, *[200] * 5, *[429] * 4]


def dies() -> Engine:
    """What a recording does that is made to."""
    os._exit(9)


def test_an_engine_that_a_recording_kills_takes_nothing_along(clinic_of_two: Clinic, bearer: str) -> None:
    settings = clinic_of_two.service.settings.model_copy(update={"engines": 1})
    ears = Ears(settings, Listening(settings, dies, apart=True))
    with Client(create_app(clinic_of_two.service, ears=ears)) as client:  # type: ignore[arg-type]
        headers = {"authorization": f"Bearer {bearer}"}
        answer = client.post(PATH, files={"file": ("a.wav", wave())}, data={"model": "whisper-1"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "engine_ended")
        assert client.get("/api/health").status_code == 200
    ears.close()


def test_the_client_of_openai_speaks_with_it(app: Any, bearer: str) -> None:
    openai = pytest.importorskip("openai", reason="the client of OpenAI is not installed")

    async def talk() -> tuple[str, str, list[str]]:
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app))
        async with openai.AsyncOpenAI(
            api_key=bearer, base_url="http://127.0.0.1:8000/api/v1", http_client=http, max_retries=0
        ) as client:
            create = client.audio.transcriptions.create
            plain = await create(model="whisper-1", file=("a.wav", io.BytesIO(wave())), response_format="text")
            told = await create(model="whisper-1", file=("a.wav", io.BytesIO(wave())), response_format="verbose_json",
                                timestamp_granularities=["segment"])  # fmt: skip
            with pytest.raises(openai.UnprocessableEntityError):
                await create(model="whisper-2", file=("a.wav", io.BytesIO(wave())))
            return plain, told.text, [segment.text for segment in told.segments]

    plain, text, segments = asyncio.run(talk())
    assert plain.strip() == text == " ".join(segments)

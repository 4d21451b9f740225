"""Timing, overlaps, acoustics and files of synthetic audio, with a voice of plain tones; the real one if at hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.models import table as models
from pipelines.records import Encounter, InputError
from pipelines.settings import Settings
from pipelines.speech.audio import decode
from pipelines.synthesis import acoustics, hums, speaking
from pipelines.synthesis.files import make_audio
from pipelines.synthesis.kokoro import RATE, Kokoro, Samples
from pipelines.synthesis.session import audio_digest, schedule, synthesise


class Tones:
    """A voice that hums a tone, a tenth of a second a word, with silence around it; implements `Voice`."""

    def __init__(self) -> None:
        self.spoken: list[str] = []

    def sentences(self, text: str, voice: str) -> list[str]:
        if voice == "nobody":
            raise InputError("'nobody': no such voice")
        return [text]

    def speak(self, phonemes: str, voice: str, speed: float) -> Samples:
        self.spoken.append(phonemes)
        seconds = 0.1 * len(phonemes.split())
        pitch = 200 if voice == "low" else 400
        tone = 0.2 * np.sin(2 * np.pi * pitch * np.arange(int(RATE * seconds)) / RATE)
        return np.pad(tone.astype(np.float32), RATE // 4)


def encounter(*said: tuple[str, str, float | None], **extra: Any) -> Encounter:
    transcript = [
        {"speaker": speaker, "text": text} | ({} if gap is None else {"gap": gap}) for speaker, text, gap in said
    ]
    record = {"id": "x1", "synthetic": True, "voices": {"clinician": "low", "client": "high"}, "transcript": transcript}
    return Encounter.model_validate(record | extra)


TALK = (
    ("clinician", "how was your week since we last met", None),
    ("client", "it was long and I slept badly most nights of it", 1.0),
    ("clinician", "right", -0.4),
    ("client", "so I am tired", 0.5),
)


def voiced(samples: Samples, start: float, end: float) -> bool:
    part = samples[int(start * RATE) : int(end * RATE)]
    return float(np.sqrt(np.mean(part**2))) > 0.01


def test_utterances_are_where_the_times_say_and_silent_elsewhere() -> None:
    session = synthesise(encounter(*TALK), Tones())
    clinician, client = session.channels["clinician"], session.channels["client"]
    assert len(clinician) == len(client)
    for (speaker, _text, _gap), (start, end) in zip(TALK, session.times, strict=True):
        own = session.channels[speaker]
        assert voiced(own, start + 0.02, end - 0.08)
        assert not voiced(own, start - 0.1, start - 0.01)
        assert not voiced(own, end + 0.01, end + 0.1)
    assert session.times[1][0] - session.times[0][1] == pytest.approx(1.0, abs=0.011)


def test_negative_gap_is_both_speaking_at_once() -> None:
    session = synthesise(encounter(*TALK), Tones())
    (_, client_end), (start, end) = session.times[1], session.times[2]
    assert start == pytest.approx(client_end - 0.4, abs=0.011)
    inside = (start + 0.02, end - 0.08)
    assert voiced(session.channels["client"], *inside)
    assert voiced(session.channels["clinician"], *inside)


def test_nobody_talks_over_himself_and_starts_keep_their_order() -> None:
    said = [np.zeros(RATE, np.float32)] * 4
    starts = schedule(["client"] * 2 + ["clinician"] * 2, ["a"] * 4, [None, -5.0, -9.0, -0.5], said, "seed")
    assert starts[1] > starts[0] + 1
    assert starts[2] > starts[1]
    assert starts[3] > starts[2] + 1


def test_drawn_pauses_are_those_of_talk_and_longer_before_long_answers() -> None:
    said = [np.zeros(RATE, np.float32)] * 200
    speakers = ["clinician", "client"] * 100

    def gaps(question: str, answer: str) -> list[float]:
        starts = schedule(speakers, [question, answer] * 100, [None] * 200, said, "seed")
        return [round(starts[i] - starts[i - 1] - 1, 3) for i in range(1, 200, 2)]

    short, long = gaps("Fine.", "Yes."), gaps("How so?", "word " * 30)
    assert min(short) >= 0.15
    assert max(short) <= 0.7
    assert len(set(short)) > 50
    assert np.mean(long) > np.mean(short) + 0.3
    assert max(long) <= 1.3


def test_same_text_gives_the_same_session() -> None:
    first, second = synthesise(encounter(*TALK), Tones()), synthesise(encounter(*TALK), Tones(), workers=1)
    assert first.times == second.times
    assert np.array_equal(first.channels["client"], second.channels["client"])


def test_room_is_never_digital_silence_and_peaks_stay_below_full_scale() -> None:
    session = synthesise(encounter(*TALK), Tones())
    for channel in session.channels.values():
        assert np.abs(channel).max() <= 0.9
        quiet = acoustics.frames_db(channel[-RATE // 2 :], RATE)
        assert -80 < quiet.mean() < -65


def speech(seconds: float = 4.0) -> Samples:
    rng = np.random.default_rng(0)
    word = acoustics.trim(Tones().speak("one two three four five", "low", 1.0), RATE)
    samples = np.zeros(int(RATE * seconds), np.float32)
    for start in np.arange(0, seconds - 1, 1.0):
        samples[int(start * RATE) : int(start * RATE) + len(word)] = word * rng.uniform(0.8, 1.0)
    return acoustics.levelled(samples, RATE)


def band_db(samples: Samples, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    at = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(10 * np.log10(power[(at >= low) & (at < high)].sum() + 1e-12))


def test_noise_is_at_its_ratio_to_the_speech() -> None:
    clean = speech()
    noisy = acoustics.apply(clean, RATE, {"kind": "noise", "snr_db": 10}, np.random.default_rng(1))
    noise = noisy - clean
    ratio = acoustics.active_db(clean, RATE) - 10 * np.log10(np.mean(noise.astype(np.float64) ** 2))
    assert ratio == pytest.approx(10, abs=0.5)


def test_telephone_keeps_its_band_alone() -> None:
    rng = np.random.default_rng(1)
    white = acoustics.levelled(rng.standard_normal(RATE * 2).astype(np.float32), RATE)
    line = acoustics.apply(white, RATE, {"kind": "telephone"}, rng)
    assert len(line) == len(white)
    kept = band_db(line, 500, 3000)
    assert kept == pytest.approx(band_db(white, 500, 3000), abs=1.5)
    assert band_db(line, 4200, 12_000) < kept - 30
    assert band_db(line, 50, 150) < kept - 30


def test_quiet_speaker_is_quiet_and_the_room_is_not() -> None:
    clean = speech()
    quiet = acoustics.apply(clean, RATE, {"kind": "quiet", "gain_db": -28}, np.random.default_rng(1))
    loudest = acoustics.frames_db(clean, RATE).max()
    assert acoustics.frames_db(quiet, RATE).max() == pytest.approx(loudest - 28, abs=1)
    assert acoustics.frames_db(quiet[-RATE // 2 :], RATE).mean() > -80


def test_trim_takes_the_silence_around_speech() -> None:
    said = Tones().speak("one two three", "low", 1.0)
    trimmed = acoustics.trim(said, RATE)
    assert len(said) / RATE == pytest.approx(0.8, abs=0.01)
    assert len(trimmed) / RATE == pytest.approx(0.36, abs=0.03)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"voices": {"clinician": "low"}}, "names no voice for client"),
        ({"voices": {"clinician": "low", "client": "nobody"}}, "no such voice"),
        ({"acoustics": {"client": {"kind": "cave"}}}, "unknown kind 'cave'"),
        ({"acoustics": {"client": {"kind": "noise", "snr_db": "loud"}}}, "snr_db must be a number"),
        ({"acoustics": {"client": "noise"}}, "field acoustics"),
        ({"transcript": []}, "needs utterances"),
    ],
)
def test_record_that_cannot_be_spoken_is_refused(extra: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        synthesise(encounter(*TALK, **extra), Tones())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    first = encounter(*TALK, title="kept").model_dump(exclude_none=True, exclude_defaults=True)
    lines = [json.dumps({"id": "real", "transcript": []}), json.dumps(first), json.dumps(first | {"id": "x2"})]
    (tmp_path / "encounters.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def counted(voice: Tones) -> tuple[Callable[[], Tones], Callable[[str, int], Callable[[], None]]]:
    return lambda: voice, lambda _name, _utterances: lambda: None


def test_audio_times_and_digest_are_noted_and_other_lines_left_alone(data: Path) -> None:
    voice, started = counted(Tones())
    before = (data / "encounters.jsonl").read_bytes().splitlines()
    made = make_audio(data, ["x1"], voice, 2, started)
    after = (data / "encounters.jsonl").read_bytes().splitlines()
    assert (after[0], after[2]) == (before[0], before[2])
    record = json.loads(after[1])
    assert list(record)[: len(json.loads(before[1]))] == list(json.loads(before[1]))
    assert record["audio"] == {
        "clinician": "audio/x1.clinician.opus",
        "client": "audio/x1.client.opus",
    }
    assert record["transcript"][2]["gap"] == -0.4
    for file in record["audio"].values():
        assert len(decode(data / file)) / 16_000 == pytest.approx(made.seconds["x1"], abs=0.05)
    start, end = record["transcript"][1]["start"], record["transcript"][1]["end"]
    heard = decode(data / record["audio"]["client"], RATE)
    assert voiced(heard, start + 0.05, end - 0.1)
    assert not voiced(heard, start - 0.3, start - 0.05)


def test_only_what_has_changed_is_spoken_again(data: Path) -> None:
    tones = Tones()
    voice, started = counted(tones)
    assert set(make_audio(data, [], voice, 1, started).seconds) == {"x1", "x2"}
    tones.spoken.clear()
    again = make_audio(data, [], voice, 1, started)
    assert (again.unchanged, again.seconds, tones.spoken) == (["x1", "x2"], {}, [])
    file = data / "encounters.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("so I am tired", "so I am rested")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert set(make_audio(data, [], voice, 1, started).seconds) == {"x1"}


def test_digest_knows_text_gap_voice_and_acoustics() -> None:
    base = encounter(*TALK)
    others = [
        encounter(*TALK[:3], ("client", "so I am tired", 0.6)),
        encounter(*TALK, voices={"clinician": "low", "client": "other"}),
        encounter(*TALK, acoustics={"client": {"kind": "telephone"}}),
    ]
    digests = {audio_digest(e, "m") for e in [base, *others]} | {audio_digest(base, "n")}
    assert len(digests) == 5
    assert audio_digest(base, "m") == audio_digest(encounter(*TALK), "m")


def test_one_that_fails_is_a_failure_and_the_rest_is_made(data: Path) -> None:
    file = data / "encounters.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace('"high"', '"nobody"', 1), encoding="utf-8")
    voice, started = counted(Tones())
    made = make_audio(data, [], voice, 1, started)
    assert [failure.encounter_id for failure in made.failures] == ["x1"]
    assert set(made.seconds) == {"x2"}


def test_real_records_get_no_synthetic_audio(data: Path) -> None:
    voice, started = counted(Tones())
    with pytest.raises(InputError, match="only records marked synthetic"):
        make_audio(data, ["real"], voice, 1, started)
    with pytest.raises(InputError, match="no encounter x9"):
        make_audio(data, ["x9"], voice, 1, started)


def test_long_sentence_is_broken_at_its_clauses() -> None:
    sentence = "a" * 60 + ", " + "b" * 60 + ", " + "c" * 60
    pieces = speaking.chunks(sentence, 100)
    assert all(len(piece) <= 100 for piece in pieces)
    assert pieces[0] == "a" * 60 + ","
    assert "".join("".join(pieces).split()) == sentence.replace(" ", "")
    assert all(len(piece) <= 100 for piece in speaking.chunks("x" * 350, 100))


def test_short_sentences_are_spoken_together_and_hums_alone() -> None:
    assert speaking.breaths(["a.", "b.", "mm-hmm", "c.", "d" * 200]) == ["a. b.", "mm-hmm", "c.", "d" * 200]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Mm-hmm.", (["mm-hmm"], "")),
        ("Hmm, okay.", (["hmm"], "okay.")),
        ("Mm-hmm. Hmm... Right.", (["mm-hmm", "hmm"], "Right.")),
        ("Hmong people.", ([], "Hmong people.")),
        ("Mm-hmm that.", ([], "Mm-hmm that.")),
    ],
)
def test_hums_are_taken_from_the_front(sentence: str, expected: tuple[list[str], str]) -> None:
    assert hums.split_hums(sentence) == expected


def test_hum_has_the_pitch_of_the_voice() -> None:
    hummed = hums.hum("hmm", 120.0, RATE, np.random.default_rng(0))
    assert hums.pitch_of(hummed, RATE) == pytest.approx(120, rel=0.12)


def test_numbers_scales_and_drugs_are_read_as_said() -> None:
    pytest.importorskip("hibari", reason="the extra `voices` is not installed")
    american, british = speaking.Speaking(), speaking.Speaking(british=True)
    assert american.sentences("Your PHQ-9 was 14.") == american.sentences("Your PHQ nine was fourteen.")
    assert american.sentences("Call 988.") == american.sentences("Call nine eight eight.")
    assert american.sentences("$40 a week") == american.sentences("40 dollars a week")
    assert "sˈɜɹtɹəlˌin" in american.sentences("50 milligrams of Sertraline")[0]
    assert "sˈɜːtɹəlˌin" in british.sentences("sertraline's effect")[0]
    assert american.sentences("Something'll give.") == american.sentences("Something will give.")


def test_real_voice_speaks_and_names_unknown_voices() -> None:
    settings = Settings()
    if not models.at_hand("kokoro", settings):
        pytest.skip("the voices are not at hand; run: notebench models get kokoro")
    pytest.importorskip("hibari", reason="the extra `voices` is not installed")
    voice = Kokoro(settings)
    sentences = voice.sentences("I take 50 milligrams of sertraline.", "af_heart")
    samples = voice.speak(sentences[0], "af_heart", 1.0)
    assert 1.5 < len(acoustics.trim(samples, RATE)) / RATE < 6
    with pytest.raises(InputError, match="af_heart"):
        voice.sentences("Hello.", "nobody")

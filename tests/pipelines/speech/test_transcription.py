import json
from pathlib import Path

import numpy as np

from pipelines.records import Encounter, Failure, Speaker, Transcript, Utterance, VoicedGap
from pipelines.speech.engine import ChannelTranscript
from pipelines.speech.transcription import merge, placed_at, transcribe_encounter, turns
from pipelines.speech.vocabulary import words_to_listen_for
from tests.sounds import tone, truncate, write_media


def said(speaker: Speaker, start: float, end: float, text: str) -> Utterance:
    return Utterance(speaker=speaker, start=start, end=end, text=text)


def test_two_channels_become_turns_in_order() -> None:
    joined = turns([
        said("clinician", 0.0, 2.0, "How was"),
        said("clinician", 2.5, 3.0, "your week?"),
        said("client", 3.4, 5.0, "Bad."),
        said("client", 7.0, 8.0, "I slept four hours."),
        said("clinician", 5.5, 6.5, "How bad?"),
    ])  # fmt: skip

    assert [(u.speaker, u.start, u.end, u.text) for u in joined] == [
        ("clinician", 0.0, 3.0, "How was your week?"),
        ("client", 3.4, 5.0, "Bad."),
        ("clinician", 5.5, 6.5, "How bad?"),
        ("client", 7.0, 8.0, "I slept four hours."),
    ]


def test_a_word_across_a_long_sentence_does_not_tear_it_apart() -> None:
    joined = turns([
        said("client", 0.0, 4.0, "And then we went to my mother's,"),
        said("clinician", 2.0, 2.4, "Mm-hmm."),
        said("client", 4.5, 6.0, "which was fine."),
    ])  # fmt: skip

    assert [u.text for u in joined] == ["And then we went to my mother's, which was fine.", "Mm-hmm."]


def test_an_answer_in_a_pause_parts_the_turns_and_so_does_a_long_silence() -> None:
    joined = turns([
        said("clinician", 0.0, 1.0, "Any thoughts of hurting yourself,"),
        said("client", 1.2, 1.6, "No."),
        said("clinician", 1.8, 3.0, "or anyone else?"),
        said("clinician", 25.0, 26.0, "Take your time."),
    ])  # fmt: skip

    assert [u.speaker for u in joined] == ["clinician", "client", "clinician", "clinician"]


def test_stretches_of_a_session_are_put_where_they_began() -> None:
    def heard(speaker: Speaker, text: str) -> ChannelTranscript:
        gap = VoicedGap(speaker=speaker, start=3.0, end=5.0)
        return ChannelTranscript(speaker, [said(speaker, 1.0, 2.0, text)], [gap], audio_seconds=10.0)

    merged = merge("e1", [
        placed_at(heard("client", "After the pause."), 100.0), placed_at(heard("clinician", "Hello."), 0.0),
        placed_at(heard("clinician", "Are you back?"), 98.5), placed_at(heard("client", "Hi."), 0.7),
    ], "engine")  # fmt: skip

    assert [(u.speaker, u.start, u.text) for u in merged.utterances] == [
        ("clinician", 1.0, "Hello."),
        ("client", 1.7, "Hi."),
        ("clinician", 99.5, "Are you back?"),
        ("client", 101.0, "After the pause."),
    ]
    assert [gap.start for gap in merged.voiced_gaps] == [3.0, 3.7, 101.5, 103.0]
    assert merged.audio_seconds == 110.0


class LengthEngine:
    """Says how many seconds it heard."""

    name = "length"

    def transcribe(self, samples, speaker, listen_for, expected):
        seconds = len(samples) / 16_000
        text = f"{seconds:.0f} seconds" if np.abs(samples).max() > 0 else ""
        utterances = [Utterance(speaker=speaker, start=0, end=seconds, text=text)] if text else []
        return ChannelTranscript(speaker, utterances, audio_seconds=seconds, seconds=0.5)


def encounter(**audio: str) -> Encounter:
    return Encounter.model_validate({"id": "e1", "audio": audio, "chart": {"medications": ["sertraline 50 mg"]}})


def test_an_encounter_is_transcribed_channel_by_channel(tmp_path: Path) -> None:
    write_media(tmp_path / "a.wav", tone(2, 8_000), 8_000)
    write_media(tmp_path / "b.wav", np.zeros(48_000 * 3, np.float32), 48_000, layout="stereo")

    transcript = transcribe_encounter(encounter(clinician="a.wav", client="b.wav"), tmp_path, LengthEngine())

    assert isinstance(transcript, Transcript)
    assert [(u.speaker, u.text) for u in transcript.utterances] == [("clinician", "2 seconds")]
    assert (transcript.audio_seconds, transcript.engine) == (3.0, "length")
    assert transcript.seconds > 1.0  # half a second for each channel's words, and the decoding of its file
    assert transcript.listened_for[0] == "sertraline"


def test_a_truncated_channel_is_kept_with_a_warning_and_a_text_file_is_a_failure(tmp_path: Path) -> None:
    whole = write_media(tmp_path / "whole.opus", tone(8, 48_000), 48_000, codec="libopus")
    truncate(whole, tmp_path / "cut.opus", 0.5)
    (tmp_path / "text.wav").write_text("My secret. " * 50, encoding="utf-8")

    kept = transcribe_encounter(encounter(mix="cut.opus"), tmp_path, LengthEngine())
    failed = transcribe_encounter(encounter(clinician="whole.opus", client="text.wav"), tmp_path, LengthEngine())

    assert isinstance(kept, Transcript)
    assert kept.utterances[0].speaker == "unknown"
    assert "cut.opus" in kept.warnings[0]
    assert isinstance(failed, Failure)
    assert (failed.stage, failed.type, failed.encounter_id) == ("transcribe", "AudioError", "e1")
    assert "text.wav" in failed.message
    assert failed.remedy
    assert "secret" not in json.dumps(failed.model_dump())


def test_words_to_listen_for_come_from_the_chart_first_each_once() -> None:
    record = Encounter.model_validate({
        "id": "e1",
        "approaches": ["CPT"],
        "chart": {
            "client": {"name": "Dana Whitfield"},
            "medications": ["Sertraline 50 mg", "sertraline 25 mg", "St. John's wort"],
            "diagnoses": [{"code": "F41.1", "name": "Generalized anxiety disorder"}],
            "treatment_plan": {"goals": [{"goal": "Sleep", "interventions": ["sleep diary"]}]},
        },
    })  # fmt: skip

    words = words_to_listen_for(record, extra=["Elm Street Clinic"])

    assert words[:6] == [
        "Sertraline",
        "St. John's wort",
        "Dana",
        "Whitfield",
        "sleep diary",
        "Generalized anxiety disorder",
    ]
    assert {"Elm Street Clinic", "stuck point", "PHQ-9", "prazosin"} <= set(words)
    assert len({word.casefold() for word in words}) == len(words)
    assert words_to_listen_for(Encounter(id="bare"))

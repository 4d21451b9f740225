"""Sound in every wrapping comes out as mono samples; what gives none says what to do."""

import av
import numpy as np
import pytest

from pipelines.speech import audio
from tests.sounds import tone, truncate, write_media


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout", "picture"),
    [
        ("phone.wav", "pcm_s16le", 8_000, "mono", False),
        ("studio.flac", "flac", 48_000, "stereo", False),
        ("call.mp4", "aac", 44_100, "stereo", True),
        ("memo.mp3", "mp3", 22_050, "mono", False),
    ],
)
def test_any_container_becomes_mono_at_the_asked_rate(tmp_path, name, codec, rate, layout, picture):
    path = write_media(tmp_path / name, tone(2.0, rate), rate, codec=codec, layout=layout, picture=picture)

    sound = audio.load(path)

    assert sound.rate == 16_000
    assert sound.seconds == pytest.approx(2.0, abs=0.08)
    assert sound.samples.dtype == np.float32
    loudest = np.abs(np.fft.rfft(sound.samples[4000:20_000])).argmax()
    assert loudest == pytest.approx(440, abs=2)  # one second: bin = Hz
    assert not sound.warnings


def test_opus_keeps_the_sound_and_writes_the_same_bytes_each_time(tmp_path):
    samples = tone(1.5, 24_000)

    audio.encode_opus(tmp_path / "a.opus", samples, 24_000)
    audio.encode_opus(tmp_path / "b.opus", samples, 24_000)

    assert (tmp_path / "a.opus").read_bytes() == (tmp_path / "b.opus").read_bytes()
    sound = audio.load(tmp_path / "a.opus")
    assert sound.seconds == pytest.approx(1.5, abs=0.03)
    assert not sound.warnings
    with av.open(str(tmp_path / "a.opus")) as container:
        assert container.streams.audio[0].codec_context.name in {"opus", "libopus"}
        assert container.streams.audio[0].channels == 1


@pytest.mark.parametrize("name", ["cut.opus", "cut.wav", "cut.flac"])
def test_a_truncated_file_keeps_what_can_be_decoded_and_says_so(tmp_path, name):
    codec = {"opus": "libopus", "wav": "pcm_s16le", "flac": "flac"}[name.rpartition(".")[2]]
    whole = write_media(tmp_path / f"whole-{name}", tone(8.0, 48_000), 48_000, codec=codec)
    path = truncate(whole, tmp_path / name, 0.5)

    sound = audio.load(path)

    assert 2.0 < sound.seconds < 6.0
    assert len(sound.warnings) == 1
    assert name in sound.warnings[0]
    assert "breaks off" in sound.warnings[0]


@pytest.mark.parametrize(("name", "codec"), [("a.opus", "libopus"), ("a.wav", "pcm_s16le"), ("a.webm", "libopus")])
def test_a_recording_in_memory_is_read_as_the_file_is_whole_or_cut(tmp_path, name, codec):
    path = write_media(tmp_path / name, tone(8.0, 48_000), 48_000, codec=codec)
    cut = truncate(path, tmp_path / f"cut-{name}", 0.5)

    for file in (path, cut):
        read, held = audio.load(file), audio.load_bytes(file.read_bytes(), file.name)
        assert np.array_equal(read.samples, held.samples)
        assert read.warnings == held.warnings


def test_bytes_that_are_no_sound_are_refused_by_the_name_they_were_given():
    with pytest.raises(audio.AudioError, match="track c1: is not audio"):
        audio.load_bytes(b"Priya said that she", "track c1")


def test_silence_is_sound(tmp_path):
    path = write_media(tmp_path / "silent.wav", np.zeros(16_000, np.float32), 16_000)

    assert audio.load(path).seconds == 1.0


def test_what_gives_no_sound_names_the_file_and_the_remedy_but_none_of_its_bytes(tmp_path):
    (tmp_path / "notes.opus").write_text("The client's name is Ada.\n" * 40, encoding="utf-8")
    write_media(tmp_path / "empty.wav", np.zeros(0, np.float32), 16_000)
    write_media(tmp_path / "film.mp4", None, 16_000, picture=True)
    whole = write_media(tmp_path / "whole.mp4", tone(4.0, 16_000), 16_000, codec="aac")
    truncate(whole, tmp_path / "no-index.mp4", 0.5)  # the index of an MP4 stands at its end
    (tmp_path / "nothing.wav").touch()
    faults = {
        "notes.opus": "not audio or video",
        "empty.wav": "zero seconds",
        "film.mp4": "no audio stream",
        "no-index.mp4": "not audio or video",
        "nothing.wav": "not audio or video",
        "missing.wav": "no such file",
    }
    for name, fault in faults.items():
        with pytest.raises(audio.AudioError, match=fault) as raised:
            audio.load(tmp_path / name)
        assert name in str(raised.value)
        assert raised.value.remedy
        assert "Ada" not in str(raised.value)

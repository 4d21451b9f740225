from dataclasses import replace

import numpy as np
import pytest

from pipelines.records import Utterance, VoicedGap
from pipelines.speech.engine import Word, stretches_of_speech, voiced_gaps, with_missed, without_loops
from pipelines.speech.voice import keep_voiced, voiced_stretches


def test_a_stretch_ends_where_the_speaker_pauses() -> None:
    words = [Word(" So,", 0, 0.3), Word(" yes.", 0.4, 0.6), Word(" And", 1.2, 1.4), Word(" no.", 1.5, 1.7)]

    assert stretches_of_speech(words, "client") == [
        Utterance(speaker="client", start=0, end=0.6, text="So, yes."),
        Utterance(speaker="client", start=1.2, end=1.7, text="And no."),
    ]


def test_voice_that_no_word_covers_is_a_gap() -> None:
    words = [Word(" one", 1.0, 1.5), Word(" two", 6.0, 6.5)]

    gaps = voiced_gaps([(0.8, 7.0), (10.0, 13.0)], words, "client")

    assert gaps == [
        VoicedGap(speaker="client", start=1.9, end=5.6),
        VoicedGap(speaker="client", start=10.0, end=13.0),
    ]
    assert voiced_gaps([(0.8, 1.9)], words, "client") == []


def test_words_found_in_a_gap_take_their_place_but_not_twice_and_not_when_unsure() -> None:
    words = [Word(" so", 0.0, 0.5), Word(" then", 0.6, 1.0), Word(" yes", 5.0, 5.4)]
    gap = VoicedGap(speaker="client", start=1.4, end=4.6)
    found = [Word(" Then", 1.3, 1.6), Word(" we", 2.0, 2.2), Word(" left.", 2.3, 2.8), Word(" yes", 4.9, 5.3)]

    assert "".join(w.text for w in with_missed(words, found, gap)) == " so then we left. yes"
    unsure = [replace(word, probability=0.2) for word in found]
    assert with_missed(words, unsure, gap) == words
    assert with_missed(words, [], gap) == words


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("and so on " + "thank you all " * 6, "and so on thank you all"),
        ("no no no no I won't", "no no no no I won't"),
        ("la " * 9 + "end", "la end"),
        ("very very good very very good", "very very good very very good"),
    ],
)
def test_a_phrase_over_and_over_is_said_once(said: str, kept: str) -> None:
    words = [Word(f" {word}", i, i + 1) for i, word in enumerate(said.split())]

    assert "".join(word.text for word in without_loops(words)).strip() == kept


def test_pauses_are_cut_out_and_times_come_back() -> None:
    samples = np.arange(16_000 * 20, dtype=np.float32)

    voiced = keep_voiced(samples, [(2.0, 4.0), (4.5, 5.0), (10.0, 12.0)], longest_pause=1.0, margin=0.25)

    assert len(voiced.samples) / 16_000 == pytest.approx(3.5 + 2.5)
    assert voiced.samples[0] == 1.75 * 16_000
    assert voiced.span(0.25, 0.5) == pytest.approx((2.0, 2.25))
    assert voiced.span(3.75, 4.0) == pytest.approx((10.0, 10.25))
    assert voiced.span(3.3, 3.9) == pytest.approx((9.75, 10.15))  # a word lies in the part that holds its middle


def test_silence_and_nothing_hold_no_voice() -> None:
    assert voiced_stretches(np.zeros(16_000 * 3, np.float32)) == []
    assert voiced_stretches(np.zeros(0, np.float32)) == []
    assert len(keep_voiced(np.zeros(16_000, np.float32), [], 1.0, 0.25).samples) == 0

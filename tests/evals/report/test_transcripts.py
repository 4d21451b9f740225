"""A transcript with its errors marked: nothing that was heard gets lost, and each mark stands where it belongs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evals.report.transcripts import Marked, marked
from evals.scorers.alignment import align, total
from pipelines.records import Speaker, Transcript, Utterance, VoicedGap


def heard(*utterances: Utterance, gaps: list[VoicedGap] | None = None) -> Transcript:
    return Transcript(
        encounter_id="e", utterances=list(utterances), engine="w", audio_seconds=9, seconds=1, voiced_gaps=gaps or []
    )


def client(text: str, start: float | None = None, speaker: Speaker = "client") -> Utterance:
    return Utterance(speaker=speaker, start=start, end=None if start is None else start + 1, text=text)


def marks(shown: Marked, turn: int = 0) -> list[tuple[str, str, str]]:
    return [(piece.mark, piece.heard, piece.said) for piece in shown.turns[turn].pieces]


def test_words_that_only_look_different_are_right() -> None:
    shown = marked(heard(client("I'm OK, it's twenty five mg.")), [client("I am okay. It is 25 milligrams.")])
    assert marks(shown) == [("right", "I'm OK, it's twenty five mg.", "")]


def test_number_of_several_words_is_marked_where_it_stands() -> None:
    shown = marked(heard(client("Take twenty five mg now.")), [client("Take 35 mg now.")])
    assert [mark for mark, _, _ in marks(shown)] == ["right", "substituted", "right"]
    assert marks(shown)[1][2] == "35"


def test_misheard_stretch_is_one_piece() -> None:
    shown = marked(heard(client("Take certain lean daily.")), [client("Take sertraline daily.")])
    assert marks(shown)[1] == ("substituted", "certain lean", "sertraline")


def test_lost_words_stand_with_their_own_utterance() -> None:
    said = [client("One two three.", 0), client("Please call tomorrow.", 3)]
    shown = marked(heard(client("One two three.", 0), client("call tomorrow.", 3)), said)
    assert marks(shown, 0) == [("right", "One two three.", "")]
    assert marks(shown, 1)[0] == ("missed", "", "please")


def test_speaker_of_whom_nothing_was_heard_has_a_row() -> None:
    shown = marked(heard(client("Yes.", 0, "clinician")), [client("Yes.", 0, "clinician"), client("Not really.", 1)])
    assert [turn.speaker for turn in shown.turns] == ["clinician", "client"]
    assert marks(shown, 1) == [("missed", "", "not really")]


def test_gaps_stand_in_order_of_time() -> None:
    gap = VoicedGap(speaker="client", start=1.5, end=2.5)
    shown = marked(heard(client("One.", 0), client("Two.", 3), gaps=[gap]), [])
    assert [turn.number for turn in shown.turns] == [0, None, 1]


def test_places_lead_from_what_was_said_to_where_it_was_heard() -> None:
    said = [client("I sleep badly. I dread work.", 0), client("Sertraline helps.", 4)]
    shown = marked(heard(client("I sleep badly.", 0), client("I dread work.", 2), client("Sertraline helps.", 4)), said)
    assert shown.places == {0: [0, 1], 1: [2]}


def test_mixed_recording_is_compared_as_one_channel() -> None:
    said = [client("How are you?", 0, "clinician"), client("Fine.", 2)]
    shown = marked(heard(client("How are you? Fine.", 0, "unknown")), said)
    assert marks(shown) == [("right", "How are you? Fine.", "")]


TRICKY = [
    "I",
    "am",
    "I'm",
    "um",
    "Mm-hmm",
    "20",
    "twenty",
    "five",
    "OK,",
    "no.",
    "fine",
    "—",
    "…",
    "2:30",
    "p.m.",
    "$5",
]
WORDS = st.lists(st.sampled_from(TRICKY), max_size=9)
UTTERANCES = st.lists(st.tuples(st.sampled_from(["client", "clinician", "unknown"]), WORDS), max_size=5)


@given(UTTERANCES, UTTERANCES)
def test_every_word_heard_is_shown_once_and_every_error_is_marked(
    said: list[tuple[Speaker, list[str]]], got: list[tuple[Speaker, list[str]]]
) -> None:
    reference = [client(" ".join(words), float(i), speaker) for i, (speaker, words) in enumerate(said)]
    transcript = heard(*(client(" ".join(words), float(i), speaker) for i, (speaker, words) in enumerate(got)))
    shown = marked(transcript, reference)
    for i, (_, words) in enumerate(got):
        assert [w for piece in shown.turns[i].pieces for w in piece.heard.split()] == words
    if reference:
        counts = total([channel.counts for channel in align(reference, transcript.utterances)])
        assert (counts.errors > 0) == any(turn.errors for turn in shown.turns)

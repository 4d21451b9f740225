import pytest

from evals.case import Case, score_case
from evals.scorers.alignment import Counts, align, by_utterance, total
from evals.scorers.transcription import TRANSCRIPT_SCORERS, TRANSCRIPT_SCORES, score_transcript
from evals.statistics import aggregate
from pipelines.records import Audio, Chart, Encounter, Failure, Transcript, Utterance, VoicedGap


def said(*turns: tuple[str, str]) -> list[Utterance]:
    return [
        Utterance(speaker=who, start=float(i), end=i + 0.9, text=text)  # type: ignore[arg-type]
        for i, (who, text) in enumerate(turns)
    ]


def case(reference: list[Utterance], heard: list[Utterance], **more: object) -> Case:
    encounter = Encounter(
        id="e1", audio=Audio(mix="a.opus"), transcript=reference, chart=Chart(medications=["sertraline 50 mg"])
    )
    return Case(
        encounter,
        Transcript(encounter_id="e1", utterances=heard, engine="e", audio_seconds=9, seconds=1, **more),  # type: ignore[arg-type]
    )


REFERENCE = said(("clinician", "How is the sertraline?"), ("client", "I take fifty milligrams and my PHQ-9 was 14."))


def test_counts_of_each_kind_by_hand() -> None:
    # clinician: "sertraline" → "certain lean" is a substitution and an insertion; client: "and" lost, 14 → 40
    heard = said(("clinician", "How is the certain lean?"), ("client", "I take 50 mg my PHQ9 was 40."))
    channels = align(REFERENCE, heard)
    assert total([channel.counts for channel in channels]) == Counts(
        substitutions=2, deletions=1, insertions=1, reference=14
    )
    scores = score_transcript(case(REFERENCE, heard))
    assert scores["wer"] == pytest.approx(4 / 14)
    assert scores["wer_clinician"] == pytest.approx(2 / 4)
    assert scores["wer_client"] == pytest.approx(2 / 10)
    assert scores["words_lost"] == pytest.approx(1 / 14)
    assert (scores["term_errors"], scores["reference_terms"]) == (1, 2)  # sertraline; PHQ-9 stands
    assert (scores["number_errors"], scores["reference_numbers"]) == (1, 3)  # 50, 9, 14


def test_perfect_speech_has_no_error_and_spelling_is_none() -> None:
    scores = score_transcript(
        case(
            REFERENCE,
            said(("clinician", "how is the sertraline"), ("client", "I take 50 mg, and my PHQ 9 was fourteen")),
        )
    )
    assert (scores["wer"], scores["term_error_rate"], scores["number_error_rate"]) == (0, 0, 0)
    assert (scores["wer_whisper_normalizer"] or 0) > 0  # mg and milligrams are two words to the plain one


def test_words_swapped_between_speakers_are_errors_but_not_in_mixed_audio() -> None:
    crossed = said(("client", "How is the sertraline?"), ("clinician", "I take fifty milligrams and my PHQ-9 was 14."))
    assert (score_transcript(case(REFERENCE, crossed))["wer"] or 0) >= 1
    mixed = [u.model_copy(update={"speaker": "unknown"}) for u in REFERENCE]
    scores = score_transcript(case(REFERENCE, mixed))
    assert scores["wer"] == 0
    assert scores.get("wer_client") is None


def test_a_listened_word_counts_as_unsaid_only_where_nobody_said_it() -> None:
    heard = said(("clinician", "How is the sertraline?"), ("client", "I take fifty milligrams and my prazosin was 14."))
    listened = ["sertraline", "prazosin"]
    assert score_transcript(case(REFERENCE, heard, listened_for=listened))["listened_unsaid"] == 1
    assert score_transcript(case(REFERENCE, heard, listened_for=["sertraline"]))["listened_unsaid"] == 0
    shifted = said(
        ("clinician", "How is how is the the sertraline"), ("client", "I take fifty milligrams and my PHQ-9 was 14.")
    )
    assert score_transcript(case(REFERENCE, shifted, listened_for=listened))["listened_unsaid"] == 0


def test_voice_without_text_is_summed() -> None:
    gaps = [VoicedGap(speaker="client", start=1, end=2.5), VoicedGap(speaker="clinician", start=4, end=5)]
    assert score_transcript(case(REFERENCE, REFERENCE, voiced_gaps=gaps))["voiced_gap_seconds"] == 2.5


def test_without_audio_nothing_applies() -> None:
    encounter = Encounter(id="e1", transcript=REFERENCE)
    transcript = Transcript(encounter_id="e1", utterances=REFERENCE, engine="e", audio_seconds=1, seconds=1)
    scored = score_case(Case(encounter, transcript), TRANSCRIPT_SCORERS)
    assert set(scored.scores.values()) == {None}
    assert scored.failures == {}


def test_a_failed_transcription_counts_as_all_words_wrong_by_its_own_length() -> None:
    good = score_case(case(REFERENCE, REFERENCE), TRANSCRIPT_SCORERS)
    lost = Encounter(
        id="e2", audio=Audio(mix="b.opus"), transcript=said(("client", "No. Nothing, thank you. I am fine."))
    )
    failure = Failure(encounter_id="e2", stage="transcribe", type="BrokenAudio", message="e2")
    bad = score_case(Case(lost, failure=failure), TRANSCRIPT_SCORERS)
    assert set(bad.failures) == set(TRANSCRIPT_SCORES)
    wer = aggregate([good, bad])["wer"]
    assert wer.value == pytest.approx(7 / (14 + 7))
    assert (wer.n_scored, wer.n_failed, wer.n_total) == (1, 1, 2)


def test_errors_are_shown_at_the_utterance_they_happened_in() -> None:
    heard = said(("clinician", "How was the sertraline"), ("client", "I take fifty milligrams and my my PHQ-9 14."))
    shown = by_utterance(align(REFERENCE, heard), len(REFERENCE))
    assert [(s.operation, s.reference, s.heard) for s in shown[0] if s.operation != "equal"] == [
        ("substitute", ("is",), ("was",))
    ]
    assert sorted(s.operation for s in shown[1] if s.operation != "equal") == ["delete", "insert"]
    assert [w for spans in shown for s in spans for w in s.reference] == [
        w for c in align(REFERENCE, heard) for w in c.reference
    ]


def test_nothing_heard_and_nothing_said() -> None:
    assert score_transcript(case(REFERENCE, []))["wer"] == 1
    silent = score_transcript(case(said(("client", "Mm-hmm.")), []))
    assert silent["wer"] is None

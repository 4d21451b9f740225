import pytest

from pipelines.speech.phonetics import distance, sounds


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("searcher line", "sertraline"),
        ("Lama Trigen", "lamotrigine"),
        ("bus per'one", "buspirone"),
        ("Lex Sappro", "Lexapro"),
        ("PHQ 9", "PHQ-9"),
        ("gad seven", "GAD-7"),
    ],
)
def test_what_was_misheard_sounds_like_what_was_said(heard: str, said: str) -> None:
    assert distance(sounds(heard), sounds(said)) < 0.2


@pytest.mark.parametrize(
    ("heard", "other"),
    [
        ("search team", "sertraline"),
        ("lamp was rising", "lamotrigine"),
        ("the line", "sertraline"),
        ("pizza", "prazosin"),
    ],
)
def test_other_words_do_not(heard: str, other: str) -> None:
    assert distance(sounds(heard), sounds(other)) > 0.4


def test_an_acronym_is_spelled_out_and_a_pronounceable_one_read() -> None:
    assert sounds("PTSD") == sounds("pee tee ess dee")
    assert sounds("AUDIT") == sounds("audit")


def test_beyond_the_limit_only_that_it_is_beyond_is_told() -> None:
    assert distance("kat", "sartralan", limit=0.1) > 0.1
    assert distance("", "sartralan") == 1.0

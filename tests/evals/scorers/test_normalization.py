import pytest

from evals.scorers.normalization import talk, whisper


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("No. No, nothing like that.", "no no nothing like that"),
        ("Oh. Okay, so that's better.", "okay so that is better"),
        ("OK, O.K. okay", "okay okay okay"),
        ("I cannot. I can not. I can't.", "i can not i can not i can not"),
        ("At 6:30, so six thirty.", "at 630 so 630"),
        ("Seven o'clock. 7:00, 7 p.m., 7pm", "7 7 7 pm 7 pm"),
        ("Um, uh, mm-hmm, hmm, uh-huh, mhm, er", ""),
        ("PHQ-9 14, PHQ9, PHQ 9", "phq 9 14 phq 9 phq 9"),
        ("50 milligrams, 50 mg, 50mg, fifty milligram", "50 mg 50 mg 50 mg 50 mg"),
        ("Zero to 100. Eighty. No, 85.", "0 to 100 80 no 85"),
        ("a hundred and five", "105"),
        ("I— I just wasn't—", "i i just was not"),
        ("March ninth, March 9th, the third", "march 9th march 9th the 3rd"),
        ("It's ahead of the umbrella, Tom. Human.", "it is ahead of the umbrella tom human"),
        ("alright, all right", "all right all right"),
        ("", ""),
    ],
)
def test_what_talk_normalizes_to(text: str, words: str) -> None:
    assert talk([text]) == [words.split()]


def test_utterances_are_normalized_apart_even_when_numbers_meet() -> None:
    assert talk(["fifty", "", "five or so"]) == [["50"], [], ["5", "or", "so"]]
    assert whisper(["fifty", "five"]) == [["50"], ["5"]]


def test_faults_of_the_plain_normalizer_are_really_there() -> None:
    """If the package mends them, our rules before it can go."""
    assert whisper(["Oh. Okay. OK."]) == [["0", "okay", "ok"]]
    assert whisper(["One hundred. Eighty."]) == [["180"]]

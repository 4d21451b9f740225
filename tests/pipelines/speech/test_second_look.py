"""Only a doubtful place that sounds like a listed word can change, and only if the sound supports it."""

from collections.abc import Sequence

import pytest

from pipelines.speech.engine import Word
from pipelines.speech.second_look import Candidate, SecondLook

LISTED = ["sertraline", "PHQ-9", "GAD-7", "AUDIT", "ISI", "psychoeducation", "prazosin", "stuck point"]


def words(text: str, doubtful: Sequence[str] = ()) -> list[Word]:
    """A word each 0.3 s; sure, but for the doubtful ones."""
    return [
        Word(f" {word}", 0.3 * i, 0.3 * i + 0.25, 0.4 if word.strip(".,?") in doubtful else 0.99)
        for i, word in enumerate(text.split())
    ]


def text(spoken: Sequence[Word]) -> str:
    return "".join(word.text for word in spoken).strip()


class Scorer:
    """Supports the texts that hold `supported`; remembers what it was asked."""

    def __init__(self, supported: str = "") -> None:
        self.supported = supported
        self.asked: list[tuple[str, str, str]] = []

    def __call__(self, written: str, proposed: str, listed: str) -> float:
        self.asked.append((written, proposed, listed))
        return 5.0 if listed == self.supported else -20.0


def test_a_misheard_word_is_mended_and_keeps_its_time_and_punctuation() -> None:
    heard = words("I take searcher line, 50 milligrams.", ["searcher", "line"])
    score = Scorer("sertraline")

    mended, count = SecondLook(LISTED).mend(heard, score)

    assert text(mended) == "I take sertraline, 50 milligrams."
    assert count == 1
    assert (mended[2].start, mended[2].end) == (heard[2].start, heard[3].end)
    assert score.asked[0][1].strip() == "I take sertraline, 50 milligrams."


def test_what_the_sound_does_not_support_stays() -> None:
    heard = words("I take searcher line, 50 milligrams.", ["searcher", "line"])

    mended, count = SecondLook(LISTED).mend(heard, Scorer())

    assert (mended, count) == (heard, 0)


@pytest.mark.parametrize(
    ("said", "doubtful"),
    [
        ("we did some processing of it.", []),  # sounds like prazosin, but was heard clearly
        ("they walked along the river.", ["river"]),  # doubtful, but sounds like no listed word
        ("I take sertraline, 50 milligrams.", ["sertraline"]),  # right already
        ("that is a stuck point now.", ["stuck", "point"]),
    ],
)
def test_nothing_is_asked_where_nothing_is_in_doubt(said: str, doubtful: list[str]) -> None:
    score = Scorer()

    mended, _ = SecondLook(LISTED).mend(words(said, doubtful), score)

    assert text(mended) == said
    assert not score.asked


@pytest.mark.parametrize(
    ("heard", "spelled"),
    [
        ("your PHQ 9 is down.", "your PHQ-9 is down."),
        ("the GAD7, please.", "the GAD-7, please."),
        ("some psycho education.", "some psychoeducation."),
        ("they audit my taxes.", "they audit my taxes."),
        ("so is I think.", "so is I think."),
        ("an I S I score.", "an ISI score."),
    ],
)
def test_letters_that_agree_take_the_listed_spelling_and_plain_words_stay(heard: str, spelled: str) -> None:
    score = Scorer()

    assert text(SecondLook(LISTED).mend(words(heard), score)[0]) == spelled
    assert not score.asked


def test_a_word_of_the_chart_is_considered_sooner_than_one_of_the_field() -> None:
    heard = [Word(word.text, word.start, word.end, 0.9) for word in words("and the searcher line.")]

    assert not SecondLook(LISTED).candidates(heard)
    assert [c.listed for c in SecondLook(LISTED, ["sertraline"]).candidates(heard)] == ["sertraline"]


def test_the_surer_and_the_further_the_more_the_sound_must_say() -> None:
    needed = [
        Candidate(0, 1, "prazosin", d, p).needed_gain for d, p in ((0.0, 0.2), (0.0, 0.9), (0.1, 0.2), (0.3, 0.2))
    ]

    assert needed[0] < needed[2] < needed[3]
    assert needed[0] < needed[1] < needed[3]


def test_without_words_to_listen_for_nothing_changes() -> None:
    heard = words("I take searcher line.", ["searcher"])

    assert SecondLook([]).mend(heard, Scorer()) == (heard, 0)

"""What becomes of a note's sentences when its text changes."""

from hypothesis import given
from hypothesis import strategies as st

from app.work.edits import edit_distance
from app.work.note_content import Content, Sentence, resupported, without_sentence
from pipelines.source import split_sentences

SENTENCES = st.sampled_from(["Client slept.", "He said “no.”", "Dr. Lee agreed!", "Is 3.5 mg enough?", "Plan: rest."])
LINES = st.builds(
    lambda bullet, sentences: bullet + " ".join(sentences),
    st.sampled_from(["", "- ", "• "]),
    st.lists(SENTENCES, max_size=4),
)
TEXTS = st.lists(LINES, min_size=1, max_size=5).map("\n".join).filter(split_sentences)


@given(TEXTS, st.data())
def test_a_sentence_goes_and_all_others_stay(text: str, data: st.DataObject) -> None:
    sentences = split_sentences(text)
    index = data.draw(st.integers(0, len(sentences) - 1))
    assert split_sentences(without_sentence(text, index)) == sentences[:index] + sentences[index + 1 :]


@given(TEXTS, TEXTS)
def test_every_sentence_has_its_place_and_what_is_unsupported_stays_so(before: str, after: str) -> None:
    known = [
        Sentence(section="plan", sentence=i, text=text, kind="unsupported", score=0)
        for i, text in enumerate(split_sentences(before))
    ]
    found = resupported(known, {"plan": after})
    assert [one.text for one in found] == split_sentences(after)
    assert [one.sentence for one in found] == list(range(len(found)))
    assert all((one.kind == "unsupported") == (one.text in split_sentences(before)) for one in found)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_no_way_of_editing_back_makes_a_sentence_the_clinicians(texts: list[str]) -> None:
    draft = Sentence(section="plan", sentence=0, text="Client won.", kind="unsupported", score=0)
    content = Content(sections={"plan": "Client won."}, sentences=[draft])
    for text in [*texts, "Client won."]:
        content = content.edited({"plan": text}, {})
    assert [one.open for one in content.sentences] == ["unsupported"]


def test_edit_distance_counts_words() -> None:
    found = edit_distance({"a": "one two three", "b": "same here"}, {"a": "one too", "b": "same here"})
    assert found.sections == {"a": round(2 / 3, 4), "b": 0.0}
    assert found.whole == 0.4
    assert edit_distance({"a": "one two"}, {"summary": "one two"}).whole == 0.0
    assert edit_distance({"a": ""}, {"a": ""}).whole == 0.0

import pytest

from evals.case import Case
from evals.facts import match_facts, score_facts
from pipelines.records import Encounter, Fact, Note

FACTS = [
    Fact(
        id="score",
        text="Client's PHQ-9 score was 11, down from 15 three weeks earlier.",
        critical=True,
        in_summary=True,
    ),
    Fact(id="dose", text="Client takes sertraline 50 mg every morning.", critical=True, in_summary=True),
    Fact(id="risk", text="Client denied thoughts of suicide and of hurting himself.", critical=True, in_summary=True),
    Fact(id="move", text="Client might ask his landlord about a smaller flat and has not decided."),
    Fact(id="sister", text="Client declined his sister's offer of her lorazepam."),
    Fact(id="next", text="The next session is on Tuesday, March 31 at 12:15 PM."),
]


def verdict(fact: str, text: str) -> str:
    return {held.fact_id: held.verdict for held in match_facts(FACTS, {"section": text})}[fact]


@pytest.mark.parametrize(
    ("fact", "text", "expected"),
    [
        ("score", "PHQ-9 today was eleven; three weeks ago it was fifteen.", "held"),
        ("score", "PHQ-9 was 15, up from 11 three weeks earlier.", "contradicted"),
        ("score", "PHQ-9 was 9, down from 15 three weeks earlier.", "contradicted"),
        ("score", "The PHQ-9 was filled in.", "missing"),
        ("dose", "He reported taking fifty milligrams of sertraline every morning.", "held"),
        ("dose", "Client takes sertraline 75 mg every morning.", "contradicted"),
        ("dose", "Client asked about sertraline.", "missing"),
        ("risk", "Client had no thoughts of suicide or of hurting himself.", "held"),
        ("risk", "Client denied suicidal ideation and thoughts of hurting himself.", "held"),
        ("risk", "Client endorsed thoughts of suicide and of hurting himself.", "contradicted"),
        ("risk", "Clinician asked about thoughts of suicide and of hurting himself.", "missing"),
        ("move", "He is considering asking his landlord about a smaller flat, undecided so far.", "held"),
        ("move", "Client asked his landlord about a smaller flat.", "contradicted"),
        ("sister", "His sister offered him her lorazepam, which he turned down.", "held"),
        ("sister", "Client takes lorazepam.", "missing"),
        ("next", "Next session: Tuesday, March 31, 12:15 PM.", "held"),
        ("next", "The next session is on Friday, March 27 at 12:15 PM.", "contradicted"),
        ("next", "He came by bus. It was raining.", "missing"),
    ],
)
def test_verdicts(fact: str, text: str, expected: str) -> None:
    assert verdict(fact, text) == expected


def test_a_fact_may_be_told_in_two_sentences_that_follow_each_other() -> None:
    assert verdict("score", "PHQ-9 was 11 today. It had been 15 three weeks earlier.") == "held"
    far = "PHQ-9 was 11 today. He walks. He reads. It had been 15 three weeks earlier."
    assert verdict("score", far) != "held"


def test_the_passage_is_named() -> None:
    held = match_facts(FACTS, {"a": "It rained.", "b": "He came. Client takes sertraline 50 mg every morning."})[1]
    assert (held.section, held.sentence, held.verdict) == ("b", 1, "held")


def case(text: str, source: str) -> Case:
    note = Note(encounter_id="e1", format="soap", source=source, sections={"plan": text})  # type: ignore[arg-type]
    return Case(Encounter(id="e1", facts=FACTS), note=note, format="soap", source=source)  # type: ignore[arg-type]


def test_scores_count_from_a_summary_only_what_is_in_it() -> None:
    text = f"{FACTS[1].text} {FACTS[5].text} Client endorsed thoughts of suicide and of hurting himself."
    assert score_facts(case(text, "transcript")) == {
        "fact_recall": pytest.approx(2 / 6),
        "fact_recall_critical": pytest.approx(1 / 3),
        "facts_contradicted": 1,
    }
    assert score_facts(case(text, "summary"))["fact_recall"] == pytest.approx(1 / 3)


def test_without_facts_nothing_applies() -> None:
    bare = Case(Encounter(id="e1"), note=case("x", "summary").note, format="soap", source="summary")
    assert set(score_facts(bare).values()) == {None}


def test_every_planted_defect_lowers_the_score() -> None:
    whole = " ".join(fact.text for fact in FACTS)
    best = score_facts(case(whole, "transcript"))
    assert (best["fact_recall"], best["facts_contradicted"]) == (1, 0)
    for fact in FACTS:
        assert (score_facts(case(whole.replace(fact.text, ""), "transcript"))["fact_recall"] or 1) < 1

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


CLAIMS = {
    "nights": "Client had two nightmares this week, down from four the week before.",
    "doses": "Client takes bupropion 150 mg every morning and missed two doses.",
    "other": "Client takes nothing for sleep; the trazodone is a coworker's.",
    "brother": "Client's brother had a bypass on August 20.",
    "voice": "Client voiced that one error is evidence of character and recognized the voice as her father's.",
    "group": "Client declined a group for separated parents.",
    "trip": "Client had not decided whether to stay with her daughter for a week in June.",
    "horn": "Client opened the trumpet case three times and has not played for himself.",
    "visit": "Client's next session is on Wednesday, May 13, at 10:30 AM.",
    "calm": "Client will use the calm place on five nights.",
    "risk": "Client denied thoughts of doing something to end her life, plan and intent.",
    "aside": "Client had a panic attack on Monday and cried in a store.",
}


def claim_verdict(fact: str, text: str) -> str:
    facts = [Fact(id=name, text=claim) for name, claim in CLAIMS.items()]
    return {held.fact_id: held.verdict for held in match_facts(facts, {"section": text})}[fact]


@pytest.mark.parametrize(
    ("fact", "text", "expected"),
    [
        ("nights", "Two nightmares this week, four the week before.", "held"),
        ("nights", "Four nightmares this week, two the week before.", "contradicted"),
        ("nights", "Client had nightmares on seven of nine two nights ago, down from none.", "missing"),
        ("doses", "Client takes bupropion 300 mg every morning and missed two doses.", "contradicted"),
        ("doses", "Client takes bupropion 150 mg every morning and missed no doses.", "contradicted"),
        ("other", "Client takes trazodone for sleep.", "contradicted"),
        ("brother", "Client had a bypass on August 20.", "contradicted"),
        (
            "voice",
            "She voiced that one error is evidence of character and recognized the voice as her mother's.",
            "contradicted",
        ),
        ("group", "Client joined a group for separated parents.", "contradicted"),
        ("group", "He was offered a group for separated parents and declined it.", "held"),
        ("trip", "Client decided to stay with her daughter for a week in June.", "contradicted"),
        ("trip", "She might stay with her daughter for a week in June, undecided.", "held"),
        ("horn", "He has begun to play for himself and opened the trumpet case three times.", "contradicted"),
        ("horn", "He opened the trumpet case three times without playing for himself.", "held"),
        ("visit", "Next session is planned for Wednesday, May 13, at 10:30 AM.", "held"),
        ("visit", "Next session is planned for Wednesday, May 13, at 10:00 AM.", "contradicted"),
        ("visit", "Next session is planned for Sunday, the 13th, at 10:30 AM.", "contradicted"),
        ("calm", "Client will use the calm place every night.", "contradicted"),
        ("risk", "Client denied thoughts of ending her life, plan and intent.", "held"),
        ("risk", "Client denied thoughts of ending her life, and any plan or intent.", "held"),
        ("risk", "No plan.", "missing"),
        ("risk", "Client endorsed thoughts of ending her life, without plan or intent.", "contradicted"),
        ("risk", "Clinician asked about the week, sleep, thoughts of ending her life, plan and intent.", "missing"),
    ],
)
def test_what_speaks_against_a_fact_and_what_only_seems_to(fact: str, text: str, expected: str) -> None:
    assert claim_verdict(fact, text) == expected


def test_a_medication_of_another_is_no_conflict() -> None:
    assert claim_verdict("other", "Her coworker takes trazodone.") != "contradicted"


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

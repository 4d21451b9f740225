from pathlib import Path

import pytest
from rouge_score.rouge_scorer import RougeScorer

from evals.case import Case, score_case
from evals.metrics import is_metric, metric
from evals.scorers.notes import NOTE_SCORERS, score_adherence, score_grounding, score_length
from evals.scorers.overlap import ROUGE_SCORES, score_overlap
from pipelines.dataset import read_dataset
from pipelines.records import Encounter, Evidence, Failure, Note
from pipelines.source import split_sentences
from pipelines.templates import load_template

ROOT = Path(__file__).parents[3]
ENCOUNTER = read_dataset(ROOT / "datasets" / "synthetic").encounters[0]
SOAP = load_template(ROOT / "prompts" / "templates", "soap")


def case(sections: dict[str, str], encounter: Encounter = ENCOUNTER, evidence: list[Evidence] | None = None) -> Case:
    note = Note(
        encounter_id=encounter.id, format="soap", source="transcript", sections=sections, evidence=evidence or []
    )
    return Case(encounter, note=note, format="soap", source="transcript", template=SOAP)


REFERENCE = ENCOUNTER.notes["soap"]


def test_the_reference_note_keeps_the_rules_and_a_broken_one_does_not() -> None:
    best = score_adherence(case(REFERENCE))
    assert (best["adherence"] or 0) > 0.9
    broken = {**REFERENCE, "plan": "Signed electronically by the clinician."}
    worse = score_adherence(case(broken))
    assert (worse["adherence"] or 1) < (best["adherence"] or 0)
    assert worse["adherence_unsigned"] == 0
    assert set(best) == {"adherence", *(f"adherence_{rule}" for rule in SOAP.rules)}


def test_grounding_is_the_share_of_sentences_with_evidence() -> None:
    kinds = ("transcript", "chart", "unsupported", "transcript")
    evidence = [Evidence(section="plan", sentence=i, text="x", kind=kind, score=0.5) for i, kind in enumerate(kinds)]
    assert score_grounding(case(REFERENCE, evidence=evidence)) == {"grounding": 0.75}
    assert score_grounding(case(REFERENCE)) == {"grounding": None}


def test_words_are_counted_over_all_sections() -> None:
    assert score_length(case({"subjective": "one two", "plan": "three"})) == {"words": 3.0}


def test_rouge_is_that_of_the_package() -> None:
    draft = {section: " ".join(split_sentences(text)[:2]) for section, text in REFERENCE.items()}
    found = score_overlap(case(draft))
    lines = ["\n".join(s for text in note.values() for s in split_sentences(text)) for note in (REFERENCE, draft)]
    expected = RougeScorer(list(ROUGE_SCORES)).score(*lines)
    assert found == {name: pytest.approx(expected[name].fmeasure, abs=1e-9) for name in ROUGE_SCORES}
    assert score_overlap(case(REFERENCE)) == dict.fromkeys(ROUGE_SCORES, pytest.approx(1))
    assert set(score_overlap(case(draft, Encounter(id="e9"))).values()) == {None}


def test_every_score_of_a_note_is_a_documented_metric() -> None:
    scored = score_case(case(REFERENCE), NOTE_SCORERS)
    assert scored.failures == {}
    assert all(is_metric(name) and metric(name).label for name in scored.scores)


def test_a_note_that_failed_gets_no_score_and_fails_all_that_apply() -> None:
    failure = Failure(encounter_id=ENCOUNTER.id, stage="write", type="Timeout", message="m", format="soap")
    scored = score_case(Case(ENCOUNTER, failure=failure, format="soap", source="summary", template=SOAP), NOTE_SCORERS)
    assert scored.scores == {}
    assert {"adherence_risk", "fact_recall_critical", "grounding", "rougeLsum", "words"} <= set(scored.failures)
    bare = score_case(Case(Encounter(id="x"), failure=failure, format="soap", source="summary"), NOTE_SCORERS)
    assert set(bare.failures) == {"grounding", "words"}

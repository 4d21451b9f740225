"""What a demonstration shows, and whose record may become one."""

import pytest

from evals.compile.demonstrations import (
    check_synthetic,
    kind_of,
    note_facts_of,
    read_demonstration,
    with_shuffled_facts,
    write_demonstration,
)
from pipelines.records import Chart, Fact, InputError
from pipelines.settings import ROOT
from pipelines.source import source_of
from pipelines.templates import load_templates
from pipelines.writing.program import NoteProgram, Rules
from tests.evals.compile.made import FACTS, made
from tests.pipelines.session import NOTES

TEMPLATES = load_templates(ROOT / "prompts" / "templates")


def test_facts_keep_their_turns_and_what_is_critical_weighs_more() -> None:
    facts = note_facts_of(made("m1", "train"), source_of(made("m1", "train"), "transcript"))
    assert [(f.kind, f.lines, f.weight) for f in facts] == [
        ("report", [1], 3.0),
        ("report", [4, 5], 9.0),
        ("plan", [14, 15], 3.0),
    ]


def test_of_a_summary_only_its_own_facts_with_the_nearest_sentences() -> None:
    told = made("m1", "train", summary="GAD-7 was 12. She worried about the budget every evening. Two thought records.")
    facts = note_facts_of(told, source_of(told, "summary"))
    assert [(f.text, f.lines) for f in facts] == [(FACTS[0].text, [1]), (FACTS[2].text, [2])]


@pytest.mark.parametrize(
    ("kind", "sections", "wanted"),
    [
        ("response", {"soap": "objective", "birp": "behavior"}, "observation"),  # the sections go before the name
        ("homework", {}, "plan"),
        ("measure", {}, "observation"),
        ("medication", {}, "report"),
        (None, {}, "report"),
    ],
)
def test_kinds(kind: str | None, sections: dict[str, str], wanted: str) -> None:
    assert kind_of(Fact(id="f", text="x", kind=kind, sections=sections)) == wanted


@pytest.mark.parametrize(
    ("changes", "says"), [({"synthetic": False}, "not marked synthetic"), ({"split": "test"}, "not in train or dev")]
)
def test_real_records_and_test_records_are_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        check_synthetic([made("m1", "train"), made("m2", "train").model_copy(update=changes)])
    assert "sertraline" not in str(refused.value)


def test_the_client_s_name_is_in_no_demonstration() -> None:
    record = made("m1", "train", summary="Brenna Oakes worried about the budget. Brenna will do two thought records.")
    chart = Chart.model_validate({"client": {"name": "Brenna Oakes", "pronouns": "she/her"}})
    demo = read_demonstration(record.model_copy(update={"chart": chart}), "summary")
    assert "worried about the budget" in demo["source"]
    assert not any(name in str(demo[field]) for name in ("Brenna", "Oakes") for field in demo.inputs())


def test_of_a_reference_note_only_what_the_source_holds_is_shown() -> None:
    program = NoteProgram(TEMPLATES["soap"], Rules(ROOT / "prompts" / "guidelines"))
    invented = "Client bought a sailing boat in Norway and named it after her grandmother."
    note = NOTES["soap"] | {"subjective": f"{NOTES['soap']['subjective']} {invented}"}
    demo = write_demonstration(made("m1", "train", notes={"soap": note}), "transcript", program)
    assert demo is not None
    assert "sertraline" in demo["subjective"]
    assert "sailing" not in demo["subjective"]
    assert set(demo.inputs()) == {"facts", "chart", "style"}


def test_a_record_without_a_note_of_the_format_shows_none() -> None:
    program = NoteProgram(TEMPLATES["soap"], Rules(ROOT / "prompts" / "guidelines"))
    assert write_demonstration(made("m1", "train", notes={}), "transcript", program) is None


def test_bad_demonstrations_hold_the_same_facts_elsewhere() -> None:
    good = read_demonstration(made("m1", "train"), "transcript")
    bad = with_shuffled_facts(good, 1)
    assert sorted(f["text"] for f in bad["facts"]) == sorted(f["text"] for f in good["facts"])
    assert [f["lines"] for f in bad["facts"]] != [f["lines"] for f in good["facts"]]

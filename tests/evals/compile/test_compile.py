"""The whole compile with the extractive engine, its metric, and what it refuses."""

import json
from pathlib import Path

import dspy
import pytest

from evals.compile import job
from evals.compile.job import Order, compile_program, is_default
from evals.compile.leakage import Leakage, holds, planted, with_planted
from evals.compile.metric import NoteMetric
from evals.compile.optimizers import refuse_copied_instructions
from evals.compile.student import Calls, Student
from pipelines.records import InputError
from pipelines.settings import ROOT, Settings
from pipelines.source import source_of
from pipelines.templates import load_templates
from pipelines.writing.programs import UNCOMPILED, program_name
from pipelines.writing.writer import NoteWriter
from tests.evals.compile.made import made, made_dataset

TEMPLATES = load_templates(ROOT / "prompts" / "templates")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(lm="extractive", data_dir=tmp_path / "data", models_dir=tmp_path / "none", program="")


def order(optimizer: str = "labeled", **changes: object) -> Order:
    return Order(TEMPLATES["soap"], "transcript", optimizer, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("optimizer", ["labeled", "knn", "bootstrap"])
def test_a_program_is_compiled_scored_measured_and_serves_every_format(
    optimizer: str, settings: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "made.json"
    done = compile_program(settings, made_dataset(), order(optimizer, demos=1), out, lambda _: None)
    record = json.loads(out.read_text(encoding="utf-8"))
    assert set(record["predictors"]) == {"read"}
    assert record["dataset"]["train"] == ["m0", "m1"]
    assert record["dataset"]["dev"] == ["m2", "m3"]
    assert record["dev"]["compiled"]["metric"]["n"] == 2
    assert record["leakage"]["notes_holding_planted"] == {"raw": 0, "checked": 0}
    assert not done.leaks
    if optimizer != "bootstrap":  # the engine's own notes of this session may all be below the mark
        assert record["predictors"]["read"]["demos"]
    named = settings.model_copy(update={"program": str(out)})
    for template in TEMPLATES.values():
        NoteWriter(named).program(template, "transcript")


def test_the_same_seed_gives_the_same_program(settings: Settings, tmp_path: Path) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file in files:
        compile_program(settings, made_dataset(), order(demos=1, seed=3), file, lambda _: None)
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("optimizer", ["mipro", "gepa"])
def test_optimizers_that_propose_need_a_real_model(optimizer: str, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="NOTEBENCH_PROPOSER_LM"):
        compile_program(settings, made_dataset(), order(optimizer), tmp_path / "x.json", lambda _: None)
    assert not (tmp_path / "x.json").exists()


def test_real_records_are_refused(settings: Settings, tmp_path: Path) -> None:
    data = made_dataset(*(made(f"m{i}", s, synthetic=i > 0) for i, s in enumerate(["train", "train", "dev", "dev"])))
    with pytest.raises(InputError, match="m0: not marked synthetic"):
        compile_program(settings, data, order(), tmp_path / "x.json", lambda _: None)


def test_without_train_and_dev_nothing_is_compiled(settings: Settings, tmp_path: Path) -> None:
    data = made_dataset(*(made(f"m{i}", "test") for i in range(4)))
    with pytest.raises(InputError, match="'train'"):
        compile_program(settings, data, order(), tmp_path / "x.json", lambda _: None)


def test_a_program_that_leaks_does_not_become_a_default(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaking = Leakage(notes=2, holding={"raw": 2, "checked": 1})
    monkeypatch.setattr(job, "measure_leakage", lambda *_: leaking)
    default = tmp_path / "programs" / "extractive-transcript.json"
    with pytest.raises(InputError, match="leaks"):
        compile_program(settings, made_dataset(), order(demos=1), default, lambda _: None)
    assert not default.exists()
    other = tmp_path / "programs" / "tried.json"
    assert compile_program(settings, made_dataset(), order(demos=1), other, lambda _: None).leaks
    assert other.exists()


def test_a_model_out_of_reach_is_said_before_anything_is_compiled(settings: Settings, tmp_path: Path) -> None:
    away = settings.model_copy(update={"lm": "openai/none", "lm_api_base": "http://127.0.0.1:9/v1"})
    with pytest.raises(InputError, match=r"no dev note .*unreachable"):
        compile_program(away, made_dataset(), order(demos=1), tmp_path / "x.json", lambda _: None)
    with pytest.raises(InputError, match="--most-calls 3"):
        compile_program(away, made_dataset(), order(most_calls=3), tmp_path / "x.json", lambda _: None)


def test_calls_are_bounded_and_copies_share_the_count(settings: Settings) -> None:
    calls = Calls(most=2)
    writer = NoteWriter(settings)
    student = Student(writer.program(TEMPLATES["soap"], "transcript"), calls).reset_copy()
    source = source_of(made("m1", "dev"), "transcript")
    with dspy.context(lm=writer._lm, disable_history=True, callbacks=[calls]):
        assert any(student(source=source).sections.values())
        assert calls.made == 2
        assert student(source=source).sections == {}
    assert calls.made == 2


def test_the_metric_is_zero_for_nothing_and_for_a_contradiction() -> None:
    metric = NoteMetric(TEMPLATES["soap"], None)
    record = made("m1", "dev")
    source = source_of(record, "transcript")
    assert metric.whole(metric.parts(record, source, {})) == 0
    good = metric.parts_of_note(record, source, record.notes["soap"])
    assert metric.whole(good) > 0.7
    assert metric.whole(good | {"facts_contradicted": 1.0}) == 0
    missing = metric.parts_of_note(record, source, record.notes["soap"] | {"subjective": "Client attended."})
    assert (missing["fact_recall"] or 0) < (good["fact_recall"] or 0)


def test_a_critical_fact_counts_double() -> None:
    metric = NoteMetric(TEMPLATES["soap"], None)
    record = made("m1", "dev")
    source = source_of(record, "transcript")
    one = {"subjective": "Client takes sertraline 50 mg every morning."}
    assert metric.parts_of_note(record, source, one)["fact_recall"] == pytest.approx(0.5)


def test_an_instruction_that_quotes_a_record_is_refused(settings: Settings) -> None:
    writer = NoteWriter(settings)
    plain, changed = (writer.program(TEMPLATES["soap"], "summary") for _ in range(2))
    record = made("m1", "train")
    predict = changed.write
    predict.signature = predict.signature.with_instructions(predict.signature.instructions + " Be careful with doses.")
    refuse_copied_instructions(changed, [record], plain)
    said = " For example: I worried about the budget every evening, and slept badly."
    predict.signature = predict.signature.with_instructions(predict.signature.instructions + said)
    with pytest.raises(InputError, match="words of a record") as refused:
        refuse_copied_instructions(changed, [record], plain)
    assert "budget" not in str(refused.value)


def test_planted_facts_are_found_wherever_they_stand() -> None:
    marks = {mark for n in range(40) for mark in planted(n).marks}
    assert len({mark for n in range(40) for mark in planted(n).marks[:1]}) == 40
    assert holds(f"Client {planted(3).told}", marks)
    assert holds("Her neighbor, Brivvern, called.", marks)
    assert not holds("Client sold 3 stamps to a neighbor.", marks)
    demo = with_planted({"source": "[0] client: Hi.\n[1] clinician: Hello.", "facts": []}, planted(0))
    assert planted(0).said in demo["source"].splitlines()[0]
    assert demo["facts"][0]["lines"] == [0]
    wrote = with_planted(
        {"facts": "subjective:\n- report: x", "chart": "", "style": "", "subjective": "Y."}, planted(1)
    )
    assert planted(1).told in wrote["facts"]
    assert wrote["subjective"].startswith(planted(1).told)


def test_which_files_are_defaults(tmp_path: Path, settings: Settings) -> None:
    assert is_default(tmp_path / "programs" / "extractive-soap-summary.json", settings)
    assert not is_default(tmp_path / "programs" / "extractive2.json", settings)
    assert not is_default(tmp_path / "extractive.json", settings)


def test_the_shipped_program_that_fits_best_is_taken(tmp_path: Path) -> None:
    settings = Settings(lm="openai/local", prompts_dir=tmp_path, program="")
    assert program_name(settings, "soap", "summary") == ""
    (tmp_path / "programs").mkdir()
    for name in ("openai-local", "openai-local-soap"):
        (tmp_path / "programs" / f"{name}.json").touch()
    assert program_name(settings, "soap", "summary") == "openai-local-soap"
    assert program_name(settings, "dap", "summary") == "openai-local"
    assert program_name(settings.model_copy(update={"program": UNCOMPILED}), "dap", "summary") == ""
    assert program_name(settings.model_copy(update={"program": "mine"}), "dap", "summary") == "mine"

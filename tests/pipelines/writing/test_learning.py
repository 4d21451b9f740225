"""What the engine learns from demonstrations: weights, and nothing that a demonstration says."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import dspy
import pytest

from pipelines.records import NoteFact
from pipelines.settings import ROOT
from pipelines.source import Source, Unit
from pipelines.stems import content_stems
from pipelines.writing.extractive.engine import AsyncExtractiveEngine, ExtractiveEngine
from pipelines.writing.extractive.learning import lesson_of
from pipelines.writing.extractive.prompt import Demo
from pipelines.writing.inputs import chart_lines, source_lines
from pipelines.writing.nearest import NearestDemos, similarities
from pipelines.writing.program import ReadFacts, Rules
from pipelines.writing.signatures import facts_signature

RULES = Rules(ROOT / "prompts" / "guidelines").facts
_WANTED, _UNWANTED = ("the garden", "the orchard", "the roses"), ("the engine", "the bicycle", "the truck")


def session(*things: str) -> Source:
    """A talk in which the client says a thing or two about each."""
    units = []
    for thing in things:
        units.append(Unit(len(units), "clinician", f"Tell me about {thing}?"))
        units.append(Unit(len(units), "client", f"I worked hard on {thing} on Monday and I felt proud of {thing}."))
    return Source("transcript", tuple(units))


def demonstration(source: Source, told: tuple[str, ...], *, name: str = "") -> dspy.Example:
    facts = [
        NoteFact(
            kind="report", text=f"Client worked hard on {thing} on Monday and felt proud{name}.", lines=[unit.index]
        )
        for unit in source.units
        for thing in told
        if thing in unit.text and unit.speaker == "client"
    ]
    inputs = {"source": source_lines(source, source.units), "chart": chart_lines(source)}
    return dspy.Example(**inputs, facts=[f.model_dump() for f in facts]).with_inputs("source", "chart")


def read(source: Source, demos: list[dspy.Example]) -> list[NoteFact]:
    reader = ReadFacts(RULES)
    reader.predict.demos = demos
    lm = dspy.LM("local/test", engine=ExtractiveEngine(), async_engine=AsyncExtractiveEngine(), cache=False)
    with dspy.context(lm=lm, disable_history=True):
        return list(reader(source))


DEMOS = [demonstration(session(*_WANTED[:2], *_UNWANTED[:2]), ())] + [
    demonstration(session("the garden", thing, "the news"), ("the garden", thing)) for thing in _WANTED[1:]
]


def test_without_demonstrations_the_rules_alone_decide() -> None:
    source = session(*_WANTED, *_UNWANTED)
    assert lesson_of([], None, summary=False) is None
    assert read(source, []) == read(source, [])


def test_demonstrations_change_weights_and_nothing_else() -> None:
    source = session(*_WANTED, *_UNWANTED)
    plain, taught = read(source, []), read(source, DEMOS)
    assert [(f.kind, f.text, f.lines) for f in plain] == [(f.kind, f.text, f.lines) for f in taught]
    assert [f.weight for f in plain] != [f.weight for f in taught]


def test_no_word_of_a_demonstration_reaches_an_answer() -> None:
    source = session(*_UNWANTED)
    demos = [demonstration(session("the zebrafish"), ("the zebrafish",), name=" of Quillhaven 4711")]
    answer = json.dumps([f.model_dump() for f in read(source, demos)])
    assert not re.search("zebrafish|quillhaven|4711", answer, re.IGNORECASE)
    assert {s for f in read(source, demos) for s in content_stems(f.text)} == {
        s for f in read(source, []) for s in content_stems(f.text)
    }


def test_risk_and_the_next_session_keep_their_weight() -> None:
    units = [
        Unit(0, "clinician", "Any thoughts of suicide?"),
        Unit(1, "client", "No, none."),
        Unit(2, "clinician", "How was work?"),
        Unit(3, "client", "I finished the long report and I was proud of it."),
    ]
    source = Source("transcript", tuple(units))

    def risk(demos: list[dspy.Example]) -> list[tuple[str, float]]:
        return [(f.text, f.weight) for f in read(source, demos) if f.kind == "risk"]

    assert risk([])
    assert risk(DEMOS) == risk([])


def test_threads_learn_the_same_once() -> None:
    shown = [Demo({"source": d["source"], "chart": d["chart"]}, {"facts": json.dumps(d["facts"])}) for d in DEMOS]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: lesson_of(shown, None, summary=False), range(8)))
    assert found[0] is not None
    assert all(lesson is found[0] for lesson in found)


def test_a_demonstration_that_is_not_about_its_source_teaches_nothing() -> None:
    source = session(*_WANTED, *_UNWANTED)
    moved = [demo.copy() for demo in DEMOS]
    for demo in moved:
        demo.facts = [fact | {"lines": [99]} for fact in demo["facts"]]
    assert [f.weight for f in read(source, DEMOS)] != [f.weight for f in read(source, [])]
    assert [f.weight for f in read(source, moved)] == [f.weight for f in read(source, [])]


@pytest.mark.parametrize("answer", ["", "no JSON", "{}", "[1, 2]", '[{"lines": [0]}]', '[{"text": "x", "lines": "a"}]'])
def test_answers_that_cannot_be_read_teach_nothing(answer: str) -> None:
    shown = [Demo({"source": "[0] client: I sleep badly every night."}, {"facts": answer})]
    lesson = lesson_of(shown, None, summary=False)
    assert lesson is None or lesson.trust >= 0


def test_of_many_demonstrations_the_nearest_are_shown() -> None:
    signature = facts_signature("Read.")
    demos = [demonstration(session(thing), (thing,)) for thing in (*_WANTED, *_UNWANTED)]
    predict = NearestDemos(signature, 2, None)
    predict.demos = demos
    asked = {"source": demos[4]["source"], "chart": ""}
    shown = predict._shown(asked)["demos"]
    assert len(shown) == 2
    assert shown[-1] is demos[4]
    assert predict._shown(asked | {"demos": []})["demos"] == []
    assert similarities("", ["a garden"], None) == [0.0]

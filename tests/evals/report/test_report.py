"""The page of a run: nothing from outside, nothing unescaped, every link leads somewhere, no content unasked."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evals.report import build_report
from evals.report.numbers import number
from evals.report.overview import sounds
from pipelines.dataset import Dataset
from pipelines.records import Encounter, InputError
from tests.evals.report.run_folder import write_run

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """Elements with their attributes, and the text inside each element that has an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: dict[str, str] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        self.elements.append((tag, named))
        if tag not in VOID:
            self._open.append((tag, named.get("id")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, name in self._open:
            if name:
                self.text[name] = self.text.get(name, "") + data

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def build(folder: Path, *, synthetic: bool = True, with_content: bool = False) -> str:
    data = write_run(folder, synthetic=synthetic)
    return build_report(folder, data, with_content=with_content).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_page_loads_nothing_from_outside(html: str, page: Page) -> None:
    for tag, attributes in page.elements:
        assert not {"src", "srcset", "data", "action", "background"} & set(attributes), tag
        assert not attributes.get("href", "#").startswith(("http", "//", "data:", "file:")), attributes
    assert not page.of("link")
    assert "@import" not in html
    assert set(re.findall(r"url\(\s*['\"]?(.)", html)) <= {"#"}
    assert "http://" not in html
    assert "https://" not in html


def test_policy_admits_the_pages_own_script_alone(html: str, page: Page) -> None:
    (policy,) = [m["content"] for m in page.of("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy


def test_content_is_escaped(html: str, page: Page) -> None:
    assert len(page.of("script")) == 1
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(&#39;moved&#39;)&lt;/script&gt;" in html
    assert "b/2 &lt;odd&gt;" in html


def test_ids_are_unique_and_every_link_leads_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {a["href"][1:] for a in page.of("a")} | {u["href"][1:] for u in page.of("use")}
    assert links <= set(ids)
    assert {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a} <= set(ids)


def test_evidence_links_to_the_turn_it_names(page: Page) -> None:
    sentence = page.text["s1-n0-0-0"]
    assert "Client reported dread at the greenhouse." in sentence
    assert "0.90" in sentence
    assert {"href": "#s1-t1"} in page.of("a")
    assert "dread" in page.text["s1-t1"]
    assert "Propranolol 20 mg helps." in page.text["s1-s1"]
    assert "F40.10" in page.text["s1-chart"]


def test_turn_that_does_not_exist_is_no_link(page: Page) -> None:
    assert "100" in page.text["s1-n0-0-0"]
    assert {"href": "#s1-t99"} not in page.of("a")


def test_errors_of_the_transcript_are_marked(html: str) -> None:
    assert re.search(r"<del>propranolol</del>\s*<ins>proper no law</ins>", html)
    assert '<ins class="added">so,</ins>' in html
    assert '<del class="lost">your</del>' in html
    assert "a voice for 0.3 s, no text" in html


def test_what_was_missed_and_invented_is_listed_with_its_place(page: Page) -> None:
    found = page.text["found-title"] and page.text["main"]
    assert re.search(r"1\s+Facts contradicted", found)
    assert re.search(r"1\s+Sentences without support", found)
    assert re.search(r"1\s+Critical facts missed", found)
    assert "Propranolol 20 mg helps." in page.text["s1-n0-f1"]
    assert "missing, critical" in page.text["s1-n0-f1"]
    assert "contradicted, critical" in page.text["s1-n0-f2"]
    links = [a["href"] for a in page.of("a")]
    assert {"#s1-n0-0-1", "#s1-n0-f1", "#s1-n0-f2", "#s1-n0-1-0"} <= set(links)


def test_scores_stand_with_interval_and_denominators(page: Page) -> None:
    assert re.search(r"0\.42\s+95 % interval 0\.32 to 0\.52|0\.40\s+95 % interval 0\.30 to 0\.50", page.text["main"])
    assert "2 of 3 notes, 1 failed" in page.text["main"]


def test_what_is_not_all_is_never_rounded_to_all() -> None:
    assert [number(x) for x in (0.9958, 0.99999, 1.0, 0.0461, 0.742, 12.34, 1084.0, None)] == [
        "0.996", "0.999", "1.00", "0.046", "0.74", "12.3", "1,084", "–",
    ]  # fmt: skip


def test_word_errors_are_summed_by_sound() -> None:
    def session(sound: str, errors: float, words: float) -> Any:
        return SimpleNamespace(sound=sound, scores={"word_errors": errors, "reference_words": words})

    rows = sounds([session("noise", 30, 100), session("clear", 4, 100), session("clear", 2, 50)])
    assert rows == [("clear", 2, 0.04, 6, 150), ("noise", 1, 0.3, 30, 100)]
    assert sounds([session("clear", 4, 100)]) == []


def test_failures_carry_stage_type_and_remedy(page: Page) -> None:
    for words in ("write", "EngineTimeout", "no answer within 120 s", "raise NOTEBENCH_LM_TIMEOUT"):
        assert words in page.text["failures"]
    assert "the tracking server answered late" in page.text["failures"]


def test_head_says_what_ran(page: Page) -> None:
    for words in ("whisper-base@3b3d8f21", "extractive 1", "c0ffeec0ff, with uncommitted changes", "2 min 10 s"):
        assert words in page.text["main"]
    assert "make mlflow" in page.text["record"]
    assert "Synthetic sessions." in page.text["main"]


def test_stars_are_marked_as_simulated(page: Page) -> None:
    assert "Simulated ratings." in page.text["stars"]
    assert "control" in page.text["stars"]


def test_plots_lie_beside_the_page_for_their_owner_alone(tmp_path: Path) -> None:
    build(tmp_path)
    plots = {file.name for file in (tmp_path / "plots").iterdir()}
    assert {"wer_by_channel.svg", "errors_by_kind.svg", "facts_by_format.svg", "stars_by_metric.svg"} <= plots
    assert all(file.stat().st_mode & 0o77 == 0 for file in [tmp_path / "report.html", *(tmp_path / "plots").iterdir()])


def test_same_run_gives_the_same_page(tmp_path: Path) -> None:
    assert build(tmp_path) == build(tmp_path)


PRIVATE = ("greenhouse", "dread", "lisbon", "marchbank", "propranolol", "proper no law", "zinnias", "suicid", "f40")


def test_content_of_real_sessions_is_left_out(tmp_path: Path) -> None:
    html = build(tmp_path, synthetic=False)
    written = html.lower() + "".join(file.read_text("utf-8").lower() for file in (tmp_path / "plots").iterdir())
    assert not [word for word in PRIVATE if word in written]
    shown = build(tmp_path, synthetic=False, with_content=True).lower()
    assert all(word in shown for word in PRIVATE)
    page = Page(html)
    assert "their texts are left out" in page.text["main"]
    assert "sentence of 6 words" in page.text["s1-n0-0-0"]
    assert "0.90" in page.text["s1-n0-0-0"]
    assert "f2" in page.text["s1-n0-f1"]
    assert {a["href"][1:] for a in page.of("a")} <= {a["id"] for _, a in page.elements if "id" in a}


def test_content_of_real_sessions_is_shown_when_asked_for(tmp_path: Path) -> None:
    page = Page(build(tmp_path, synthetic=False, with_content=True))
    assert "Lisbon" in page.text["s1"]
    assert "This report contains session content." in page.text["main"]


def test_empty_run_says_what_was_not_applicable(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text("{}", encoding="utf-8")
    data = Dataset(tmp_path, [], [], "")
    page = Page(build_report(tmp_path, data, with_content=False).read_text("utf-8"))
    for words in ("no session has both audio and a reference transcript", "the data names no facts", "None."):
        assert words in page.text["main"]
    assert "transcription" not in page.text


@pytest.mark.parametrize("part", ["transcripts.jsonl", "notes.jsonl", "scores.jsonl", "correlations.json"])
@pytest.mark.parametrize("content", [None, ""])
def test_missing_or_empty_part_leaves_the_rest(tmp_path: Path, part: str, content: str | None) -> None:
    data = write_run(tmp_path)
    (tmp_path / part).unlink() if content is None else (tmp_path / part).write_text(content, encoding="utf-8")
    page = Page(build_report(tmp_path, data, with_content=False).read_text("utf-8"))
    assert "Dread before the greenhouse opens" in page.text["s1"]
    assert {a["href"][1:] for a in page.of("a")} <= {a["id"] for _, a in page.elements if "id" in a}


def test_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    data = write_run(tmp_path)
    with (tmp_path / "notes.jsonl").open("a", encoding="utf-8") as notes:
        notes.write("{broken\n")
    page = Page(build_report(tmp_path, data, with_content=False).read_text("utf-8"))
    assert "notes.jsonl: 1 line could not be read" in page.text["failures"]


def test_encounter_with_nothing_in_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps({"run": "r"}), encoding="utf-8")
    data = Dataset(tmp_path, [Encounter(id="bare", synthetic=True)], [], "")
    page = Page(build_report(tmp_path, data, with_content=False).read_text("utf-8"))
    assert "Nothing was applicable" in page.text["s1"]


@pytest.mark.parametrize("content", [None, "{"])
def test_folder_without_record_is_refused(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "record.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"record\.json: missing or not readable; give the folder of a run"):
        build_report(tmp_path, Dataset(tmp_path, [], [], ""), with_content=False)

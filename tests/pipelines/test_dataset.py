"""How records are read: what is refused, how it is said, and that the rest goes on."""

import json
from pathlib import Path

import pytest

from pipelines.dataset import digest, read_dataset, read_records, replacing, write_records
from pipelines.records import Encounter, InputError, Rating

SECRET = "quokka"


def write(folder: Path, lines: list[str]) -> Path:
    file = folder / "encounters.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def good(number: int) -> str:
    return json.dumps({"id": f"e{number}", "mood": "kept"})


def test_reads_a_folder_and_keeps_unknown_keys(tmp_path: Path) -> None:
    write(tmp_path, [good(1), "", good(2)])
    data = read_dataset(tmp_path)
    assert [e.id for e in data.encounters] == ["e1", "e2"]
    assert data.encounters[0].model_dump()["mood"] == "kept"
    assert data.failures == []
    assert data.folder == tmp_path


@pytest.mark.parametrize(
    ("line", "said", "remedy"),
    [
        ('{"id": "x", ', "line 7, column", "one complete JSON object"),
        ('["no object"]', "line 7, field encounter", "record form"),
        (json.dumps({"id": 5}), "line 7, field id", "record form"),
        (json.dumps({"no": "id"}), "line 7, field id", "record form"),
        (json.dumps({"id": "e9", "summary": [SECRET]}), "line 7, field summary", "record form"),
        (json.dumps({"id": "e9", "transcript": [{"speaker": SECRET, "text": "a"}]}), "transcript.0.speaker", "record"),
        (json.dumps({"id": "e9", "transcript": [{"start": -1, "text": SECRET}]}), "transcript.0.start", "record form"),
        (json.dumps({"id": "e9", "audio": {"mix": "a.wav", "client": "b.wav"}}), "field audio", "record form"),
        (json.dumps({"id": "e9", "audio": {}}), "field audio", "record form"),
        (json.dumps({"id": "e9", "transcript": [], "facts": [{"id": "f", "text": "t", "turns": [3]}]}), "f", "record"),
        (good(2), "line 7, field id: the same id stands in line 2", "an id of its own"),
    ],
)
def test_a_bad_line_is_refused_with_its_place_and_the_rest_is_read(
    tmp_path: Path, line: str, said: str, remedy: str
) -> None:
    file = write(tmp_path, [*(good(n) for n in range(1, 7)), line, good(8)])
    data = read_dataset(tmp_path)
    assert [e.id for e in data.encounters] == ["e1", "e2", "e3", "e4", "e5", "e6", "e8"]
    (failure,) = data.failures
    assert failure.stage == "read"
    assert str(file) in failure.message
    assert said in failure.message
    assert remedy in failure.remedy
    assert SECRET not in failure.model_dump_json(), "a value of a record may be somebody's session"


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "encounters.jsonl").write_bytes(good(1).encode() + b'\n{"id": "\xff\xfe"}\n')
    data = read_dataset(tmp_path)
    assert len(data.encounters) == 1
    assert "UTF-8" in data.failures[0].message


def test_a_missing_or_empty_file_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_dataset(tmp_path / "nowhere")
    (tmp_path / "encounters.jsonl").write_text("\n\n")
    with pytest.raises(InputError, match="holds no record"):
        read_dataset(tmp_path)


def test_an_unknown_split_names_those_there_are(tmp_path: Path) -> None:
    write(tmp_path, [json.dumps({"id": "a", "split": "train"})])
    with pytest.raises(InputError, match=r"'tset'.*train"):
        read_dataset(tmp_path).select(split="tset")


def test_stars_outside_one_to_five_are_refused(tmp_path: Path) -> None:
    rating = {"encounter_id": "e", "format": "soap", "system": "s", "rater": "r", "stars": 7}
    file = tmp_path / "ratings.jsonl"
    file.write_text(json.dumps(rating))
    records, failures = read_records(file, Rating)
    assert records == []
    assert "field stars" in failures[0].message


def test_written_records_come_back_the_same_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "out" / "encounters.jsonl"
    encounters = [Encounter.model_validate({"id": "é1", "extra": {"kept": [1]}})]
    write_records(file, encounters)
    assert read_records(file, Encounter)[0] == encounters
    assert file.stat().st_mode & 0o077 == 0


def test_a_write_that_fails_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    file.write_text("old")
    with pytest.raises(OSError, match="full"), replacing(file) as half:  # noqa: PT012 - the block is what fails
        half.write_text("new")
        raise OSError("disk full")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})

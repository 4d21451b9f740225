"""Results kept by content."""

from pathlib import Path

from evals.cache import Cache


def test_the_same_inputs_give_what_was_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("notes", {"a": 1, "b": [2]}, {"text": "é"})
    assert cache.get("notes", {"b": [2], "a": 1}) == {"text": "é"}
    assert cache.get("notes", {"a": 2, "b": [2]}) is None
    assert cache.get("scores", {"a": 1, "b": [2]}) is None


def test_only_the_owner_can_read_an_entry(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("notes", {"a": 1}, "content")
    assert all(file.stat().st_mode & 0o077 == 0 for file in tmp_path.rglob("*.json"))


def test_a_broken_entry_is_computed_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("notes", {"a": 1}, "content")
    (entry,) = tmp_path.rglob("*.json")
    entry.write_text('"cont')
    assert cache.get("notes", {"a": 1}) is None


def test_ignoring_reads_nothing_and_keeps_all_the_same(tmp_path: Path) -> None:
    Cache(tmp_path).put("notes", {"a": 1}, "old")
    ignoring = Cache(tmp_path, ignore=True)
    assert ignoring.get("notes", {"a": 1}) is None
    ignoring.put("notes", {"a": 1}, "new")
    assert Cache(tmp_path).get("notes", {"a": 1}) == "new"


def test_purge_counts_and_deletes(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(3):
        cache.put("notes", {"n": number}, number)
    assert cache.purge() == 3
    assert not cache.folder.exists()
    assert cache.purge() == 0

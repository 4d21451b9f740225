"""One worker's desk: a note writer, the templates and the scorers, loaded once and used for many jobs.

A job is plain data, so that it can go to another process; so is what comes back. No exception leaves a job: whatever
goes wrong is a `Failure` without content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.case import Case, CaseScores, score_case
from evals.facts import FACT_SCORES, match_facts
from evals.scorers.notes import DRAFT_SCORERS, NOTE_SCORERS
from evals.scorers.transcription import TRANSCRIPT_SCORERS
from pipelines.checking.adherence import check_adherence
from pipelines.checking.evidence import EvidenceFinder
from pipelines.embeddings import embedder_of
from pipelines.note_settings import SettingsFile, load_note_settings
from pipelines.records import Encounter, Failure, InputError, Note, SourceKind, Transcript
from pipelines.settings import Settings
from pipelines.source import Source, source_of
from pipelines.templates import Template, load_templates


class Desk:
    """Everything that a job needs beside its own data."""

    def __init__(self, settings: Settings) -> None:
        from pipelines.writing.writer import NoteWriter

        self._writer = NoteWriter(settings)
        self._templates = load_templates(settings.prompts_dir / "templates")
        self._styles = note_settings_of(settings, self._templates)
        self._embedder = embedder_of(settings)
        self._last: tuple[str, str, bool] | None = None

    def drafts(
        self, encounter: Encounter, heard: Transcript | None, source: SourceKind, formats: Sequence[str]
    ) -> list[Note | Failure]:
        """A draft in each format from one source."""
        return [self.draft(encounter, heard, format_, source) for format_ in formats]

    def draft(self, encounter: Encounter, heard: Transcript | None, format_: str, source: SourceKind) -> Note | Failure:
        """One draft note, or why there is none."""
        from pipelines.writing.provider import WriteError

        place = {"encounter_id": encounter.id, "format": format_, "source": source}
        try:
            read = _read_by(encounter, heard, source)
            style = self._styles.resolve(format_, encounter.id).settings
            return self._writer.write(
                encounter.id, read, self._templates[format_], style, synthetic=encounter.synthetic
            )
        except WriteError as error:
            return error.failure(encounter.id, format_, source)
        except InputError as error:
            return Failure(stage="write", type="InputError", message=str(error), **place)
        except Exception as error:  # noqa: BLE001 - the text of an unknown error may quote the session
            where = _innermost(error)
            remedy = "report this with the record's shape; the other notes stand"
            return Failure(stage="write", type=type(error).__name__, message=f"stopped {where}", remedy=remedy, **place)

    def score_note(self, encounter: Encounter, heard: Transcript | None, note: Note | Failure) -> dict[str, Any]:
        """A line of `scores.jsonl`: scores, the support of each sentence, the verdict on each fact and rule."""
        written = note if isinstance(note, Note) else None
        format_, source = note.format, note.source
        assert format_ is not None  # noqa: S101 - a job of this stage always names its format
        template = self._templates[format_]
        case = Case(
            encounter,
            transcript=heard,
            note=written,
            failure=None if written else note,  # type: ignore[arg-type]
            format=format_,
            source=source,
            template=template,
            style=self._styles.resolve(format_, encounter.id).settings,
        )
        line = as_line(score_case(case, DRAFT_SCORERS))
        if written:
            read = _read_by(encounter, heard, written.source)
            line["sentences"] = [_support(evidence) for evidence in written.evidence]
            line["rules"] = [vars(result) for result in check_adherence(written.sections, template, read, case.style)]
            facts = [f for f in encounter.facts or [] if f.in_summary or source != "summary"]
            line["facts"] = {held.fact_id: held.verdict for held in match_facts(facts, written.sections)}
        return line

    def score_rated(self, encounter: Encounter, notes: Sequence[Note]) -> list[dict[str, Any]]:
        """A line for each rated note of one encounter, whoever wrote it."""
        lines = []
        for note in notes:
            checked = self.checked(encounter, None, note) if encounter.transcript else note
            template = self._templates.get(note.format)
            case = Case(encounter, note=checked, format=note.format, source=note.source, template=template)
            lines.append(as_line(score_case(case, NOTE_SCORERS)))
        return lines

    def checked(self, encounter: Encounter, heard: Transcript | None, note: Note) -> Note:
        """The note with evidence that our checker found, whatever evidence it came with."""
        key = encounter.id, note.source, heard is None
        if self._last != key:  # notes of one source mostly come one after the other, and it is costly to encode
            self._last, self._finder = key, EvidenceFinder(_read_by(encounter, heard, note.source), self._embedder)
        return note.model_copy(update={"evidence": self._finder.find(note.sections)})


def note_settings_of(settings: Settings, templates: Mapping[str, Template]) -> SettingsFile:
    """How the practice of the settings wants its notes."""
    return load_note_settings(settings.note_settings, templates) if settings.note_settings else SettingsFile()


def _read_by(encounter: Encounter, heard: Transcript | None, source: SourceKind) -> Source:
    return source_of(encounter, source, heard.utterances if heard else None)


def not_applicable(encounter_id: str, format_: str | None, source: Any) -> dict[str, Any]:
    """A line for what an encounter does not have: counted in every total, and no failure."""
    return as_line(CaseScores(encounter_id, format_, source))


def score_transcript(encounter: Encounter, heard: Transcript | Failure) -> dict[str, Any]:
    """A line of `scores.jsonl` for what speech recognition wrote."""
    written = heard if isinstance(heard, Transcript) else None
    failure = heard if isinstance(heard, Failure) else None
    return as_line(score_case(Case(encounter, transcript=written, failure=failure), TRANSCRIPT_SCORERS))


def crashed(failure: Failure) -> dict[str, Any]:
    """A line for a case whose scoring itself was lost."""
    names = (*FACT_SCORES, "adherence", "grounding")
    return as_line(CaseScores(failure.encounter_id, failure.format, failure.source, {}, dict.fromkeys(names, failure)))


def as_line(scored: CaseScores) -> dict[str, Any]:
    return {
        "encounter_id": scored.encounter_id,
        "format": scored.format,
        "source": scored.source,
        "scores": scored.scores,
        "sentences": [],
        "failure": scored.failure.model_dump() if scored.failure else None,
        "failures": {name: failure.model_dump() for name, failure in scored.failures.items()},
    }


def from_line(line: dict[str, Any]) -> CaseScores:
    failures = {name: Failure.model_validate(failure) for name, failure in line.get("failures", {}).items()}
    return CaseScores(line["encounter_id"], line["format"], line["source"], line["scores"], failures)


def _support(evidence: Any) -> dict[str, Any]:
    return {
        "section": evidence.section,
        "sentence": evidence.sentence,
        "text": evidence.text,
        "support": evidence.score,
        "kind": evidence.kind,
    }


def _innermost(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace else "somewhere"

"""The wand at work on records: one note, or scripted instructions; whatever goes wrong is a failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evals.desk import Desk, note_settings_of
from evals.scorers.wand import Instructed, Wanded
from pipelines.checking.evidence import EvidenceFinder
from pipelines.dataset import read_records
from pipelines.embeddings import embedder_of
from pipelines.records import Encounter, Failure, InputError, Note, Transcript
from pipelines.settings import Settings
from pipelines.source import source_of
from pipelines.templates import load_templates
from pipelines.writing.provider import WriteError
from pipelines.writing.wand.records import Refined
from pipelines.writing.wand.refine import Wand


class WandDesk:
    """A wand with the templates and note settings that it needs. No exception leaves `refine`."""

    def __init__(self, settings: Settings) -> None:
        self._wand = Wand(settings)
        self._templates = load_templates(settings.prompts_dir / "templates")
        self._styles = note_settings_of(settings, self._templates)

    def check(self, notes: Sequence[Note], section: str | None) -> None:
        """Refuse what can be known to fail before the work begins.

        Raises:
            InputError: a section that no note has.
        """
        names = {name for note in notes for name in note.sections}
        if section is not None and notes and section not in names:
            raise InputError(f"--section {section}: no note has it; choose from {', '.join(sorted(names))}")

    def refine(
        self,
        note: Note,
        instruction: str,
        encounter: Encounter | None,
        heard: Transcript | None = None,
        section: str | None = None,
    ) -> Refined | Failure:
        """One note refined, or why it is not; neither message nor remedy holds content."""

        def failed(kind: str, message: str, remedy: str) -> Failure:
            return Failure(
                encounter_id=note.encounter_id,
                stage="refine",
                type=kind,
                message=message,
                remedy=remedy,
                format=note.format,
                source=note.source,
            )

        template = self._templates.get(note.format)
        if encounter is None:
            return failed("no_record", "the data has no record of this encounter", "give the data it was written from")
        if template is None:
            return failed("no_template", "there is no template of its format", "put its file into prompts/templates")
        try:
            source = source_of(encounter, note.source, heard.utterances if heard else None)
            style = self._styles.resolve(note.format, encounter.id).settings
            where = section if section in note.sections else None
            return self._wand.refine(
                note, instruction, source, template, style, section=where, synthetic=encounter.synthetic
            )
        except WriteError as error:
            return error.failure(note.encounter_id, note.format, note.source, "refine")
        except InputError as error:
            return failed("InputError", str(error), "")
        except Exception as error:  # noqa: BLE001 - the text of an unknown error may quote the note
            return failed(type(error).__name__, f"stopped {_innermost(error)}", "report this; the note is as it was")


def read_instructions(file: Path) -> list[Instructed]:
    """The scripted instructions of a file.

    Raises:
        InputError: a line is no instruction.
    """
    found, refused = read_records(file, Instructed, unique="id")
    if refused:
        raise InputError(f"{refused[0].message}; {refused[0].remedy}")
    return found


def wanded(asked: Sequence[Instructed], encounters: Mapping[str, Encounter], settings: Settings) -> Iterator[Wanded]:
    """Each instruction carried out on its note, in order. Drafts are the extractive engine's, whatever refines them."""
    writer = Desk(settings.model_copy(update={"lm": "extractive", "program": ""}))
    desk, embedder = WandDesk(settings), embedder_of(settings)
    for one in asked:
        encounter = encounters[one.encounter_id]
        note = _note(one, encounter, writer)
        refined = desk.refine(note, one.instruction, encounter, section=one.section)
        yield Wanded(one, note, refined, EvidenceFinder(source_of(encounter, one.source), embedder))


def _note(one: Instructed, encounter: Encounter, writer: Desk) -> Note:
    if one.note == "draft":
        draft = writer.draft(encounter, None, one.format, one.source)
        if isinstance(draft, Failure):
            raise InputError(f"{one.id}: there is no draft to refine ({draft.type})")
        return draft
    return Note(encounter_id=encounter.id, format=one.format, source=one.source, sections=encounter.notes[one.format])


def _innermost(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace else "somewhere"

"""Builds what the report shows of one encounter: transcript, notes with evidence, what was missed or invented."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evals.report.folder import RuleResult, RunFolder, ScoreLine
from evals.report.header import short
from evals.report.transcripts import Marked, marked, plain
from evals.report.views import FactView, Link, NoteView, RuleView, SectionView, SentenceView, SessionView
from pipelines.records import Encounter, Evidence, Failure, Note
from pipelines.source import session_line, split_sentences


def session_views(folder: RunFolder, encounters: Iterable[Encounter], *, with_content: bool) -> list[SessionView]:
    """One view an encounter, in the order of the data; texts of records that are not synthetic only when asked for."""
    return [
        _Session(folder, encounter, f"s{number}", content=with_content or encounter.synthetic).view()
        for number, encounter in enumerate(encounters, start=1)
    ]


class _Session:
    """Builds the view of one encounter."""

    def __init__(self, folder: RunFolder, encounter: Encounter, anchor: str, *, content: bool) -> None:
        self.encounter, self.anchor, self.content = encounter, anchor, content
        self.heard = folder.transcripts.get(encounter.id)
        self.notes = [note for note in folder.notes if note.encounter_id == encounter.id]
        self.lines = [line for line in folder.scores if line.encounter_id == encounter.id]
        self.failures = [failure for failure in folder.failures if failure.encounter_id == encounter.id]
        self.transcript = self._transcript()
        self.summary = split_sentences(encounter.summary or "")
        self._linked = {turn.number for turn in self.transcript.turns} if self.transcript else set()

    def view(self) -> SessionView:
        encounter, extra = self.encounter, self.encounter.model_extra or {}
        columns: list[Note | Failure] = [*self.notes, *self._missing_notes()]
        lines = [self._line(note.format, note.source) for note in columns]
        facts = self._facts(lines)
        own = next((line for line in self.lines if line.format is None), None)
        heard_warnings = self.heard.warnings if self.heard and self.content else []
        return SessionView(
            anchor=self.anchor,
            id=encounter.id,
            title=str(extra.get("title") or "") if self.content else "",
            split=encounter.split or "",
            condition=condition(extra.get("acoustics")),
            sound=sound(extra.get("acoustics")),
            content=self.content,
            synthetic=encounter.synthetic,
            origin=self._origin(),
            transcript=self.transcript,
            scores=own.scores if own else {},
            notes=[self._note(i, note, lines[i], facts) for i, note in enumerate(columns)],
            facts=facts,
            summary=self.summary if self.content else [],
            chart=self._chart() if self.content else [],
            reference=self._reference() if self.content else [],
            failures=self.failures,
            warnings=heard_warnings,
        )

    def _transcript(self) -> Marked | None:
        given = self.encounter.transcript
        if self.heard:
            shown = marked(self.heard, given or [])
        elif given:
            shown = plain(given)
        else:
            return None
        for turn in () if self.content else shown.turns:
            turn.words, turn.pieces = sum(len(piece.heard.split()) for piece in turn.pieces), []
        return shown

    def _origin(self) -> str:
        if self.heard:
            return f"as {short(self.heard.engine)} heard it"
        if not self.transcript:
            return ""
        return "as given in the data" + (": it was not recognised" if self.encounter.audio else ", no audio")

    def _missing_notes(self) -> list[Failure]:
        """Failures that stand where a note was asked for."""
        written = {(note.format, note.source) for note in self.notes}
        return [f for f in self.failures if f.format and f.source and (f.format, f.source) not in written]

    def _line(self, form: str | None, source: str | None) -> ScoreLine:
        found = [line for line in self.lines if line.format == form and line.source == source]
        return found[0] if found else ScoreLine(encounter_id=self.encounter.id)

    def _facts(self, lines: list[ScoreLine]) -> list[FactView]:
        """Critical facts first; the order of the data within."""
        facts = [
            FactView(
                number,
                fact.id,
                fact.text if self.content else None,
                fact.critical,
                self._turn_links(
                    sorted(
                        {place for turn in fact.turns for place in self.transcript.places.get(turn, [])}
                        if self.transcript
                        else ()
                    )
                ),
                [line.facts.get(fact.id, "") for line in lines],
            )
            for number, fact in enumerate(self.encounter.facts or [])
        ]
        return sorted(facts, key=lambda fact: not fact.critical)

    def _note(self, index: int, note: Note | Failure, line: ScoreLine, facts: list[FactView]) -> NoteView:
        anchor = f"{self.anchor}-n{index}"
        if isinstance(note, Failure):
            return NoteView(anchor, note.format or "", note.source or "", failure=note)
        sections = [
            SectionView(name.replace("_", " ").capitalize(), self._sentences(f"{anchor}-{i}", name, text, note))
            for i, (name, text) in enumerate(note.sections.items())
        ]
        names = list(note.sections)
        return NoteView(
            anchor,
            note.format,
            note.source,
            sections,
            line.scores,
            [fact for fact in facts if fact.states[index] == "missing"],
            [fact for fact in facts if fact.states[index] == "contradicted"],
            [self._rule(anchor, names, sections, rule) for rule in line.rules if rule.kept is False],
            note.warnings if self.content else [],
            line.failure,
        )

    def _sentences(self, anchor: str, section: str, text: str, note: Note) -> list[SentenceView]:
        checked = {e.sentence: e for e in note.evidence if e.section == section}
        written = split_sentences(text)
        views = []
        for i in range(max(len(written), max(checked, default=-1) + 1)):
            evidence = checked.get(i)
            sentence = evidence.text if evidence else written[i] if i < len(written) else ""
            kind, score = (evidence.kind, evidence.score) if evidence else ("unchecked", None)
            links = self._evidence_links(evidence, note.source) if evidence else []
            shown = sentence if self.content else None
            views.append(SentenceView(f"{anchor}-{i}", shown, len(sentence.split()), kind, score, links))
        return views

    def _evidence_links(self, evidence: Evidence, source: str) -> list[Link]:
        if evidence.kind == "chart":
            return [Link("chart", f"#{self.anchor}-chart" if self.content else None)]
        if evidence.kind == "summary" or source == "summary":
            shown = len(self.summary) if self.content else 0
            return [Link(f"S{i + 1}", f"#{self.anchor}-s{i}" if i < shown else None) for i in evidence.turns]
        return self._turn_links(evidence.turns)

    def _turn_links(self, turns: Iterable[int]) -> list[Link]:
        return [Link(str(i + 1), f"#{self.anchor}-t{i}" if i in self._linked else None) for i in turns]

    def _rule(self, anchor: str, names: list[str], sections: list[SectionView], rule: RuleResult) -> RuleView:
        href = f"#{anchor}"
        if rule.section in names:
            index = names.index(rule.section)
            sentences = sections[index].sentences
            place = min(rule.sentence or 0, len(sentences) - 1)
            href = f"#{anchor}-{index}-{place}" if sentences and rule.sentence is not None else f"#{anchor}-{index}"
        return RuleView(rule.rule, rule.message, href)  # a message never repeats words of the note

    def _chart(self) -> list[tuple[str, str]]:
        chart, appointment = self.encounter.chart, self.encounter.appointment
        rows = [("Appointment", session_line(appointment) or "")] if appointment else []
        if chart:
            client = chart.client
            rows.append(("Client", ", ".join(filter(None, [client.name, client.pronouns, client.date_of_birth]))))
            rows.append(("Diagnosis", "; ".join(f"{d.name} ({d.code})" for d in chart.diagnoses)))
            rows += [("Goal", goal.goal) for goal in chart.treatment_plan.goals]
            rows.append(("Medication", "; ".join(chart.medications)))
        if self.encounter.approaches:
            rows.append(("Approach", ", ".join(self.encounter.approaches)))
        return [(label, value) for label, value in rows if value]

    def _reference(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return [
            (form, [(name.replace("_", " ").capitalize(), text) for name, text in sections.items()])
            for form, sections in self.encounter.notes.items()
        ]


def condition(acoustics: Any) -> str:
    """How a session sounds, from the `acoustics` of its record: "client: noise 10 dB"; "clear" where there is none."""
    if not isinstance(acoustics, dict) or not acoustics:
        return "clear"
    said = {}
    for speaker, what in acoustics.items():
        kind = str(what.get("kind", "altered")) if isinstance(what, dict) else str(what)
        level = next((v for k, v in what.items() if k.endswith("_db")), None) if isinstance(what, dict) else None
        said[speaker] = f"{kind} {level} dB" if level is not None else kind
    if len(set(said.values())) == 1 and len(said) > 1:
        return next(iter(said.values()))
    return "; ".join(f"{speaker}: {what}" for speaker, what in said.items())


def sound(acoustics: Any) -> str:
    """The same without speaker and level, to group by: "noise"."""
    entries = acoustics.values() if isinstance(acoustics, dict) else ()
    kinds = {str(what.get("kind", "altered")) if isinstance(what, dict) else str(what) for what in entries}
    return " and ".join(sorted(kinds)) or "clear"

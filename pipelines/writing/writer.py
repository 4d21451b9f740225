"""The note writer: one DSPy module for all formats, and what surrounds it to make a draft note of its answer."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import dspy

from pipelines.chart import chart_flaws
from pipelines.checking.evidence import EvidenceFinder
from pipelines.checking.risk import read_risk
from pipelines.embeddings import Embedder, embedder_of
from pipelines.phrases import DRAFT, FOR_CLINICIAN, NOT_ADDRESSED, RISK_NOT_ASSESSED, RISK_TO_REVIEW
from pipelines.records import Failure, Note, SourceKind
from pipelines.settings import Settings
from pipelines.source import Source, session_line, split_sentences
from pipelines.templates import Template
from pipelines.writing.program import NoteProgram, load_program, note_inputs

_LONGEST_ANSWER = 1_200  # word pieces; the longest reference note has about 600
_SESSION_LINE = re.compile(r"^Session (?:was )?held\b")
_REMEDIES = {
    "malformed_answer": "the model did not keep the form, twice; try a larger model or a compiled program",
    "timeout": "raise NOTEBENCH_LM_TIMEOUT or use a faster model",
    "rate_limit": "wait, or lower how many notes are written at once",
    "authentication": "check NOTEBENCH_LM_API_KEY",
    "unreachable": "check that the server at NOTEBENCH_LM_API_BASE runs",
    "context_length": "write from the summary, or use a model with a larger context",
    "provider": "look at the provider's status and at NOTEBENCH_LM",
}


class WriteError(Exception):
    """A note could not be written. `type` is stable; neither it nor the message holds content of the session."""

    def __init__(self, kind: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.type = kind
        self.remedy = remedy or _REMEDIES.get(kind, "")

    def failure(self, encounter_id: str, note_format: str, source: SourceKind) -> Failure:
        return Failure(
            encounter_id=encounter_id,
            stage="write",
            type=self.type,
            message=str(self),
            remedy=self.remedy,
            format=note_format,
            source=source,
        )


class ProviderRefusedError(WriteError):
    """Client data would leave the machine, and no setting allows it."""

    def __init__(self, lm: str) -> None:
        super().__init__(
            "provider_refused",
            f"{lm} is not on this machine and may not be sent client data",
            "name a local server in NOTEBENCH_LM_API_BASE, or set NOTEBENCH_LM_MAY_RECEIVE_CLIENT_DATA=true",
        )


class NoteWriter:
    """Writes draft notes with the language model that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder = embedder_of(settings)
        self._lm = _language_model(settings, self._embedder)
        self._last_finder: tuple[Source, EvidenceFinder] | None = None
        self._guidance = (settings.prompts_dir / "guidelines" / "note.md").read_text(encoding="utf-8").strip()

    def program(self, template: Template) -> NoteProgram:
        """The program of a format: the compiled one of the settings where one is named."""
        program = NoteProgram(template)
        if self._settings.program:
            load_program(program, self._settings.program, self._settings.prompts_dir)
        return program

    def write(self, encounter_id: str, source: Source, template: Template, *, synthetic: bool = False) -> Note:
        """One draft note.

        Args:
            synthetic: whether the record is marked so; others are not sent to a provider outside this machine.

        Raises:
            WriteError: typed, without content of the session.
            InputError: template or compiled program do not fit.
        """
        if not (synthetic or self._settings.lm_may_receive_client_data or _stays_here(self._settings)):
            raise ProviderRefusedError(self._settings.lm)
        began = time.perf_counter()
        program = self.program(template)
        answer = self._ask(program, note_inputs(source, self._guidance))
        warnings: list[str] = []
        sections = _settle(answer, source, template, warnings)
        return Note(
            encounter_id=encounter_id,
            format=template.format,
            source=source.kind,
            sections=sections,
            text=f"{DRAFT}\n\n{template.render(sections)}",
            evidence=self._finder(source).find(sections),
            warnings=warnings + dose_conflicts(source) + chart_flaws(source.chart, source.appointment),
            lm=self._lm.model,
            program=program.fingerprint,
            seconds=round(time.perf_counter() - began, 3),
        )

    def _finder(self, source: Source) -> EvidenceFinder:
        """One source is encoded once for the notes of all formats."""
        kept = self._last_finder
        if kept is None or kept[0] is not source:
            kept = (source, EvidenceFinder(source, self._embedder))
            self._last_finder = kept
        return kept[1]

    def _ask(self, program: NoteProgram, inputs: Mapping[str, str]) -> dict[str, str]:
        """The answer by field. A malformed one is asked for once more, as JSON (DSPy's chat adapter does that)."""
        kind = ""
        with dspy.context(lm=self._lm, adapter=dspy.ChatAdapter(), disable_history=True, track_usage=False):
            try:
                answer = program(**inputs)
            except Exception as error:  # noqa: BLE001 - every provider has its own errors; all become one typed one
                kind = _kind_of(error)
        if kind:  # raised out here: the error that was caught may quote the session, so it is not chained
            raise WriteError(kind, f"the language model gave no note ({kind})")
        return {name: str(answer.get(name) or "") for name in program.note.signature.output_fields}


def _language_model(settings: Settings, embedder: Embedder | None) -> Any:
    if settings.lm == "extractive":
        from pipelines.writing.extractive.engine import MODEL, AsyncExtractiveEngine, ExtractiveEngine

        return dspy.LM(
            MODEL, engine=ExtractiveEngine(embedder), async_engine=AsyncExtractiveEngine(embedder), cache=False
        )
    key = settings.lm_api_key.get_secret_value()
    if settings.lm_api_base and not key:
        key = "none"  # a server of one's own asks for no key, but its client insists on sending one
    given = {"api_base": settings.lm_api_base, "api_key": key}
    return dspy.LM(
        settings.lm,
        cache=False,
        num_retries=2,
        temperature=0.0,  # the same source gives the same draft, as far as the model allows
        max_tokens=_LONGEST_ANSWER,
        timeout=settings.lm_timeout,
        **{key: value for key, value in given.items() if value},
    )


def _stays_here(settings: Settings) -> bool:
    if settings.lm == "extractive":
        return True
    host = urlsplit(settings.lm_api_base).hostname if settings.lm_api_base else None
    if not host:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _kind_of(error: Exception) -> str:
    """A stable name for a provider's error, from its class alone: its text may hold content."""
    names = " ".join(cls.__name__ for cls in type(error).__mro__)
    for pattern, kind in (
        ("Parse", "malformed_answer"),
        ("RateLimit", "rate_limit"),
        ("Auth|NotConfigured", "authentication"),
        ("ContextLength|ContextWindow", "context_length"),
        ("Timeout", "timeout"),
        ("Transport|Connection", "unreachable"),
    ):
        if re.search(pattern, names):
            return kind
    return "provider"


def _settle(answer: Mapping[str, str], source: Source, template: Template, warnings: list[str]) -> dict[str, str]:
    """What the chart and the appointment decide stands in the note whatever the model wrote; no section is empty."""
    sections = {s.name: _prose(answer.get(s.name, "")) for s in template.sections}
    times, home = session_line(source.appointment), template.section_holding("session")
    if times and home:
        for name, text in sections.items():
            if times in text and name == home.name:
                continue
            kept = [s for s in split_sentences(text) if not _SESSION_LINE.match(s)]
            if len(kept) < len(split_sentences(text)):
                sections[name] = " ".join(kept)
        if times not in sections[home.name]:
            sections[home.name] = f"{times} {sections[home.name]}".strip()
    home = template.section_holding("diagnosis")
    missing = [d for d in source.chart.diagnoses if not any(d.code in text for text in sections.values())]
    if missing and home:
        stated = "; ".join(f"{d.name} ({d.code})" for d in missing)
        sections[home.name] = f"{stated}. {sections[home.name]}".strip()
    if read_risk(source).raised:  # by a reader of our own: "not assessed" must not stand where somebody asked
        sections = {name: text.replace(RISK_NOT_ASSESSED, RISK_TO_REVIEW) for name, text in sections.items()}
    for section in template.sections:
        if not sections[section.name].strip():
            sections[section.name] = FOR_CLINICIAN if section.name == "assessment" else NOT_ADDRESSED
            warnings.append(f"{section.name}: nothing in the source supports it")
    return sections


def _prose(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text.replace("**", "")).strip()


_MG = r"(\d+(?:\.\d+)?) ?(?:mg|milligrams?)"
_DOSE = r"{name}\b[^.;]{{0,40}}?\b" + _MG + r"|\b" + _MG + r" of {name}\b"


def dose_conflicts(source: Source) -> list[str]:
    """Medications of the chart of which the session names other doses only (clinical rule 10: a warning shows both)."""
    found = []
    for medication in source.chart.medications:
        charted = re.match(r"\s*([A-Za-z][\w-]+).*?(\d+(?:\.\d+)?) ?mg", medication)
        if not charted:
            continue
        pattern = re.compile(_DOSE.format(name=re.escape(charted.group(1))), re.IGNORECASE)
        said = sorted({a or b for a, b in pattern.findall(source.text)})
        if said and charted.group(2) not in said:
            doses = " and ".join(f"{dose} mg" for dose in said)
            found.append(f"{charted.group(1)}: the chart says {charted.group(2)} mg, the session {doses}")
    return found

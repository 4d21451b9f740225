"""A note to take along: plain text, PDF, DOCX, and a FHIR DocumentReference. A draft says on every page that it is one.

Nothing is written to disk. Names of files tell the day, never the client.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.errors import InvalidError
from app.work.note_content import open_content
from app.work.note_document import Document, document_of, heading_of, signature_of, signed_document, text_of
from app.work.note_form import form_of
from app.work.note_rows import note_row, standing
from app.work.unit import Work
from pipelines.phrases import DRAFT

_UUIDS = "urn:ietf:rfc:3986"
_PROGRESS_NOTE = {"system": "http://loinc.org", "code": "11506-3", "display": "Progress note"}
_CLINICAL_NOTE = {
    "system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
    "code": "clinical-note",
    "display": "Clinical Note",
}
_RESTRICTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "code": "R",
    "display": "restricted",
}


@dataclass(frozen=True)
class Export:
    """A file, made when its `content` is first asked for: after the transaction, which nobody shall wait for."""

    name: str
    media_type: str
    make: Callable[[], bytes]

    @cached_property
    def content(self) -> bytes:
        """The file, whole."""
        return self.make()


def text(work: Work, note_id: str, section: str | None = None) -> Export:
    """The note as plain text (UTF-8); or one section of it, without heading or client, to be pasted elsewhere.

    Raises:
        InvalidError: there is no such section.
    """
    document = _document(work, note_id, "text")
    if section is None:
        return _export(document, "txt", "text/plain; charset=utf-8", lambda: whole_text(document).encode())
    if section not in document.sections:
        raise InvalidError("section", f"There is no such section; choose from {', '.join(document.sections)}.")
    draft = [] if document.signed_at else [DRAFT]
    told = "\n\n".join([*draft, document.sections[section]]).encode()
    return _export(document, "txt", "text/plain; charset=utf-8", lambda: told)


def pdf(work: Work, note_id: str) -> Export:
    """The note as PDF."""
    document = _document(work, note_id, "pdf")

    def make() -> bytes:
        from app.work.export_pdf import pdf_of

        return pdf_of(document)

    return _export(document, "pdf", "application/pdf", make)


def docx(work: Work, note_id: str) -> Export:
    """The note for a word processor."""
    document = _document(work, note_id, "docx")

    def make() -> bytes:
        from app.work.export_docx import docx_of

        return docx_of(document)

    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return _export(document, "docx", kind, make)


def fhir(work: Work, note_id: str) -> Export:
    """The note as a FHIR R4 DocumentReference with the plain text in it; a draft's `docStatus` is preliminary."""
    document = _document(work, note_id, "fhir")
    resource = document_reference(document, work.now.isoformat(timespec="seconds"))
    content = json.dumps(resource, ensure_ascii=False, indent=2).encode()
    return _export(document, "json", "application/fhir+json", lambda: content)


def whole_text(document: Document) -> str:
    """The document as plain text: whose note it is, the note, the signature, the addenda."""
    told = ["\n".join(f"{name}: {value}" for name, value in heading_of(document)), text_of(document)]
    told += signature_of(document)
    return "\n\n".join(told) + "\n"


def document_reference(document: Document, now: str) -> dict[str, Any]:
    """The resource, after http://hl7.org/fhir/R4/documentreference.html.

    Args:
        now: an instant, for a note that is not signed yet.
    """
    plain = whole_text(document).encode()
    signed = document.signed_at.isoformat(timespec="seconds") if document.signed_at else None
    clinician = _who("Practitioner", document.clinician_id, document.clinician)
    resource: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "id": document.note_id,
        "masterIdentifier": _identifier(document.note_id),
        "status": "current",
        "docStatus": ("amended" if document.addenda else "final") if signed else "preliminary",
        "type": {"coding": [_PROGRESS_NOTE], "text": document.title},
        "category": [{"coding": [_CLINICAL_NOTE]}],
        "subject": _who("Patient", document.client_id, document.client),
        "date": signed or now,
        "author": [clinician],
        "description": document.title if signed else DRAFT,
        "securityLabel": [{"coding": [_RESTRICTED]}],
        "content": [{"attachment": _attachment(document, plain, signed or now)}],
        "context": {"related": [{"identifier": _identifier(document.appointment_id), "type": "Appointment"}]},
    }
    if document.practice:
        resource["custodian"] = {"display": document.practice}
    if signed:
        resource["authenticator"] = clinician
    period = {"start": document.began_at, "end": document.ended_at}
    if known := {name: at.isoformat(timespec="seconds") for name, at in period.items() if at}:
        resource["context"]["period"] = known
    return resource


def _attachment(document: Document, plain: bytes, at: str) -> dict[str, Any]:
    digest = hashlib.sha1(plain, usedforsecurity=False).digest()  # the hash that R4 asks for
    return {
        "contentType": "text/plain; charset=utf-8",
        "language": "en",
        "data": base64.b64encode(plain).decode(),
        "size": len(plain),
        "hash": base64.b64encode(digest).decode(),
        "title": document.title,
        "creation": at,
    }


def _who(kind: str, own_id: str, name: str) -> dict[str, Any]:
    return {"type": kind, "identifier": _identifier(own_id)} | ({"display": name} if name else {})


def _identifier(own_id: str) -> dict[str, str]:
    return {"system": _UUIDS, "value": f"urn:uuid:{own_id}"}


def _document(work: Work, note_id: str, form: str) -> Document:
    note = note_row(work, note_id)
    work.note("export", "note", note, form=form)
    if note.signed_at is not None:
        return signed_document(work, note)
    return document_of(work, note, form_of(work, note.template_id), open_content(work, note, standing(work, note)))


def _export(document: Document, ending: str, media_type: str, make: Callable[[], bytes]) -> Export:
    day = (document.began_at or document.planned_at).date().isoformat()
    state = "" if document.signed_at else "-DRAFT"
    return Export(f"progress-note-{day}{state}.{ending}", media_type, make)

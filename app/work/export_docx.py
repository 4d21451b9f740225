"""A note as a DOCX file, made in memory."""

from __future__ import annotations

import re
from io import BytesIO

import docx
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from app.work.note_document import Document, heading_of, signature_of
from pipelines.phrases import DRAFT

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RED = RGBColor(0xB0, 0x00, 0x20)


def docx_of(document: Document) -> bytes:
    """The whole note. A draft says so at the head of every page and above the text."""
    file = docx.Document()
    file.styles["Normal"].font.size = Pt(11)
    about = file.core_properties
    about.title, about.author, about.comments = document.title, document.clinician, ""
    about.created = about.modified = (document.signed_at or document.planned_at).replace(tzinfo=None, microsecond=0)
    about.last_modified_by = ""
    if document.signed_at is None:
        _red(file.sections[0].header.paragraphs[0])
        _red(file.add_paragraph())
    file.add_heading(_clean(document.title), level=1)
    table = file.add_table(rows=0, cols=2)
    for label, value in heading_of(document):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, _clean(value)
    for part in document.parts:
        if part.kind == "field":
            line = file.add_paragraph()
            line.add_run(f"{_clean(part.title)}: ").bold = True
            line.add_run(_clean(part.text))
            continue
        if part.title:
            file.add_heading(_clean(part.title), level=2)
        for paragraph in part.text.split("\n"):
            file.add_paragraph(_clean(paragraph))
    for told in signature_of(document):
        file.add_paragraph(_clean(told))
    held = BytesIO()
    file.save(held)
    return held.getvalue()


def _red(paragraph: Paragraph) -> None:
    run = paragraph.add_run(DRAFT)
    run.bold, run.font.color.rgb = True, _RED


def _clean(text: str) -> str:
    """XML cannot hold every character that a text can."""
    return _NOT_XML.sub("\ufffd", text)

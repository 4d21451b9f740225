"""A note as a PDF file, made in memory. Its letters are those of DejaVu (with Matplotlib): Latin, Greek, Cyrillic."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from app.work.note_document import Document, heading_of, signature_of
from pipelines.phrases import DRAFT

_MARGIN = 20 * mm
_RED = HexColor("#b00020")
_WIDTH, _HEIGHT = min(A4[0], letter[0]), min(A4[1], letter[1])  # prints on either paper


def pdf_of(document: Document) -> bytes:
    """The whole note. A draft says so at the head of every page; every page has its number."""
    _fonts()
    held = BytesIO()
    file = SimpleDocTemplate(
        held, pagesize=(_WIDTH, _HEIGHT), leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN,
        bottomMargin=_MARGIN, title=document.title, author=document.clinician, creator="notebench", invariant=1,
    )  # fmt: skip
    head = functools.partial(_page, draft=document.signed_at is None)
    file.build(list(_flow(document)), onFirstPage=head, onLaterPages=head)
    return held.getvalue()


def _flow(document: Document) -> Iterator[Flowable]:
    text = ParagraphStyle("text", fontName="Note", fontSize=10, leading=14, spaceAfter=4)
    title = ParagraphStyle("title", parent=text, fontName="Note-Bold", fontSize=15, leading=20, spaceAfter=6)
    section = ParagraphStyle("section", parent=text, fontName="Note-Bold", fontSize=11, spaceBefore=8, keepWithNext=1)
    yield Paragraph(_marked(document.title), title)
    for label, value in heading_of(document):
        yield _labelled(label, value, text)
    yield Spacer(1, 6)
    for part in document.parts:
        if part.kind == "field":
            yield _labelled(part.title, part.text, text)
            continue
        if part.title:
            yield Paragraph(_marked(part.title), section)
        for paragraph in part.text.split("\n"):
            yield Paragraph(_marked(paragraph), text)
    yield Spacer(1, 10)
    for told in signature_of(document):
        yield Paragraph(_marked(told), text)


def _labelled(label: str, value: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(f'<font name="Note-Bold">{_marked(label)}:</font> {_marked(value)}', style)


def _marked(text: str) -> str:
    """The text as markup: nothing in it is read as a tag, and line breaks stay."""
    printable = "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)
    return escape(printable).replace("\n", "<br/>")


def _page(canvas: Any, file: Any, *, draft: bool) -> None:
    canvas.saveState()
    canvas.setFont("Note", 8)
    canvas.drawRightString(_WIDTH - _MARGIN, 10 * mm, f"Page {file.page}")
    if draft:
        canvas.setFillColor(_RED)
        canvas.setFont("Note-Bold", 11)
        canvas.drawString(_MARGIN, _HEIGHT - 12 * mm, DRAFT)
    canvas.restoreState()


@functools.cache
def _fonts() -> None:
    import matplotlib as mpl

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdfmetrics.registerFont(TTFont("Note", str(folder / "DejaVuSans.ttf")))
    pdfmetrics.registerFont(TTFont("Note-Bold", str(folder / "DejaVuSans-Bold.ttf")))

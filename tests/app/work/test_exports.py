"""What leaves the service as a file: whole, readable by its own kind of reader, and no draft that poses as final."""

import base64
import hashlib
import json
from io import BytesIO

import docx
import pytest
from pypdf import PdfReader

from app.errors import InvalidError, NotFoundError
from app.work import exports, signing
from pipelines.phrases import DRAFT
from tests.app.conftest import Clinic
from tests.app.work.desk import SOAP, Desk

AWKWARD = "Zoë said <b>5 > 3</b> & “so”.\nЖизнь — \x0c ok."


@pytest.fixture
def desk(clinic_of_two: Clinic) -> Desk:
    return Desk(clinic_of_two)


def exported(desk: Desk, form: str, *given: str) -> exports.Export:
    with desk.work() as work:
        return getattr(exports, form)(work, desk.note().id, *given)  # type: ignore[no-any-return]


def words_of_docx(content: bytes) -> str:
    file = docx.Document(BytesIO(content))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return "\n".join([p.text for p in [*file.sections[0].header.paragraphs, *file.paragraphs]] + cells)


def pages_of_pdf(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_a_draft_says_so_in_every_form(desk: Desk) -> None:
    desk.hear()
    desk.draft()
    note = desk.note()
    assert exported(desk, "text").name == "progress-note-2026-03-02-DRAFT.txt"
    assert exported(desk, "text").content.decode().count(DRAFT) == 2
    assert exported(desk, "text", "plan").content.decode() == f"{DRAFT}\n\n{SOAP['plan']}"
    assert DRAFT in words_of_docx(exported(desk, "docx").content)
    reference = json.loads(exported(desk, "fhir").content)
    assert (reference["docStatus"], reference["description"]) == ("preliminary", DRAFT)
    assert "authenticator" not in reference
    with desk.work() as work, pytest.raises(InvalidError):
        exports.text(work, note.id, "mood")
    with desk.work() as work:
        later = exports.pdf(work, note.id)
    assert later.content[:4] == b"%PDF"  # made when the transaction is over
    with desk.work("ben") as work, pytest.raises(NotFoundError):
        exports.pdf(work, note.id)


def test_a_signed_note_is_whole_in_every_form(desk: Desk) -> None:
    note = desk.ready()
    with desk.work() as work:
        signing.sign(work, note.id, note.version)
    plain = exported(desk, "text").content.decode()
    assert DRAFT not in plain
    for told in ("Client: Ro Vale", "Clinician: Ada", "CPT 90834", "Setting: Office", "Signed by Ada on 2026-03-02",
                 *SOAP["plan"].splitlines()):  # fmt: skip
        assert told in plain
    words = words_of_docx(exported(desk, "docx").content)
    assert DRAFT not in words
    assert all(told in words for told in ("Ro Vale", "Client was calm.", "Signed by Ada"))
    pages = "".join(pages_of_pdf(exported(desk, "pdf").content))
    assert DRAFT not in pages
    assert all(told in pages for told in ("Ro Vale", "Client was calm.", "Signed by Ada", "Setting: Office"))
    reference = json.loads(exported(desk, "fhir").content)
    attachment = reference["content"][0]["attachment"]
    content = base64.b64decode(attachment["data"])
    assert content.decode() == plain
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(content).digest()
    assert (reference["resourceType"], reference["status"], reference["docStatus"]) == (
        "DocumentReference", "current", "final",
    )  # fmt: skip
    assert reference["context"]["period"] == {"start": "2026-03-02T14:00:00+00:00", "end": "2026-03-02T14:50:00+00:00"}
    with desk.work() as work:
        signing.add_addendum(work, note.id, "Two units.")
    assert json.loads(exported(desk, "fhir").content)["docStatus"] == "amended"
    assert "Two units." in words_of_docx(exported(desk, "docx").content)


def test_no_text_breaks_a_file(desk: Desk) -> None:
    desk.edit({"plan": AWKWARD.replace("\x0c", ""), "subjective": "word " * 3_000})
    assert "Zoë said <b>5 > 3</b> & “so”." in words_of_docx(exported(desk, "docx").content)
    pages = pages_of_pdf(exported(desk, "pdf").content)
    assert len(pages) > 1
    assert all(DRAFT in page for page in pages)
    assert all(told in "".join(pages) for told in ("Zoë said <b>5 > 3</b> & “so”.", "Жизнь — "))

"""The audit logs of all practices: verified, and anchored in files that are to be kept elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.audit import Anchor, flaws
from app.database.operations import AuditEntry
from app.database.people import Practice
from app.database.scope import Principal, ScopedSession
from app.settings import ServiceSettings
from app.storage.files import sync_folder
from pipelines.records import InputError

if TYPE_CHECKING:
    from app.wiring import Service

_SYSTEM = Principal.system("audit")
_AT_ONCE = 1_000  # entries in memory


@dataclass(frozen=True)
class LogState:
    """A practice's log: how many entries it has, and what is wrong with it."""

    entries: int
    flaws: list[str]


def verify_all(service: Service, anchors: Iterable[Anchor] = ()) -> dict[str, LogState]:
    """The state of every log by practice; also of practices that only the log or an anchor still knows."""
    kept = list(anchors)
    with service.reading(_SYSTEM) as session:
        known = set(session.scalars(select(Practice.id))) | set(
            session.scalars(select(AuditEntry.practice_id).distinct())
        )
        practices = sorted(known | {anchor.practice_id for anchor in kept})
        return {practice: _state(session, practice, kept, service.vault.audit_key) for practice in practices}


def add_anchors(service: Service, file: Path) -> list[dict[str, Any]]:
    """Write the last entry of every log to the end of a file, durably; what it holds already stays."""
    with service.reading(_SYSTEM) as session:
        last = select(AuditEntry.practice_id, func.max(AuditEntry.sequence).label("last")).group_by(
            AuditEntry.practice_id
        )
        ends = session.execute(last.order_by(AuditEntry.practice_id)).all()
        anchors = [_anchor(session, practice, sequence) for practice, sequence in ends]
    at = service.clock().isoformat()
    lines = [asdict(anchor) | {"at": at} for anchor in anchors]
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(line) + "\n" for line in lines)
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(file.absolute().parent)
    return lines


def read_anchors(file: Path) -> list[Anchor]:
    """The anchors of a file.

    Raises:
        InputError: it cannot be read, or a line is no anchor; the line is named.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{file}: cannot be read; name a file that notebench audit anchor wrote") from None
    found = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            found.append(Anchor(str(row["practice_id"]), int(row["sequence"]), str(row["digest"])))
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"{file}, line {number}: is no anchor; take the line as notebench audit anchor wrote it"
            ) from None
    return found


def own_anchors(settings: ServiceSettings) -> list[Anchor]:
    """Those in the data folder's `anchors`, which go along in a backup. They prove less than ones kept elsewhere."""
    files = sorted((settings.service_dir / "anchors").glob("*.jsonl"))
    return [anchor for file in files for anchor in read_anchors(file)]


def _anchor(session: ScopedSession, practice: str, sequence: int) -> Anchor:
    query = select(AuditEntry.digest).where(AuditEntry.practice_id == practice, AuditEntry.sequence == sequence)
    return Anchor(practice, sequence, session.scalars(query).one())


def _state(session: ScopedSession, practice: str, anchors: list[Anchor], key: bytes) -> LogState:
    count = 0

    def entries() -> Iterable[AuditEntry]:
        nonlocal count
        query = select(AuditEntry).where(AuditEntry.practice_id == practice).order_by(AuditEntry.sequence)
        for entry in session.scalars(query.execution_options(yield_per=_AT_ONCE)):
            count += 1
            yield entry

    found = flaws(entries(), key, [anchor for anchor in anchors if anchor.practice_id == practice])
    return LogState(count, found)

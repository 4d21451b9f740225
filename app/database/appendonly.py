"""The audit log only grows: triggers that refuse every change, removal and replacement of an entry."""

from __future__ import annotations

from collections.abc import Iterator

_TABLE = "audit_entries"
_TOLD = "the audit log is append-only"


def statements(dialect: str) -> Iterator[str]:
    """The SQL that puts the triggers in place, on `sqlite` or `postgresql`; run after every migration. Repeatable.

    Whoever owns the tables can take the triggers away again; what they do then, the chain of digests shows.
    """
    yield from _sqlite() if dialect == "sqlite" else _postgresql()


def _sqlite() -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_TOLD}'); END"
    for event in ("UPDATE", "DELETE"):
        yield f"CREATE TRIGGER IF NOT EXISTS {_TABLE}_no_{event.lower()} BEFORE {event} ON {_TABLE} {refuse}"
    # INSERT OR REPLACE removes the row in its way without asking the trigger for DELETE.
    there = f"SELECT 1 FROM {_TABLE} WHERE id = NEW.id OR (practice_id = NEW.practice_id AND sequence = NEW.sequence)"  # noqa: S608 - our own words
    yield (f"CREATE TRIGGER IF NOT EXISTS {_TABLE}_no_replace BEFORE INSERT ON {_TABLE} "
           f"WHEN EXISTS ({there}) {refuse}")  # fmt: skip


def _postgresql() -> Iterator[str]:
    yield (f"CREATE OR REPLACE FUNCTION {_TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
           f"$$ BEGIN RAISE EXCEPTION '{_TOLD}'; END $$")  # fmt: skip
    for event, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = f"{_TABLE}_no_{event.split()[0].lower()}"
        yield f"DROP TRIGGER IF EXISTS {name} ON {_TABLE}"
        yield (f"CREATE TRIGGER {name} BEFORE {event} ON {_TABLE} FOR EACH {each} "
               f"EXECUTE FUNCTION {_TABLE}_refuse()")  # fmt: skip

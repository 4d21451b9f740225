"""Writes the next revision of the tables: `python -m app.database.revise "what changes"`, or `make revision`.

It compares the mapped classes with tables that all revisions together make, in a database of its own. What comes out
is a draft: read it, say in it how rows are kept, and run the tests of migrations.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from app.database import schema
from app.database.engine import open_engine
from app.options import say
from pipelines.records import InputError


def revise(message: str, versions: Path | None = None) -> Path | None:
    """Write the revision; None where the tables are those of the mapped classes already.

    Args:
        versions: another folder of revisions.
    """
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/empty.sqlite")
        config = schema.config_for(engine, versions)
        number = len(list(schema.revisions(versions))) + 1
        try:
            command.upgrade(config, "head")
            made = command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        finally:
            engine.dispose()
    return Path(made.path) if made and not isinstance(made, list) else None


def main() -> int:
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        raise InputError('say what changes: make revision what="…"')
    made = revise(sys.argv[1].strip())
    say(f"{made}: read it, and keep the rows" if made else "the tables are up to date; no revision is needed")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        say(f"error: {error}")
        sys.exit(2)

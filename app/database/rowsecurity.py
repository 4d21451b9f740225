"""Row-level security on PostgreSQL: the second wall, written from the same `access` as the first (`scope`).

The service connects as a role that does not own the tables; `FORCE` binds the owner too. Each transaction says for whom
it acts; where it does not say so, no row is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.database.base import Base, Reach, Role

_OWNER = {
    Reach.PRACTICE: ("practice_id",),
    Reach.OWN: ("practice_id", "practitioner_id"),
    Reach.SELF: ("practice_id", "user_id"),
    Reach.APPOINTMENT: ("practice_id", "appointment_id"),
}
_SETTING = {"practice_id": "practice", "practitioner_id": "user", "user_id": "user", "appointment_id": "appointment"}


def statements(service_role: str | None = None) -> Iterator[str]:
    """The SQL that puts the policies in place; run by the owner after every migration. Repeatable.

    Args:
        service_role: the database role of the service, which is given the tables; None: the owner serves itself.
    """
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__tablename__):
        table, access, columns = mapper.class_.__tablename__, mapper.class_.access, set(mapper.columns.keys())
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        for command, reaches in (("SELECT", access.read), ("UPDATE", access.write), ("DELETE", access.write)):
            yield from _policy(table, command, f"USING ({_condition(reaches, columns)})")
        yield from _policy(table, "INSERT", f"WITH CHECK ({_condition(access.write, columns)})")
        if service_role:
            yield f'GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO "{service_role}"'


def _policy(table: str, command: str, clause: str) -> Iterator[str]:
    name = f"{table}_{command.lower()}"
    yield f"DROP POLICY IF EXISTS {name} ON {table}"
    yield f"CREATE POLICY {name} ON {table} FOR {command} {clause}"


def _condition(reaches: Mapping[Role, Reach], columns: set[str]) -> str:
    ways = [_is("role", Role.SYSTEM)]
    for role, reach in reaches.items():
        owned = [f"{name if name in columns else 'id'} = {_said(_SETTING[name])}" for name in _OWNER[reach]]
        ways.append(" AND ".join([_is("role", role), *owned]))
    return " OR ".join(f"({way})" for way in ways)


def _is(setting: str, value: str) -> str:
    return f"{_said(setting)} = '{value}'"


def _said(setting: str) -> str:
    return f"current_setting('notebench.{setting}', true)"

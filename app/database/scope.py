"""Who may see and change which row: the one place for it, on whatever form a query takes.

Every session acts for a principal. Each statement it runs is narrowed to the rows that the tables' `access` gives the
principal's role; a statement that cannot be narrowed (text, tables instead of classes, bulk inserts) is refused, and so
is every change of a row outside the principal's reach. The engine refuses connections that no such session opened.
On PostgreSQL, row-level security is a second wall (`rowsecurity`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    Alias,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Join,
    Select,
    Table,
    and_,
    event,
    false,
    inspect,
    true,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import visitors

from app.database.base import Base, Reach, Role

_OWNERS = ("practice_id", "practitioner_id", "user_id", "appointment_id")


@dataclass(frozen=True)
class Principal:
    """For whom a session acts. `appointment_id` is a guest's; the system names its `reason` instead of a user."""

    role: Role
    user_id: str
    practice_id: str = ""
    appointment_id: str = ""

    @classmethod
    def system(cls, reason: str) -> Principal:
        """Our own worker, or the sign-in, which must look before it knows who asks."""
        return cls(Role.SYSTEM, f"system:{reason}")


class OutOfReachError(Exception):
    """A statement or a change that the principal's role does not allow. A fault of ours, never shown to a user."""


class ScopedSession(Session):
    """A session that sees and changes what its principal may, and nothing else."""

    def __init__(self, engine: Engine, principal: Principal) -> None:
        super().__init__(engine, expire_on_commit=False, autoflush=True)
        self.principal = principal

    def connection(self, *_: Any, **__: Any) -> Connection:
        raise OutOfReachError("a bare connection is not narrowed to a principal; use the mapped classes")

    @contextmanager
    def acting(self, principal: Principal) -> Iterator[None]:
        """Act for somebody else within the same transaction: for what a use case does beyond its user's own reach."""
        self.flush()  # what was changed until now was changed by the one before
        before = self.principal
        self._act_for(principal)
        try:
            yield
            self.flush()
        except BaseException:
            with suppress(SQLAlchemyError):  # a transaction that failed takes no statement any more
                self._act_for(before)
            raise
        self._act_for(before)

    def _act_for(self, principal: Principal) -> None:
        self.principal = principal
        _say_for_whom(principal, super().connection())


def guard(engine: Engine) -> Engine:
    """Let this engine run statements only for scoped sessions."""
    event.listen(engine, "before_cursor_execute", _refuse_unscoped)
    event.listen(engine, "reset", _forget_principal)
    return engine


def reaches(access: Mapping[Role, Reach], principal: Principal, row: Mapping[str, Any]) -> bool:
    """Whether a row with these owner columns is within the principal's reach."""
    if principal.role == Role.SYSTEM:
        return True
    reach = access.get(principal.role)
    return reach is not None and all(row.get(name) == value for name, value in _owner(reach, principal).items())


def _owner(reach: Reach, principal: Principal) -> dict[str, str]:
    """What the owner columns of a row within reach hold. A table without one of them keeps it in `id`."""
    owner = {"practice_id": principal.practice_id}
    match reach:
        case Reach.OWN:
            owner["practitioner_id"] = principal.user_id
        case Reach.SELF:
            owner["user_id"] = principal.user_id
        case Reach.APPOINTMENT:
            owner["appointment_id"] = principal.appointment_id
        case Reach.PRACTICE:
            pass
    return owner


def _column(mapped: type[Base], name: str) -> Any:
    """The column that holds an owner: a practice or an appointment is its own."""
    return getattr(mapped, name, None) or mapped.id  # type: ignore[attr-defined]


def _criterion(mapped: type[Base], access: Mapping[Role, Reach], principal: Principal) -> ColumnElement[bool]:
    if principal.role == Role.SYSTEM:
        return true()
    reach = access.get(principal.role)
    if reach is None:
        return false()
    return and_(*(_column(mapped, name) == value for name, value in _owner(reach, principal).items()))


@event.listens_for(ScopedSession, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    session = cast("ScopedSession", state.session)
    if not state.is_orm_statement or state.is_insert or not (state.is_select or state.is_update or state.is_delete):
        raise OutOfReachError("only queries of mapped classes can be narrowed to a principal")
    for node in visitors.iterate(cast("visitors.ExternallyTraversible", state.statement)):
        _refuse_bare(node)
    if session.principal.role == Role.SYSTEM:
        return
    changing = state.is_update or state.is_delete
    if state.is_update:
        _refuse_giving_away(state)
    for mapper in Base.registry.mappers:
        mapped = cast("type[Base]", mapper.class_)
        access = mapped.access.write if changing else mapped.access.read
        criterion = _criterion(mapped, access, session.principal)
        state.statement = state.statement.options(with_loader_criteria(mapped, criterion, include_aliases=True))


def _refuse_giving_away(state: ORMExecuteState) -> None:
    """A bulk update changes no owner, and takes no parameters, which could name rows by key."""
    values = cast("Any", state.statement)._values or {}  # no public name
    if state.parameters or any(getattr(column, "key", column) in {*_OWNERS, "id"} for column in values):
        raise OutOfReachError("a bulk update may not change whose rows they are; change them one by one")


def _refuse_bare(node: Any) -> None:
    """Refuse what SQLAlchemy would not narrow: text, and tables or their columns that stand for no mapped class."""
    if node.__visit_name__ in {"textclause", "text_as_from"}:
        raise OutOfReachError("a query with text in it cannot be narrowed to a principal")
    named: list[Any] = [node] if isinstance(node, Column) else []
    if isinstance(
        node, Select
    ):  # what it names itself: the tables of its columns are found again below, without a mark
        named = [*node._raw_columns, *node._from_obj, *(join[0] for join in node._setup_joins)]  # no public names
    for part in named:
        for element in visitors.iterate(part) if isinstance(part, Join) else (part,):
            table: Any = element.table if isinstance(element, Column) else element
            table = table.element if isinstance(table, Alias) else table
            if isinstance(table, Table) and "parententity" not in element._annotations:
                raise OutOfReachError(f"{table.name}: query the mapped class, not the table")


@event.listens_for(ScopedSession, "before_flush")
def _refuse_foreign_changes(session: ScopedSession, _context: UOWTransaction, _instances: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if row in session.dirty and not session.is_modified(row):
            continue
        for owner in _owners(row):
            if not reaches(type(row).access.write, session.principal, owner):
                raise OutOfReachError(f"{type(row).__name__}: outside the reach of the {session.principal.role}")


def _owners(row: Any) -> list[dict[str, Any]]:
    """The owner columns as they are to be, and as they were: nobody gives a row away."""
    now: dict[str, Any] = {}
    before: dict[str, Any] = {}
    for name in _OWNERS:
        key = name if hasattr(type(row), name) else "id"
        history = inspect(row).attrs[key].history
        now[name] = getattr(row, key)
        before[name] = history.deleted[0] if history.deleted else now[name]
    return [now, before]


@event.listens_for(ScopedSession, "after_begin")
def _name_principal(session: ScopedSession, _transaction: SessionTransaction, connection: Connection) -> None:
    _say_for_whom(session.principal, connection)


def _say_for_whom(p: Principal, connection: Connection) -> None:
    connection.info["principal"] = p
    if connection.dialect.name == "postgresql":
        settings = {"role": p.role, "user": p.user_id, "practice": p.practice_id, "appointment": p.appointment_id}
        for name, value in settings.items():
            connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (f"notebench.{name}", str(value)))


def _refuse_unscoped(connection: Connection, *_: Any) -> None:
    if "principal" not in connection.info:
        raise OutOfReachError("this connection acts for nobody; open a session with Service.work")


def _forget_principal(_connection: Any, record: Any, _state: Any) -> None:
    record.info.pop("principal", None)

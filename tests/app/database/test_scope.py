"""Who may see which row, by whatever form of query; on both databases."""

import pytest
from sqlalchemy import delete, exists, func, insert, select, text, update
from sqlalchemy.orm import aliased

from app.database.base import new_id
from app.database.clinic import Client
from app.database.operations import AuditEntry
from app.database.people import Practice, User
from app.database.scope import OutOfReachError, Principal
from app.errors import NotFoundError
from tests.app.conftest import Clinic

Other = aliased(Client)
TABLE = Client.__table__


def ids(clinic: Clinic, name: str, query: object) -> list[str]:
    with clinic.service.work(clinic.users[name]) as work:
        return list(work.session.scalars(query))


@pytest.mark.parametrize(
    "query",
    [
        select(Client.id),
        select(Other.id),
        select(select(Client.id).subquery().c.id),
        select(Client.id).union_all(select(Other.id)),
        select(Client.id).join(User, User.id == Client.practitioner_id),
        select(Client.id).where(exists().where(Other.id == Client.id)),
    ],
)
def test_a_practitioner_sees_only_their_own_clients(clinic_of_two: Clinic, query: object) -> None:
    assert set(ids(clinic_of_two, "ada", query)) == {clinic_of_two.clients["ada"]}


@pytest.mark.parametrize(
    "query",
    [
        text("SELECT id FROM clients"),
        select(TABLE.c.id),
        select(func.count()).select_from(TABLE),
        select(Client.id).where(exists(select(TABLE.c.id))),
        select(User.id).join(TABLE, TABLE.c.practitioner_id == User.id),
        select(TABLE.alias().c.id),
        insert(Client).values(id=new_id()),
    ],
)
def test_what_cannot_be_narrowed_is_refused(clinic_of_two: Clinic, query: object) -> None:
    with pytest.raises(OutOfReachError), clinic_of_two.service.work(clinic_of_two.users["ada"]) as work:
        work.session.execute(query)


def test_each_role_reaches_what_its_tables_say(clinic_of_two: Clinic) -> None:
    clients, count = clinic_of_two.clients, select(func.count()).select_from(Client)
    assert set(ids(clinic_of_two, "admin", select(Client.id))) == {clients["ada"], clients["ben"]}
    assert ids(clinic_of_two, "reviewer", count) == [0]
    assert ids(clinic_of_two, "other_ada", select(Practice.id)) == [clinic_of_two.practices[1]]


def test_bulk_changes_touch_only_what_is_within_reach(clinic_of_two: Clinic) -> None:
    with clinic_of_two.service.work(clinic_of_two.users["ada"]) as work:
        work.session.execute(update(Client).values(sealed=None))
    with clinic_of_two.service.work(clinic_of_two.users["ada"]) as work:
        work.session.execute(delete(Client))
    assert ids(clinic_of_two, "ada", select(Client.id)) == []
    assert ids(clinic_of_two, "ben", select(Client.sealed.is_not(None))) == [True]


def test_a_row_can_neither_be_made_for_nor_given_to_somebody_else(clinic_of_two: Clinic) -> None:
    ada, ben = clinic_of_two.users["ada"], clinic_of_two.users["ben"]
    with pytest.raises(OutOfReachError), clinic_of_two.service.work(ada) as work:
        work.session.add(Client(practice_id=ben.practice_id, practitioner_id=ben.user_id, created_at=work.now))
    with pytest.raises(OutOfReachError), clinic_of_two.service.work(ada) as work:
        work.get(Client, clinic_of_two.clients["ada"], "client").practitioner_id = ben.user_id
    with pytest.raises(OutOfReachError), clinic_of_two.service.work(ada) as work:
        work.session.execute(update(Client).values(practitioner_id=ben.user_id))


def test_acting_for_the_system_ends_with_its_block_and_leaves_an_entry_in_the_log(clinic_of_two: Clinic) -> None:
    with clinic_of_two.service.work(clinic_of_two.users["ada"]) as work:
        client = work.get(Client, clinic_of_two.clients["ada"], "client")
        with pytest.raises(NotFoundError), work.session.acting(Principal.system("test")):
            work.get(Practice, client.id, "practice")
        with work.session.acting(Principal.system("test")):
            assert len(list(work.session.scalars(select(Client.id)))) == 4
        assert list(work.session.scalars(select(Client.id))) == [client.id]
        client.practitioner_id = clinic_of_two.users["ben"].user_id
        with pytest.raises(OutOfReachError), work.session.acting(Principal.system("test")):
            pass  # what was changed before is not the system's
        client.practitioner_id = clinic_of_two.users["ada"].user_id
        work.note("read", "client", client)
    with clinic_of_two.service.work(clinic_of_two.users["admin"]) as work:
        assert [entry.object_id for entry in work.session.scalars(select(AuditEntry))] == [client.id]


def test_a_connection_that_acts_for_nobody_is_refused(clinic_of_two: Clinic) -> None:
    with pytest.raises(OutOfReachError), clinic_of_two.service.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    with pytest.raises(OutOfReachError), clinic_of_two.service.work(clinic_of_two.users["ada"]) as work:
        work.session.connection()

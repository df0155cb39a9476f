"""Transactions on servers that fail: all of the work is done once, or what failed is said."""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, create_engine, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from shared.application import Application
from shared.database import leases, tables, transactions
from shared.database.engine import open_engine
from shared.database.failures import is_duplicate, is_passing
from shared.database.transactions import fetch, in_transaction
from shared.runtime import run
from shared.schedulers.sharding import Whole, begin
from tests import rows
from tests.doubles import Clock

on_a_server = pytest.mark.parametrize("stock", ["postgresql"], indirect=True)
"""Nobody can be cut off from a file; SQL Server's own ways to do it are not tried."""
pytestmark = pytest.mark.usefixtures("without_waiting")


@pytest.fixture
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "PAUSES", (0,) * len(transactions.PAUSES))


@pytest.fixture
def owner(engine: Engine) -> UUID:
    with engine.begin() as connection:
        return rows.owner(connection, rows.tenant(connection))


@pytest.fixture
def killer(engine: Engine) -> Iterator[Callable[[int], None]]:
    """Ends the server's side of a connection, as a fail-over does."""
    admin = create_engine(engine.url, isolation_level="AUTOCOMMIT")

    def kill(backend: int) -> None:
        with admin.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})

    yield kill
    admin.dispose()


def backend(connection: Connection) -> int:
    return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def missed(engine: Engine) -> int:
    (found,) = rows.all_of(engine, tables.owners)
    return found.no_show_count


def one_more(connection: Connection) -> int:
    """Count one more missed visit: to do it twice would show."""
    statement = update(tables.owners).values(no_show_count=tables.owners.c.no_show_count + 1)
    return connection.execute(statement.returning(tables.owners.c.no_show_count)).scalar_one()


def test_work_is_done_once_and_its_result_returned(engine: Engine, owner: UUID) -> None:
    assert in_transaction(engine, one_more) == 1
    assert missed(engine) == 1


def test_work_that_raises_leaves_nothing(engine: Engine, owner: UUID) -> None:
    def work(connection: Connection) -> None:
        one_more(connection)
        raise LookupError

    with pytest.raises(LookupError):
        in_transaction(engine, work)
    assert missed(engine) == 0
    assert rows.all_of(engine, tables.commits) == []


def test_a_lasting_failure_is_raised_at_once(engine: Engine) -> None:
    tries = []

    def work(connection: Connection) -> None:
        tries.append(1)
        connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(DBAPIError):
        in_transaction(engine, work)
    assert tries == [1]


@on_a_server
def test_a_connection_cut_in_the_middle_of_the_work_does_it_anew(
    engine: Engine, owner: UUID, killer: Callable[[int], None]
) -> None:
    tries = []

    def work(connection: Connection) -> int:
        tries.append(1)
        count = one_more(connection)
        if len(tries) < 3:
            killer(backend(connection))
        connection.execute(select(func.count()).select_from(tables.owners))
        return count

    assert in_transaction(engine, work) == 1
    assert len(tries) == 3
    assert missed(engine) == 1


@on_a_server
@pytest.mark.parametrize(("arrives", "times_done"), [(True, 1), (False, 2)])
def test_a_connection_cut_during_the_commit_is_settled_by_the_key(
    engine: Engine,
    owner: UUID,
    killer: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    arrives: bool,
    times_done: int,
) -> None:
    tries: list[int] = []
    commit = engine.dialect.do_commit

    def cut_off(connection: Any) -> None:
        monkeypatch.setattr(engine.dialect, "do_commit", commit)
        if arrives:
            commit(connection)
        killer(connection.dbapi_connection.info.backend_pid)
        connection.execute("SELECT 1")  # the driver's own error, as if the answer to the commit never came

    def work(connection: Connection) -> tuple[int, int]:
        tries.append(1)
        if len(tries) == 1:
            monkeypatch.setattr(engine.dialect, "do_commit", cut_off)
        return len(tries), one_more(connection)

    assert in_transaction(engine, work) == (times_done, 1)
    assert len(tries) == times_done
    assert missed(engine) == 1


@on_a_server
def test_both_sides_of_a_deadlock_come_to_their_end(engine: Engine) -> None:
    with engine.begin() as connection:
        tenant = rows.tenant(connection)
        owners = [rows.owner(connection, tenant), rows.owner(connection, tenant)]
    both_hold_one = threading.Barrier(2)
    tries = []

    def crosswise(first: UUID, second: UUID) -> None:
        def work(connection: Connection) -> None:
            tries.append(first)
            for id_ in (first, second):
                its = tables.owners.c.id == id_
                connection.execute(
                    update(tables.owners).where(its).values(no_show_count=tables.owners.c.no_show_count + 1)
                )
                if id_ == first and len(tries) <= 2:
                    both_hold_one.wait(timeout=30)

        in_transaction(engine, work)

    threads = [threading.Thread(target=crosswise, args=pair) for pair in (owners, owners[::-1])]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert len(tries) == 3
    assert {each.no_show_count for each in rows.all_of(engine, tables.owners)} == {2}


@on_a_server
def test_a_statement_that_takes_too_long_is_tried_again(engine: Engine, owner: UUID) -> None:
    tries = []

    def work(connection: Connection) -> int:
        tries.append(1)
        connection.execute(text("SET LOCAL statement_timeout = 50"))
        count = one_more(connection)
        if len(tries) == 1:
            connection.execute(text("SELECT pg_sleep(30)"))
        return count

    assert in_transaction(engine, work) == 1
    assert missed(engine) == 1


@on_a_server
def test_a_server_that_stays_away_is_said_after_the_last_try(engine: Engine) -> None:
    away = open_engine(engine.url.set(host="127.0.0.1", port=1, query={"connect_timeout": "5"}).render_as_string(False))
    with pytest.raises(DBAPIError) as caught:
        in_transaction(away, one_more)
    assert is_passing(caught.value)


@on_a_server
def test_reading_is_tried_again_too(engine: Engine, owner: UUID, killer: Callable[[int], None]) -> None:
    tries = []

    def query(connection: Connection) -> int:
        tries.append(1)
        if len(tries) == 1:
            killer(backend(connection))
        return connection.execute(select(func.count()).select_from(tables.owners)).scalar_one()

    assert fetch(engine, query) == 1
    assert len(tries) == 2


def test_a_message_id_of_another_is_a_duplicate_and_a_missing_tenant_is_not(engine: Engine, owner: UUID) -> None:
    (its,) = rows.all_of(engine, tables.owners)
    with pytest.raises(IntegrityError) as twice, engine.begin() as connection:
        connection.execute(tables.owners.insert(), {"id": owner, "tenant_id": its.tenant_id})
    with pytest.raises(IntegrityError) as foreign, engine.begin() as connection:
        rows.owner(connection, owner)
    assert (is_duplicate(twice.value), is_duplicate(foreign.value)) == (True, False)


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_new_run_forgets_the_commits_of_days_past(application: Application, in_parts: bool) -> None:
    old = application.clock().replace(year=2020)
    with application.engine.begin() as connection:
        connection.execute(tables.commits.insert(), {"id": UUID(int=1), "at": old})
    if in_parts:
        begin(application, Whole(uuid4(), "VaccinationMonitor", shards=2))
    else:
        run(application, "VaccinationMonitor")
    assert UUID(int=1) not in {each.id for each in rows.all_of(application.engine, tables.commits)}


@on_a_server
def test_a_lease_that_cannot_be_given_back_hides_nothing(
    engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_gone(*_: Any) -> None:
        raise OperationalError("DELETE", None, Exception("the server is gone"))

    monkeypatch.setattr(leases, "release", is_gone)
    with pytest.raises(LookupError), leases.held(engine, "VaccinationMonitor", clock):
        raise LookupError

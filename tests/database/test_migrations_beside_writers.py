"""PostgreSQL is migrated beside those who write: what is slow lets them write, and nothing waits long in their way."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from shared.database import migrations
from tests.database.test_migrations import (
    OWNER,
    PET,
    TENANT,
    Shape,
    declared,
    engine,
    execute,
    own_tables_without,
    read,
    shape,
)

__all__ = ["declared", "engine"]
pytestmark = pytest.mark.parametrize("stock", ["postgresql"], indirect=True)
PATIENCE = 30  # seconds; reached only where the test fails
INDEXES = "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('ix_pets_owner_id') AND indisvalid"


@pytest.fixture
def platform(engine: Engine) -> Engine:
    """A platform's own tables with a pet in them, as they are before 0002."""
    own_tables_without(engine)
    execute(engine, TENANT, OWNER, PET % 3)
    migrations.stamp(engine, migrations.PLATFORM)
    return engine


@pytest.fixture
def elsewhere(engine: Engine) -> Iterator[Connection]:
    """A connection of the platform's own."""
    with engine.connect() as connection:
        yield connection


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def is_waiting(engine: Engine, statement: str) -> bool:
    """Whether a connection waits for a lock in such a statement."""
    found = f"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND strpos(query, '{statement}') > 0"
    return read(engine, found) != (0,)


def test_others_write_while_an_index_is_built(platform: Engine, elsewhere: Connection) -> None:
    elsewhere.exec_driver_sql(PET % 4)  # not committed: the index cannot be finished before it is
    with ThreadPoolExecutor() as threads:
        upgrading = threads.submit(migrations.upgrade, platform)
        try:
            wait_until(lambda: is_waiting(platform, "CREATE INDEX CONCURRENTLY"))
            execute(platform, "SET LOCAL lock_timeout = '1s'", PET % 5, "UPDATE pets SET name = 'Bella'")
            assert not upgrading.done()
        finally:
            elsewhere.commit()
        upgrading.result(PATIENCE)
    assert read(platform, INDEXES) == (1,)
    assert migrations.current(platform) == migrations.HEAD


def test_what_a_failed_build_left_of_an_index_is_built_anew(platform: Engine, declared: Shape) -> None:
    execute(platform, PET % 4)
    with (
        platform.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        pytest.raises(DBAPIError, match="could not create unique index"),
    ):
        connection.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY ix_pets_owner_id ON pets (owner_id)")
    assert read(platform, INDEXES) == (0,)
    migrations.upgrade(platform)
    assert read(platform, INDEXES) == (1,)
    assert shape(platform) == declared


def test_an_added_check_holds_for_the_rows_that_were_there(engine: Engine) -> None:
    own_tables_without(engine, ("owners", "reputation_score"))
    execute(engine, TENANT, OWNER)
    migrations.upgrade(engine)
    validated = "SELECT convalidated FROM pg_constraint WHERE conname = 'ck_owners_reputation_score'"
    assert read(engine, validated) == (True,)


def test_a_table_that_is_taken_is_not_waited_for_long(engine: Engine, elsewhere: Connection) -> None:
    own_tables_without(engine, ("owners", "no_show_count"))
    execute(engine, TENANT)
    elsewhere.exec_driver_sql(OWNER)  # not committed: nobody else can add a column
    with pytest.raises(DBAPIError, match="lock timeout"):
        migrations.upgrade(engine)
    elsewhere.commit()
    migrations.upgrade(engine)
    assert read(engine, "SELECT no_show_count FROM owners") == (0,)


def test_going_back_waits_for_nobody_who_writes_to_an_indexed_table(platform: Engine, elsewhere: Connection) -> None:
    migrations.upgrade(platform)
    elsewhere.exec_driver_sql(PET % 4)
    with ThreadPoolExecutor() as threads:
        going_back = threads.submit(migrations.downgrade, platform, migrations.PLATFORM)
        try:
            wait_until(lambda: is_waiting(platform, "DROP INDEX CONCURRENTLY"))
            execute(platform, "SET LOCAL lock_timeout = '1s'", PET % 5)
        finally:
            elsewhere.commit()
        going_back.result(PATIENCE)
    assert migrations.current(platform) == migrations.PLATFORM

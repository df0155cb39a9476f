"""Where our version is kept: beside a platform's own migrations, and where it was kept before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, inspect

from shared.database import migrations
from shared.database.engine import ensure_ready
from shared.platform.schema_check import lacks
from tests.database.test_migrations import execute, made_by, own_tables_without
from tests.databases import Databases

KEPT = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
THEIRS = "ae1027a6acf0"


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """A database that holds nothing."""
    with made_by(databases) as engine:
        yield engine


def keep(engine: Engine, *versions: str) -> None:
    """Let Alembic's own table hold some versions, and no table of ours any."""
    execute(engine, "DROP TABLE IF EXISTS petcare_version", KEPT)
    execute(engine, *(f"INSERT INTO alembic_version VALUES ('{each}')" for each in versions))


def kept(engine: Engine, table: str = "alembic_version") -> list[str] | None:
    if not inspect(engine).has_table(table):
        return None
    with engine.connect() as connection:
        return sorted(connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalars())


@pytest.mark.parametrize("theirs", [[THEIRS], ["9999"], [THEIRS, "be1027a6acf0"], []])
def test_a_platforms_own_versions_are_left_alone_and_in_nobodys_way(engine: Engine, theirs: list[str]) -> None:
    own_tables_without(engine)
    keep(engine, *theirs)
    assert migrations.current(engine) is None
    migrations.upgrade(engine)
    ensure_ready(engine)
    assert lacks(engine) == []
    assert kept(engine) == sorted(theirs)
    assert kept(engine, "petcare_version") == [migrations.HEAD]


def test_an_empty_version_table_of_an_upgrade_that_was_broken_off_is_filled(engine: Engine) -> None:
    own_tables_without(engine)
    execute(engine, KEPT.replace("alembic_version", "petcare_version"))
    migrations.upgrade(engine)
    ensure_ready(engine)
    assert kept(engine, "petcare_version") == [migrations.HEAD]


def test_versions_of_another_program_in_an_empty_database_are_left_alone(engine: Engine) -> None:
    keep(engine, THEIRS)
    migrations.upgrade(engine)
    ensure_ready(engine)
    assert kept(engine) == [THEIRS]


def test_a_platform_that_begins_to_migrate_later_is_in_nobodys_way(engine: Engine) -> None:
    migrations.upgrade(engine)
    execute(engine, KEPT, f"INSERT INTO alembic_version VALUES ('{THEIRS}')")
    migrations.upgrade(engine)
    ensure_ready(engine)
    assert kept(engine) == [THEIRS]


def test_a_version_of_ours_is_taken_over(engine: Engine) -> None:
    migrations.upgrade(engine)
    keep(engine, migrations.HEAD)
    assert migrations.current(engine) == migrations.HEAD
    migrations.upgrade(engine)
    assert (kept(engine), kept(engine, "petcare_version")) == (None, [migrations.HEAD])


def test_a_version_of_ours_beside_the_platforms_is_copied_and_the_table_left_alone(engine: Engine) -> None:
    migrations.upgrade(engine)
    keep(engine, migrations.HEAD, THEIRS)
    migrations.upgrade(engine)
    ensure_ready(engine)
    assert kept(engine) == [migrations.HEAD, THEIRS]


@pytest.mark.parametrize("numbered", ["0001", "0002"])
def test_a_platform_that_numbers_its_migrations_as_we_do_keeps_its_table(engine: Engine, numbered: str) -> None:
    own_tables_without(engine)
    keep(engine, numbered)
    migrations.upgrade(engine)
    ensure_ready(engine)
    assert kept(engine) == [numbered]
    assert lacks(engine) == []


def test_two_that_take_it_over_at_once_do_it_once(engine: Engine) -> None:
    migrations.upgrade(engine)
    keep(engine, migrations.HEAD)
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda _: migrations.keep_version(engine), range(4)))
    migrations.upgrade(engine)
    assert (kept(engine), kept(engine, "petcare_version")) == (None, [migrations.HEAD])

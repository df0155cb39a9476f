"""The migrations make the schema of tables.py, from nothing and from a platform's own tables."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.database import migrations
from shared.database.engine import open_engine
from shared.database.tables import metadata
from tests.databases import Databases

MIGRATIONS = Path(migrations.__file__).parent
PLATFORM_TABLES = {
    "tenants",
    "owners",
    "pets",
    "services",
    "appointments",
    "appointment_pets",
    "vaccination_records",
    "payments",
}
WRITTEN = [
    ("owners", "sms_opted_in"),
    ("owners", "no_show_count"),
    ("owners", "reputation_score"),
    ("owners", "last_reputation_update"),
    ("owners", "updated_at"),
    ("pets", "vaccination_status"),
    ("pets", "vaccination_expires_at"),
    ("pets", "updated_at"),
    ("appointments", "status"),
    ("appointments", "no_show_fee_charged"),
    ("appointments", "updated_at"),
    ("vaccination_records", "status"),
    ("vaccination_records", "updated_at"),
    *(
        ("payments", column)
        for column in (
            "method status offence_number visit_on description policy stripe_payment_intent_id failure_code"
            " failure_message attempts due_at next_attempt_at claimed_by claimed_until succeeded_at updated_at"
        ).split()
    ),
]
OURS = {"version_table": migrations.VERSION_TABLE}
Shape = dict[str, dict[str, list[str]]]
ID = "00000000-0000-0000-0000-00000000000"
TENANT = f"INSERT INTO tenants (id, business_name, subdomain) VALUES ('{ID}1', 'Paws', 'paws')"
OWNER = f"INSERT INTO owners (id, tenant_id, first_name) VALUES ('{ID}2', '{ID}1', 'Ann')"
PET = f"INSERT INTO pets (id, tenant_id, owner_id) VALUES ('{ID}%d', '{ID}1', '{ID}2')"


@contextmanager
def made_by(databases: Databases) -> Iterator[Engine]:
    url = databases.empty()
    engine = open_engine(url)
    yield engine
    engine.dispose()
    databases.drop(url)


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """A database that holds nothing."""
    with made_by(databases) as engine:
        yield engine


def shape(engine: Engine) -> Shape:
    """Return all that the database knows about each table, in an order that does not depend on how it was made."""
    inspector = inspect(engine)
    read: dict[str, Any] = {
        "columns": inspector.get_columns,
        "primary key": lambda table: [inspector.get_pk_constraint(table)],
        "foreign keys": inspector.get_foreign_keys,
        "uniques": inspector.get_unique_constraints,
        "checks": inspector.get_check_constraints,
        "indexes": inspector.get_indexes,
    }
    tables = sorted(set(inspector.get_table_names()) - {"petcare_version"})
    return {table: {what: sorted(map(str, get(table))) for what, get in read.items()} for table in tables}


@pytest.fixture(scope="module")
def declared(databases: Databases) -> Shape:
    """The shape of a database made straight from tables.py."""
    with made_by(databases) as engine:
        metadata.create_all(engine)
        return shape(engine)


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def read(engine: Engine, statement: str) -> tuple[Any, ...]:
    with engine.connect() as connection:
        return tuple(connection.exec_driver_sql(statement).one())


def own_tables_without(engine: Engine, *missing: tuple[str, str]) -> None:
    """Make the platform's tables as a platform has them that knows nothing of us and lacks some columns."""
    migrations.upgrade(engine)
    migrations.downgrade(engine, migrations.PLATFORM)
    checks = {check["name"] for table in PLATFORM_TABLES for check in inspect(engine).get_check_constraints(table)}
    for table, column in missing:
        name = f"ck_{table}_{column}"
        if name in checks and engine.dialect.name == "sqlite":
            drop_check(engine, table, name)
        execute(engine, f"ALTER TABLE {table} DROP COLUMN {column}")
    execute(engine, "DROP TABLE petcare_version")


def drop_check(engine: Engine, table: str, name: str) -> None:
    # SQLite cannot drop a CHECK; its text in the stored schema can be edited.
    (check,) = [each for each in inspect(engine).get_check_constraints(table) if each["name"] == name]
    clause = rf",\s*CONSTRAINT {name} CHECK \({re.escape(check['sqltext'])}\)"
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        stored = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).scalar_one()
        statement = "UPDATE sqlite_schema SET sql = ? WHERE name = ?"
        connection.exec_driver_sql(statement, (re.sub(clause, "", stored), table))
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def test_from_nothing_the_migrations_make_what_is_declared(engine: Engine, declared: Shape) -> None:
    migrations.upgrade(engine)
    assert shape(engine) == declared


def test_alembic_finds_nothing_left_to_migrate(engine: Engine) -> None:
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=OURS), metadata) == []


def test_the_first_migration_makes_the_platforms_tables_and_the_second_ours(engine: Engine) -> None:
    migrations.upgrade(engine)
    migrations.downgrade(engine, migrations.PLATFORM)
    assert set(shape(engine)) == PLATFORM_TABLES


def test_a_database_knows_where_it_is(engine: Engine) -> None:
    assert migrations.current(engine) is None
    migrations.upgrade(engine)
    assert migrations.current(engine) == migrations.HEAD
    migrations.downgrade(engine, migrations.PLATFORM)
    assert migrations.current(engine) == migrations.PLATFORM
    migrations.downgrade(engine, "base")
    assert migrations.current(engine) is None


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    migrations.upgrade(engine)
    execute(engine, TENANT)
    migrations.upgrade(engine)
    assert read(engine, "SELECT count(*) FROM tenants") == (1,)


def test_down_to_nothing_and_up_again_ends_where_it_began(engine: Engine, declared: Shape) -> None:
    migrations.upgrade(engine)
    migrations.downgrade(engine, "base")
    assert shape(engine) == {}
    migrations.upgrade(engine)
    assert shape(engine) == declared


def test_a_platform_gets_every_written_column_that_it_lacks(engine: Engine, declared: Shape) -> None:
    own_tables_without(engine, *WRITTEN)
    migrations.stamp(engine, migrations.PLATFORM)
    migrations.upgrade(engine)
    assert shape(engine) == declared


@pytest.mark.parametrize(
    "lacking", [("owners", "reputation_score"), ("payments", "policy"), ("owners", "sms_opted_in")]
)
def test_a_platform_that_lacks_one_column_gets_that_one(
    engine: Engine, declared: Shape, lacking: tuple[str, str]
) -> None:
    own_tables_without(engine, lacking)
    migrations.stamp(engine, migrations.PLATFORM)
    migrations.upgrade(engine)
    assert shape(engine) == declared


def test_rows_that_were_there_get_the_defaults_of_added_columns(engine: Engine) -> None:
    own_tables_without(engine, *WRITTEN)
    execute(engine, TENANT, OWNER)
    migrations.stamp(engine, migrations.PLATFORM)
    migrations.upgrade(engine)
    owner = read(engine, "SELECT sms_opted_in, no_show_count, reputation_score, last_reputation_update FROM owners")
    assert owner == (True, 0, 100, None)


def test_an_added_column_is_checked_like_one_that_was_there(engine: Engine) -> None:
    own_tables_without(engine, ("owners", "reputation_score"))
    execute(engine, TENANT, OWNER)
    migrations.stamp(engine, migrations.PLATFORM)
    migrations.upgrade(engine)
    with pytest.raises(IntegrityError):
        execute(engine, "UPDATE owners SET reputation_score = 101")


def test_going_back_leaves_the_platform_its_columns(engine: Engine) -> None:
    own_tables_without(engine, ("owners", "no_show_count"))
    migrations.stamp(engine, migrations.PLATFORM)
    migrations.upgrade(engine)
    migrations.downgrade(engine, migrations.PLATFORM)
    assert "no_show_count" in {column["name"] for column in inspect(engine).get_columns("owners")}


def test_a_migration_that_fails_leaves_no_tables_behind_and_goes_on_later(engine: Engine, declared: Shape) -> None:
    own_tables_without(engine, *WRITTEN)
    execute(engine, "CREATE TABLE leases (name VARCHAR(9))")  # one of the last that 0002 makes
    migrations.stamp(engine, migrations.PLATFORM)
    before = shape(engine)
    with pytest.raises(DBAPIError, match=r'leases"? already exists'):
        migrations.upgrade(engine)
    assert set(shape(engine)) == {*PLATFORM_TABLES, "leases"}
    assert (shape(engine) == before) is (engine.dialect.name == "sqlite")  # which undoes all of it
    assert migrations.current(engine) == migrations.PLATFORM
    execute(engine, "DROP TABLE leases")
    migrations.upgrade(engine)
    assert shape(engine) == declared


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_a_migration_does_not_depend_on_code_that_will_change() -> None:
    scripts = sorted((MIGRATIONS / "versions").glob("*.py"))
    assert [script.name for script in scripts if "shared" in script.read_text(encoding="utf-8")] == []


def test_asking_where_a_database_is_does_not_import_alembic() -> None:
    program = (
        "import sys, sqlalchemy\n"
        "from shared.database import migrations\n"
        "migrations.current(sqlalchemy.create_engine('sqlite://'))\n"
        "sys.exit('alembic' in sys.modules)"
    )
    root = MIGRATIONS.parent.parent.parent
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0

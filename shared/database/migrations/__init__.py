"""The schema's history. Alembic is imported only to migrate: every job asks for `current`, few ever migrate."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, Connection, Engine, Inspector, MetaData, String, Table, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from shared.database.schema import schema_of

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"
"""The revision that this version of the application needs."""

PLATFORM = "0001"
"""The revision at which the platform's tables, or views of them, are there and none of ours."""

VERSION_TABLE: Final = "petcare_version"
"""Ours alone: a platform that uses Alembic, too, keeps its own version in `alembic_version`."""
MOST_TRIES: Final = 10
"""Several upgrades at once get in each other's way, each time one of them succeeds."""
_ALEMBICS_OWN: Final = "alembic_version"
"""Where our version was kept before."""


def upgrade(engine: Engine) -> None:
    """Upgrade the database to HEAD. After a failure call it again: it continues from there.

    Tables or views of the platform without any migration count as being at PLATFORM. A schema of ours that is absent
    is created.
    """
    from alembic import command

    keep_version(engine)
    with _migrating(engine) as connection:
        command.upgrade(_config(connection), HEAD)


def keep_version(engine: Engine) -> None:
    """Create the schema, and the version table of a database that is already at some migration and has none."""
    for tries_left in range(MOST_TRIES - 1, -1, -1):
        try:
            with engine.begin() as connection:
                _make_schema(connection)
                _make_version_table(connection)
            return
        except SQLAlchemyError:  # a concurrent upgrade created it, or deadlocked with us
            if not tries_left:
                raise


def _make_schema(connection: Connection) -> None:
    # Looked for first: PostgreSQL's IF NOT EXISTS asks for the right to create one even where it exists.
    if (schema := schema_of(connection)) and not inspect(connection).has_schema(schema):
        connection.execute(CreateSchema(schema))


def _make_version_table(connection: Connection) -> None:
    tables, schema = inspect(connection), schema_of(connection)
    exists = tables.has_table(VERSION_TABLE, schema=schema)  # and is empty, if an interrupted upgrade left it
    if _versions(connection, tables, VERSION_TABLE):
        return
    earlier = _versions(connection, tables, _ALEMBICS_OWN)
    revision = _ours(tables, earlier, schema) or (PLATFORM if tables.has_table("tenants", schema=schema) else None)
    if revision is None:
        return  # the database is empty: Alembic creates the table
    versions = _version_table(VERSION_TABLE)
    if not exists:
        versions.create(connection)
    connection.execute(versions.insert(), {"version_num": revision})
    if earlier == {_ours(tables, earlier, schema)}:
        Table(_ALEMBICS_OWN, MetaData()).drop(connection)


def _ours(tables: Inspector, earlier: set[str], schema: str | None) -> str | None:
    """Return our version among those that Alembic keeps; None if none is certainly ours.

    A platform may number its own migrations as we do: a version is ours only if our tables exist.
    """
    scripts = (Path(__file__).parent / "versions").glob("[0-9]*.py")
    ours = earlier & {script.name.partition("_")[0] for script in scripts}
    return max(ours) if ours and tables.has_table("decisions", schema=schema) else None


def _versions(connection: Connection, tables: Inspector, name: str) -> set[str]:
    if not tables.has_table(name, schema=schema_of(connection)):
        return set()
    return set(connection.execute(select(_version_table(name).c.version_num)).scalars())


def _version_table(name: str) -> Table:
    return Table(name, MetaData(), Column("version_num", String(32), primary_key=True))


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to `revision`, or to nothing with "base"."""
    from alembic import command

    with _migrating(engine) as connection:
        command.downgrade(_config(connection), revision)


def stamp(engine: Engine, revision: str) -> None:
    """Record that the database is at `revision` already, without changing anything else."""
    from alembic import command

    with engine.connect() as connection:
        command.stamp(_config(connection), revision)


def current(engine: Engine) -> str | None:
    """Return the revision of the database, or None if no migration ever ran on it."""
    # On SQLite reading must not take the write lock (see engine.reading); other databases ignore the option.
    with engine.connect().execution_options(sqlite_begin="DEFERRED") as connection:
        tables, schema = inspect(connection), schema_of(connection)
        if tables.has_table(VERSION_TABLE, schema=schema):
            return max(_versions(connection, tables, VERSION_TABLE), default=None)
        return _ours(tables, _versions(connection, tables, _ALEMBICS_OWN), schema)


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """A connection for migrations. SQLite looks at no foreign key meanwhile: a table that others refer to is made anew.

    It takes that order only outside transactions, so it is given to the driver, where none has begun.
    """
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if engine.dialect.name != "sqlite":
            yield connection
            return
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            yield connection
        finally:
            connection.rollback()
            driver.execute("PRAGMA foreign_keys = ON")


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    # The option is interpolated: a % in the path of the checkout would be taken for a placeholder.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config

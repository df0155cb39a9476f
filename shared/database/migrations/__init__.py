"""The schema's history. Alembic is imported only to migrate: every job asks for `current`, few ever migrate."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Connection, Engine, Inspector, MetaData, String, Table, column, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0005"
"""The revision that this version of the application needs."""

PLATFORM = "0001"
"""The revision that a platform with its own tables stamps before upgrading."""

VERSION_TABLE: Final = "petcare_version"
"""Ours alone: a platform that uses Alembic, too, keeps its own version in `alembic_version`."""
MOST_TRIES: Final = 10
"""Several upgrades at once get in each other's way, each time one of them succeeds."""
_ALEMBICS_OWN: Final = "alembic_version"
"""Where our version was kept before."""


def upgrade(engine: Engine) -> None:
    """Upgrade the database to HEAD. After a failure call it again: it continues from there.

    A platform with its own tables and no migration yet counts as being at PLATFORM.
    """
    from alembic import command

    keep_version(engine)
    with engine.connect() as connection:
        command.upgrade(_config(connection), HEAD)


def keep_version(engine: Engine) -> None:
    """Create the version table of a database that is already at some migration and has none."""
    for tries_left in range(MOST_TRIES - 1, -1, -1):
        try:
            with engine.begin() as connection:
                _make_version_table(connection)
            return
        except SQLAlchemyError:  # a concurrent upgrade created it, or deadlocked with us
            if not tries_left:
                raise


def _make_version_table(connection: Connection) -> None:
    tables = inspect(connection)
    exists = tables.has_table(VERSION_TABLE)  # and is empty, if an interrupted upgrade left it
    if _versions(connection, tables, VERSION_TABLE):
        return
    earlier = _versions(connection, tables, _ALEMBICS_OWN)
    revision = _ours(tables, earlier) or (PLATFORM if tables.has_table("tenants") else None)
    if revision is None:
        return  # the database is empty: Alembic creates the table
    versions = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
    if not exists:
        versions.create(connection)
    connection.execute(versions.insert(), {"version_num": revision})
    if earlier == {_ours(tables, earlier)}:
        Table(_ALEMBICS_OWN, MetaData()).drop(connection)


def _ours(tables: Inspector, earlier: set[str]) -> str | None:
    """Return our version among those that Alembic keeps; None if none is certainly ours.

    A platform may number its own migrations as we do: a version is ours only if our tables exist.
    """
    scripts = (Path(__file__).parent / "versions").glob("[0-9]*.py")
    ours = earlier & {script.name.partition("_")[0] for script in scripts}
    return max(ours) if ours and tables.has_table("decisions") else None


def _versions(connection: Connection, tables: Inspector, name: str) -> set[str]:
    if not tables.has_table(name):
        return set()
    return set(connection.execute(select(column("version_num", String)).select_from(table(name))).scalars())


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to `revision`, or to nothing with "base"."""
    from alembic import command

    with engine.connect() as connection:
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
        tables = inspect(connection)
        if tables.has_table(VERSION_TABLE):
            return max(_versions(connection, tables, VERSION_TABLE), default=None)
        return _ours(tables, _versions(connection, tables, _ALEMBICS_OWN))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    # The option is interpolated: a % in the path of the checkout would be taken for a placeholder.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config

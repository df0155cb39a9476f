"""The schema's history. Alembic is imported when a migration runs: every job asks for `current`, few ever migrate."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, column, inspect, select, table

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0004"
"""The revision that this version of the application needs."""

PLATFORM = "0001"
"""The revision that a platform with its own tables stamps before upgrading."""

_VERSION_TABLE = "alembic_version"


def upgrade(engine: Engine) -> None:
    """Bring the database to HEAD. Where that fails it may be called again: it goes on from there.

    A platform that has its own tables already, and no migration yet, is taken to be at PLATFORM.
    """
    from alembic import command

    tables = inspect(engine)
    if tables.has_table("tenants") and not tables.has_table(_VERSION_TABLE):
        stamp(engine, PLATFORM)
    with engine.connect() as connection:
        command.upgrade(_config(connection), HEAD)


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
        if not inspect(connection).has_table(_VERSION_TABLE):
            return None
        return connection.execute(select(column("version_num")).select_from(table(_VERSION_TABLE))).scalar()


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    # The option is interpolated: a % in the path of the checkout would be taken for a placeholder.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config

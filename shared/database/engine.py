"""Opening the database, and the two kinds of transaction: reading and writing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from shared.database import failures, odbc
from shared.database.dialects import words
from shared.database.migrations import HEAD, current
from shared.database.rows import unreadable
from shared.database.schema import put_in_schema
from shared.domain.safe_text import SQLALCHEMY, ensure_escaped
from shared.errors import DatabaseUnusable

_UPGRADE = "run: python -m shared db upgrade"
_SQLITE_PRAGMAS = (
    "foreign_keys = ON",
    "busy_timeout = 30000",  # ms: concurrent writers to one file wait for each other instead of failing
    "journal_mode = WAL",  # readers and the writer do not block each other
    "synchronous = NORMAL",  # safe with WAL
)


_PATIENCE = {
    "connect_timeout": 10,  # seconds
    "keepalives_idle": 30,  # seconds of silence before the server is probed
    "keepalives_interval": 10,  # seconds between probes
    "keepalives_count": 3,  # unanswered probes before the connection is given up: after a minute
    "tcp_user_timeout": 60_000,  # ms: the same for sent data that is not acknowledged
}
"""For libpq, which by default waits for ever for a PostgreSQL that is gone. DATABASE_URL overrides them."""


def open_engine(url: str, schema: str | None = None) -> Engine:
    """Return an engine for DATABASE_URL whose statements name the tables of DATABASE_SCHEMA, if there is one.

    The search path of its connections stays the server's. Raise DatabaseUnusable for what cannot be understood or used.
    """
    engine = _created(url)
    if isinstance(engine, str):  # raised here, because the original error could quote the password
        raise DatabaseUnusable(f"DATABASE_URL: {engine}")
    if schema and engine.dialect.name == "sqlite":
        raise DatabaseUnusable("DATABASE_SCHEMA: SQLite has no schemas; unset it, or name a server in DATABASE_URL")
    if schema:
        put_in_schema(engine, schema)
    if odbc.signs_in_as_whoever_is_here(engine.url):
        odbc.give_token(engine)
    failures.watch(engine)
    if engine.dialect.name == "postgresql":
        unreadable.let_psycopg_read(engine)
    if engine.dialect.name == "sqlite":
        engine.dialect.colspecs = {**engine.dialect.colspecs, **unreadable.SQLITE_TYPES}
        event.listen(engine, "do_connect", _make_private)
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _created(url: str) -> Engine | str:
    """Return an engine, or what is wrong with the URL."""
    try:
        if not url.startswith("sqlite"):  # a file has no password, and may have an @ in its name
            ensure_escaped(url, SQLALCHEMY)
    except ValueError as error:
        return str(error)
    try:
        parsed = odbc.completed(make_url(url))
        # hide_parameters: an error is logged with its statement, and a parameter may be a name or a phone number
        return _not_a_file(parsed) or create_engine(
            parsed,
            pool_pre_ping=parsed.get_backend_name() != "sqlite",
            hide_parameters=True,
            connect_args=_patience(parsed),
        )
    except odbc.NoDriver as error:
        return str(error)
    except ImportError as error:
        return f"no driver for {url.split(':', 1)[0]} ({first_line(error)})"
    except (ArgumentError, ValueError):
        return "not a database URL; write it like sqlite:///petcare.db or postgresql+psycopg://user@host/name"


def _not_a_file(url: URL) -> str | None:
    """Return why the jobs cannot use an SQLite address; None if they can."""
    if url.get_backend_name() != "sqlite":
        return None
    if url.database in (None, "", ":memory:"):
        return "a database in memory is gone when the command ends; name a file: sqlite:///petcare.db"
    if url.query or str(url.database).startswith("file:"):
        return "SQLite's own URIs (file:...) and options are not supported; name a file alone: sqlite:///petcare.db"
    return None


def _patience(url: URL) -> dict[str, int]:
    is_postgres = url.get_backend_name() == "postgresql"
    return {name: value for name, value in _PATIENCE.items() if is_postgres and name not in url.query}


def ensure_ready(engine: Engine) -> None:
    """Raise DatabaseUnusable, saying which command to run, unless the schema is the one this version needs."""
    if (found := revision(engine)) != HEAD:
        raise DatabaseUnusable(f"the database at {shown(engine.url)} {_state(found)}")


def revision(engine: Engine) -> str | None:
    """Return the database's migration, None before any. Raise DatabaseUnusable for one that cannot be reached."""
    _ensure_file(engine.url)
    try:
        return current(engine)
    except SQLAlchemyError as error:
        raise DatabaseUnusable(f"the database at {shown(engine.url)} cannot be used: {first_line(error)}") from error


def _state(found: str | None) -> str:
    if found is None:
        return f"is not migrated; {_UPGRADE}"
    if found > HEAD:
        return f"is at migration {found}, newer than this program ({HEAD}); install the newer program"
    return f"is at migration {found}, not {HEAD}; {_UPGRADE}"


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading; on SQLite it holds no write lock."""
    with engine.connect().execution_options(sqlite_begin="DEFERRED") as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that commits at the end of the block and rolls back when the block raises."""
    with engine.begin() as connection:
        yield connection


def shown(url: URL) -> str:
    """Return a database address fit for a log: without user, password or driver options."""
    return "/".join(filter(None, (url.host, url.database))) or url.get_backend_name()


def first_line(error: BaseException) -> str:
    """Return the driver's own first line of a database error, without the statement and its parameters."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__


def _ensure_file(url: URL) -> None:
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        if not path.is_file():
            raise DatabaseUnusable(f"there is no database at {path}; {_UPGRADE}")


def _make_private(_dialect: Any, _record: Any, arguments: list[Any], _options: dict[str, Any]) -> None:
    """Create a missing database for its owner alone; SQLite gives the files beside it the same permissions.

    Never open an existing file: closing it would drop the locks that this process holds on it (POSIX).
    """
    with suppress(OSError):  # SQLite itself reports what cannot be created
        os.close(os.open(os.path.realpath(arguments[0]), os.O_CREAT | os.O_EXCL, 0o600))


def _configure_sqlite(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.text_factory = unreadable.sqlite_text
    dbapi_connection.isolation_level = None  # we emit BEGIN ourselves: the driver would start writing too late
    dbapi_connection.create_function("fold_stored", 1, words.fold_stored, deterministic=True)
    for pragma in _SQLITE_PRAGMAS:
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later could find its snapshot stale; taking the lock at once cannot.
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")

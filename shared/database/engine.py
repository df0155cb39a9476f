"""Opening the database, and the two kinds of transaction: reading and writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from shared.database import failures, odbc, unreadable
from shared.database.migrations import HEAD, current

_UPGRADE = "run: python -m shared db upgrade"
_SQLITE_PRAGMAS = (
    "foreign_keys = ON",
    "busy_timeout = 30000",  # ms: writers at once on one file wait for each other instead of failing
    "journal_mode = WAL",  # readers and the writer do not stop each other
    "synchronous = NORMAL",  # safe with WAL
)


_PATIENCE = {
    "connect_timeout": 10,  # seconds
    "keepalives_idle": 30,  # seconds without a word until the server is asked whether it is there,
    "keepalives_interval": 10,  # how often it is asked again,
    "keepalives_count": 3,  # and until the connection is given up: after a minute
    "tcp_user_timeout": 60_000,  # ms: the same where what was sent is not acknowledged
}
"""For libpq, which by itself would wait for ever for a PostgreSQL that is gone. DATABASE_URL may say otherwise."""


class DatabaseUnusable(Exception):
    """The database cannot be reached, or does not have what the jobs need. The message says what to do."""


def open_engine(url: str) -> Engine:
    """Return an engine for DATABASE_URL. Raise DatabaseUnusable for one that cannot be understood."""
    try:
        parsed = odbc.completed(make_url(url))
        # hide_parameters: an error is logged with its statement, and a parameter may be a name or a phone number
        engine = create_engine(
            parsed,
            pool_pre_ping=parsed.get_backend_name() != "sqlite",
            hide_parameters=True,
            connect_args=_patience(parsed),
        )
    except odbc.NoDriver as error:
        raise DatabaseUnusable(f"DATABASE_URL: {error}") from None
    except (ArgumentError, ImportError, ValueError) as error:
        raise DatabaseUnusable(f"DATABASE_URL: {_without_secrets(url, error)}") from None
    if odbc.signs_in_as_whoever_is_here(parsed):
        odbc.give_token(engine)
    failures.watch(engine)
    if engine.dialect.name == "postgresql":
        unreadable.let_psycopg_read(engine)
    if engine.dialect.name == "sqlite":
        engine.dialect.colspecs = {**engine.dialect.colspecs, **unreadable.SQLITE_TYPES}
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _patience(url: URL) -> dict[str, int]:
    is_postgres = url.get_backend_name() == "postgresql"
    return {name: value for name, value in _PATIENCE.items() if is_postgres and name not in url.query}


def ensure_ready(engine: Engine) -> None:
    """Raise DatabaseUnusable, saying which command to run, unless the schema is the one this version needs."""
    _ensure_file(engine.url)
    try:
        found = current(engine)
    except SQLAlchemyError as error:
        raise DatabaseUnusable(f"the database at {shown(engine.url)} cannot be used: {first_line(error)}") from error
    if found != HEAD:
        raise DatabaseUnusable(f"the database at {shown(engine.url)} {_state(found)}")


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
    return f"{url.host}/{url.database}" if url.host else str(url.database)


def first_line(error: BaseException) -> str:
    """Return the driver's own first line of a database error, without the statement and its parameters."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__


def _without_secrets(url: str, error: Exception) -> str:
    dialect = url.split(":", 1)[0]
    if isinstance(error, ArgumentError | ValueError):
        return "not a database URL; write it like sqlite:///petcare.db or postgresql+psycopg://user@host/name"
    return f"no driver for {dialect} ({first_line(error)})"


def _ensure_file(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        path = Path(str(url.database))
        if not path.is_file():
            raise DatabaseUnusable(f"there is no database at {path}; {_UPGRADE}")


def _configure_sqlite(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.text_factory = unreadable.sqlite_text
    dbapi_connection.isolation_level = None  # we emit BEGIN ourselves: the driver would start writing too late
    for pragma in _SQLITE_PRAGMAS:
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later could find its snapshot stale; taking the lock at once cannot.
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")

"""Instants and dates that rows of a platform may hold and Python cannot: they read as the earliest or the latest.

One such value would else end the whole query, and with it every other row's business. `db check` names those of SQLite,
which keeps any text; a server's own are `infinity` and years before 1 or after 9999.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Date, DateTime, Dialect, Engine, event
from sqlalchemy.dialects import sqlite

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)


class SqliteInstant(sqlite.DATETIME):
    """A text that is read whether or not it is an instant."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Return what reads a value."""

        def read(value: Any) -> datetime | None:
            try:
                return None if value is None else datetime.fromisoformat(value)
            except (TypeError, ValueError):
                return EARLIEST

        return read


class SqliteDate(sqlite.DATE):
    """A text that is read whether or not it is a date, with or without a time."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], date | None]:
        """Return what reads a value."""

        def read(value: Any) -> date | None:
            try:
                return None if value is None else datetime.fromisoformat(value).date()
            except (TypeError, ValueError):
                return date.min

        return read


SQLITE_TYPES: Final = {DateTime: SqliteInstant, Date: SqliteDate}


def let_psycopg_read(engine: Engine) -> None:
    """Let each new connection of the engine to a PostgreSQL read what psycopg itself refuses."""
    from psycopg import DataError
    from psycopg.abc import Buffer, Loader
    from psycopg.pq import Format

    def tolerant(strict: type[Loader], latest: Any, earliest: Any) -> type[Loader]:
        class Tolerant:
            format = Format.TEXT

            def __init__(self, oid: int, context: Any = None) -> None:
                self.load_strictly = strict(oid, context).load

            def load(self, data: Buffer) -> Any:
                try:
                    return self.load_strictly(data)
                except DataError:
                    text = bytes(data)
                    return earliest if text.startswith(b"-") or text.endswith(b"BC") else latest

        return Tolerant

    def register(dbapi_connection: Any, _record: Any) -> None:
        adapters = dbapi_connection.adapters
        for name, latest, earliest in (("timestamptz", LATEST, EARLIEST), ("date", date.max, date.min)):
            oid = adapters.types[name].oid
            adapters.register_loader(name, tolerant(adapters.get_loader(oid, Format.TEXT), latest, earliest))

    event.listen(engine, "connect", register)

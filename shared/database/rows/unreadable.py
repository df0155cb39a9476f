"""Stand-ins for values of a platform's rows that Python or a driver cannot read.

Otherwise one such value would fail the whole query, for every other row too. An instant or a date reads as the earliest
or the latest possible, JSON as `NO_JSON`, anything else as stored. `reading.py` leaves such rows out. SQLite stores
anything in any column; servers store `infinity` and years before 1 or after 9999.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, Boolean, Date, DateTime, Dialect, Engine, Uuid, event
from sqlalchemy.dialects import sqlite

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)
NO_JSON: Final = object()
"""Stands for text that is not JSON."""

Reader = Callable[[Any], Any]


def _tolerant(strict: Reader, otherwise: Reader) -> Reader:
    """Return a reader that falls back on `otherwise` for values that `strict` cannot read."""

    def tolerant(value: Any) -> Any:
        try:
            return None if value is None else strict(value)
        except (TypeError, ValueError, AttributeError, OverflowError, RecursionError):
            return otherwise(value)

    return tolerant


def _utc(value: Any) -> datetime:
    instant = datetime.fromisoformat(value)
    return instant if instant.tzinfo is None else instant.astimezone(UTC)


class SqliteInstant(sqlite.DATETIME):
    """Text read as an instant, even if it is none."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Return the reader of a stored value."""
        return _tolerant(_utc, lambda _: EARLIEST)


class SqliteDate(sqlite.DATE):
    """Text read as a date, with or without a time, even if it is none."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Return the reader of a stored value."""
        return _tolerant(lambda value: datetime.fromisoformat(value).date(), lambda _: date.min)


class SqliteUuid(Uuid[Any]):
    """An id, or whatever is stored in its place."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Return the reader of a stored value."""
        return _tolerant(UUID, lambda value: value)


class SqliteBoolean(Boolean):
    """True for 1, false for 0, anything else as stored."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Return the reader of a stored value."""
        return lambda value: {0: False, 1: True}.get(value, value)


class SqliteJson(sqlite.JSON):
    """Text read as JSON, even if it is none."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Return the reader of a stored value."""
        return _tolerant(json.loads, lambda _: NO_JSON)


SQLITE_TYPES: Final = {
    DateTime: SqliteInstant,
    Date: SqliteDate,
    Uuid: SqliteUuid,
    Boolean: SqliteBoolean,
    JSON: SqliteJson,
}


def sqlite_text(raw: bytes) -> str:
    """Return text, even if it is not UTF-8."""
    return raw.decode(errors="replace")


def let_psycopg_read(engine: Engine) -> None:
    """Make each new PostgreSQL connection of the engine read values that psycopg refuses."""
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

"""SQLite stores and compares instants and dates as texts, so one in another format is found at the wrong time."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Column, Connection, Date, String, Table, and_, func, not_, select, type_coerce

from shared.database.tables import UtcDateTime

_DAY: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_SECOND: Final = f"{_DAY} [0-9][0-9]:[0-9][0-9]:[0-9][0-9]"


def misformatted(connection: Connection, tables: Iterable[Table]) -> Iterator[str]:
    """Yield a line for each column with texts in another format, naming how many rows and the first of them."""
    for table in tables:
        for column in table.columns:
            if isinstance(column.type, UtcDateTime):
                yield from _found(connection, table, column, "2026-03-01 15:00:00, in UTC", _SECOND, (19, 23, 26))
            elif isinstance(column.type, Date):
                yield from _found(connection, table, column, "2026-03-01", _DAY, (10,))


def _found(
    connection: Connection, table: Table, column: Column[Any], like: str, pattern: str, lengths: tuple[int, ...]
) -> Iterator[str]:
    text = type_coerce(column, String)
    # A fraction may follow: SQLite writes three digits, SQLAlchemy six.
    well = and_(func.glob(f"{pattern}*", text) == 1, func.length(text).in_(lengths))
    key = next(iter(table.primary_key.columns))
    others = connection.execute(select(func.count(), func.min(key)).where(column.is_not(None), not_(well))).one()
    if others[0]:
        count, first = others
        yield f"{column} of {count} rows, the first of them {first}, is not written like {like}; write it so"

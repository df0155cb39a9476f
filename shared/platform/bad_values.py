"""Find bad values in the platform's rows: values that their columns do not promise. Reads every row, in batches."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, select

from shared.database.rows.promises import OF_PLATFORM, has_placeholder_date, is_sound, row_name, what_is_wrong

SHOWN: Final = 3
"""The most rows that are named for each column and fault."""
AT_ONCE: Final = 1000


def bad_values(
    connection: Connection, tables: Collection[Table] = tuple(OF_PLATFORM)
) -> Iterator[tuple[Column[Any], str]]:
    """Yield each column with bad values, and a line that names the fault, the rows and what to do.

    Of `tables` the platform's are read.
    """
    for table in (each for each in OF_PLATFORM if each in tables):
        yield from _of_table(connection, table)


def _of_table(connection: Connection, table: Table) -> Iterator[tuple[Column[Any], str]]:
    counts, first = Counter[tuple[Column[Any], str]](), defaultdict[tuple[Column[Any], str], list[str]](list)
    for row in connection.execute(select(table), execution_options={"yield_per": AT_ONCE}):
        for column, value in zip(table.columns, row, strict=True):
            if not (is_sound(column, value) or has_placeholder_date(column, value)):
                found = column, what_is_wrong(column, value)
                counts[found] += 1
                if len(first[found]) < SHOWN:
                    first[found].append(row_name(table, row[0]))
    for (column, words), count in counts.items():
        its = ", ".join(first[column, words])
        more = f" and {count - SHOWN} more" if count > SHOWN else ""
        yield column, f"{words} in {its}{more}; put it right: the jobs leave out rows that they cannot read"

"""Find bad values in the platform's rows: values that their columns do not promise. Reads every row, in batches."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, select

from shared.database.rows.promises import (
    OF_PLATFORM,
    has_placeholder_date,
    is_sound,
    row_name,
    vocabulary,
    what_is_wrong,
)

SHOWN: Final = 3
"""The most rows that are named for each column and fault."""
MOST_WORDS: Final = 8
"""The most unknown words of a column that are named; a column with many more is no vocabulary, and none is."""
AT_ONCE: Final = 1000


@dataclass(slots=True)
class _Found:
    """The bad values of a column: how many, and the names of the first rows. `words`: how often each word occurs."""

    count: int = 0
    rows: list[str] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)


def bad_values(
    connection: Connection, tables: Collection[Table] = tuple(OF_PLATFORM)
) -> Iterator[tuple[Column[Any], str]]:
    """Yield each column with bad values, and a line that names the fault, the rows or words, and what to do.

    Of `tables` the platform's are read.
    """
    for table in (each for each in OF_PLATFORM if each in tables):
        for (column, fault), found in _of_table(connection, table).items():
            yield column, _unknown_words(column, found) if found.words else _faulty_rows(fault, found)


def _of_table(connection: Connection, table: Table) -> Mapping[tuple[Column[Any], str], _Found]:
    all_found = defaultdict[tuple[Column[Any], str], _Found](_Found)
    for row in connection.execute(select(table), execution_options={"yield_per": AT_ONCE}):
        for column, value in zip(table.columns, row, strict=True):
            if not (is_sound(column, value) or has_placeholder_date(column, value)):
                found = all_found[column, what_is_wrong(column, value)]
                found.count += 1
                if len(found.rows) < SHOWN:
                    found.rows.append(row_name(table, row[0]))
                if vocabulary(column) and value is not None:
                    found.words[_word(value) if len(found.words) <= 2 * MOST_WORDS else ""] += 1
    return all_found


def _word(value: Any) -> str:
    """Return a value if it is like the words of a vocabulary, else an empty text: it may be a name or a number."""
    return value if isinstance(value, str) and re.fullmatch(r"(?=.{1,30}$)[A-Za-z]+([_-][A-Za-z]+)*", value) else ""


def _faulty_rows(fault: str, found: _Found) -> str:
    more = f" and {found.count - SHOWN} more" if found.count > SHOWN else ""
    its = ", ".join(found.rows)
    return f"{fault} in {its}{more}; put it right: the jobs leave out rows that they cannot read"


def _unknown_words(column: Column[Any], found: _Found) -> str:
    named = {word: count for word, count in found.words.most_common() if word}
    if len(named) > MOST_WORDS:
        named = {}
    words = [f"{word} ({_rows(count)})" for word, count in named.items()]
    if others := found.count - sum(named.values()):
        words.append(f"other values ({_rows(others)}, the first of them {found.rows[0]})")
    hint = "write these, or let python -m shared db adopt map them"
    return f"{column} holds {', '.join(words)}; the jobs know {', '.join(vocabulary(column))}; {hint}"


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"

"""What the databases do differently: inserting what is absent, and claiming rows no other worker holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

IN_LIST = 1000
"""How many values one IN list may hold: SQL Server takes 2,099 parameters a statement."""


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: str) -> set[Any]:
    """Insert the rows whose `key` is not there yet; return the keys of those that were inserted.

    Rows go in the order of their keys, so that two runs inserting the same ones wait for each other, never deadlock.
    """
    if not rows:
        return set()
    statement = _insert(connection, table).on_conflict_do_nothing().returning(table.c[key])
    ordered = sorted(rows, key=lambda row: str(row[key]))
    return set(connection.execute(statement, ordered).scalars())


def skipping_locked(select: Select[Any]) -> Select[Any]:
    """Return `select` locking its rows and passing over those that another worker holds."""
    return select.with_for_update(skip_locked=True)


def _insert(connection: Connection, table: Table) -> Any:
    inserts: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
    return inserts[connection.dialect.name](table)


def chunks(values: Sequence[Any], size: int = IN_LIST) -> list[Sequence[Any]]:
    """Split `values` into lists that fit an IN clause."""
    return [values[start : start + size] for start in range(0, len(values), size)]

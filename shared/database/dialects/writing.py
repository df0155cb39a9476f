"""Writing: inserting what is absent, updating many rows at once, claiming what nobody holds."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Subquery,
    Table,
    Unicode,
    Update,
    bindparam,
    case,
    cast,
    column,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningUpdate


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: str) -> set[Any]:
    """Insert the rows whose `key` is absent; return the keys inserted.

    Rows go in the order of their keys, so that two runs inserting the same ones never deadlock.
    """
    if not rows:
        return set()
    ordered = sorted(rows, key=lambda row: str(row[key]))
    if connection.dialect.name == "mssql":
        given = {"given": _as_json(connection.dialect, table, ordered)}
        return set(connection.execute(_insert_absent_on_mssql(connection, table, list(rows[0]), key), given).scalars())
    statement = _insert(connection, table).on_conflict_do_nothing().returning(table.c[key])
    return set(connection.execute(statement, ordered).scalars())


def _insert_absent_on_mssql(connection: Connection, table: Table, names: Sequence[str], key: str) -> Any:
    # HOLDLOCK keeps the key range locked to the end: otherwise two that find a key absent would both insert it.
    given = _rows_of_json(connection.dialect.name, [table.c[name] for name in names])
    present = table.alias("present")
    whole = table.primary_key.columns.keys() if key in table.primary_key.columns else [key]
    is_there = select(present.c[key]).where(*(present.c[name] == given.c[name] for name in whole))
    is_there = is_there.with_hint(present, "WITH (UPDLOCK, HOLDLOCK)", "mssql")
    absent = select(given).where(~is_there.exists())
    return table.insert().from_select(names, absent).returning(table.c[key])


def update_each(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: str,
    expected: ColumnElement[bool],
    **parameters: Any,
) -> None:
    """Update many rows in one statement, each with values of its own, where `expected` holds.

    Each of `rows` has the `key` and the same other columns. All rows travel as one JSON parameter, so the statement's
    text stays the same. `parameters`: those that `expected` names, which is built once: statements are cached by it.
    """
    if rows:
        statement = _updating_each(connection.dialect.name, table, tuple(rows[0]), key, expected)
        connection.execute(statement, {"given": _as_json(connection.dialect, table, rows), **parameters})


def take_each(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: str,
    expected: ColumnElement[bool],
    alike: tuple[tuple[str, Any], ...],
    **parameters: Any,
) -> set[Any]:
    """Update many rows like `update_each`, and the columns `alike` in all of them; return the keys updated.

    `parameters`: those that `expected` and the values of `alike` name, which are built once.
    """
    if not rows:
        return set()
    statement = _taking_each(connection.dialect.name, table, tuple(rows[0]), key, expected, alike)
    return set(
        connection.execute(statement, {"given": _as_json(connection.dialect, table, rows), **parameters}).scalars()
    )


@lru_cache(maxsize=100)
def _updating_each(
    dialect: str, table: Table, names: tuple[str, ...], key: str, expected: ColumnElement[bool]
) -> Update:
    given = _rows_of_json(dialect, [table.c[name] for name in names])
    # A CASE uses no index: otherwise SQLite would scan all rows of a status for each of the given ones.
    still_expected = case((expected, 1), else_=0) == 1
    return (
        update(table)
        .where(table.c[key] == given.c[key], still_expected)
        .values({name: given.c[name] for name in names if name != key})
    )


@lru_cache(maxsize=100)
def _taking_each(
    dialect: str,
    table: Table,
    names: tuple[str, ...],
    key: str,
    expected: ColumnElement[bool],
    alike: tuple[tuple[str, Any], ...],
) -> ReturningUpdate[Any]:
    return _updating_each(dialect, table, names, key, expected).values(dict(alike)).returning(table.c[key])


_JSON = {"sqlite": ("json_each", "json_extract", "$."), "mssql": ("openjson", "json_value", "strict $.")}
"""The function that turns a JSON array into rows, the one that extracts a value, and the prefix of its name.

"strict": otherwise SQL Server would read a value of more than 4,000 characters as null.
"""


def _rows_of_json(dialect: str, columns: Sequence[Column[Any]]) -> Subquery:
    """Return the rows of the JSON array `given` as a table with some columns."""
    given: ColumnElement[Any] = bindparam("given", type_=Unicode)
    if dialect == "postgresql":
        typed = [column(each.name, each.type) for each in columns]
        records = func.json_to_recordset(cast(given, postgresql.JSON)).table_valued(*typed)
        return select(records.render_derived(with_types=True)).subquery("given_rows")
    elements, extract, prefix = _JSON[dialect]
    element = getattr(func, elements)(given).table_valued("value")
    # SQLite has no such types, and would cast a date to a number.
    as_type = type_coerce if dialect == "sqlite" else cast
    values = [
        as_type(getattr(func, extract)(element.c.value, f"{prefix}{each.name}"), each.type).label(each.name)
        for each in columns
    ]
    return select(*values).select_from(element).subquery("given_rows")


def _as_json(dialect: Dialect, table: Table, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a JSON array, each value as the database stores it."""
    written = [dict(row) for row in rows]
    for name in rows[0]:
        if process := table.c[name].type.dialect_impl(dialect).bind_processor(dialect):
            for row in written:
                row[name] = None if row[name] is None else process(row[name])
    return json.dumps(written, default=str)


def locked(select: Select[Any], table: Table) -> Select[Any]:
    """Return `select` locking its rows of `table` against other workers that do the same, until the transaction ends.

    SQLite has one writer at a time, and no such lock.
    """
    return select.with_for_update(of=table, key_share=True).with_hint(table, "WITH (UPDLOCK, ROWLOCK)", "mssql")


def locked_if_free(select: Select[Any], table: Table) -> Select[Any]:
    """Return `select` locking its rows of `table` until the transaction ends, skipping those that others hold."""
    return select.with_for_update(of=table, skip_locked=True).with_hint(
        table, "WITH (UPDLOCK, READPAST, ROWLOCK)", "mssql"
    )


def update_chosen(table: Table, chosen: Select[Any], expected: ColumnElement[bool]) -> Update:
    """Return an UPDATE of the rows whose ids `chosen` finds, skipping those that another worker holds.

    `expected`: the state they must still be in, so that of two workers one wins.
    """
    # PostgreSQL may run a plain subquery again for each row, skipping what it locked so far: past any LIMIT.
    once = locked_if_free(chosen, table).cte("chosen")
    return update(table).where(table.c.id.in_(select(once.c.id)), expected)


def _insert(connection: Connection, table: Table) -> Any:
    inserts: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
    return inserts[connection.dialect.name](table)

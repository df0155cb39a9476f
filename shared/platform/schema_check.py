"""The schema check: compare a database's tables with what the jobs need (tables.py).

A platform's own tables may be defined differently from ours, and may be views: the check covers only what our
statements rely on, and changes nothing.
"""

from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.schema import CreateTable

from shared.database.engine import reading
from shared.database.tables import metadata, payments
from shared.platform import sqlite_texts
from shared.platform.bad_values import bad_values
from shared.platform.column_check import absent, mistyped, unfilled, unwritable
from shared.platform.key_check import triggers, unindexed, unkept
from shared.platform.relations import SEEN, Relation, relations, statement

_OURS: Final = tuple(table for table in metadata.sorted_tables if table not in (*SEEN, payments))


def lacks(engine: Engine) -> list[str]:
    """Return what a migrated database lacks, one line each, with what to do about it."""
    with reading(engine) as connection:
        found: list[str] = []
        for each in relations(connection, metadata.sorted_tables):
            if isinstance(each, Table):
                found.append(f"there is no table {each.name}; run: {statement(connection, CreateTable(each))}")
            else:
                found += _of_relation(each)
        found += triggers(connection)
        return found or list(_of_values(connection, metadata.sorted_tables))


def platform_lacks(engine: Engine) -> list[str]:
    """Return what tables or views of our names lack before any migration; nothing where `db upgrade` may begin.

    The indexes are missing by then, and `payments` is made where it is absent.
    """
    with reading(engine) as connection:
        found = list(_in_the_way(connection))
        for each in relations(connection, (*SEEN, payments)):
            if isinstance(each, Relation):
                found += _of_columns(each)
            elif each is not payments:
                found.append(f"there is neither a table nor a view {each.name}")
        return found or list(_of_values(connection, SEEN))


def standing(engine: Engine) -> bool:
    """Whether tables or views of our names are there, ours or the platform's."""
    with reading(engine) as connection:
        return any(isinstance(each, Relation) for each in relations(connection, metadata.sorted_tables))


def _in_the_way(connection: Connection) -> Iterator[str]:
    for each in relations(connection, _OURS):
        if isinstance(each, Relation):
            yield f"{each.table.name} is there and not ours; set DATABASE_SCHEMA, so that ours lies elsewhere"


def _of_relation(relation: Relation) -> Iterator[str]:
    yield from _of_columns(relation)
    if not relation.is_view and relation.columns.keys() >= set(relation.table.columns.keys()):
        yield from unindexed(relation)


def _of_columns(relation: Relation) -> Iterator[str]:
    if relation.is_inserted_into and relation.is_view:
        yield f"{relation.table.name} is a view, and the jobs insert rows; drop it: db upgrade makes a table of ours"
        return
    yield from absent(relation)
    yield from mistyped(relation)
    yield from unwritable(relation)
    if relation.is_inserted_into:
        yield from unfilled(relation)
    if not relation.is_view and relation.columns.keys() >= set(relation.table.columns.keys()):
        yield from unkept(relation)


def _of_values(connection: Connection, tables: Collection[Table]) -> Iterator[str]:
    is_sqlite = connection.dialect.name == "sqlite"
    misformatted = list(sqlite_texts.misformatted(connection, tables)) if is_sqlite else []
    named = {line.partition(" ")[0] for line in misformatted}
    yield from misformatted
    yield from (line for column, line in bad_values(connection, tables) if str(column) not in named)

"""The schema check: compare a database's tables with what the jobs need (tables.py).

A platform's own tables may be defined differently from ours: the check covers only what our statements rely on.
"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Index,
    Inspector,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    inspect,
    text,
)
from sqlalchemy.dialects.mssql import DATETIMEOFFSET
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable
from sqlalchemy.types import TypeEngine

from shared.database.tables import appointments, metadata, owners, payments
from shared.platform import sqlite_texts
from shared.platform.bad_values import bad_values

_WITH_OUTPUT: Final = (appointments, owners, payments)
"""Tables whose changed rows our statements return, which SQL Server refuses on a table with triggers."""
_KINDS: Final[tuple[type[TypeEngine[Any]], ...]] = (Boolean, DateTime, Date, Uuid, JSON, Integer, String)
_AS_GOOD: Final = {("sqlite", Uuid, String), ("sqlite", Boolean, Integer), ("mssql", JSON, String)}
"""Types that are as good as the wanted one: dialect, wanted type, found type."""
_INVALID: Final = "SELECT relname FROM pg_class JOIN pg_index ON pg_class.oid = indexrelid WHERE NOT indisvalid"
_TRIGGERS: Final = "SELECT name, OBJECT_NAME(parent_id) FROM sys.triggers WHERE is_disabled = 0 AND parent_id <> 0"


def lacks(engine: Engine) -> list[str]:
    """Return what the database lacks, one line each, with what to do about it."""
    with engine.connect() as connection:
        inspector = inspect(connection)
        existing = set(inspector.get_table_names())
        found: list[str] = []
        for table in metadata.sorted_tables:
            if table.name in existing:
                found += _of_table(connection, inspector, table)
            else:
                found.append(f"there is no table {table.name}; run: {_written(connection, CreateTable(table))}")
        found += _triggers(connection)
        return found or list(_of_values(connection))


def _of_values(connection: Connection) -> Iterator[str]:
    is_sqlite = connection.dialect.name == "sqlite"
    misformatted = list(sqlite_texts.misformatted(connection)) if is_sqlite else []
    named = {line.partition(" ")[0] for line in misformatted}
    yield from misformatted
    yield from (line for column, line in bad_values(connection) if str(column) not in named)


def _of_table(connection: Connection, inspector: Inspector, table: Table) -> Iterator[str]:
    columns = {column["name"]: column for column in inspector.get_columns(table.name)}
    for column in table.columns:
        if column.name not in columns:
            added = f"ALTER TABLE {table.name} ADD {_written(connection, CreateColumn(column))}"
            yield f"there is no column {column}; run: {added}"
        else:
            yield from _of_type(connection, column, columns[column.name]["type"])
    if all(column.name in columns for column in table.columns):
        yield from _of_keys(connection, inspector, table)


def _of_type(connection: Connection, column: Column[Any], found: TypeEngine[Any]) -> Iterator[str]:
    wanted = column.type.dialect_impl(connection.dialect)
    if not _is_like(connection.dialect, column.type, found):
        why = ": amounts are whole numbers in the minor unit" if _is_money(column) else ""
        yield f"{column} is {_name(connection, found)} and has to be {_name(connection, wanted)}{why}; change its type"
    elif (collation := _collation(wanted)) and _collation(found) not in (None, collation):
        yield (
            f"{column} is compared by {_collation(found)}, which may take two keys for one; "
            f"change its collation to {collation}"
        )


def _is_like(dialect: Dialect, wanted: TypeEngine[Any], found: TypeEngine[Any]) -> bool:
    """Whether a column of type `found` can store and compare the values that statements bind for `wanted`."""
    kind = _kind(wanted)
    if isinstance(found, Enum):
        return False  # PostgreSQL does not compare an enum with a text
    if kind is DateTime and dialect.name != "sqlite":
        return isinstance(found, DATETIMEOFFSET) or (isinstance(found, DateTime) and found.timezone)
    return _kind(found) is kind or (dialect.name, kind, _kind(found)) in _AS_GOOD


def _kind(type_: TypeEngine[Any]) -> type[TypeEngine[Any]] | None:
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    return next((each for each in _KINDS if isinstance(plain, each)), None)


def _is_money(column: Column[Any]) -> bool:
    money = ("amount", "price", "total_amount", "deposit_paid", "no_show_fee_charged")
    return column.name in money and isinstance(column.type, Integer)


def _collation(found: Any) -> str | None:
    collation: str | None = getattr(found, "collation", None)
    return collation


def _of_keys(connection: Connection, inspector: Inspector, table: Table) -> Iterator[str]:
    ordered, unique = _existing_keys(connection, inspector, table.name)
    for index in _unique(table):
        if set(_columns(index)) not in unique:
            yield (
                f"nothing keeps {table.name} ({', '.join(_columns(index))}) unique, so that what must happen once "
                f"could happen twice; run: {_written(connection, CreateIndex(index))}"
            )
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        names = _columns(index)
        if not index.unique and not any(each[: len(names)] == names for each in ordered):
            yield (
                f"no index of {table.name} begins with ({', '.join(names)}), so that jobs would read all of it; "
                f"run: {_written(connection, CreateIndex(index))}"
            )


def _existing_keys(
    connection: Connection, inspector: Inspector, table: str
) -> tuple[list[tuple[str | None, ...]], list[set[str | None]]]:
    """Return the columns of each index or key, in order, and the column sets of the unique ones."""
    keys: list[tuple[str | None, ...]] = [tuple(inspector.get_pk_constraint(table)["constrained_columns"])]
    keys += [tuple(each["column_names"]) for each in inspector.get_unique_constraints(table)]
    broken = connection.execute(text(_INVALID)).scalars().all() if connection.dialect.name == "postgresql" else ()
    indexes = [each for each in inspector.get_indexes(table) if each["name"] not in broken]
    ordered = [*keys, *(tuple(each["column_names"]) for each in indexes)]
    return ordered, [*map(set, keys), *(set(each["column_names"]) for each in indexes if each["unique"])]


def _columns(index: Index) -> tuple[str, ...]:
    return tuple(column.name for column in index.columns)


def _unique(table: Table) -> Iterator[Index]:
    """Yield a unique index for each set of columns that must be unique."""
    copy = table.to_metadata(MetaData())
    keys = [list(copy.primary_key.columns)]
    keys += [list(each.columns) for each in copy.constraints if isinstance(each, UniqueConstraint)]
    for columns in keys:
        yield Index("_".join(("uq", table.name, *(column.name for column in columns))), *columns, unique=True)
    yield from (each for each in table.indexes if each.unique)


def _triggers(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "mssql":
        for name, table in connection.execute(text(_TRIGGERS)):
            if table in {each.name for each in _WITH_OUTPUT}:
                yield f"{table} has the trigger {name}, with which SQL Server refuses what the jobs execute; disable it"


def _name(connection: Connection, type_: TypeEngine[Any]) -> str:
    return str(type_.compile(connection.dialect))


def _written(connection: Connection, element: Any) -> str:
    """Return a statement on one line."""
    line = " ".join(str(element.compile(dialect=connection.dialect)).split())
    is_index = isinstance(element, CreateIndex) and connection.dialect.name == "postgresql"
    return line.replace(" INDEX ", " INDEX CONCURRENTLY ", 1) if is_index else line

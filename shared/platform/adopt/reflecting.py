"""Read a platform's tables from its database. Nothing is changed."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Connection,
    Date,
    DateTime,
    Enum,
    Inspector,
    Integer,
    Numeric,
    String,
    Uuid,
    inspect,
    select,
    table,
)
from sqlalchemy import column as column_
from sqlalchemy.types import TypeEngine

from shared.platform.adopt.expressions import quoted
from shared.platform.adopt.structure import Structure, TheirColumn, TheirTable, Type
from shared.platform.adopt.synonyms import COLUMNS, TABLES, Holds, is_called, plain

_KINDS: Final[tuple[tuple[type[TypeEngine[Any]], Type], ...]] = (
    (Enum, Type.ENUM),
    (Boolean, Type.BOOLEAN),
    (Date, Type.DATE),
    (Integer, Type.INTEGER),
    (Numeric, Type.DECIMAL),
    (JSON, Type.JSON),
    (Uuid, Type.UUID),
    (String, Type.TEXT),
)
MOST_WORDS: Final = 60
"""A column of texts with more different ones than this is no status."""


def reflect(connection: Connection, schema: str) -> Structure:
    """Return the tables of a schema. The words in what may be a status are read as well: a scan of each such table."""
    inspector, dialect = inspect(connection), connection.dialect.name
    names = sorted(inspector.get_table_names(schema))
    return Structure(dialect, schema, tuple(_table(connection, inspector, schema, name) for name in names))


def _table(connection: Connection, inspector: Inspector, schema: str, name: str) -> TheirTable:
    references = {
        key["constrained_columns"][0]: key["referred_table"]
        for key in inspector.get_foreign_keys(name, schema)
        if len(key["constrained_columns"]) == 1
    }
    closed = dict(_closed(inspector, schema, name))
    columns = (
        _column(connection, (schema, name), each, references, closed) for each in inspector.get_columns(name, schema)
    )
    return TheirTable(name, tuple(columns), tuple(_indexes(inspector, schema, name)))


def _column(
    connection: Connection,
    of: tuple[str, str],
    found: Mapping[str, Any],
    references: Mapping[str, str],
    closed: Mapping[str, tuple[str, ...]],
) -> TheirColumn:
    name, type_ = str(found["name"]), found["type"]
    kind = type_in(type_)
    values = tuple(type_.enums) if isinstance(type_, Enum) else closed.get(name, ())
    is_closed = bool(values)
    if kind is Type.TEXT and not values and _may_be_word(of[1], name):
        values = _present(connection, of, name)
    written = _written(connection, type_)
    return TheirColumn(name, kind, written, bool(found["nullable"]), values, is_closed, references.get(name))


def type_in(found: TypeEngine[Any]) -> Type:
    """Return the type of a reflected column."""
    if isinstance(found, ARRAY):
        return Type.UUIDS if isinstance(found.item_type, Uuid) else Type.OTHER
    if isinstance(found, DateTime):
        is_aware = found.timezone or type(found).__name__ == "DATETIMEOFFSET"
        return Type.INSTANT if is_aware else Type.NAIVE
    return next((kind for each, kind in _KINDS if isinstance(found, each)), Type.OTHER)


def _written(connection: Connection, type_: TypeEngine[Any]) -> str:
    """Return a type as the database writes it, an enum's name with its schema."""
    if isinstance(type_, Enum) and type_.name:
        return quoted(connection.dialect.name, *filter(None, (type_.schema or _schema_of(connection), type_.name)))
    return str(type_.compile(connection.dialect)) if type(type_).__name__ != "NullType" else "of an unknown type"


def _schema_of(connection: Connection) -> str | None:
    """Return the schema in which a name without one is found: reflection leaves it out."""
    return connection.dialect.default_schema_name


def _closed(inspector: Inspector, schema: str, name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the columns with a CHECK that lists texts, and those."""
    if inspector.dialect.name == "mssql":
        return  # SQLAlchemy reads no checks there: the words that are present tell
    for check in inspector.get_check_constraints(name, schema):
        words = tuple(each.replace("''", "'") for each in re.findall(r"'((?:[^']|'')*)'", check["sqltext"]))
        column = re.match(r"\(*\"?([\w ]+?)\"?\)*(?:::[\w ]+)?\)* (?:= ANY|IN|=)\b", check["sqltext"], re.IGNORECASE)
        if column and words:
            yield column[1], words


def _may_be_word(of_table: str, name: str) -> bool:
    """Whether a column of texts could be one of our statuses by its name."""
    return (
        any(
            wanted.holds is Holds.WORD and plain(name) in map(plain, (wanted.name, *wanted.names.split()))
            for ours, names in TABLES.items()
            if any(is_called(of_table, each) for each in names.split())
            for wanted in COLUMNS[ours]
        )
        or "role" in name.lower()
    )


def _present(connection: Connection, of: tuple[str, str], name: str) -> tuple[str, ...]:
    """Return the different texts in a column; none where there are too many for a status."""
    schema, of_table = of
    source = table(of_table, column_(name), schema=schema)
    query = select(source.c[name]).where(source.c[name].is_not(None)).distinct().limit(MOST_WORDS + 1)
    found = sorted(connection.execute(query).scalars())
    return tuple(found) if len(found) <= MOST_WORDS else ()


def _indexes(inspector: Inspector, schema: str, name: str) -> Iterator[tuple[str, ...]]:
    yield tuple(inspector.get_pk_constraint(name, schema)["constrained_columns"])
    for key in inspector.get_unique_constraints(name, schema):
        yield tuple(key["column_names"])
    for index in inspector.get_indexes(name, schema):
        yield tuple(str(each) for each in index["column_names"])

"""Read a platform's tables from its database. Nothing is changed."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    text,
)
from sqlalchemy import column as column_
from sqlalchemy.types import NullType, TypeEngine

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


_TYPES: Final = text(
    "SELECT table_name, column_name, udt_schema FROM information_schema.columns WHERE table_schema = :schema"
)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a table. `references`: tables by column; `closed`: the texts that a CHECK allows by column.

    `schemas`: by column, that of its type: an Inspector names none that lies on the search path.
    """

    connection: Connection
    schema: str
    name: str
    references: Mapping[str, str]
    closed: Mapping[str, tuple[str, ...]]
    schemas: Mapping[str, str]


def reflect(connection: Connection, schema: str) -> Structure:
    """Return the tables of a schema. The words in what may be a status are read as well: a scan of each such table."""
    inspector, dialect = inspect(connection), connection.dialect.name
    schemas = defaultdict[str, dict[str, str]](dict)
    if dialect == "postgresql":
        for of_table, name, of_type in connection.execute(_TYPES, {"schema": schema}):
            schemas[of_table][name] = of_type
    names = sorted(inspector.get_table_names(schema))
    tables = (_table(connection, inspector, schema, name, schemas[name]) for name in names)
    return Structure(dialect, schema, tuple(tables))


def _table(
    connection: Connection, inspector: Inspector, schema: str, name: str, schemas: Mapping[str, str]
) -> TheirTable:
    references = {
        key["constrained_columns"][0]: key["referred_table"]
        for key in inspector.get_foreign_keys(name, schema)
        if len(key["constrained_columns"]) == 1
    }
    facts = _Facts(connection, schema, name, references, dict(_closed(inspector, schema, name)), schemas)
    columns = tuple(_column(facts, each) for each in inspector.get_columns(name, schema))
    return TheirTable(name, columns, tuple(_indexes(inspector, schema, name)))


def _column(facts: _Facts, found: Mapping[str, Any]) -> TheirColumn:
    name, type_ = str(found["name"]), found["type"]
    kind = type_in(type_)
    allowed = tuple(type_.enums) if isinstance(type_, Enum) else facts.closed.get(name, ())
    is_open_word = kind is Type.TEXT and not allowed and _may_be_word(facts.name, name)
    return TheirColumn(
        name,
        kind,
        _written(facts, name, type_),
        bool(found["nullable"]),
        _present(facts, name) if is_open_word else allowed,
        is_closed=bool(allowed),
        refers_to=facts.references.get(name),
    )


def type_in(found: TypeEngine[Any]) -> Type:
    """Return the type of a reflected column."""
    if isinstance(found, ARRAY):
        return Type.UUIDS if isinstance(found.item_type, Uuid) else Type.OTHER
    if isinstance(found, DateTime):
        is_aware = found.timezone or type(found).__name__ == "DATETIMEOFFSET"
        return Type.INSTANT if is_aware else Type.NAIVE
    return next((kind for each, kind in _KINDS if isinstance(found, each)), Type.OTHER)


def _written(facts: _Facts, name: str, type_: TypeEngine[Any]) -> str:
    """Return a type as the database writes it, an enum's name with its schema."""
    dialect = facts.connection.dialect
    if isinstance(type_, Enum) and type_.name:
        return quoted(dialect.name, *filter(None, (facts.schemas.get(name), type_.name)))
    return "of an unknown type" if isinstance(type_, NullType) else str(type_.compile(dialect))


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


def _present(facts: _Facts, name: str) -> tuple[str, ...]:
    """Return the different texts in a column; none where there are too many for a status."""
    source = table(facts.name, column_(name), schema=facts.schema)
    query = select(source.c[name]).where(source.c[name].is_not(None)).distinct().limit(MOST_WORDS + 1)
    found = sorted(facts.connection.execute(query).scalars())
    return tuple(found) if len(found) <= MOST_WORDS else ()


def _indexes(inspector: Inspector, schema: str, name: str) -> Iterator[tuple[str, ...]]:
    yield tuple(inspector.get_pk_constraint(name, schema)["constrained_columns"])
    for key in inspector.get_unique_constraints(name, schema):
        yield tuple(key["column_names"])
    for index in inspector.get_indexes(name, schema):
        yield tuple(str(each) for each in index["column_names"])

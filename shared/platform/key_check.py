"""Part of the schema check: the keys that keep things from happening twice, indexes, and triggers.

A view has neither keys nor indexes: those are the matter of the tables behind it, which only the platform knows.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Index, MetaData, Table, UniqueConstraint, text
from sqlalchemy.schema import CreateIndex

from shared.database.schema import schema_of
from shared.database.tables import appointments, owners, payments
from shared.platform.relations import Relation, statement

_WITH_OUTPUT: Final = (appointments, owners, payments)
"""Tables whose changed rows our statements return, which SQL Server refuses on a table with triggers."""
_INVALID: Final = (
    "SELECT relname FROM pg_class JOIN pg_index ON pg_class.oid = indexrelid"
    " JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE NOT indisvalid AND nspname = :schema"
)
_TRIGGERS: Final = (
    "SELECT name, OBJECT_NAME(parent_id) FROM sys.triggers WHERE is_disabled = 0"
    " AND OBJECTPROPERTY(parent_id, 'IsUserTable') = 1"
    " AND OBJECT_SCHEMA_NAME(parent_id) = COALESCE(:schema, SCHEMA_NAME())"
)


def unkept(relation: Relation) -> Iterator[str]:
    """Yield a line for each set of columns that has to be unique, and may not be."""
    _, unique = _existing_keys(relation)
    for index in _unique(relation.table):
        if set(_columns(index)) not in unique:
            yield (
                f"nothing keeps {relation.table.name} ({', '.join(_columns(index))}) unique, so that what must happen "
                f"once could happen twice; run: {statement(relation.connection, CreateIndex(index))}"
            )


def unindexed(relation: Relation) -> Iterator[str]:
    """Yield a line for each index without which jobs would read all of a table."""
    ordered, _ = _existing_keys(relation)
    for index in sorted(relation.table.indexes, key=lambda each: str(each.name)):
        names = _columns(index)
        if not index.unique and not any(each[: len(names)] == names for each in ordered):
            yield (
                f"no index of {relation.table.name} begins with ({', '.join(names)}), so that jobs would read all of "
                f"it; run: {statement(relation.connection, CreateIndex(index))}"
            )


def triggers(connection: Connection) -> Iterator[str]:
    """Yield a line for each trigger with which SQL Server refuses our statements."""
    if connection.dialect.name == "mssql":
        for name, table in connection.execute(text(_TRIGGERS), {"schema": schema_of(connection)}):
            if table in {each.name for each in _WITH_OUTPUT}:
                yield f"{table} has the trigger {name}, with which SQL Server refuses what the jobs execute; disable it"


def _existing_keys(relation: Relation) -> tuple[list[tuple[str | None, ...]], list[set[str | None]]]:
    """Return the columns of each index or key, in order, and the column sets of the unique ones."""
    inspector, name, schema = relation.inspector, relation.table.name, relation.schema
    keys: list[tuple[str | None, ...]] = [tuple(inspector.get_pk_constraint(name, schema)["constrained_columns"])]
    keys += [tuple(each["column_names"]) for each in inspector.get_unique_constraints(name, schema)]
    broken = _broken(relation)
    indexes = [each for each in inspector.get_indexes(name, schema) if each["name"] not in broken]
    ordered = [*keys, *(tuple(each["column_names"]) for each in indexes)]
    return ordered, [*map(set, keys), *(set(each["column_names"]) for each in indexes if each["unique"])]


def _broken(relation: Relation) -> set[str]:
    """Return the indexes whose build failed, which PostgreSQL keeps and does not use."""
    if relation.dialect != "postgresql":
        return set()
    schema = relation.schema or relation.inspector.default_schema_name
    return set(relation.connection.execute(text(_INVALID), {"schema": schema}).scalars())


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

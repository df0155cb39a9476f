"""Part of the schema check: columns, their types, and what has to be filled in."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Integer,
    Numeric,
    String,
    TypeDecorator,
    Uuid,
    text,
)
from sqlalchemy.dialects.mssql import DATETIMEOFFSET
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.schema import CreateColumn
from sqlalchemy.types import NullType, TypeEngine

from shared.database import tables
from shared.platform.relations import Relation, statement
from shared.platform.type_changes import Change, change

_KINDS: Final[tuple[type[TypeEngine[Any]], ...]] = (Boolean, DateTime, Date, Uuid, JSON, Integer, Numeric, Enum, String)
_AS_GOOD: Final = {("sqlite", Uuid, String), ("sqlite", Boolean, Integer), ("mssql", JSON, String)}
"""Types that are as good as the wanted one: dialect, wanted type, found type. (SQLite's BOOLEAN may be a number.)"""
_UPDATED: Final = {
    tables.owners: "sms_opted_in no_show_count reputation_score last_reputation_update updated_at".split(),
    tables.pets: "vaccination_status vaccination_expires_at updated_at".split(),
    tables.appointments: "status no_show_fee_charged updated_at".split(),
    tables.vaccination_records: "status updated_at".split(),
}
"""The columns of the platform's that the jobs write."""
_NOT_UPDATED: Final = (
    "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:view AS regclass) AND attname = ANY(:columns)"
    " AND NOT pg_column_is_updatable(attrelid, attnum, false) AND NOT EXISTS"
    # INSTEAD OF UPDATE: with such a trigger a view takes any
    " (SELECT 1 FROM pg_trigger WHERE tgrelid = attrelid AND tgtype & 80 = 80) ORDER BY attnum"
)


def absent(relation: Relation) -> Iterator[str]:
    """Yield a line for each column that is not there."""
    for column in relation.table.columns:
        if column.name not in relation.columns:
            added = f"run: ALTER TABLE {relation.full_name} ADD {statement(relation.connection, CreateColumn(column))}"
            yield f"there is no column {column}; {'add it to the view' if relation.is_view else added}"


def mistyped(relation: Relation) -> Iterator[str]:
    """Yield a line for each column whose type cannot store and compare what the jobs write and ask for."""
    for column in relation.table.columns:
        if found := relation.columns.get(column.name):
            yield from _of_type(relation, column, found)


def unfilled(relation: Relation) -> Iterator[str]:
    """Yield a line for each column that our INSERTs leave empty and the table wants filled."""
    for name, found in relation.columns.items():
        ours = relation.table.columns.get(name)
        fills_itself = found.get("default") is not None or found.get("identity") or found.get("computed")
        may_be_empty = ours.nullable if ours is not None else not fills_itself
        if may_be_empty and not (found["nullable"] or (name == "updated_at" and fills_itself)):
            yield (
                f"{relation.table.name}.{name} takes no NULL, and the jobs have nothing to fill it with; let it be "
                f"empty, or let a schema of ours (DATABASE_SCHEMA) have {relation.table.name} of its own"
            )


def unwritable(relation: Relation) -> Iterator[str]:
    """Yield a line for a view that takes no UPDATE of what the jobs write. Only PostgreSQL is asked."""
    if relation.is_view and relation.dialect == "postgresql" and relation.table in _UPDATED:
        asked = {"view": relation.full_name, "columns": _UPDATED[relation.table]}
        if refused := relation.connection.execute(text(_NOT_UPDATED), asked).scalars().all():
            its = f"the view {relation.table.name} takes no UPDATE of {', '.join(refused)}"
            yield f"{its}; give it an INSTEAD OF UPDATE trigger"


def _of_type(relation: Relation, column: Column[Any], found: Any) -> Iterator[str]:
    type_ = found["type"].data_type if isinstance(found["type"], DOMAIN) else found["type"]
    wanted = column.type.dialect_impl(relation.connection.dialect)
    if not _is_like(relation.dialect, column.type, type_):
        why = ": amounts are whole numbers in the minor unit" if _is_money(column) else ""
        names = f"{_name(relation, type_)} and has to be {_name(relation, wanted)}{_allowed(column)}{why}"
        yield f"{column} is {names}; {_advice(relation, column, type_, found.get('default'))}"
    elif (collation := _collation(wanted)) and _collation(type_) not in (None, collation):
        yield (
            f"{column} is compared by {_collation(type_)}, which may take two keys for one; "
            f"change its collation to {collation}"
        )
    elif _is_narrow(relation, column, type_):
        widened = f"ALTER TABLE {relation.full_name} ALTER COLUMN {column.name} TYPE {_name(relation, wanted)}"
        do = f"run: {widened} USING {column.name}" if relation.dialect == "postgresql" else "widen it"
        yield f"{column} is {_name(relation, type_)}, too short for {_name(relation, wanted)}; {do}"


def _is_like(dialect: str, wanted: TypeEngine[Any], found: TypeEngine[Any]) -> bool:
    """Whether a column of type `found` can store and compare the values that statements bind for `wanted`."""
    kind = _kind(wanted)
    if isinstance(found, Enum):
        return False  # PostgreSQL does not compare an enum with a text
    if kind is DateTime and dialect != "sqlite":
        return isinstance(found, DATETIMEOFFSET) or (isinstance(found, DateTime) and found.timezone)
    return _kind(found) is kind or (dialect, kind, _kind(found)) in _AS_GOOD


def _kind(type_: TypeEngine[Any]) -> type[TypeEngine[Any]] | None:
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    return next((each for each in _KINDS if isinstance(plain, each)), None)


def _is_narrow(relation: Relation, column: Column[Any], found: Any) -> bool:
    """Whether what the jobs write may be too long."""
    is_written = relation.is_inserted_into or column.name in _UPDATED.get(relation.table, ())
    wanted, length = getattr(column.type, "length", None), getattr(found, "length", None)
    return is_written and not relation.is_view and bool(wanted and length and length < wanted)


def _is_money(column: Column[Any]) -> bool:
    money = ("amount", "price", "total_amount", "deposit_paid", "no_show_fee_charged")
    return column.name in money and isinstance(column.type, Integer)


def _collation(found: Any) -> str | None:
    collation: str | None = getattr(found, "collation", None)
    return collation


def _allowed(column: Column[Any]) -> str:
    """The values that a column may hold, in brackets."""
    return next((f" ({', '.join(its)})" for its in _values(column)), "")


def _values(column: Column[Any]) -> Iterator[tuple[str, ...]]:
    table: Any = column.table
    yield from (each.info[column.name] for each in table.constraints if column.name in each.info)


def _name(relation: Relation, type_: TypeEngine[Any]) -> str:
    if isinstance(type_, NullType):
        return "of a type that this program does not know"
    values = f" ({', '.join(type_.enums)})" if isinstance(type_, Enum) else ""
    return f"{type_.compile(relation.connection.dialect)}{values}"


def _advice(relation: Relation, column: Column[Any], found: TypeEngine[Any], default: str | None) -> str:
    """What to do about a column of another type. Nothing that loses a part of values goes without a warning."""
    enum, known = getattr(found, "enums", ()), next(_values(column), ())
    kinds = _kind(column.type), _kind(found)
    to = change(column.name, *kinds, values=enum, known=known, is_money=_is_money(column))
    if relation.dialect != "postgresql" or to is None:
        warned = f"; beware: {to.warning}" if to and to.warning else ""
        return f"{'cast it in the view' if relation.is_view else 'change its type'}{warned}"
    warning = f"beware: {to.warning}; " if to.warning else ""
    if relation.is_view:
        return f"{warning}cast it in the view: {to.cast}"
    return f"{warning}run: {_altered(relation, column, to, default)}"


def _altered(relation: Relation, column: Column[Any], to: Change, default: str | None) -> str:
    alter = f"ALTER COLUMN {column.name}"
    type_ = _name(relation, column.type.dialect_impl(relation.connection.dialect))
    steps = [f"{alter} TYPE {type_} USING {to.cast}"]
    if default is not None:  # PostgreSQL converts no default of another type
        ours = statement(relation.connection, CreateColumn(column)).partition(" DEFAULT ")[2].removesuffix(" NOT NULL")
        steps = [f"{alter} DROP DEFAULT", *steps, *([f"{alter} SET DEFAULT {ours}"] if ours else [])]
    return f"ALTER TABLE {relation.full_name} {', '.join(steps)}"

"""Rows of the platform's tables as the jobs read them: one that does not hold what its columns promise is left out.

A platform's mistake in one row must cost nobody else anything, so nothing computes with such a row. It is named once,
to whoever the engine's execution option `bad_rows` says, else in the log. Only the columns that a statement asks for
count: what nobody reads harms nobody, and `db check` names it.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from re import fullmatch
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Engine,
    FromClause,
    Integer,
    Join,
    Label,
    Select,
    String,
    Table,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database import tables
from shared.database.tables import UtcDateTime
from shared.database.unreadable import NO_JSON

log = logging.getLogger(__name__)

T = TypeVar("T")
Query = Select[Any] | ReturningUpdate[Any]
Check = Callable[[Any], bool]

FIRST_YEAR, LAST_YEAR = 1900, 2100
LARGEST: Final = 1_000_000_000
"""Beyond it no amount, count or duration is meant: there is room below what an INTEGER holds."""
FOREVER: Final = date(LAST_YEAR, 12, 31)
"""What expires after it never does."""
OF_PLATFORM: Final[Mapping[Table, str]] = {
    tables.tenants: "tenant",
    tables.owners: "owner",
    tables.pets: "pet",
    tables.services: "service",
    tables.appointments: "appointment",
    tables.appointment_pets: "appointment",
    tables.vaccination_records: "vaccination",
    tables.payments: "payment",
}
"""The tables that the platform writes, with what one of their rows is called."""
DEFAULTS: Final[Mapping[Column[Any], Any]] = {
    tables.tenants.c.currency: "USD",
    tables.owners.c.no_show_count: 0,
    tables.owners.c.late_cancellation_count: 0,
    tables.owners.c.completed_appointment_count: 0,
    tables.owners.c.reputation_score: 100,
}
"""What NULL means in columns in which it should not stand."""
OF_FEE: Final = (tables.payments.c.visit_on,)
"""What a fee must have, though not every payment."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out. `subject`: what it is, with its id; `reason`: what is wrong with it, for people."""

    tenant_id: UUID | None
    subject: str
    reason: str


def noting(engine: Engine, note: Callable[[BadRow], None]) -> Engine:
    """Return the engine whose connections tell `note` of each row that is left out."""
    return engine.execution_options(bad_rows=note)


def read(
    connection: Connection,
    query: Query,
    given: Mapping[str, Any] | None = None,
    *,
    required: Collection[Column[Any]] = (),
) -> list[Any]:
    """Return the rows of a query that hold what their columns promise; name the others.

    `required`: columns that may be NULL, but not in these rows.
    """
    return sound(connection, query, connection.execute(query, given or {}).all(), required=required)


def read_page(
    connection: Connection,
    query: Callable[[int], Select[Any]],
    given: Mapping[str, Any],
    limit: int,
    records_of: Callable[[Connection, Sequence[Any]], list[T]],
    *,
    required: Collection[Column[Any]] = (),
) -> list[T]:
    """Return a page of `limit` records, fewer only where there are no more, however many rows had to be left out.

    `query`: for a page of so many rows; `records_of`: the records of sound rows, of which it may leave out more.
    """
    size = limit
    while True:
        rows = connection.execute(query(size), given).all()
        found = records_of(connection, sound(connection, query(size), rows, required=required))
        if len(found) >= limit or len(rows) < size:
            return found[:limit]
        size *= 2


def sound(
    connection: Connection, query: Query, rows: Sequence[Any], *, required: Collection[Column[Any]] = ()
) -> list[Any]:
    """Return those of a query's rows that hold what their columns promise; name the others."""
    asked, good = _asked(query), []
    for row in rows:
        found = next((each for each in asked.columns if each.is_broken_by(row[each.at])), None) or next(
            (each for each in asked.columns if each.column in required and row[each.at] is None), None
        )
        if found is None:
            good.append(row)
        else:
            tenant_id = None if asked.tenant_at is None else row[asked.tenant_at]
            leave_out(connection, BadRow(tenant_id, found.subject(row), found.fault(row)))
    return good


def leave_out(connection: Connection, row: BadRow) -> None:
    """Name a row that is left out."""
    if note := connection.get_execution_options().get("bad_rows"):
        note(row)
    else:
        log.warning("%s is left out: %s", row.subject, row.reason)


def or_default(column: Column[Any], value: Any) -> Any:
    """Return a value, or what NULL means in its column."""
    return DEFAULTS[column] if value is None else value


def is_sound(column: Column[Any], value: Any) -> bool:
    """Whether a column of the platform's holds what it promises."""
    return (column.nullable or column in DEFAULTS) if value is None else _promise(column).is_kept_by(value)


def what_is_wrong(column: Column[Any], value: Any) -> str:
    """Return in words what is wrong with a value that is not sound. Never the value: it could be a phone number."""
    return f"{column} holds {'nothing (NULL)' if value is None else _promise(column).otherwise}"


def fault_of(column: Column[Any], value: Any) -> str | None:
    """Return what is wrong with a column's value, and what to do; None when nothing is wrong."""
    return None if is_sound(column, value) else f"{what_is_wrong(column, value)}; put it right"


def is_some_day(column: Column[Any], value: Any) -> bool:
    """Whether an appointment stands at a date that will not come: no run ever reads it, and people may mean it so."""
    is_time_of_visit = column.table is tables.appointments and column.name in ("scheduled_start", "scheduled_end")
    return is_time_of_visit and isinstance(value, datetime) and value.year > LAST_YEAR


def row_name(table: Any, id_: Any) -> str:
    """Return what a row is called; its id may be nonsense itself."""
    return f"{OF_PLATFORM[table]} {id_ if isinstance(id_, UUID) else ascii(id_)[:40]}"


# What columns promise


@dataclass(frozen=True, slots=True)
class _Promise:
    """What tells whether a value that is not NULL is one that a column may hold, and what it is else."""

    is_kept_by: Check
    otherwise: str


def _between_years(first: int, last: int, type_: type[date]) -> Check:
    return lambda value: isinstance(value, type_) and first <= value.year <= last


_YEARS: Final = f"of the years {FIRST_YEAR} to {LAST_YEAR}"
_PROMISES: Final[Mapping[type, _Promise]] = {
    UtcDateTime: _Promise(_between_years(FIRST_YEAR, LAST_YEAR, datetime), f"no instant {_YEARS}"),
    Date: _Promise(_between_years(FIRST_YEAR, LAST_YEAR, date), f"no date {_YEARS}"),
    Uuid: _Promise(lambda value: isinstance(value, UUID), "no id (a UUID)"),
    Boolean: _Promise(lambda value: isinstance(value, bool), "neither true nor false"),
    Integer: _Promise(lambda value: type(value) is int and 0 <= value <= LARGEST, f"no number from 0 to {LARGEST:,}"),
    String: _Promise(lambda value: isinstance(value, str), "no text"),
    JSON: _Promise(lambda value: value is not NO_JSON, "no JSON"),
}
_EXPIRY: Final = _Promise(_between_years(FIRST_YEAR, date.max.year, date), f"no date from {FIRST_YEAR} on")
_CURRENCY: Final = _Promise(
    lambda value: isinstance(value, str) and fullmatch(r"\s*[A-Za-z]{3}\s*", value) is not None,
    "no currency (three letters, like USD)",
)
_OWN_PROMISES: Final[Mapping[Column[Any], _Promise]] = {
    tables.tenants.c.currency: _CURRENCY,
    tables.payments.c.currency: _CURRENCY,
    tables.owners.c.reputation_score: _Promise(lambda value: value in range(101), "no number from 0 to 100"),
    tables.vaccination_records.c.expiry_date: _EXPIRY,
    tables.pets.c.vaccination_expires_at: _EXPIRY,
}


@cache
def _promise(column: Column[Any]) -> _Promise:
    table: Any = column.table
    for constraint in table.constraints:
        if allowed := constraint.info.get(column.name):
            return _Promise(lambda value: value in allowed, f"none of {', '.join(allowed)}")
    plain = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    kind = next(each for each in _PROMISES if isinstance(column.type, each) or isinstance(plain, each))
    return _OWN_PROMISES.get(column, _PROMISES[kind])


# What a statement asks for


@dataclass(frozen=True, slots=True)
class _Asked:
    """A column in the rows of a statement. `at`: its place; `named_at`: that of the id of the row it belongs to."""

    column: Column[Any]
    at: int
    named_at: int
    named: FromClause
    may_be_null: bool
    is_kept_by: Check

    def is_broken_by(self, value: Any) -> bool:
        """Whether a value is not what the column promises."""
        return not (self.may_be_null if value is None else self.is_kept_by(value))

    def fault(self, row: Any) -> str:
        """What is wrong with it in a row, in words."""
        return f"{what_is_wrong(self.column, row[self.at])}; put it right"

    def subject(self, row: Any) -> str:
        """What a row with such a value is called."""
        return row_name(self.named, row[self.named_at])


@dataclass(frozen=True, slots=True)
class _Statement:
    columns: tuple[_Asked, ...]
    tenant_at: int | None


@lru_cache(maxsize=500)
def _asked(query: Query) -> _Statement:
    found = [(at, _column(each)) for at, each in enumerate(query.exported_columns)]
    its = [(at, column) for at, column in found if column is not None and column.table in OF_PLATFORM]
    optional = set(_optional(query))
    columns = (
        _Asked(
            column,
            at,
            *_name_of(column, its),
            may_be_null=is_sound(column, None) or column.table in optional,
            is_kept_by=_promise(column).is_kept_by,
        )
        for at, column in its
    )
    tenants = (at for at, each in its if each.name == "tenant_id" or each is tables.tenants.c.id)
    return _Statement(tuple(columns), next(tenants, None))


def _column(each: ColumnElement[Any]) -> Column[Any] | None:
    plain = each.element if isinstance(each, Label) else each
    return plain if isinstance(plain, Column) else None


def _name_of(column: Column[Any], its: Sequence[tuple[int, Column[Any]]]) -> tuple[int, FromClause]:
    """Return where the id of a column's row stands, and what table that row is of; else of the first row there is."""
    table = column.table
    for at, each in its:
        if (each.table is table and each.primary_key) or any(key.column.table is table for key in each.foreign_keys):
            return at, table
    return its[0][0], its[0][1].table


def _optional(query: Query) -> Iterator[FromClause]:
    """Yield the tables of which a statement's rows may have none: those on the right of outer joins.

    Joins are seen where `select_from` takes them, not those made by the statement's own `outerjoin`.
    """
    return (each.right for each in visitors.iterate(query) if isinstance(each, Join) and each.isouter)

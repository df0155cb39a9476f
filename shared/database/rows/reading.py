"""Reading rows: those that break a promise of their columns are left out and named."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Join,
    Label,
    Select,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database import tables
from shared.database.rows.promises import OF_PLATFORM, Check, is_sound, promise_of, row_name, what_is_wrong
from shared.domain.ids import TenantId

log = logging.getLogger(__name__)

T = TypeVar("T")
Query = Select[Any] | ReturningUpdate[Any]

OF_FEE: Final = (tables.payments.c.visit_on,)
"""The columns that a fee must fill, though not every payment."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out. `subject`: what it is, with its id; `reason`: what is wrong with it, for people."""

    tenant_id: TenantId | None
    subject: str
    reason: str


def noting(engine: Engine, note: Callable[[BadRow], None]) -> Engine:
    """Return the engine with `note` called for each row that its connections leave out."""
    return engine.execution_options(bad_rows=note)


def read(
    connection: Connection,
    query: Query,
    given: Mapping[str, Any] | None = None,
    *,
    required: Collection[Column[Any]] = (),
) -> list[Any]:
    """Return the rows of a query that keep their columns' promises; name the others.

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
    """Return a page of `limit` records, fewer only if there are no more, however many rows are left out.

    `query`: builds the query for a number of rows; `records_of`: makes records of sound rows, perhaps fewer.
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
    """Return those of a query's rows that keep their columns' promises; name the others."""
    asked, good = _asked(query), list[Any]()
    if not required and all(each.is_kept_by_all([row[each.at] for row in rows]) for each in asked.columns):
        return list(rows)
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


# What a statement asks for


@dataclass(frozen=True, slots=True)
class _Asked:
    """A column that a statement selects. `at`: its position; `named_at`: the position of its row's id."""

    column: Column[Any]
    at: int
    named_at: int
    named: FromClause
    may_be_null: bool
    is_kept_by: Check

    def is_broken_by(self, value: Any) -> bool:
        """Whether a value breaks the column's promise."""
        return not (self.may_be_null if value is None else self.is_kept_by(value))

    def is_kept_by_all(self, values: Sequence[Any]) -> bool:
        """Whether all values keep the column's promise: column by column costs a third of the time of row by row."""
        given = [each for each in values if each is not None]
        return (self.may_be_null or len(given) == len(values)) and all(map(self.is_kept_by, given))

    def fault(self, row: Any) -> str:
        """What is wrong with the column in a row, in words."""
        return f"{what_is_wrong(self.column, row[self.at])}; put it right"

    def subject(self, row: Any) -> str:
        """The name of the row that the column belongs to."""
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
            is_kept_by=promise_of(column).is_kept_by,
        )
        for at, column in its
    )
    tenants = (at for at, each in its if each.name == "tenant_id" or each is tables.tenants.c.id)
    return _Statement(tuple(columns), next(tenants, None))


def _column(each: ColumnElement[Any]) -> Column[Any] | None:
    plain = each.element if isinstance(each, Label) else each
    return plain if isinstance(plain, Column) else None


def _name_of(column: Column[Any], its: Sequence[tuple[int, Column[Any]]]) -> tuple[int, FromClause]:
    """Return the position of the id of a column's row, and the row's table; otherwise those of the first column."""
    table = column.table
    for at, each in its:
        if (each.table is table and each.primary_key) or each.name == f"{OF_PLATFORM[table]}_id":
            return at, table
    return its[0][0], its[0][1].table


def _optional(query: Query) -> Iterator[FromClause]:
    """Yield the tables that may have no row in a statement's rows: those on the right of outer joins.

    Only joins passed to `select_from` are seen, not those made by the statement's own `outerjoin`.
    """
    return (each.right for each in visitors.iterate(query) if isinstance(each, Join) and each.isouter)

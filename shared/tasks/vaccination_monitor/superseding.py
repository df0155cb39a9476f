"""Which vaccination records count, in SQL: the only place that says when one record supersedes another."""

from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, or_, select

from shared.database.rows.promises import FOREVER
from shared.database.tables import vaccination_records
from shared.tasks.vaccination_monitor.vaccines import ALSO_COVERS

_OLDEST: Final = date(1, 1, 1)
"""Stands for an unknown date of administration, so that a record without a date is older than any other."""


def superseded(record: FromClause = vaccination_records) -> ColumnElement[bool]:
    """Return the condition that a newer record of the same pet supersedes this one.

    Newer means, in this order: administered later, expiring later, entered later, greater id. Deleted records and
    records that never expire, or have no expiry date, supersede nothing. Index: vaccination_records (pet_id).
    """
    newer = vaccination_records.alias("newer")
    return exists(
        select(newer.c.id).where(
            newer.c.pet_id == record.c.pet_id,
            newer.c.tenant_id == record.c.tenant_id,
            newer.c.deleted_at.is_(None),
            newer.c.expiry_date <= FOREVER,
            _covers(newer, record),
            _is_newer(newer, record),
        )
    )


def counting(record: FromClause = vaccination_records) -> ColumnElement[bool]:
    """Return the condition that a record counts: neither deleted nor superseded."""
    return and_(record.c.deleted_at.is_(None), ~superseded(record))


def _covers(newer: FromClause, older: FromClause) -> ColumnElement[bool]:
    same = and_(newer.c.type == older.c.type, or_(older.c.type != "other", _name(newer) == _name(older)))
    combined = [and_(newer.c.type == each, older.c.type.in_(parts)) for each, parts in ALSO_COVERS.items()]
    return or_(same, *combined)


def _name(record: FromClause) -> ColumnElement[str]:
    """The name without spaces and in lower case: "Giardia Vax" and "giardia vax " are one vaccine."""
    return func.lower(func.replace(func.coalesce(record.c.name, ""), " ", ""))


def _is_newer(newer: FromClause, older: FromClause) -> ColumnElement[bool]:
    """Compare as tuples compare; SQL Server has no row values."""
    condition: ColumnElement[bool] = newer.c.id > older.c.id
    for left, right in reversed([(_age(newer, name), _age(older, name)) for name in _AGE]):
        condition = or_(left > right, and_(left == right, condition))
    return condition


_AGE: Final = ("administered_date", "expiry_date", "created_at")


def _age(record: FromClause, name: str) -> ColumnElement[Any]:
    column = record.c[name]
    return func.coalesce(column, _OLDEST) if name == "administered_date" else column

"""Instants in SQL: compared, counted to the minute, shifted. Each database has its own functions for them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    func,
    literal_column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


def same_instant(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that two instants are the same, to the millisecond where they are text.

    SQLite keeps what was written: `15:00:00` by its own functions, `15:00:00.000000` by SQLAlchemy.
    """
    return _SameInstant(one, other)


_SECONDS: ColumnElement[str] = literal_column("'%Y-%m-%d %H:%M:%S'")


_MILLISECONDS: ColumnElement[str] = literal_column("'%Y-%m-%d %H:%M:%f'")


class _SameInstant(FunctionElement[bool]):
    # No type: see `_Among` in lists.py.
    inherit_cache = True


@compiles(_SameInstant)
def _same_instant(element: _SameInstant, compiler: Any, **options: Any) -> str:
    one, other = element.clauses
    return str(compiler.process(one == other, **options))


@compiles(_SameInstant, "sqlite")
def _same_instant_on_sqlite(element: _SameInstant, compiler: Any, **options: Any) -> str:
    one, other = element.clauses
    begins, ends = func.strftime(_SECONDS, other), func.strftime(_SECONDS, other, literal_column("'+1 second'"))
    within = and_(one >= begins, one < ends)  # for an index over `one`
    same = func.strftime(_MILLISECONDS, one) == func.strftime(_MILLISECONDS, other)
    return str(compiler.process(and_(within, same).self_group(), **options))


def shifted(instant: ColumnElement[Any], by: timedelta) -> ColumnElement[Any]:
    """Return a row's instant moved by whole seconds, for comparisons; on SQLite without its fraction."""
    return _Shifted(instant, literal_column(str(int(by.total_seconds()))))


class _Shifted(FunctionElement[Any]):
    # No type: see `_Among` in lists.py.
    inherit_cache = True


@compiles(_Shifted, "postgresql")
def _shifted_on_postgresql(element: _Shifted, compiler: Any, **options: Any) -> str:
    instant, seconds = (compiler.process(each, **options) for each in element.clauses)
    return f"({instant} + make_interval(secs => {seconds}))"


@compiles(_Shifted, "sqlite")
def _shifted_on_sqlite(element: _Shifted, compiler: Any, **options: Any) -> str:
    instant, seconds = element.clauses
    moved = func.strftime(_SECONDS, instant, seconds.op("||")(literal_column("' seconds'")))
    return str(compiler.process(moved, **options))


@compiles(_Shifted, "mssql")
def _shifted_on_mssql(element: _Shifted, compiler: Any, **options: Any) -> str:
    instant, seconds = element.clauses
    return str(compiler.process(func.dateadd(literal_column("second"), seconds, instant), **options))


def same_minute(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that two instants lie in the same minute of the clock."""
    return _SameMinute(one, other)


class _SameMinute(FunctionElement[bool]):
    # No type: see `_Among` in lists.py.
    inherit_cache = True


@compiles(_SameMinute, "postgresql")
def _same_minute_on_postgresql(element: _SameMinute, compiler: Any, **options: Any) -> str:
    one, other = (func.date_trunc(literal_column("'minute'"), each) for each in element.clauses)
    return str(compiler.process(one == other, **options))


@compiles(_SameMinute, "sqlite")
def _same_minute_on_sqlite(element: _SameMinute, compiler: Any, **options: Any) -> str:
    one, other = (func.strftime(literal_column("'%Y-%m-%d %H:%M'"), each) for each in element.clauses)
    return str(compiler.process(one == other, **options))


@compiles(_SameMinute, "mssql")
def _same_minute_on_mssql(element: _SameMinute, compiler: Any, **options: Any) -> str:
    # DATEDIFF_BIG counts the minutes that begin between the two, in UTC.
    begun = func.datediff_big(literal_column("minute"), *element.clauses)
    return str(compiler.process(begun == literal_column("0"), **options))


def quarter_hour(instant: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the quarter of an hour that an instant lies in, counted from 1970-01-01 00:00 UTC.

    Every time zone in use is a whole number of quarters away from UTC: each quarter has one local day and hour.
    """
    return _QuarterHour(instant)


class _QuarterHour(FunctionElement[int]):
    type = BigInteger()
    inherit_cache = True


@compiles(_QuarterHour, "postgresql")
def _quarter_hour_on_postgresql(element: _QuarterHour, compiler: Any, **options: Any) -> str:
    (instant,) = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(floor(EXTRACT(epoch FROM {instant}) / 900) AS BIGINT)"


@compiles(_QuarterHour, "sqlite")
def _quarter_hour_on_sqlite(element: _QuarterHour, compiler: Any, **options: Any) -> str:
    (instant,) = (compiler.process(each, **options) for each in element.clauses)
    return f"(CAST(strftime('%s', {instant}) AS INTEGER) / 900)"


@compiles(_QuarterHour, "mssql")
def _quarter_hour_on_mssql(element: _QuarterHour, compiler: Any, **options: Any) -> str:
    (instant,) = (compiler.process(each, **options) for each in element.clauses)
    return f"(DATEDIFF_BIG(second, CAST('1970-01-01 00:00:00 +00:00' AS DATETIMEOFFSET), {instant}) / 900)"

"""Ids by their beginning."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import CHAR, ColumnElement, Uuid, and_, bindparam, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

_DIGITS: Final = 32
_TEXT: Final = CHAR(36)


def begins_with(column: ColumnElement[Any], digits: str) -> ColumnElement[bool]:
    """Return the condition that an id begins with some hexadecimal digits (without hyphens): a range of its index.

    On SQL Server, which sorts ids by their last digits first, no index has such a range: ids are compared as text, for
    which it reads the smallest index once.
    """
    first, last = UUID(digits.ljust(_DIGITS, "0")), UUID(digits.ljust(_DIGITS, "f"))
    return _Within(column, bindparam(None, first, type_=Uuid()), bindparam(None, last, type_=Uuid()))


class _Within(FunctionElement[bool]):
    # No type: see `_Among` in lists.py.
    inherit_cache = True


@compiles(_Within)
def _within(element: _Within, compiler: Any, **options: Any) -> str:
    column, first, last = element.clauses
    return str(compiler.process(and_(column >= first, column <= last), **options))


@compiles(_Within, "mssql")
def _within_on_mssql(element: _Within, compiler: Any, **options: Any) -> str:
    column, first, last = (cast(cast(each, Uuid()), _TEXT) for each in element.clauses)
    return str(compiler.process(and_(column >= first, column <= last), **options))

"""Many values in one statement."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Dialect,
    Select,
    TypeDecorator,
    Unicode,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

IN_LIST = 1000
"""How many values one IN list may hold: SQL Server takes 2,099 parameters a statement."""


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that `column` is among the values of the parameter `name`, which travel as one.

    So a statement has the same text however many they are, and no list of parameters that is slow to render.
    """
    return _Among(column, bindparam(name, type_=_ListOf(column.type)))


class _Among(FunctionElement[bool]):
    # No type: otherwise SQLAlchemy would compare it with 1 on databases without booleans.
    inherit_cache = True


class _ListOf(TypeDecorator[Sequence[Any]]):
    """An array on PostgreSQL, JSON elsewhere."""

    impl = Unicode
    cache_ok = True

    def __init__(self, each: TypeEngine[Any]) -> None:
        super().__init__()
        self.each = each

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return postgresql.ARRAY(self.each) if dialect.name == "postgresql" else Unicode()

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return value
        kept = self.each.dialect_impl(dialect).bind_processor(dialect)
        return json.dumps([kept(each) if kept else each for each in value or ()], default=str)


@compiles(_Among, "postgresql")
def _among_on_postgresql(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = element.clauses
    return str(compiler.process(column == any_(values), **options))


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = element.clauses
    listed: Select[Any] = select(literal_column("value")).select_from(func.json_each(values))
    return str(compiler.process(column.in_(listed), **options))


@compiles(_Among, "mssql")
def _among_on_mssql(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = element.clauses
    listed = select(cast(literal_column("value"), column.type)).select_from(func.openjson(values))
    return str(compiler.process(column.in_(listed), **options))


def chunks(values: Sequence[Any], size: int = IN_LIST) -> list[Sequence[Any]]:
    """Split `values` into lists that fit an IN clause."""
    return [values[start : start + size] for start in range(0, len(values), size)]

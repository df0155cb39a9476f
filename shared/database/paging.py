"""Reading page by page in the order of a key: however many rows there are, a page costs the same."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_


def page(query: Select[Any], key: Sequence[ColumnElement[Any]], limit: int, *, is_first: bool) -> Select[Any]:
    """Return the query for a page of `limit` rows in the order of `key`, to be built once.

    It is executed with what `place` returns. If several rows share a key, the caller must make each page hold all rows
    of its last key.
    """
    if not is_first:
        query = query.where(_after(key, [bindparam(f"last_{place}") for place in range(len(key))]))
    return query.order_by(*key).limit(limit)


def place(last: Sequence[Any] | None) -> dict[str, Any]:
    """Return the parameters that say where a page begins: after the key `last`; None for the first page."""
    return {f"last_{place}": value for place, value in enumerate(last or ())}


def _after(key: Sequence[ColumnElement[Any]], last: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that `key` sorts after `last`, column by column: SQL Server has no row values."""
    same = [column == value for column, value in zip(key, last, strict=True)]
    return or_(*(and_(*same[:place], key[place] > last[place]) for place in range(len(key))))

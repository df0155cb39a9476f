"""Reading page by page in the order of a key: however many rows there are, a page costs the same."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_


def page(query: Select[Any], key: Sequence[ColumnElement[Any]], last: Sequence[Any] | None, limit: int) -> Select[Any]:
    """Return the query for a page of `limit` rows in the order of `key`.

    `last`: the key of the last row of the page before, None for the first page. Where several rows share a key, the
    caller must see to it that a page holds all of the last one's.
    """
    if last is not None:
        query = query.where(_after(key, last))
    return query.order_by(*key).limit(limit)


def _after(key: Sequence[ColumnElement[Any]], last: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that `key` sorts after `last`, column by column: SQL Server has no row values."""
    same = [column == value for column, value in zip(key, last, strict=True)]
    return or_(*(and_(*same[:place], key[place] > last[place]) for place in range(len(key))))

"""The key that each transaction leaves, to show whether a commit took place during which the connection broke."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from shared.database.dialects.writing import insert_absent
from shared.database.tables import commits

_KEPT: Final = timedelta(days=1)


def leave(connection: Connection, key: UUID) -> bool:
    """Leave the key of this transaction; return False if a committed one left the same key."""
    return bool(insert_absent(connection, commits, [{"id": key}], "id"))


def forget(connection: Connection, wall: datetime) -> None:
    """Remove the keys of past days: their transactions ended long ago. Index: commits (at)."""
    connection.execute(commits.delete().where(commits.c.at < wall - _KEPT))

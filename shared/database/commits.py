"""The key that each transaction leaves: where a connection broke during a commit, it tells whether that took place."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from shared.database.dialects.writing import insert_absent
from shared.database.tables import commits

_KEPT: Final = timedelta(days=1)


def leave(connection: Connection, key: UUID) -> bool:
    """Leave the key of this transaction; False when one that was committed left the same."""
    return bool(insert_absent(connection, commits, [{"id": key}], "id"))


def forget(connection: Connection, wall: datetime) -> None:
    """Remove the keys of transactions of days past: all of them ended long ago. Index: commits (at)."""
    connection.execute(commits.delete().where(commits.c.at < wall - _KEPT))

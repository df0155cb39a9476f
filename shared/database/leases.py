"""The lease of a job: one run of it at a time. It keeps runs out of each other's way; exactness never rests on it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, update

from shared.database.dialects import insert_absent
from shared.database.tables import leases


def take(connection: Connection, name: str, holder: str, wall: datetime, hold: timedelta) -> bool:
    """Take the lease `name`, or take it over when it ran out; return whether `holder` has it now."""
    row = {"name": name, "holder": holder, "expires_at": wall + hold}
    if insert_absent(connection, leases, [row], "name"):
        return True
    statement = (
        update(leases)
        .where(leases.c.name == name, or_(leases.c.expires_at <= wall, leases.c.holder == holder))
        .values(holder=holder, expires_at=wall + hold)
    )
    return connection.execute(statement).rowcount == 1


def release(connection: Connection, name: str, holder: str) -> None:
    """Give the lease back, if it is still ours."""
    connection.execute(leases.delete().where(leases.c.name == name, leases.c.holder == holder))

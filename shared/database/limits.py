"""What holds a tenant's texts back: how many it sent in the last hour, and pauses of its sender."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, func, select, union_all, update

from shared.database.dialects.lists import among, chunks
from shared.database.dialects.writing import insert_absent, locked
from shared.database.tables import notifications, pauses, tenants
from shared.domain.ids import TenantId
from shared.domain.records import NotificationStatus

WINDOW: Final = timedelta(hours=1)
IS_PAUSED = notifications.c.tenant_id.in_(select(pauses.c.tenant_id).where(pauses.c.until > bindparam("now")))
"""Whether the sender of a notification's tenant is paused at the parameter `now`."""


def sent_lately(
    connection: Connection, now: datetime, wall: datetime, tenant_ids: Collection[TenantId]
) -> dict[TenantId, int]:
    """How many texts each tenant sent in the last hour or is sending now, including those of unknown outcome.

    Indexes: notifications (sent_at, tenant_id) and (status, claimed_until).
    """
    if not tenant_ids:
        return {}
    given = {"tenant_ids": list(tenant_ids), "sent_after": now - WINDOW, "attempted_after": wall - WINDOW}
    return {row.tenant_id: row.sent for row in connection.execute(_sent_lately(), given)}


@cache
def _sent_lately() -> Select[Any]:
    ours = among(notifications.c.tenant_id, "tenant_ids")
    sent = select(notifications.c.tenant_id).where(notifications.c.sent_at > bindparam("sent_after"), ours)
    attempted_after: ColumnElement[datetime] = bindparam("attempted_after")
    sending = select(notifications.c.tenant_id).where(
        notifications.c.status == NotificationStatus.SENDING,
        notifications.c.attempted_at > attempted_after,
        notifications.c.claimed_until > attempted_after,  # implied, since a claim ends later: it lets the index serve
        ours,
    )
    both = union_all(sent, sending).subquery()
    return select(both.c.tenant_id, func.count().label("sent")).group_by(both.c.tenant_id)


def lock(connection: Connection, tenant_ids: Collection[TenantId]) -> None:
    """Keep other workers from claiming for these tenants, so that what is counted next stays true.

    Rows are locked in the order of their ids, so that two workers never deadlock.
    """
    for some in chunks(sorted(tenant_ids)):
        query = select(tenants.c.id).where(tenants.c.id.in_(some)).order_by(tenants.c.id)
        connection.execute(locked(query, tenants)).all()


def pause(
    connection: Connection,
    until: Mapping[TenantId, datetime],
    code: str,
    now: datetime,
    *,
    is_sender_trouble: bool = False,
) -> None:
    """Pause some tenants' senders, each until its own instant.

    `is_sender_trouble`: a person must put the sender right; no other pause replaces such a pause.
    """
    why = {"code": code, "is_sender_trouble": is_sender_trouble, "created_at": now}
    rows = [{"tenant_id": id_, "until": until[id_], **why} for id_ in sorted(until)]
    written = insert_absent(connection, pauses, rows, "tenant_id")
    for row in rows:
        if row["tenant_id"] not in written:
            _pause_again(connection, row)


def _pause_again(connection: Connection, row: dict[str, Any]) -> None:
    statement = update(pauses).where(pauses.c.tenant_id == row["tenant_id"])
    if row["is_sender_trouble"]:
        since = case((pauses.c.is_sender_trouble, pauses.c.created_at), else_=row["created_at"])
        row = row | {"created_at": since}
    else:
        statement = statement.where(~pauses.c.is_sender_trouble)
    connection.execute(statement.values(row))


def paused(connection: Connection, now: datetime) -> Sequence[Any]:
    """The pauses in force, by tenant. (A scan: the table is small.)"""
    return connection.execute(select(pauses).where(pauses.c.until > now).order_by(pauses.c.tenant_id)).all()

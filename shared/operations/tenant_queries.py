"""What the list of businesses tells about them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, not_, select

from shared.database.tables import notifications, runs, tenants
from shared.database.tenants import IS_ACTIVE
from shared.domain.ids import TenantId
from shared.domain.records import RunStatus

RECENT = 50
"""How many runs are looked through for the first that left a business out."""


def inactive(connection: Connection) -> dict[TenantId, str]:
    """Why the platform does not serve some tenants, in a word. (A scan: a small table.)"""
    query = select(tenants.c.id, tenants.c.status, tenants.c.is_active, tenants.c.deleted_at).where(not_(IS_ACTIVE))
    return {
        row.id: "deleted" if row.deleted_at else row.status if row.is_active else "switched off"
        for row in connection.execute(query)
    }


def sent_since(connection: Connection, since: datetime) -> dict[TenantId, int]:
    """How many texts left since an instant, by tenant. Index: notifications (sent_at, tenant_id)."""
    query = select(notifications.c.tenant_id, func.count()).where(notifications.c.sent_at >= since)
    return {row[0]: row[1] for row in connection.execute(query.group_by(notifications.c.tenant_id))}


def refused_lately(connection: Connection) -> Sequence[tuple[datetime, set[str]]]:
    """The latest runs for all tenants that have a result, newest first: their start, and whose settings they refused.

    A result names the first 20 errors of its run. (A scan of the history.)
    """
    query = select(runs.c.started_at, runs.c.result).where(runs.c.tenants.is_(None), runs.c.status != RunStatus.RUNNING)
    rows = connection.execute(query.order_by(runs.c.started_at.desc(), runs.c.id).limit(RECENT)).all()
    return [
        (row.started_at, {each["tenant"] for each in row.result.get("errors", ()) if each.get("subject") == "settings"})
        for row in rows
        if row.result
    ]

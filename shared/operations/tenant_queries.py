"""What the list of businesses tells about them."""

from datetime import datetime

from sqlalchemy import Connection, func, not_, select

from shared.database.rows.promises import or_default
from shared.database.tables import notifications, tenants
from shared.database.tenants import IS_ACTIVE
from shared.domain.ids import TenantId


def inactive(connection: Connection) -> dict[TenantId, str]:
    """Why the platform does not serve some tenants, in a word. (A scan: a small table.)"""
    query = select(tenants.c.id, tenants.c.status, tenants.c.is_active, tenants.c.deleted_at).where(not_(IS_ACTIVE))
    return {
        row.id: "deleted"
        if row.deleted_at
        else row.status
        if or_default(tenants.c.is_active, row.is_active)
        else "switched off"
        for row in connection.execute(query)
    }


def sent_since(connection: Connection, since: datetime) -> dict[TenantId, int]:
    """How many texts left since an instant, by tenant. Index: notifications (sent_at, tenant_id)."""
    query = select(notifications.c.tenant_id, func.count()).where(notifications.c.sent_at >= since)
    return {row[0]: row[1] for row in connection.execute(query.group_by(notifications.c.tenant_id))}

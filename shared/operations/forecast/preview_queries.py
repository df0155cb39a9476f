"""What a preview reads besides what it plays."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, select

from shared.database.tables import notifications
from shared.domain.ids import TenantId
from shared.domain.records import NotificationStatus
from shared.operations.tenant_queries import inactive


def stopped(connection: Connection) -> dict[TenantId, str]:
    """The tenants that the platform does not serve while texts of theirs wait, each with why it does not, in a word.

    The next runs cancel these texts. Index: notifications (status, not_before). (And a scan of tenants: a small table.)
    """
    waiting = (NotificationStatus.PLANNED, NotificationStatus.SENDING)
    query = select(notifications.c.tenant_id).where(notifications.c.status.in_(waiting)).distinct()
    why, with_texts = inactive(connection), connection.execute(query).scalars()
    return {each: why[each] for each in with_texts if each in why}


def price_of_a_segment(connection: Connection, since: datetime) -> dict[TenantId, tuple[Decimal, str]]:
    """What a segment of each tenant's texts has cost on average, and in which currency, by receipts since an instant.

    In the currency of most of its segments. Index: notifications (sent_at, tenant_id).
    """
    text = notifications.c
    query = (
        select(
            text.tenant_id, text.price_currency, func.sum(text.price_micros), func.sum(text.segments).label("segments")
        )
        .where(text.sent_at >= since, text.price_micros.is_not(None), text.segments > 0)
        .group_by(text.tenant_id, text.price_currency)
        .order_by("segments")
    )
    return {
        tenant_id: (Decimal(int(micros)) / 1_000_000 / int(count), currency)
        for tenant_id, currency, micros, count in connection.execute(query)
    }

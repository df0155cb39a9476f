"""What a preview reads besides what it plays."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, select

from shared.database.tables import notifications
from shared.domain.ids import TenantId


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

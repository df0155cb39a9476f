"""Numbers that a tenant texts no more, hashed, and how often a number proved dead."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from shared.database.dialects.lists import chunks
from shared.database.dialects.writing import insert_absent
from shared.database.tables import notifications, phone_blocks
from shared.domain.ids import TenantId
from shared.domain.reasons import Reason
from shared.domain.records import NotificationStatus


def blocked(connection: Connection) -> Mapping[TenantId, frozenset[str]]:
    """Return the hashes of each tenant's blocked numbers. (A scan: few numbers die, and each is here once.)"""
    found: dict[TenantId, set[str]] = defaultdict(set)
    for tenant_id, phone_hash in connection.execute(select(phone_blocks.c.tenant_id, phone_blocks.c.phone_hash)):
        found[tenant_id].add(phone_hash)
    return {tenant_id: frozenset(hashes) for tenant_id, hashes in found.items()}


def add(connection: Connection, tenant_id: TenantId, hashes: Iterable[str], now: datetime) -> None:
    """Block numbers of a tenant."""
    rows = [
        {"tenant_id": tenant_id, "phone_hash": each, "reason": Reason.DEAD_NUMBER, "created_at": now} for each in hashes
    ]
    insert_absent(connection, phone_blocks, rows, "phone_hash")


def proofs(connection: Connection, tenant_id: TenantId, phones: Collection[str]) -> Mapping[str, int]:
    """Return how often in a row each number proved dead since a text was last delivered to it.

    Index: notifications (to_phone).
    """
    at = func.coalesce(notifications.c.sent_at, notifications.c.updated_at)
    found: dict[str, int] = defaultdict(int)
    for some in chunks(sorted(phones)):
        query = (
            select(notifications.c.to_phone, notifications.c.status, notifications.c.reason)
            .where(notifications.c.to_phone.in_(some), notifications.c.tenant_id == tenant_id)
            .order_by(at, notifications.c.id)
        )
        for phone, status, reason in connection.execute(query):
            _count(found, phone, status, reason)
    return found


def _count(found: dict[str, int], phone: str, status: Any, reason: Any) -> None:
    if status == NotificationStatus.DELIVERED:
        found[phone] = 0
    elif reason == Reason.DEAD_NUMBER:
        found[phone] += 1

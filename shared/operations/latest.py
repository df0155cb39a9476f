"""The latest texts and fees, for people to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from shared.database.rows.reading import OF_FEE, read, read_page
from shared.database.tables import notifications, payments, tenants
from shared.domain.records import Kind, NotificationStatus

_LEFT: Final = (NotificationStatus.SENT, NotificationStatus.DELIVERED, NotificationStatus.UNDELIVERED)


@dataclass(frozen=True, slots=True)
class LatestText:
    """An SMS as it left. `timezone`: of the business, unchecked: its row may hold none, or an invalid one."""

    business: str
    timezone: str | None
    kind: Kind
    status: NotificationStatus
    sent_at: datetime
    to_phone: str | None
    body: str


@dataclass(frozen=True, slots=True)
class LatestFee:
    """A no-show fee. `amount`: in the minor unit of its currency."""

    business: str
    visit_on: date
    offence_number: int | None
    amount: int
    currency: str
    status: str
    failure_code: str | None


def latest_texts(connection: Connection, limit: int) -> list[LatestText]:
    """Return the texts that the provider took, newest first. Index: notifications (status, not_before)."""
    found: list[LatestText] = []
    for status in _LEFT:  # one by one, so that each query reads only `limit` rows of the index
        query = (
            select(notifications, tenants.c.business_name, tenants.c.timezone)
            .join(tenants, tenants.c.id == notifications.c.tenant_id)
            .where(notifications.c.status == status)
            .order_by(notifications.c.not_before.desc())
            .limit(limit)
        )
        found += [
            LatestText(
                row.business_name,
                row.timezone,
                Kind(row.kind),
                NotificationStatus(row.status),
                row.sent_at or row.not_before,
                row.to_phone,
                row.body or "",
            )
            for row in read(connection, query)
        ]
    return sorted(found, key=lambda each: each.sent_at, reverse=True)[:limit]


def latest_fees(connection: Connection, limit: int) -> list[LatestFee]:
    """Return the no-show fees of the latest visits. (Scans payments.)"""
    query = (
        select(*_LISTED, tenants.c.business_name)
        .join(tenants, tenants.c.id == payments.c.tenant_id)
        .where(payments.c.type == "no_show_fee")
        .order_by(payments.c.visit_on.desc(), payments.c.id)
    )
    return read_page(connection, query.limit, {}, limit, _fees_of, required=OF_FEE)


_LISTED = tuple(
    payments.c[name] for name in "id tenant_id visit_on offence_number amount currency status failure_code".split()
)


def _fees_of(_connection: Connection, rows: Sequence[Any]) -> list[LatestFee]:
    return [
        LatestFee(
            row.business_name,
            row.visit_on,
            row.offence_number,
            row.amount,
            row.currency,
            row.status,
            row.failure_code,
        )
        for row in rows
    ]

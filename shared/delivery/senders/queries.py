"""Senders that are refused, tenants whose texts do not arrive, and how far the provider's clock is off ours."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, case, delete, exists, false, func, select, true, union_all, update

from shared.database.dialects.lists import among
from shared.database.dialects.writing import insert_absent
from shared.database.tables import notifications, pauses, provider_clocks, tenants
from shared.database.tenants import IS_ACTIVE
from shared.domain.ids import TenantId
from shared.domain.records import NotificationStatus

LAST: Final = 20
AT_LEAST: Final = 10
"""A tenant is judged by so many of its last texts, if it has sent at least so many."""
SPANS: Final = (timedelta(days=1), timedelta(days=30))
"""How far back they are looked for: a tenant that sends much has them all in the last day."""
FAILED: Final = (NotificationStatus.UNDELIVERED, NotificationStatus.FAILED, NotificationStatus.DEAD)
FINAL: Final = (NotificationStatus.DELIVERED, *FAILED)
SAME_RUN: Final = timedelta(hours=1)
"""Texts sent within it count as one refusal: their receipts arrive in any order."""


@dataclass(frozen=True, slots=True)
class SenderTrouble:
    """A tenant whose sender is refused. `until`: nothing is sent before; then one text is tried.

    `tried_at`: when the provider accepted that text; `has_waiting`: texts of the tenant are due.
    """

    tenant_id: TenantId
    subdomain: str
    code: str | None
    since: datetime
    until: datetime
    tried_at: datetime | None
    has_waiting: bool


@dataclass(frozen=True, slots=True)
class Failing:
    """A tenant most of whose last texts did not arrive: `failed` of `of`."""

    tenant_id: TenantId
    subdomain: str
    failed: int
    of: int


def in_trouble(connection: Connection, now: datetime) -> list[SenderTrouble]:
    """Return the active tenants whose sender is refused, by subdomain. (A scan of a small table.)

    Indexes: notifications (sent_at, tenant_id) and (status, priority, not_before, id).
    """
    its = notifications.c.tenant_id == pauses.c.tenant_id
    tried_at = select(func.min(notifications.c.sent_at)).where(its, notifications.c.sent_at >= pauses.c.until)
    is_planned = notifications.c.status == NotificationStatus.PLANNED
    is_due = (notifications.c.not_before <= now) & (notifications.c.useful_until > now)
    query = (
        select(
            pauses.c.tenant_id,
            tenants.c.subdomain,
            pauses.c.code,
            pauses.c.created_at,
            pauses.c.until,
            tried_at.scalar_subquery(),
            case((exists().where(its, is_planned, is_due), true()), else_=false()),  # SQL Server selects no condition
        )
        .join(tenants, tenants.c.id == pauses.c.tenant_id)
        .where(pauses.c.is_sender_trouble, IS_ACTIVE)
        .order_by(tenants.c.subdomain)
    )
    return [SenderTrouble(*row) for row in connection.execute(query)]


def end_trouble(connection: Connection, tenant_ids: Collection[TenantId], now: datetime) -> None:
    """Forget the trouble of some tenants, unless their sender was refused again in the meantime."""
    is_over = pauses.c.is_sender_trouble & (pauses.c.until <= now)
    for id_ in sorted(tenant_ids):
        connection.execute(delete(pauses).where(pauses.c.tenant_id == id_, is_over))


def is_news(connection: Connection, tenant_id: TenantId, sent_at: datetime) -> bool:
    """Whether a refused text, sent at an instant, shows trouble that is not on record or over already.

    It is on record where the tenant's pause ends later, and over where a text sent later was delivered.
    Indexes: pauses' primary key, notifications (sent_at, tenant_id).
    """
    is_known = (pauses.c.tenant_id == tenant_id) & pauses.c.is_sender_trouble & (pauses.c.until > sent_at)
    arrived_later = (
        (notifications.c.tenant_id == tenant_id)
        & (notifications.c.sent_at > sent_at + SAME_RUN)
        & (notifications.c.status == NotificationStatus.DELIVERED)
    )
    ids = (select(pauses.c.tenant_id).where(is_known), select(notifications.c.id).where(arrived_later).limit(1))
    return not any(connection.execute(each).first() for each in ids)


def failing(connection: Connection, now: datetime) -> list[Failing]:
    """Return the active tenants most of whose last texts with a final state did not arrive, by subdomain.

    Indexes: notifications (status, useful_until) and (sent_at, tenant_id).
    """
    undecided = set(connection.execute(_suspects(now - SPANS[-1])).scalars())
    found: list[Failing] = []
    for span in SPANS:
        for id_, subdomain, failed, of in _of_last(connection, undecided, now - span) if undecided else ():
            if of >= (AT_LEAST if span is SPANS[-1] else LAST):
                undecided.remove(id_)
                found += [Failing(id_, subdomain, failed, of)] if failed * 2 > of else []
    return sorted(found, key=lambda each: each.subdomain)


def _suspects(since: datetime) -> Any:
    """Return a query for the few tenants with so many texts that did not arrive that they must be judged."""
    failed = notifications.c.status.in_(FAILED) & (notifications.c.useful_until > since)
    too_many = func.count() > AT_LEAST // 2
    return select(notifications.c.tenant_id).where(failed).group_by(notifications.c.tenant_id).having(too_many)


def _of_last(connection: Connection, ids: Collection[TenantId], since: datetime) -> Iterator[Any]:
    ours = among(notifications.c.tenant_id, "tenant_ids")
    columns = (notifications.c.id, notifications.c.tenant_id, notifications.c.status)
    taken = select(*columns, notifications.c.sent_at.label("at")).where(
        notifications.c.sent_at >= since, notifications.c.status.in_(FINAL), ours
    )
    refused = select(*columns, notifications.c.updated_at.label("at")).where(
        notifications.c.sent_at.is_(None),
        notifications.c.status.in_(FAILED),
        notifications.c.useful_until > since,
        notifications.c.updated_at >= since,
        ours,
    )
    both = union_all(taken, refused).subquery("both_kinds")
    place = func.row_number().over(partition_by=both.c.tenant_id, order_by=(both.c.at.desc(), both.c.id))
    ranked = select(both.c.tenant_id, both.c.status, place.label("place")).subquery("ranked")
    failed = func.sum(case((ranked.c.status.in_(FAILED), 1), else_=0))
    query = (
        select(ranked.c.tenant_id, tenants.c.subdomain, failed, func.count())
        .join(tenants, tenants.c.id == ranked.c.tenant_id)
        .where(ranked.c.place <= LAST, IS_ACTIVE)
        .group_by(ranked.c.tenant_id, tenants.c.subdomain)
    )
    yield from connection.execute(query, {"tenant_ids": list(ids)}).all()


def note_clock(connection: Connection, name: str, skew: timedelta, wall: datetime) -> None:
    """Note how far a provider's clock is ahead of ours."""
    row = {"name": name, "skew_seconds": round(skew.total_seconds()), "seen_at": wall}
    if not insert_absent(connection, provider_clocks, [row], "name"):
        connection.execute(update(provider_clocks).where(provider_clocks.c.name == name).values(row))


def clocks(connection: Connection) -> list[tuple[str, timedelta, datetime]]:
    """Return the providers, how far each one's clock is ahead of ours, and when that was seen. (A scan of few rows.)"""
    query = select(provider_clocks.c.name, provider_clocks.c.skew_seconds, provider_clocks.c.seen_at)
    found = connection.execute(query.order_by(provider_clocks.c.name))
    return [(name, timedelta(seconds=seconds), seen_at) for name, seconds, seen_at in found]

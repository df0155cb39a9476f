"""Texts that were sent: which have no receipt yet, what became of them, and what they cost."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, false, func, or_, select, true

from shared.database.dialects.lists import among, chunks
from shared.database.dialects.writing import update_each
from shared.database.outbox import CLAIMED, Scope, claimed_of, in_scope
from shared.database.tables import notifications
from shared.domain.notifications import Claimed
from shared.domain.records import NotificationStatus


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A notification that the provider took as `message_id`. `is_open`: its receipt is not on record yet.

    `handed_over_at`: the latest instant at which it can have been handed over.
    """

    claimed: Claimed
    message_id: str
    to_phone: str
    segments: int | None
    handed_over_at: datetime
    is_open: bool
    sent_at: datetime


def first_awaiting(connection: Connection, scope: Scope, since: datetime, until: datetime) -> datetime | None:
    """Return when the first notification without a receipt was handed over, of those sent between two instants.

    Index: notifications (sent_at, tenant_id).
    """
    given = {"since": since, "until": until, **scope.given()}
    first: datetime | None = connection.execute(_first_awaiting(is_for_all=scope.is_for_all), given).scalar_one()
    return first


def awaiting(connection: Connection, scope: Scope, message_ids: Collection[str]) -> list[Awaiting]:
    """Return those of the provider's messages whose receipt or price is not on record. Index: provider_message_id."""
    found = []
    for some in chunks(sorted(message_ids)):
        given = {"message_ids": some, **scope.given()}
        rows = connection.execute(_awaiting(is_for_all=scope.is_for_all), given)
        found += [Awaiting(claimed_of(row), *row[len(CLAIMED) :]) for row in rows]
    return found


def record_receipts(connection: Connection, changes: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of notifications that were sent."""
    update_each(connection, notifications, changes, "id", _IS_SENT)


def record_prices(connection: Connection, prices: Sequence[Mapping[str, Any]]) -> None:
    """Write what notifications cost, where that is not on record."""
    update_each(connection, notifications, prices, "id", _HAS_NO_PRICE)


_IS_SENT = notifications.c.status == NotificationStatus.SENT
# What was unclear at first is on record as sent only since the provider's log was asked.
_HANDED_OVER_AT = case(
    (notifications.c.attempted_at < notifications.c.sent_at, notifications.c.attempted_at),
    else_=notifications.c.sent_at,
)
_HAS_NO_PRICE = notifications.c.price_micros.is_(None)


@cache
def _first_awaiting(*, is_for_all: bool) -> Select[Any]:
    is_between = notifications.c.sent_at.between(bindparam("since"), bindparam("until"))
    return select(func.min(_HANDED_OVER_AT)).where(_IS_SENT, is_between, in_scope(is_for_all=is_for_all))


@cache
def _awaiting(*, is_for_all: bool) -> Select[Any]:
    is_open = case((_IS_SENT, true()), else_=false())  # SQL Server selects no condition as it is
    return select(
        *CLAIMED,
        notifications.c.provider_message_id,
        notifications.c.to_phone,
        notifications.c.segments,
        _HANDED_OVER_AT,
        is_open,
        notifications.c.sent_at,
    ).where(
        among(notifications.c.provider_message_id, "message_ids"),
        or_(_IS_SENT, _HAS_NO_PRICE),
        in_scope(is_for_all=is_for_all),
    )

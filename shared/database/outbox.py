"""The outbox: notifications that wait, and the one worker that holds each while it is sent.

Every update repeats the state it expects, so of two workers one wins.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    not_,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database import limits
from shared.database.dialects import among, chunks, locked_if_free, take_each, update_chosen, update_each
from shared.database.tables import notifications
from shared.reasons import Reason
from shared.records import Claimed, Kind, NotificationStatus, PlannedNotification, Unsettled

PRIORITIES = {
    Kind.REMINDER_2H: 0,
    Kind.REMINDER_24H: 1,
    Kind.NO_SHOW_NOTICE: 2,
    Kind.FEE_RECEIPT: 2,
    Kind.FEE_FAILED: 2,
    Kind.VACCINATION_EXPIRING: 3,
}
"""Who goes first when not everything can go: the smaller number."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenants whose outbox a run drains: `only` these (all when None), never those `left_out`."""

    only: frozenset[UUID] | None = None
    left_out: frozenset[UUID] = frozenset()

    def without(self, tenant_ids: Collection[UUID]) -> "Scope":
        """The same with more tenants left out."""
        return Scope(self.only, self.left_out | frozenset(tenant_ids))

    def given(self) -> dict[str, Any]:
        """Return the parameters of the statements that are built for it."""
        return {"left_out": list(self.left_out), **({} if self.only is None else {"only": list(self.only)})}

    @property
    def is_for_all(self) -> bool:
        """Whether new tenants are drained too; which statements are for it depends on that."""
        return self.only is None


def plan(connection: Connection, planned: Iterable[PlannedNotification], run_id: UUID, now: datetime) -> None:
    """Put notifications into the outbox."""
    rows = [
        {
            "id": each.id,
            "tenant_id": each.tenant_id,
            "owner_id": each.owner_id,
            "kind": each.kind,
            "status": NotificationStatus.PLANNED,
            "not_before": each.not_before,
            "useful_until": each.useful_until,
            "priority": PRIORITIES[each.kind],
            "run_id": run_id,
            "created_at": now,
        }
        for each in planned
    ]
    if rows:
        connection.execute(notifications.insert(), rows)


def expire_useless(connection: Connection, scope: Scope, now: datetime) -> list[Claimed]:
    """Close what is planned and can no longer be useful; return it."""
    rows = connection.execute(_expire(is_for_all=scope.is_for_all), {"now": now, **scope.given()})
    return [_claimed(row) for row in rows]


def due(connection: Connection, scope: Scope, now: datetime, limit: int) -> list[Claimed]:
    """What could be claimed, without claiming it. Index: notifications (status, priority, not_before, id)."""
    query = _due(limit, is_for_all=scope.is_for_all)
    return [_claimed(row) for row in connection.execute(query, {"now": now, **scope.given()})]


def choose(connection: Connection, scope: Scope, now: datetime, limit: int) -> list[Claimed]:
    """What is due, most urgent first, held until the transaction ends. What other workers hold is passed over.

    Index: notifications (status, priority, not_before, id).
    """
    query = _choose(limit, is_for_all=scope.is_for_all)
    return [_claimed(row, once_more=1) for row in connection.execute(query, {"now": now, **scope.given()}).all()]


def claim(
    connection: Connection,
    texts: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
    wall: datetime,
    worker: str,
    hold: timedelta,
) -> set[UUID]:
    """Take chosen notifications for `worker`, with what it is to send; return the ids of those that are its own now.

    `texts`: id, to_phone, body and segments of each. No other worker gets them while the claim holds.
    """
    given = {"now": now, "wall": wall, "worker": worker, "until": wall + hold}
    return take_each(connection, notifications, texts, "id", _IS_PLANNED, _TAKEN, **given)


def record_unsent(connection: Connection, changes: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of chosen notifications that do not leave: each change is an `id` and the same columns."""
    update_each(connection, notifications, changes, "id", _IS_PLANNED)


def claim_lapsed(
    connection: Connection, scope: Scope, *, wall: datetime, worker: str, hold: timedelta, limit: int
) -> list[Unsettled]:
    """Take what is `sending` beyond its claim: nobody knows whether the provider has it.

    Index: notifications (status, claimed_until).
    """
    given = {"wall": wall, "worker": worker, "until": wall + hold, **scope.given()}
    return [_unsettled(row) for row in connection.execute(_claim_lapsed(limit, is_for_all=scope.is_for_all), given)]


def message_ids_to(connection: Connection, phones: Collection[str]) -> dict[str, frozenset[str]]:
    """The provider's ids of what was sent to some numbers. Index: notifications (to_phone)."""
    found = defaultdict(set)
    for some in chunks(sorted(phones)):
        query = select(notifications.c.to_phone, notifications.c.provider_message_id).where(
            notifications.c.to_phone.in_(some), notifications.c.provider_message_id.is_not(None)
        )
        for phone, id_ in connection.execute(query):
            found[phone].add(id_)
    return {phone: frozenset(ids) for phone, ids in found.items()}


def under_way(connection: Connection, phones: Collection[str], worker: str) -> set[tuple[str, str]]:
    """Number and text of what other workers are sending to some numbers. Index: notifications (to_phone)."""
    found: set[tuple[str, str]] = set()
    for some in chunks(sorted(phones)):
        query = select(notifications.c.to_phone, notifications.c.body).where(
            notifications.c.to_phone.in_(some),
            notifications.c.status == NotificationStatus.SENDING,
            notifications.c.claimed_by != worker,
        )
        found |= {(phone, body) for phone, body in connection.execute(query)}
    return found


def count_sent_since(connection: Connection, since: datetime) -> int:
    """How many notifications were sent since then. Index: notifications (sent_at, tenant_id)."""
    query = select(func.count()).where(notifications.c.sent_at >= since)
    return connection.execute(query).scalar_one()


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A notification that the provider took as `message_id`. `is_open`: its receipt is not on record yet."""

    claimed: Claimed
    message_id: str
    to_phone: str
    segments: int | None
    is_open: bool


def first_awaiting(connection: Connection, scope: Scope, since: datetime, until: datetime) -> datetime | None:
    """When the first notification without a receipt was sent, between two instants; None when there is none.

    Index: notifications (sent_at, tenant_id).
    """
    given = {"since": since, "until": until, **scope.given()}
    first: datetime | None = connection.execute(_first_awaiting(is_for_all=scope.is_for_all), given).scalar_one()
    return first


def awaiting(connection: Connection, scope: Scope, message_ids: Collection[str]) -> list[Awaiting]:
    """Those of the provider's messages whose receipt or price is not on record. Index: provider_message_id."""
    found = []
    for some in chunks(sorted(message_ids)):
        given = {"message_ids": some, **scope.given()}
        rows = connection.execute(_awaiting(is_for_all=scope.is_for_all), given)
        found += [Awaiting(_claimed(row), *row[len(_CLAIMED) :]) for row in rows]
    return found


def record_receipts(connection: Connection, changes: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of notifications that were sent."""
    update_each(connection, notifications, changes, "id", _IS_SENT)


def record_prices(connection: Connection, prices: Sequence[Mapping[str, Any]]) -> None:
    """Write what notifications cost, where that is not on record."""
    update_each(connection, notifications, prices, "id", _HAS_NO_PRICE)


def record_outcomes(connection: Connection, worker: str, changes: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of claimed notifications: each change is an `id` and the same columns for all.

    A worker whose claim was taken over in the meantime changes nothing. Raise IntegrityError when one of the provider's
    ids is another notification's.
    """
    update_each(connection, notifications, changes, "id", _IS_OURS, worker=worker)


def waiting(connection: Connection, run_id: UUID, kind: Kind) -> int:
    """How many notifications a run planned that wait for a later run. Index: notifications (run_id)."""
    return connection.execute(_WAITING, {"run": run_id, "its_kind": kind}).scalar_one()


_IS_PLANNED = notifications.c.status == NotificationStatus.PLANNED
_IS_SENDING = notifications.c.status == NotificationStatus.SENDING
_IS_SENT = notifications.c.status == NotificationStatus.SENT
_IS_OURS = and_(_IS_SENDING, notifications.c.claimed_by == bindparam("worker"))
_HAS_NO_PRICE = notifications.c.price_micros.is_(None)
_TAKEN: tuple[tuple[str, Any], ...] = (
    ("status", NotificationStatus.SENDING),
    ("reason", None),
    ("claimed_by", bindparam("worker")),
    ("claimed_until", bindparam("until")),
    ("attempted_at", bindparam("wall")),
    ("attempts", notifications.c.attempts + 1),
    ("updated_at", bindparam("now")),
)
"""What a claim makes of a notification, besides its text."""
_CLAIMED = (
    notifications.c.id,
    notifications.c.tenant_id,
    notifications.c.owner_id,
    notifications.c.kind,
    notifications.c.useful_until,
    notifications.c.attempts,
    notifications.c.unclear_answers,
)
_HANDED_OVER = (
    notifications.c.to_phone,
    notifications.c.body,
    notifications.c.segments,
    notifications.c.attempted_at,
    notifications.c.ambiguities,
    notifications.c.reason,
    notifications.c.error_code,
)


def _claimed(row: Any, once_more: int = 0) -> Claimed:
    id_, tenant_id, owner_id, kind, useful_until, attempts, unclear_answers = row[: len(_CLAIMED)]
    return Claimed(id_, tenant_id, owner_id, Kind(kind), useful_until, attempts + once_more, unclear_answers)


def _unsettled(row: Any) -> Unsettled:
    return Unsettled(
        claimed=_claimed(row),
        to_phone=row.to_phone or "",
        body=row.body or "",
        segments=row.segments or 0,
        attempted_at=row.attempted_at,
        ambiguities=row.ambiguities,
        was_answered=row.reason == Reason.AMBIGUOUS,
        code=row.error_code,
    )


# Every run goes through these, most find nothing: they are built once.


def _in_scope(*, is_for_all: bool) -> ColumnElement[bool]:
    """The tenants of a scope, with what its `given` returns."""
    is_left_in = not_(among(notifications.c.tenant_id, "left_out"))
    return is_left_in if is_for_all else and_(among(notifications.c.tenant_id, "only"), is_left_in)


@cache
def _expire(*, is_for_all: bool) -> ReturningUpdate[Any]:
    return (
        update(notifications)
        .where(_IS_PLANNED, notifications.c.useful_until <= bindparam("now"), _in_scope(is_for_all=is_for_all))
        .values(status=NotificationStatus.EXPIRED, reason=Reason.TOO_LATE, updated_at=bindparam("now"))
        .returning(*_CLAIMED)
    )


@cache
def _due(limit: int, *, is_for_all: bool) -> Select[Any]:
    return (
        select(*_CLAIMED)
        .where(
            _IS_PLANNED,
            notifications.c.not_before <= bindparam("now"),
            notifications.c.useful_until > bindparam("now"),
            not_(limits.IS_PAUSED),
            _in_scope(is_for_all=is_for_all),
        )
        .order_by(notifications.c.priority, notifications.c.not_before, notifications.c.id)
        .limit(limit)
    )


@cache
def _choose(limit: int, *, is_for_all: bool) -> Select[Any]:
    return locked_if_free(_due(limit, is_for_all=is_for_all), notifications)


@cache
def _claim_lapsed(limit: int, *, is_for_all: bool) -> ReturningUpdate[Any]:
    lapsed = and_(_IS_SENDING, notifications.c.claimed_until <= bindparam("wall"))
    its = select(notifications.c.id).where(lapsed, _in_scope(is_for_all=is_for_all))
    return (
        update_chosen(notifications, its.order_by(notifications.c.claimed_until).limit(limit), lapsed)
        .values(claimed_by=bindparam("worker"), claimed_until=bindparam("until"))
        .returning(*_CLAIMED, *_HANDED_OVER)
    )


@cache
def _first_awaiting(*, is_for_all: bool) -> Select[Any]:
    is_between = notifications.c.sent_at.between(bindparam("since"), bindparam("until"))
    return select(func.min(notifications.c.sent_at)).where(_IS_SENT, is_between, _in_scope(is_for_all=is_for_all))


@cache
def _awaiting(*, is_for_all: bool) -> Select[Any]:
    is_open = case((_IS_SENT, true()), else_=false())  # SQL Server selects no condition as it is
    return select(
        *_CLAIMED, notifications.c.provider_message_id, notifications.c.to_phone, notifications.c.segments, is_open
    ).where(
        among(notifications.c.provider_message_id, "message_ids"),
        or_(_IS_SENT, _HAS_NO_PRICE),
        _in_scope(is_for_all=is_for_all),
    )


_WAITING = select(func.count()).where(
    notifications.c.run_id == bindparam("run"), notifications.c.kind == bindparam("its_kind"), _IS_PLANNED
)

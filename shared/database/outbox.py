"""The outbox: notifications that wait, and the one worker that holds each while it is sent.

Every update repeats the state it expects, so of two workers one wins.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    not_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database import limits
from shared.database.claims import Claim
from shared.database.dialects.lists import among, chunks
from shared.database.dialects.writing import locked_if_free, take_each, update_chosen, update_each
from shared.database.tables import notifications
from shared.domain.ids import NotificationId, RunId, TenantId
from shared.domain.notifications import Claimed, Unsettled
from shared.domain.plans import PlannedNotification
from shared.domain.reasons import Reason
from shared.domain.records import Kind, NotificationStatus

PRIORITIES = {
    Kind.REMINDER_2H: 0,
    Kind.REMINDER_24H: 1,
    Kind.NO_SHOW_NOTICE: 2,
    Kind.FEE_RECEIPT: 2,
    Kind.FEE_FAILED: 2,
    Kind.VACCINATION_EXPIRING: 3,
}
"""Which texts leave first when not all can: those with the smaller number."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenants whose outbox a run drains: `only` these (all when None), never those `left_out`."""

    only: frozenset[TenantId] | None = None
    left_out: frozenset[TenantId] = frozenset()

    def without(self, tenant_ids: Collection[TenantId]) -> "Scope":
        """Return the scope with more tenants left out."""
        return Scope(self.only, self.left_out | frozenset(tenant_ids))

    def given(self) -> dict[str, Any]:
        """Return the scope's parameters for its statements."""
        return {"left_out": list(self.left_out), **({} if self.only is None else {"only": list(self.only)})}

    @property
    def is_for_all(self) -> bool:
        """Whether new tenants are drained too; it decides which statements are built."""
        return self.only is None


def plan(connection: Connection, planned: Iterable[PlannedNotification], run_id: RunId, now: datetime) -> None:
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
    """Expire planned notifications that can no longer be useful; return them."""
    rows = connection.execute(_expire(is_for_all=scope.is_for_all), {"now": now, **scope.given()})
    return [claimed_of(row) for row in rows]


def due(connection: Connection, scope: Scope, now: datetime, limit: int) -> list[Claimed]:
    """The notifications that could be claimed, without claiming them.

    Index: notifications (status, priority, not_before, id).
    """
    query = _due(limit, is_for_all=scope.is_for_all)
    return [claimed_of(row) for row in connection.execute(query, {"now": now, **scope.given()})]


def choose(connection: Connection, scope: Scope, now: datetime, limit: int) -> list[Claimed]:
    """Lock due notifications, most urgent first, until the transaction ends; skip those that other workers hold.

    Index: notifications (status, priority, not_before, id).
    """
    query = _choose(limit, is_for_all=scope.is_for_all)
    return [claimed_of(row, once_more=1) for row in connection.execute(query, {"now": now, **scope.given()}).all()]


def claim(
    connection: Connection, texts: Sequence[Mapping[str, Any]], now: datetime, claim: Claim
) -> set[NotificationId]:
    """Claim chosen notifications, with what is going to be sent; return the ids claimed.

    `texts`: id, to_phone, body and segments of each.
    """
    given = {"now": now, "wall": claim.wall, **claim.taken()}
    return take_each(connection, notifications, texts, "id", _IS_PLANNED, _TAKEN, **given)


def record_unsent(connection: Connection, changes: Sequence[Mapping[str, Any]]) -> None:
    """Record the outcomes of chosen notifications that do not leave: each change is an `id` and the same columns."""
    update_each(connection, notifications, changes, "id", _IS_PLANNED)


def claim_lapsed(connection: Connection, scope: Scope, claim: Claim) -> list[Unsettled]:
    """Claim notifications `sending` beyond their claim: nobody knows whether the provider has them.

    Index: notifications (status, claimed_until).
    """
    given = {"wall": claim.wall, **claim.taken(), **scope.given()}
    query = _claim_lapsed(claim.limit, is_for_all=scope.is_for_all)
    return [_unsettled(row) for row in connection.execute(query, given)]


def message_ids_to(connection: Connection, phones: Collection[str]) -> dict[str, frozenset[str]]:
    """The provider's ids of the texts sent to some numbers. Index: notifications (to_phone)."""
    found = defaultdict(set)
    for some in chunks(sorted(phones)):
        query = select(notifications.c.to_phone, notifications.c.provider_message_id).where(
            notifications.c.to_phone.in_(some), notifications.c.provider_message_id.is_not(None)
        )
        for phone, id_ in connection.execute(query):
            found[phone].add(id_)
    return {phone: frozenset(ids) for phone, ids in found.items()}


def under_way(connection: Connection, phones: Collection[str], worker: str) -> set[tuple[str, str]]:
    """Number and body of the texts that other workers are sending to some numbers. Index: notifications (to_phone)."""
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
    """How many notifications were sent at or after `since`. Index: notifications (sent_at, tenant_id)."""
    query = select(func.count()).where(notifications.c.sent_at >= since)
    return connection.execute(query).scalar_one()


def record_outcomes(connection: Connection, worker: str, changes: Sequence[Mapping[str, Any]]) -> None:
    """Record the outcomes of claimed notifications: each change is an `id` and the same columns for all.

    A worker whose claim was taken over in the meantime changes nothing. Raise IntegrityError when one of the provider's
    ids belongs to another notification.
    """
    update_each(connection, notifications, changes, "id", _IS_OURS, worker=worker)


def record_sent(connection: Connection, changes: Sequence[Mapping[str, Any]]) -> None:
    """Record which notifications the provider took, and under which ids, if none is on record.

    The claim does not matter: an answer is true however late it comes, and a text that waits to be sent again would
    leave twice. Raise IntegrityError when one of the ids belongs to another notification.
    """
    update_each(connection, notifications, changes, "id", _HAS_NO_ID)


_IS_PLANNED = notifications.c.status == NotificationStatus.PLANNED
_IS_SENDING = notifications.c.status == NotificationStatus.SENDING
_HAS_NO_ID = notifications.c.provider_message_id.is_(None)
_IS_OURS = and_(_IS_SENDING, notifications.c.claimed_by == bindparam("worker"))
_TAKEN: tuple[tuple[str, Any], ...] = (
    ("status", NotificationStatus.SENDING),
    ("reason", None),
    ("claimed_by", bindparam("worker")),
    ("claimed_until", bindparam("until")),
    ("attempted_at", bindparam("wall")),
    ("attempts", notifications.c.attempts + 1),
    ("updated_at", bindparam("now")),
)
"""The columns of a notification that a claim changes, besides its text."""
CLAIMED = (
    notifications.c.id,
    notifications.c.tenant_id,
    notifications.c.owner_id,
    notifications.c.kind,
    notifications.c.useful_until,
    notifications.c.attempts,
    notifications.c.unclear_answers,
)
"""What `claimed_of` reads: the first columns of a row."""
_HANDED_OVER = (
    notifications.c.to_phone,
    notifications.c.body,
    notifications.c.segments,
    notifications.c.attempted_at,
    notifications.c.ambiguities,
    notifications.c.reason,
    notifications.c.error_code,
)


def claimed_of(row: Any, once_more: int = 0) -> Claimed:
    """Return the notification in a row that begins with the columns `CLAIMED`. `once_more`: attempts to add."""
    id_, tenant_id, owner_id, kind, useful_until, attempts, unclear_answers = row[: len(CLAIMED)]
    return Claimed(id_, tenant_id, owner_id, Kind(kind), useful_until, attempts + once_more, unclear_answers)


def _unsettled(row: Any) -> Unsettled:
    return Unsettled(
        claimed=claimed_of(row),
        to_phone=row.to_phone or "",
        body=row.body or "",
        segments=row.segments or 0,
        attempted_at=row.attempted_at,
        ambiguities=row.ambiguities,
        was_answered=row.reason == Reason.AMBIGUOUS,
        code=row.error_code,
    )


# Every run executes these and most find nothing, so they are built once.


def in_scope(*, is_for_all: bool) -> ColumnElement[bool]:
    """Whether a notification's tenant is in a scope, as SQL over the parameters of `Scope.given`."""
    is_left_in = not_(among(notifications.c.tenant_id, "left_out"))
    return is_left_in if is_for_all else and_(among(notifications.c.tenant_id, "only"), is_left_in)


@cache
def _expire(*, is_for_all: bool) -> ReturningUpdate[Any]:
    return (
        update(notifications)
        .where(_IS_PLANNED, notifications.c.useful_until <= bindparam("now"), in_scope(is_for_all=is_for_all))
        .values(status=NotificationStatus.EXPIRED, reason=Reason.TOO_LATE, updated_at=bindparam("now"))
        .returning(*CLAIMED)
    )


@cache
def _due(limit: int, *, is_for_all: bool) -> Select[Any]:
    return (
        select(*CLAIMED)
        .where(
            _IS_PLANNED,
            notifications.c.not_before <= bindparam("now"),
            notifications.c.useful_until > bindparam("now"),
            not_(limits.IS_PAUSED),
            in_scope(is_for_all=is_for_all),
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
    its = select(notifications.c.id).where(lapsed, in_scope(is_for_all=is_for_all))
    return (
        update_chosen(notifications, its.order_by(notifications.c.claimed_until).limit(limit), lapsed)
        .values(claimed_by=bindparam("worker"), claimed_until=bindparam("until"))
        .returning(*CLAIMED, *_HANDED_OVER)
    )

"""Finding marked visits that staff have put right since, and what follows for the count and the fee."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database.dialects import among, chunks, same_instant
from shared.database.paging import page, place
from shared.database.rows import sound
from shared.database.tables import appointments, decisions, owners, payments, reputation_events
from shared.fees import OUR_WAIVERS, UNCOLLECTED, FeeStatus, MarkedVisit
from shared.records import AppointmentStatus, EventKind, Kind


def lower_counts(connection: Connection, owner_ids: Sequence[UUID], now: datetime) -> None:
    """Count one missed visit less, once for each time an owner is named; never below none."""
    if not owner_ids:
        return
    statement = (
        update(owners)
        .where(owners.c.id == bindparam("its_id"), owners.c.no_show_count > 0)
        .values(no_show_count=owners.c.no_show_count - 1, updated_at=now)
    )
    connection.execute(statement, [{"its_id": each} for each in sorted(owner_ids)])


def visits_in_doubt(
    connection: Connection,
    tenant_ids: Sequence[UUID],
    since: datetime,
    *,
    beyond: MarkedVisit | None,
    limit: int,
) -> list[MarkedVisit]:
    """A page of visits whose no-show event stands, but whose fee staff waived, or that have no missed appointment at
    the event's time any more. They may have one at another time of the day.

    Index: reputation_events (kind, occurred_at), appointments (owner_id, scheduled_start).
    """
    given = {"tenant_ids": tenant_ids, "since": since}
    return _page(connection, _page_in_doubt(limit, is_first=beyond is None), given, beyond)


def visits_on(
    connection: Connection,
    tenant_ids: Sequence[UUID],
    begins: datetime,
    ends: datetime,
    *,
    beyond: MarkedVisit | None,
    limit: int,
) -> list[MarkedVisit]:
    """A page of visits of a local day, `[begins, ends)`, whose no-show event stands.

    Index: reputation_events (kind, occurred_at).
    """
    event = reputation_events.c
    query = _STANDING.where(event.occurred_at >= begins, event.occurred_at < ends)
    its_page = _paged(query, limit, is_first=beyond is None)
    return _page(connection, its_page, {"tenant_ids": tenant_ids}, beyond)


_ITS_FEE = and_(payments.c.id == reputation_events.c.subject_id, payments.c.tenant_id == reputation_events.c.tenant_id)
_IS_FORGIVEN = and_(
    payments.c.status == FeeStatus.WAIVED,
    or_(payments.c.failure_code.is_(None), payments.c.failure_code.not_in(OUR_WAIVERS)),
)
_IS_OURS = exists().where(
    decisions.c.subject_id == reputation_events.c.subject_id,
    decisions.c.tenant_id == reputation_events.c.tenant_id,
    decisions.c.kind == Kind.NO_SHOW_NOTICE,
)


# Every run asks this first: to build such a statement takes longer than to execute it.

_OF_TENANTS = among(reputation_events.c.tenant_id, "tenant_ids")
_STANDING = (
    select(
        reputation_events,
        case((_IS_OURS, 1), else_=0).label("is_ours"),
        case((_IS_FORGIVEN, 1), else_=0).label("is_forgiven"),
    )
    .join(
        owners, and_(owners.c.id == reputation_events.c.owner_id, owners.c.tenant_id == reputation_events.c.tenant_id)
    )
    .outerjoin(payments, _ITS_FEE)
    .where(reputation_events.c.kind == EventKind.NO_SHOW, reputation_events.c.reversed_at.is_(None), _OF_TENANTS)
)


@cache
def _page_in_doubt(limit: int, *, is_first: bool) -> Select[Any]:
    event = reputation_events.c
    unmissed = ~exists().where(
        appointments.c.owner_id == event.owner_id,
        appointments.c.status == AppointmentStatus.NO_SHOW,
        appointments.c.deleted_at.is_(None),
        appointments.c.tenant_id == event.tenant_id,
        same_instant(appointments.c.scheduled_start, event.occurred_at),
    )
    query = _STANDING.where(event.occurred_at > bindparam("since"), or_(_IS_FORGIVEN, unmissed))
    return _paged(query, limit, is_first=is_first)


def _paged(query: Select[Any], limit: int, *, is_first: bool) -> Select[Any]:
    key = (reputation_events.c.occurred_at, reputation_events.c.id)
    return page(query, key, limit, is_first=is_first)


def _page(
    connection: Connection, query: Select[Any], given: Mapping[str, Any], beyond: MarkedVisit | None
) -> list[MarkedVisit]:
    after = place((beyond.began_at, beyond.event_id) if beyond else None)
    return [_marked(row) for row in connection.execute(query, {**given, **after})]


def missed_starts(connection: Connection, visits: Sequence[MarkedVisit], around: timedelta) -> dict[Any, set[datetime]]:
    """When the appointments start that count as missed now, near some visits, by (tenant, owner).

    An appointment whose start cannot be read may be near: it counts as starting when each visit of its owner began.
    Index: appointments (owner_id, scheduled_start).
    """
    found: dict[Any, set[datetime]] = defaultdict(set)
    first, last = (pick(each.began_at for each in visits) for pick in (min, max))
    for some in chunks(sorted({each.owner_id for each in visits})):
        query = select(appointments.c.tenant_id, appointments.c.owner_id, appointments.c.scheduled_start).where(
            appointments.c.owner_id.in_(some),
            appointments.c.scheduled_start.between(first - around, last + around),
            appointments.c.status == AppointmentStatus.NO_SHOW,
            appointments.c.deleted_at.is_(None),
        )
        rows = connection.execute(query).all()
        good = sound(connection, query, rows)
        for row in good:
            found[row.tenant_id, row.owner_id].add(row.scheduled_start)
        unknown = {(row.tenant_id, row.owner_id) for row in rows} - {(row.tenant_id, row.owner_id) for row in good}
        for each in visits:
            if (each.tenant_id, each.owner_id) in unknown:
                found[each.tenant_id, each.owner_id].add(each.began_at)
    return found


def close_fees(
    connection: Connection, tenant_ids: Sequence[UUID], since: datetime, now: datetime
) -> dict[FeeStatus, list[UUID]]:
    """Close the fees of visits whose event was reversed: what nobody paid is cancelled, what was paid needs a refund.

    Return the tenants of the changed fees, by the new status. A charge under way is left until its outcome is known.
    Index: reputation_events (kind, occurred_at).
    """
    given = {"tenant_ids": tenant_ids, "since": since, "closed_at": now}
    return {status: list(connection.execute(_close(status), given).scalars()) for status in _BECOMES}


_UNCOLLECTED = or_(
    payments.c.status.in_(UNCOLLECTED),
    and_(payments.c.status == FeeStatus.WAIVED, payments.c.failure_code.in_(OUR_WAIVERS)),
)
_BECOMES = {FeeStatus.CANCELLED: _UNCOLLECTED, FeeStatus.NEEDS_REFUND: payments.c.status == FeeStatus.SUCCEEDED}


@cache
def _close(status: FeeStatus) -> ReturningUpdate[Any]:
    event, its_fee = reputation_events.c, payments.alias("its_fee")
    reversed_ = (
        select(event.subject_id)
        .join(its_fee, and_(its_fee.c.id == event.subject_id, its_fee.c.tenant_id == event.tenant_id))
        .where(
            event.kind == EventKind.NO_SHOW,
            event.occurred_at > bindparam("since"),
            event.reversed_at.is_not(None),
            _OF_TENANTS,
        )
    )
    return (
        update(payments)
        .where(payments.c.id.in_(reversed_), payments.c.type == "no_show_fee", _BECOMES[status])
        .values(status=status, next_attempt_at=None, updated_at=bindparam("closed_at"))
        .returning(payments.c.tenant_id)
    )


def _marked(row: Any) -> MarkedVisit:
    return MarkedVisit(
        id=row.subject_id,
        event_id=row.id,
        tenant_id=row.tenant_id,
        owner_id=row.owner_id,
        began_at=row.occurred_at,
        is_ours=bool(row.is_ours),
        is_forgiven=bool(row.is_forgiven),
    )

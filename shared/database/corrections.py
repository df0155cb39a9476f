"""Finding marked visits that staff have put right since, and what follows for the count and the fee."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, exists, or_, select, update

from shared.database.dialects import among, chunks, same_instant
from shared.database.paging import page
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
    event = reputation_events.c
    still = and_(_still_missed(event.owner_id), appointments.c.tenant_id == event.tenant_id)
    unmissed = ~exists().where(still, same_instant(appointments.c.scheduled_start, event.occurred_at))
    query = _standing(tenant_ids).where(event.occurred_at > since, or_(_IS_FORGIVEN, unmissed))
    return _page(connection, query, beyond, limit)


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
    query = _standing(tenant_ids).where(event.occurred_at >= begins, event.occurred_at < ends)
    return _page(connection, query, beyond, limit)


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


def _standing(tenant_ids: Sequence[UUID]) -> Select[Any]:
    event = reputation_events.c
    flags = (case((_IS_OURS, 1), else_=0).label("is_ours"), case((_IS_FORGIVEN, 1), else_=0).label("is_forgiven"))
    its_owner = and_(owners.c.id == event.owner_id, owners.c.tenant_id == event.tenant_id)
    return (
        select(reputation_events, *flags)
        .join(owners, its_owner)
        .outerjoin(payments, _ITS_FEE)
        .where(event.kind == EventKind.NO_SHOW, event.reversed_at.is_(None), among(event.tenant_id, tenant_ids))
    )


def _page(connection: Connection, query: Select[Any], beyond: MarkedVisit | None, limit: int) -> list[MarkedVisit]:
    key, last = (reputation_events.c.occurred_at, reputation_events.c.id), None
    if beyond:
        last = (beyond.began_at, beyond.event_id)
    return [_marked(row) for row in connection.execute(page(query, key, last, limit))]


def missed_starts(connection: Connection, visits: Sequence[MarkedVisit], around: timedelta) -> dict[Any, set[datetime]]:
    """When the appointments start that count as missed now, near some visits, by (tenant, owner).

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
        for tenant_id, owner_id, start in connection.execute(query):
            found[tenant_id, owner_id].add(start)
    return found


def close_fees(
    connection: Connection, tenant_ids: Sequence[UUID], since: datetime, now: datetime
) -> dict[FeeStatus, list[UUID]]:
    """Close the fees of visits whose event was reversed: what nobody paid is cancelled, what was paid needs a refund.

    Return the tenants of the changed fees, by the new status. A charge under way is left until its outcome is known.
    Index: reputation_events (kind, occurred_at).
    """
    uncollected = or_(
        payments.c.status.in_(UNCOLLECTED),
        and_(payments.c.status == FeeStatus.WAIVED, payments.c.failure_code.in_(OUR_WAIVERS)),
    )
    event = reputation_events.c
    its_fee = payments.alias("its_fee")
    reversed_ = (
        select(event.subject_id)
        .join(its_fee, and_(its_fee.c.id == event.subject_id, its_fee.c.tenant_id == event.tenant_id))
        .where(
            event.kind == EventKind.NO_SHOW,
            event.occurred_at > since,
            event.reversed_at.is_not(None),
            among(event.tenant_id, tenant_ids),
        )
    )
    becomes = {FeeStatus.CANCELLED: uncollected, FeeStatus.NEEDS_REFUND: payments.c.status == FeeStatus.SUCCEEDED}
    return {
        status: list(connection.execute(_close(status, reversed_, found, now)).scalars())
        for status, found in becomes.items()
    }


def _close(status: FeeStatus, visits: Any, found: ColumnElement[bool], now: datetime) -> Any:
    return (
        update(payments)
        .where(payments.c.id.in_(visits), payments.c.type == "no_show_fee", found)
        .values(status=status, next_attempt_at=None, updated_at=now)
        .returning(payments.c.tenant_id)
    )


def _still_missed(owner_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    return and_(
        appointments.c.owner_id == owner_id,
        appointments.c.status == AppointmentStatus.NO_SHOW,
        appointments.c.deleted_at.is_(None),
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

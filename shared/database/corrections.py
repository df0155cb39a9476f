"""Finding marked visits that staff have put right since, and what follows for the count and the fee."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, or_, select, update

from shared.database.dialects import chunks
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
    event, still = reputation_events.c, _still_missed(reputation_events.c.owner_id)
    is_forgiven = exists().where(
        payments.c.id == event.subject_id,
        payments.c.status == FeeStatus.WAIVED,
        or_(payments.c.failure_code.is_(None), payments.c.failure_code.not_in(OUR_WAIVERS)),
    )
    is_ours = exists().where(decisions.c.subject_id == event.subject_id, decisions.c.kind == Kind.NO_SHOW_NOTICE)
    query = (
        select(
            event.subject_id, event.id, event.tenant_id, event.owner_id, event.occurred_at,
            case((is_ours, 1), else_=0), case((is_forgiven, 1), else_=0),
        )
        .where(
            event.kind == EventKind.NO_SHOW,
            event.occurred_at > since,
            event.reversed_at.is_(None),
            event.tenant_id.in_(tenant_ids),
            or_(is_forgiven, ~exists().where(still, appointments.c.scheduled_start == event.occurred_at)),
        )
        .order_by(event.occurred_at, event.id)
        .limit(limit)
    )  # fmt: skip
    if beyond:
        same = and_(event.occurred_at == beyond.began_at, event.id > beyond.event_id)
        query = query.where(or_(event.occurred_at > beyond.began_at, same))
    return [MarkedVisit(*row[:5], bool(row[5]), bool(row[6])) for row in connection.execute(query)]


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
    reversed_ = select(event.subject_id).where(
        event.kind == EventKind.NO_SHOW,
        event.occurred_at > since,
        event.reversed_at.is_not(None),
        event.tenant_id.in_(tenant_ids),
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

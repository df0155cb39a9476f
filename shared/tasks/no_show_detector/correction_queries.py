"""Finding marked visits that staff have corrected since, and changing their counts and fees."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database.appointments import HAVE_PETS_DIED, is_attended
from shared.database.dialects.instants import same_instant, shifted
from shared.database.dialects.lists import among, chunks
from shared.database.paging import page, place
from shared.database.rows.reading import read, read_page
from shared.database.tables import appointments, decisions, owners, payments, reputation_events
from shared.domain.fees import OUR_WAIVERS, UNCOLLECTED, FeeCode, FeeStatus
from shared.domain.ids import OwnerId, TenantId
from shared.domain.missed_visits import MarkedVisit
from shared.domain.reasons import Reason
from shared.domain.records import AppointmentStatus, EventKind, Kind
from shared.fees.state_queries import asked_from
from shared.fees.visit_queries import AROUND


def visits_in_doubt(
    connection: Connection,
    tenant_ids: Sequence[TenantId],
    since: datetime,
    *,
    beyond: MarkedVisit | None,
    limit: int,
) -> list[MarkedVisit]:
    """A page of visits whose no-show event stands, although staff waived the fee, no missed appointment is left at the
    event's time, the pets have died, or the owner came to another appointment at about that time.

    A visit may have a missed appointment at another time of the day, and the owner may have come on another day.
    Index: reputation_events (kind, occurred_at), appointments (owner_id, scheduled_start).
    """
    given = {"tenant_ids": tenant_ids, "since": since}
    return _page(connection, partial(_page_in_doubt, is_first=beyond is None), given, beyond, limit)


def visits_on(
    connection: Connection,
    tenant_ids: Sequence[TenantId],
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
    query = _STANDING.where(event.occurred_at >= begins, event.occurred_at < ends, _OF_TENANTS)
    its_page = partial(_paged, query, is_first=beyond is None)
    return _page(connection, its_page, {"tenant_ids": tenant_ids}, beyond, limit)


def standing_visits(connection: Connection, owner_ids: Collection[OwnerId]) -> list[MarkedVisit]:
    """The visits of some owners whose no-show event stands. Index: reputation_events (owner_id, subject_id)."""
    found = []
    for some in chunks(sorted(owner_ids)):
        found += [_marked(row) for row in read(connection, _OF_OWNERS, {"owner_ids": some})]
    return found


_ITS_FEE = and_(payments.c.id == reputation_events.c.subject_id, payments.c.tenant_id == reputation_events.c.tenant_id)
_IS_FORGIVEN = or_(
    and_(
        payments.c.status == FeeStatus.WAIVED,
        or_(payments.c.failure_code.is_(None), payments.c.failure_code.not_in(OUR_WAIVERS)),
    ),
    payments.c.failure_code == FeeCode.PAID_AFTER_WAIVER,
)
_IS_OURS = exists().where(
    decisions.c.subject_id == reputation_events.c.subject_id,
    decisions.c.tenant_id == reputation_events.c.tenant_id,
    decisions.c.kind == Kind.NO_SHOW_NOTICE,
)


# Every run asks this first: building such a statement takes longer than executing it.

_OF_TENANTS = among(reputation_events.c.tenant_id, "tenant_ids")
_STANDING = (
    select(
        reputation_events,
        case((_IS_OURS, 1), else_=0).label("is_ours"),
        case((_IS_FORGIVEN, 1), else_=0).label("is_forgiven"),
        payments.c.id.label("fee_id"),
        payments.c.status.label("fee_status"),
        payments.c.created_at.label("fee_written_at"),
    )
    .select_from(
        reputation_events.join(
            owners,
            and_(owners.c.id == reputation_events.c.owner_id, owners.c.tenant_id == reputation_events.c.tenant_id),
        ).outerjoin(payments, _ITS_FEE)
    )
    .where(reputation_events.c.kind == EventKind.NO_SHOW, reputation_events.c.reversed_at.is_(None))
)

_OF_OWNERS = _STANDING.where(among(reputation_events.c.owner_id, "owner_ids"))


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
    came = exists().where(
        appointments.c.owner_id == event.owner_id,
        appointments.c.tenant_id == event.tenant_id,
        appointments.c.scheduled_start.between(shifted(event.occurred_at, -AROUND), shifted(event.occurred_at, AROUND)),
        is_attended(),
    )
    died = exists().where(
        appointments.c.owner_id == event.owner_id,
        appointments.c.tenant_id == event.tenant_id,
        same_instant(appointments.c.scheduled_start, event.occurred_at),
        HAVE_PETS_DIED,
    )
    is_doubtful = or_(_IS_FORGIVEN, unmissed, and_(_IS_OURS, or_(came, died)))
    query = _STANDING.where(event.occurred_at > bindparam("since"), is_doubtful, _OF_TENANTS)
    return _paged(query, limit, is_first=is_first)


def _paged(query: Select[Any], limit: int, *, is_first: bool) -> Select[Any]:
    key = (reputation_events.c.occurred_at, reputation_events.c.id)
    return page(query, key, limit, is_first=is_first)


def _page(
    connection: Connection,
    query: Callable[[int], Select[Any]],
    given: Mapping[str, Any],
    beyond: MarkedVisit | None,
    limit: int,
) -> list[MarkedVisit]:
    after = place((beyond.began_at, beyond.event_id) if beyond else None)
    return read_page(connection, query, {**given, **after}, limit, lambda _, rows: [_marked(row) for row in rows])


def close_fees(
    connection: Connection, tenant_ids: Sequence[TenantId], since: datetime, now: datetime
) -> dict[FeeStatus, list[TenantId]]:
    """Close the fees of visits whose event was reversed: unpaid fees are cancelled, paid fees need a refund.

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
    superseded = exists().where(
        event.subject_id == payments.c.id,
        event.kind == EventKind.NO_SHOW,
        event.owner_id == payments.c.owner_id,
        event.reversed_reason == Reason.SUPERSEDED,
    )
    code = case((superseded, FeeCode.SUPERSEDED), else_=payments.c.failure_code)
    return (
        update(payments)
        .where(payments.c.id.in_(reversed_), payments.c.type == "no_show_fee", _BECOMES[status])
        .values(
            status=status,
            failure_code=code,
            next_attempt_at=None,
            claimed_until=asked_from(status, bindparam("closed_at")),
            updated_at=bindparam("closed_at"),
        )
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
        fee_status=FeeStatus(row.fee_status) if row.fee_status else None,
        fee_written_at=row.fee_written_at,
    )
